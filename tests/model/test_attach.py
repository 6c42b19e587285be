"""The block in a model of every family: the model itself at step 0, frames and patches where they are in the images."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image  # noqa: E402

from foveate.model.attention import FAMILIES, attach, token_patches  # noqa: E402
from foveate.train.builtin import architecture  # noqa: E402
from model import tiny  # noqa: E402

SIZES_PX = [[(96, 96), (96, 144)], [(120, 96)]]
"""(height, width) of the images of two prompts."""


def make(family: str) -> tuple[Any, Any]:
    """A tiny processor and model, weights of a fixed seed."""
    torch.manual_seed(0)
    if family == "paddleocr_vl":
        processor = architecture.make_processor()
        model = architecture.make_model(processor.tokenizer, seed=0)
    else:
        processor, model = tiny.FAMILIES[family]()
    for parameter in model.parameters():
        parameter.data.mul_(3)  # larger than the initial ones: answers then depend on the images
    return processor, model.eval()


def prompts(processor: Any, images: list[list[np.ndarray]], **options: Any) -> Any:
    turns = [
        [{"role": "user", "content": [{"type": "image"}] * len(row) + [{"type": "text", "text": "what is the person doing?"}]}]
        for row in images
    ]
    texts = [processor.apply_chat_template(turn, add_generation_prompt=True) for turn in turns]
    pictures = [[Image.fromarray(image) for image in row] for row in images]
    return processor(text=texts, images=pictures, padding=True, padding_side="left", return_tensors="pt", **options)


def draw(sizes_px: list[list[tuple[int, int]]] = SIZES_PX) -> list[list[np.ndarray]]:
    random = np.random.default_rng(0)
    return [[random.integers(0, 255, (*size, 3), dtype=np.uint8) for size in row] for row in sizes_px]


@pytest.mark.parametrize("output", ["pooled", "scaled"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_is_itself_bit_by_bit_until_a_gate_opens(family: str, output: str) -> None:
    processor, model = make(family)
    inputs = prompts(processor, draw())
    with torch.no_grad():
        before = model(**inputs).logits
        attached = attach(model, heads=2, output=output)
        assert torch.equal(model(**inputs).logits, before)
        attached.block.gates.fill_(0.5)
        assert not torch.equal(model(**inputs).logits, before)
        attached.detach()
        assert torch.equal(model(**inputs).logits, before)
    patches = token_patches(processor, model.config, inputs, sizes_px=SIZES_PX)
    counts = [[sum(map(len, frame)) for frame in row] for row in patches]
    assert attached.last is not None
    assert attached.last.present.sum(dim=-1).tolist() == [counts[0], [*counts[1], 0]]
