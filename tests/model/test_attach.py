"""The block in a model of every family: the model itself at step 0, in generation too; frames and patches where they are."""

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from foveate.errors import ModelError  # noqa: E402
from foveate.model.attention import FAMILIES, attach, token_patches  # noqa: E402
from model.attached import SIZES_PX, drawn, make, prompts  # noqa: E402

OUTPUTS = ("pooled", "scaled")
"""Those that leave a model as it is."""


def logits(model: Any, inputs: dict[str, Any]) -> torch.Tensor:
    with torch.no_grad():
        return model(**inputs).logits


def said(model: Any, inputs: dict[str, Any]) -> list[list[int]]:
    return model.generate(**inputs, max_new_tokens=4, do_sample=False).tolist()


@pytest.fixture(scope="module", params=FAMILIES)
def made(request: pytest.FixtureRequest) -> tuple[str, Any, Any, dict[str, Any]]:
    processor, model = make(request.param)
    return request.param, processor, model, prompts(request.param, processor, drawn())


def test_a_model_is_itself_bit_by_bit_until_a_gate_opens(made) -> None:
    _, processor, model, inputs = made
    before, words = logits(model, inputs), said(model, inputs)
    for output in OUTPUTS:
        attached = attach(model, heads=2, output=output)
        assert torch.equal(logits(model, inputs), before)
        assert said(model, inputs) == words
        attached.block.gates.data.fill_(0.5)
        assert not torch.equal(logits(model, inputs), before)
        attached.detach()
        assert torch.equal(logits(model, inputs), before)
    # every patch of every frame is looked at, on the same grid as targets are made on
    patches = token_patches(processor, model.config, inputs, sizes_px=SIZES_PX)
    counts = [[sum(map(len, frame)) for frame in row] for row in patches]
    assert attached.last is not None
    assert attached.last.present.sum(dim=-1).tolist() == [counts[0], [*counts[1], 0]]
    torch.testing.assert_close(attached.last.attention.sum(dim=-1), torch.tensor([[1.0, 1.0], [1.0, 0.0]]))
    assert bool((attached.last.attention[~attached.last.present] == 0).all())


def test_one_more_token_per_frame_changes_nothing_but_the_length(made) -> None:
    family, _, model, inputs = made
    attached = attach(model, heads=2, output="token")
    with pytest.raises(ModelError, match=r"one more place per frame: give the model Attached\.inputs"):
        logits(model, inputs)
    labels = inputs["input_ids"].clone()
    longer = attached.inputs({**inputs, "labels": labels})
    assert longer["input_ids"].shape[1] == inputs["input_ids"].shape[1] + 2
    assert longer["attention_mask"].sum(dim=1).tolist() == (inputs["attention_mask"].sum(dim=1) + torch.tensor([2, 1])).tolist()
    # what the words were, they are; the new places carry no loss
    for row in range(2):
        kept = longer["labels"][row] != -100
        real = inputs["attention_mask"][row].bool()
        assert longer["labels"][row][kept].tolist()[-int(real.sum()) :] == labels[row][real].tolist()
    # at the place stands what the frame's patches are, pooled: no word of the tokenizer's
    seen = {}
    hook = model.get_decoder().register_forward_pre_hook(lambda _, args, kwargs: seen.update(kwargs), with_kwargs=True)
    logits(model, longer)
    places = [[frame[-1] for frame in row] for row in _runs(longer["input_ids"], model)]
    hook.remove()
    embedded = seen["inputs_embeds"]
    patches = embedded[0, places[0][0] + 1 - int(attached.last.present[0, 0].sum()) : places[0][0] + 1]
    if family != "llava_onevision":  # whose frames hold an end of a line too
        pooled = (attached.last.attention[0, 0, : len(patches), None] * patches).sum(dim=0)
        torch.testing.assert_close(embedded[0, places[0][0] + 1], pooled)
    words = said(model, longer)
    attached.detach()
    assert len(words) == 2


def _runs(ids: torch.Tensor, model: Any) -> list[list[list[int]]]:
    from foveate.model.attention.families import family_of, frames_of

    return [[[*range(*run)] for run in row] for row in frames_of(model.config, family_of(model.config), ids)]
