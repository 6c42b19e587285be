"""A language model's own attention from the answer to the frames: equal to eager attention, and the model stays as it is."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image  # noqa: E402
from torch import Tensor  # noqa: E402

from foveate.model.attention import FAMILIES  # noqa: E402
from foveate.model.attention.heads import watch_heads  # noqa: E402
from foveate.train.builtin import architecture  # noqa: E402
from model import tiny  # noqa: E402

ANSWERS = ("a cup.", "the pan!")
LAYERS = 2


def paddleocr_vl() -> tuple[Any, Any]:
    processor = architecture.make_processor()
    return processor, architecture.make_model(processor.tokenizer, seed=0)


MAKERS: dict[str, Callable[[], tuple[Any, Any]]] = {
    name: make for name, make in {**tiny.FAMILIES, "paddleocr_vl": paddleocr_vl}.items() if name in FAMILIES
}


def image(seed: int, width: int = 224, height: int = 224) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8))


def prompts(processor: Any, images: list[list[Image.Image]], answers: tuple[str, ...] = ANSWERS) -> dict[str, Tensor]:
    """What a processor makes of a question about each item's images with its answer, and the labels of the answer's tokens."""
    texts = []
    for row, answer in zip(images, answers, strict=True):
        content = [*({"type": "image"} for _ in row), {"type": "text", "text": "What now?"}]
        asked = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
        texts.append(asked + answer)
    made = dict(processor(text=texts, images=images, padding=True, return_tensors="pt"))
    labels = torch.full_like(made["input_ids"], -100)
    for number, answer in enumerate(answers):
        said = len(processor.tokenizer(answer, add_special_tokens=False)["input_ids"])
        last = int(made["attention_mask"][number].nonzero().max())
        labels[number, last + 1 - said : last + 1] = made["input_ids"][number, last + 1 - said : last + 1]
    return {**made, "labels": labels}


@pytest.fixture(scope="module")
def of() -> Callable[[str], SimpleNamespace]:
    made: dict[str, SimpleNamespace] = {}

    def family(name: str) -> SimpleNamespace:
        if name not in made:
            torch.manual_seed(0)
            with mock.patch.dict(tiny.TEXT, num_hidden_layers=LAYERS):
                processor, model = MAKERS[name]()
            for parameter in model.parameters():  # attention that is far from uniform, but not of one patch
                parameter.data.mul_(2.5 if name == "paddleocr_vl" else 6)
            batch = prompts(processor, [[image(0), image(1)], [image(2)]])
            made[name] = SimpleNamespace(name=name, processor=processor, model=model.eval(), batch=batch)
        return made[name]

    return family


def written_out(family: SimpleNamespace, layers: list[int], heads: list[int]) -> list[list[Tensor]]:
    """From eager attention: for each item, each frame, the mean over layers, heads and rows of its share of the row."""
    model, batch = family.model, family.batch
    model.set_attn_implementation("eager")
    with torch.no_grad():
        attentions = model(**batch, output_attentions=True).attentions
    model.set_attn_implementation("sdpa")
    assert len(attentions) == model.config.get_text_config().num_hidden_layers
    token = model.config.image_token_id
    items = []
    for item, ids in enumerate(batch["input_ids"].tolist()):
        starts = [at for at, one in enumerate(ids) if one == token and ids[at - 1] != token]
        frames = [range(at, next(stop for stop in range(at, len(ids)) if ids[stop] != token)) for at in starts]
        rows = [at - 1 for at, label in enumerate(batch["labels"][item].tolist()) if label != -100]
        found = []
        for frame in frames:
            each = [attentions[layer][item, head, row, list(frame)] for layer in layers for head in heads for row in rows]
            found.append(torch.stack([one / one.sum() for one in each]).mean(dim=0))
        items.append(found)
    return items


@pytest.mark.parametrize("name", MAKERS)
def test_attention_is_that_of_eager_attention_and_logits_stay_the_same(name: str, of: Callable[..., SimpleNamespace]) -> None:
    family = of(name)
    with torch.no_grad():
        plain = family.model(**family.batch).logits
    watched = watch_heads(family.model)
    try:
        with torch.no_grad():
            seen = family.model(**family.batch).logits
    finally:
        watched.detach()
    assert torch.equal(seen, plain)
    text = family.model.config.get_text_config()
    expected = written_out(family, list(range(text.num_hidden_layers)), list(range(text.num_attention_heads)))
    assert watched.last is not None
    attention, present = watched.last.attention, watched.last.present
    for item, frames in enumerate(expected):
        assert present[item].any(dim=-1).sum() == len(frames)
        for index, frame in enumerate(frames):
            assert present[item, index].sum() == len(frame)
            torch.testing.assert_close(attention[item, index, : len(frame)], frame, atol=1e-5, rtol=0)
            assert frame.max() > 1.5 / len(frame)  # or the comparison would show little
    assert not attention[~present].any()
