"""The block in a model of every family: the model itself at step 0, in generation too; frames and patches where they are."""

from copy import deepcopy
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from foveate.errors import ModelError, UsageError  # noqa: E402
from foveate.model.attention import FAMILIES, Family, PatchAttention, attach, attach_saved, token_patches  # noqa: E402
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


@pytest.fixture(scope="module")
def qwen() -> tuple[Any, Any, dict[str, Any]]:
    processor, model = make("qwen2_5_vl")
    return processor, model, prompts("qwen2_5_vl", processor, drawn())


def test_an_unknown_family_is_told_what_to_write_and_one_of_ones_own_is_taken(qwen, monkeypatch) -> None:
    processor, model, inputs = qwen
    own = FAMILIES["qwen2_5_vl"]
    monkeypatch.delitem(FAMILIES, "qwen2_5_vl")
    unknown = r"'qwen2_5_vl' is not known; did you mean 'qwen3_vl'; .* write FAMILIES\['qwen2_5_vl'\] = Family\(layouts\)"
    with pytest.raises(ModelError, match=unknown):
        attach(model)
    with pytest.raises(ModelError, match=unknown):
        token_patches(processor, model.config, inputs)
    attached = attach(model, heads=2, family=Family(own.layouts))
    logits(model, inputs)
    attached.detach()
    assert attached.last is not None
    assert len(token_patches(processor, model.config, inputs, family=own)[0]) == 2


def test_what_does_not_fit_is_told(qwen, tmp_path) -> None:
    _, model, inputs = qwen
    with pytest.raises(ModelError, match=r"a block of width 24 does not fit this model's tokens of width 16"):
        attach(model, block=PatchAttention(24))
    with pytest.raises(UsageError, match=r"with a block that is given leave out: heads, output"):
        attach(model, block=PatchAttention(16), heads=2, output="token")
    with pytest.raises(
        UsageError, match=r"the block has no option 'outptu'; did you mean 'output'; its options are: heads, inner"
    ):
        attach(model, outptu="token")
    with pytest.raises(ModelError, match=r"attach takes a model of transformers, got Linear"):
        attach(torch.nn.Linear(2, 2))
    with pytest.raises(ModelError, match=r"there is no gaze_block\.safetensors in .*; Attached\.save writes it"):
        attach_saved(model, tmp_path)
    attached = attach(model, heads=2)
    with pytest.raises(ModelError, match=r"has an attention block already; take it out first with detach"):
        attach(model)
    embedded = {"inputs_embeds": model.get_input_embeddings()(inputs["input_ids"]), "input_ids": None}
    with pytest.raises(ModelError, match=r"needs input_ids beside its images"):
        logits(model, {**inputs, **embedded})
    with pytest.raises(ModelError, match=r"give the video's frames as images"):
        logits(model, {**inputs, "pixel_values_videos": inputs["pixel_values"]})
    attached.detach()
    attached.detach()  # once more does nothing
    attached = attach(model, heads=2, output="token")
    with pytest.raises(UsageError, match=r"cannot tell what position_ids is there: leave it out"):
        attached.inputs({**inputs, "position_ids": torch.zeros(3, 2, 4)})
    assert attached.inputs({"input_ids": torch.tensor([[1, 2]])}).keys() == {"input_ids"}  # no frames, nothing to add
    attached.detach()


def test_a_prompt_without_images_passes_and_an_image_token_that_was_generated_is_a_word(qwen) -> None:
    processor, model, inputs = qwen
    words = processor.tokenizer(["what now?<|image_pad|>"], return_tensors="pt")
    before = logits(model, words)
    attached = attach(model, heads=2)
    attached.block.gates.data.fill_(0.5)
    assert torch.equal(logits(model, words), before)
    assert attached.last is None
    logits(model, inputs)
    seen = attached.last
    logits(model, words)
    assert attached.last is seen  # of the last pass that had images
    attached.detach()


def test_a_copy_of_a_model_has_a_block_of_its_own(qwen) -> None:
    _, model, inputs = qwen
    attached = attach(model, heads=2)
    before = logits(model, inputs)
    copied = deepcopy(model)
    copied.gaze_block.gates.data.fill_(0.5)
    assert torch.equal(logits(model, inputs), before)
    assert not torch.equal(logits(copied, inputs), before)
    attached.detach()


TILED = {"smolvlm": "do_image_splitting", "idefics3": "do_image_splitting", "internvl": "crop_to_patches"}


@pytest.mark.parametrize(("family", "option"), TILED.items())
def test_images_in_several_tiles_are_refused_with_the_option_to_give(family: str, option: str) -> None:
    processor, model = make(family)
    tiled = prompts(family, processor, drawn([[(300, 400)]]), **{option: True})
    with pytest.raises(ModelError, match=rf"cut into several tiles; a frame must be one: give the processor {option}=False"):
        token_patches(processor, model.config, tiled)
    attached = attach(model, heads=2)
    with pytest.raises(ModelError, match=f"give the processor {option}=False"):
        model(**tiled)
    attached.detach()


def test_frames_of_a_fixed_size_may_touch() -> None:
    processor, model = make("llava")
    inputs = prompts("llava", processor, drawn())
    ids, token = inputs["input_ids"][:1], model.config.image_token_index
    touching = torch.cat([ids[:, :8][ids[:, :8] != token][None], torch.full((1, 2 * 576), token), ids[:, -4:]], dim=1)
    placed = token_patches(processor, model.config, {"input_ids": touching}, sizes_px=[[(96, 96), (336, 448)]])
    (first,), (second,) = placed[0]
    assert (first.rows, first.columns, first.box_px) == (24, 24, (0, 0, 96, 96))
    assert second.box_px == (56, 0, 336, 336)
    with pytest.raises(
        ModelError, match=r"a frame of this model has 576 visual tokens, the prompts have runs of \[1151\]; were"
    ):
        token_patches(processor, model.config, {"input_ids": touching[:, :-5]})
    with pytest.raises(UsageError, match=r"llava may crop images: give sizes_px"):
        token_patches(processor, model.config, {"input_ids": touching})
    with pytest.raises(UsageError, match=r"sizes_px must tell the images of every row, \[2\], got \[1\]"):
        token_patches(processor, model.config, {"input_ids": touching}, sizes_px=[[(96, 96)]])


def test_a_lone_image_of_onevision_lies_in_a_square_and_tiles() -> None:
    processor, model = make("llava_onevision")
    inputs = prompts("llava_onevision", processor, drawn([[(448, 448)], [(384, 384)]]))
    (large,), (small,) = token_patches(processor, model.config, inputs, sizes_px=[[(448, 448)], [(384, 384)]])
    # 448 px are scaled to 2 x 2 tiles of 384 px, 384 px are one; the last 6 px of a tile are in no patch of 14 px
    assert [(part.rows, part.columns) for part in large] == [(27, 27), (54, 54)]
    assert large[0].box_px == (0, 0, 441, 441)
    assert large[1].box_px == (0, 0, 448, 448)
    assert [part.box_px for part in small] == [(0, 0, 378, 378)] * 2
    attached = attach(model, heads=2)
    logits(model, inputs)
    assert attached.last.present.sum(dim=-1).tolist() == [[27 * 27 + 54 * 54], [2 * 27 * 27]]
    attached.detach()


def _runs(ids: torch.Tensor, model: Any) -> list[list[list[int]]]:
    from foveate.model.attention.families import family_of, frames_of

    return [[[*range(*run)] for run in row] for row in frames_of(model.config, family_of(model.config), ids)]
