"""A language model's own attention from the answer to the frames: equal to eager attention, and the model stays as it is."""

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from foveate.errors import UsageError  # noqa: E402
from foveate.model.attention import FAMILIES, Looked  # noqa: E402
from foveate.model.attention.families import positions_of  # noqa: E402
from foveate.model.attention.heads import watch_heads  # noqa: E402
from model.answered import MAKERS, gaze_loss, made  # noqa: E402


def written_out(family: SimpleNamespace, pairs: list[tuple[int, int]]) -> list[list[Tensor]]:
    """From eager attention: for each item, each frame, the mean over layers, heads and rows of its share of the row."""
    model, batch = family.model, family.batch
    model.set_attn_implementation({"text_config": "eager"})
    with torch.no_grad():
        attentions = model(**batch, output_attentions=True).attentions
    model.set_attn_implementation({"text_config": "sdpa"})
    assert len(attentions) == model.config.get_text_config().num_hidden_layers
    items = []
    for item, frames in enumerate(positions_of(model.config, FAMILIES[family.name], batch)):
        rows = [at - 1 for at, label in enumerate(batch["labels"][item].tolist()) if label != -100]
        assert rows
        found = []
        for frame in frames:
            each = [attentions[layer][item, head, row, frame] for layer, head in pairs for row in rows]
            found.append(torch.stack([one / one.sum() for one in each]).mean(dim=0))
        items.append(found)
    return items


def agree(looked: Looked | None, expected: list[list[Tensor]]) -> None:
    """Within 1e-5, with nothing in padding; and attention varies by far more."""
    assert looked is not None
    for item, frames in enumerate(expected):
        assert looked.present[item].sum(dim=-1).tolist()[: len(frames)] == [len(frame) for frame in frames]
        for index, frame in enumerate(frames):
            torch.testing.assert_close(looked.attention[item, index, : len(frame)], frame, atol=1e-5, rtol=0)
            assert frame.max() - frame.min() > 30 * 1e-5
    assert int(looked.present.sum()) == sum(len(frame) for frames in expected for frame in frames)
    assert not looked.attention[~looked.present].any()


@pytest.mark.parametrize("name", MAKERS)
def test_attention_is_that_of_eager_attention_and_logits_stay_the_same(name: str) -> None:
    family = made(name)
    with torch.no_grad():
        plain = family.model(**family.batch).logits
    watched = watch_heads(family.model)
    with torch.no_grad():
        seen = family.model(**family.batch).logits
    watched.detach()
    assert torch.equal(seen, plain)
    text = family.model.config.get_text_config()
    agree(watched.last, written_out(family, list(product(range(text.num_hidden_layers), range(text.num_attention_heads)))))


@pytest.mark.parametrize(
    ("how", "pairs"),
    [
        ({"layers": [1]}, [(1, 0), (1, 1)]),
        ({"heads": [1]}, [(0, 1), (1, 1)]),
        ({"layers": [1, 0], "heads": [0]}, [(0, 0), (1, 0)]),
        ({"pairs": [(1, 0), (0, 1)]}, [(0, 1), (1, 0)]),
    ],
    ids=str,
)
def test_layers_and_heads_are_those_asked_for(how: dict[str, Any], pairs: list[tuple[int, int]]) -> None:
    family = made("qwen2_5_vl")
    watched = watch_heads(family.model, **how)
    family.model(**family.batch)
    watched.detach()
    agree(watched.last, written_out(family, pairs))
    assert watched.pairs == tuple(pairs)
    for index, pair in enumerate(pairs):
        agree(Looked(watched.each[:, index], watched.last.present), written_out(family, [pair]))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"layers": [2]}, r"has the layers 0 to 1; got \[2\]"),
        ({"heads": [-1]}, r"has the heads 0 to 1; got \[-1\]"),
        ({"layers": []}, "has the layers 0 to 1; got none"),
        ({"pairs": [(0, 0), (5, 0)]}, r"has the layers 0 to 1; got \[0, 5\]"),
        ({"pairs": [(0, 0)], "layers": [0]}, "not both"),
        ({"rows": "answers"}, "one of: answer, last; got 'answers'"),
    ],
    ids=str,
)
def test_what_the_model_has_not_cannot_be_watched(how: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        watch_heads(made("qwen2_5_vl").model, **how)


@pytest.mark.parametrize("name", MAKERS)
def test_gradient_reaches_queries_and_keys_through_checkpointing_too(name: str) -> None:
    family = made(name)
    gradients = []
    for checkpointed in (False, True):
        watched = watch_heads(family.model, layers=[1])
        family.model.zero_grad()
        if checkpointed:
            family.model.train().activation_checkpointing_enable({"use_reentrant": False})
        family.model(**family.batch)
        first = watched.last
        family.model(**{**family.batch, "labels": family.batch["input_ids"]})  # a later pass, with other rows
        gaze_loss(first).backward()
        watched.detach()
        family.model.eval().activation_checkpointing_disable()
        layers = family.model.get_decoder().layers
        assert layers[1].self_attn.v_proj.weight.grad is None
        gradients.append([getattr(layers[1].self_attn, part).weight.grad for part in ("q_proj", "k_proj")])
        gradients[-1].append(layers[0].self_attn.v_proj.weight.grad)
        assert all(gradient.abs().max() > 0 for gradient in gradients[-1])
    for plain, again in zip(*gradients, strict=True):
        torch.testing.assert_close(again, plain, rtol=1e-4, atol=1e-7)
