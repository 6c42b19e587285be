"""Qwen2.5-VL and Qwen3-VL, tiny, told where images lie on a common picture."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from foveate.description.ask import ask
from foveate.description.budget import frame_tokens
from foveate.description.describe import telling
from foveate.errors import ModelError
from foveate.geometry import Box, Size
from foveate.model import Answer, Prompt, TimedImage, Turn, load_model
from foveate.model.hf import HfModel
from foveate.model.hf_generate import Watch, generate
from foveate.model.hf_places import FAMILIES, PlacedInputs, placed_inputs
from foveate.model.model import WHOLE, Region
from foveate.model.places import place, places_tokens
from foveate.toykitchen import World
from model import tiny

PIXELS = np.random.default_rng(0).integers(0, 255, (448, 448, 3), dtype=np.uint8)
FRAME = Size(896, 672)


def image(time_s: float, width_px: int, height_px: int, region: Region | None = None) -> TimedImage:
    return TimedImage(PIXELS[:height_px, :width_px], time_s, region)


def frame(time_s: float, left_px: int = 352, top_px: int = 224) -> tuple[TimedImage, ...]:
    """Three scales around a place, one within the other."""
    fine, ring = Box(left_px, top_px, 224, 224), Box(max(0, left_px - 112), max(0, top_px - 112), 448, 448)
    return (
        image(time_s, 224, 224, Region.of(fine, FRAME)),
        image(time_s, 224, 224, Region.of(ring, FRAME)),
        image(time_s, 280, 210, WHOLE),
    )


FOVEATED = Prompt("What now?", (*frame(1.0), *frame(12.5, 0, 0)), (Turn("Before?", "A cup."),), max_new_tokens=6)
OTHER = Prompt("And then?", frame(3.0, 500, 448), max_new_tokens=6)
PLAIN = Prompt("And then?", (image(3.0, 224, 224), image(4.0, 320, 240)), max_new_tokens=6)


@pytest.fixture(scope="module")
def model_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], HfModel]:
    loaded: dict[str, Any] = {}

    def model(family: str, dtype: str = "float32") -> HfModel:
        if family not in loaded:
            folder = tiny.make(family, tmp_path_factory.mktemp(family))
            loaded[family] = {kind: load_model(f"hf:{folder}", dtype=kind, device="cpu") for kind in ("float32", "bfloat16")}
        return loaded[family][dtype]

    return model


def told(prompt: Prompt, region: Region | None = WHOLE) -> Prompt:
    """A prompt whose images are pictures of their own."""
    return replace(prompt, images=tuple(replace(one, region=region) for one in prompt.images))


def placed(model: HfModel, *prompts: Prompt) -> PlacedInputs:
    inputs = model._inputs(list(prompts))
    assert isinstance(inputs, PlacedInputs)
    return inputs


def logits(model: HfModel, **arguments: Any) -> torch.Tensor:
    with torch.inference_mode():
        return model._loaded.model(**arguments).logits


@pytest.mark.parametrize("family", FAMILIES)
def test_pictures_in_one_image_each_are_what_the_stock_model_sees(family: str, model_of: Callable[..., HfModel]) -> None:
    model = model_of(family)
    stock = model._inputs([PLAIN])
    ours = placed(model, told(PLAIN))
    assert torch.equal(ours["input_ids"], stock["input_ids"])
    positions, _ = model._loaded.model.model.get_rope_index(
        **{key: stock[key] for key in ("input_ids", "mm_token_type_ids", "image_grid_thw", "attention_mask")}
    )
    assert torch.equal(ours.position_ids[1:], positions.float())
    assert torch.equal(ours.position_ids[0], torch.arange(positions.shape[-1])[None].float())
    encoded = ours.encoded(model._loaded)
    assert torch.equal(logits(model, **encoded), logits(model, **stock))
    ours_said, stock_said = model.answer(told(PLAIN)), model.answer(PLAIN)
    assert (ours_said.text, ours_said.usage) == (stock_said.text, stock_said.usage)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_counted_is_what_the_language_model_gets(
    family: str, model_of: Callable[..., HfModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(family)
    got = []
    language = model._loaded.model.model.language_model
    handle = language.register_forward_pre_hook(lambda _, __, given: got.append(given["inputs_embeds"].shape), with_kwargs=True)
    answer = model.answer(FOVEATED)
    handle.remove()
    first, second = FOVEATED.images[:3], FOVEATED.images[3:]
    kept = [model.placed_tokens([one.size_px for one in some], [one.region for one in some]) for some in (first, second)]
    whole = sum(model.visual_tokens([one.size_px for one in FOVEATED.images]))
    assert answer.usage.visual_tokens == sum(map(sum, kept)) < whole
    assert got[0][1] == answer.usage.prompt_tokens
    assert all(shape[1] == 1 for shape in got[1:])
    assert 1 <= answer.usage.output_tokens <= 6


@pytest.mark.parametrize("family", FAMILIES)
def test_a_picture_is_one_block_at_one_time_with_its_true_places(family: str, model_of: Callable[..., HfModel]) -> None:
    model = model_of(family)
    inputs = placed(model, FOVEATED)
    (ids,), (_, time, row, column) = inputs["input_ids"], inputs.position_ids[:, 0]
    visual = ids == model.maker.image_token_id
    starts = sorted(set(time[visual].tolist()))
    assert len(starts) == 2, "one block a frame"
    for start, images in zip(starts, (FOVEATED.images[:3], FOVEATED.images[3:]), strict=True):
        of_frame = visual & (time == start)
        assert of_frame.nonzero().diff(dim=0).eq(1).all(), "nothing stands between the images of a frame"
        expected = place([model._grid(one.size_px) for one in images], [one.region for one in images])
        assert torch.equal(row[of_frame], torch.from_numpy(start + np.concatenate(expected.row)).float())
        assert torch.equal(column[of_frame], torch.from_numpy(start + np.concatenate(expected.column)).float())
        # what follows stands after the whole picture, and text goes on in steps of one
        following = int(of_frame.nonzero().max()) + 1
        assert time[following] == row[following] == column[following] == start + expected.extent
    text = model._loaded.processor.tokenizer.decode(ids[~visual])
    assert text.count("0:01.0") == text.count("0:12.5") == 1
    assert text.count("<|vision_start|>") == text.count("<|vision_end|>") == 2


@pytest.mark.parametrize("family", FAMILIES)
def test_positions_go_on_from_the_last_while_it_answers(family: str, model_of: Callable[..., HfModel]) -> None:
    model = model_of(family)
    inputs = placed(model, FOVEATED)
    seen = []
    language = model._loaded.model.model.language_model
    handle = language.register_forward_pre_hook(lambda _, __, given: seen.append(given["position_ids"]), with_kwargs=True)
    tokens = generate(model._loaded, inputs, max_new_tokens=4, watch=Watch())[0]
    handle.remove()
    assert torch.equal(seen[0], inputs.position_ids)
    last = inputs.position_ids[:, 0, -1]
    assert len(seen) == len(tokens)
    for step, positions in enumerate(seen[1:], start=1):
        assert torch.equal(positions[:, 0, 0], last + step)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_of_other_layouts_says_what_each_says_alone(family: str, model_of: Callable[..., HfModel]) -> None:
    model = model_of(family)
    prompts = [FOVEATED, OTHER, PLAIN, Prompt("Anything?", max_new_tokens=6)]
    together = model.answers(prompts)
    alone = [model.answer(prompt) for prompt in prompts]
    assert [(answer.text, answer.usage) for answer in together] == [(answer.text, answer.usage) for answer in alone]
    *pieces, streamed = model.stream(FOVEATED)
    assert isinstance(streamed, Answer)
    assert "".join(pieces) == alone[0].text
    assert streamed.usage == alone[0].usage


@pytest.mark.parametrize("family", FAMILIES)
def test_no_token_sees_a_later_one(family: str, model_of: Callable[..., HfModel]) -> None:
    model = model_of(family)
    inputs = placed(model, FOVEATED).encoded(model._loaded)
    before = logits(model, **inputs)
    inputs["input_ids"][0, -1] = 3
    after = logits(model, **inputs)
    assert torch.equal(before[:, :-1], after[:, :-1])
    assert not torch.equal(before[:, -1], after[:, -1])


@pytest.mark.parametrize("family", FAMILIES)
def test_where_an_image_lies_changes_the_answer(family: str, model_of: Callable[..., HfModel]) -> None:
    model = model_of(family)
    there = [placed(model, Prompt("?", frame(1.0, left, 224))).encoded(model._loaded) for left in (352, 353)]
    ends = [logits(model, **inputs)[0, -1] for inputs in there]
    assert not torch.equal(*ends)


@pytest.mark.parametrize("family", FAMILIES)
def test_positions_keep_their_fractions_in_half_precision(family: str, model_of: Callable[..., HfModel]) -> None:
    model = model_of(family, "bfloat16")
    encoded = placed(model, FOVEATED).encoded(model._loaded)
    assert encoded["position_ids"].dtype == torch.float32
    assert torch.equal(encoded["position_ids"], placed(model_of(family), FOVEATED).position_ids)
    assert model.answer(FOVEATED).text


@pytest.mark.parametrize("family", FAMILIES)
def test_a_recording_is_described_and_asked_about_within_the_budget(family: str, model_of: Callable[..., HfModel]) -> None:
    model, recording = model_of(family), World(900_007).recording()
    budget = {"qwen2_5_vl": 100, "qwen3_vl": 190}[family]
    job = telling(recording, model, view="foveated", segment="1", stop_s=2, budget_tokens=budget, max_new_tokens=4)
    spans = list(job.spans())
    for segment, span in zip(job.segments, spans, strict=True):
        views = job.viewer.show(segment.span).views
        expected = [sum(frame_tokens(model, job.viewer.maker, view)) for view in views]
        assert all(0.8 * budget <= count <= budget for count in expected)
        assert span.visual_tokens == sum(expected)
    assert job.finish(spans, summary=False).view["places"] == "told to the model"
    *_, answer = ask(
        recording, "What?", at_s=2.0, window_s=2, model=model, view="foveated", budget_tokens=budget, max_new_tokens=4
    )
    assert isinstance(answer, Answer)
    assert answer.usage.visual_tokens is not None
    assert answer.usage.visual_tokens <= 3 * budget


def test_other_families_are_shown_several_images(tmp_path: Path) -> None:
    model = load_model(f"hf:{tiny.make('llava', tmp_path / 'model')}", device="cpu")
    assert not places_tokens(model)
    ours, plain = model.answer(OTHER), model.answer(told(OTHER, None))
    assert (ours.text, ours.usage) == (plain.text, plain.usage)
    assert ours.usage.visual_tokens == 3 * 576


def test_placeholders_that_are_not_the_features_are_refused(model_of: Callable[..., HfModel]) -> None:
    model = model_of("qwen2_5_vl")
    inputs = model._inputs([told(OTHER, None)])
    spot = int((inputs["input_ids"][0] == model.maker.image_token_id).nonzero()[0])
    inputs["input_ids"][0, spot] = 3
    with pytest.raises(ModelError, match=r"the prompt holds \d+ places for visual tokens and the processor made \d+"):
        placed_inputs(model._loaded, inputs, [OTHER], image_token_id=model.maker.image_token_id)
