"""Batches for training: the answer is what is learnt, nothing is cut, and gaze lies on the model's own tokens."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from drawn import drawn_recording
from foveate.clock import Span
from foveate.dataset.sample import Sample
from foveate.description.viewer import Viewer
from foveate.errors import DatasetError, ModelError, UsageError
from foveate.geometry import Size
from foveate.model import load_model
from foveate.model.attention.families import token_patches
from foveate.model.hf import HfModel
from foveate.model.hf_inputs import InputMaker
from foveate.train.collate import IGNORED, Collator, prompt_of
from foveate.train.prepare import Counts, Preparer, Recipe
from foveate.train.shards import as_item
from foveate.view.target import view_target
from model import tiny

REFERENCES = ("The person picks up the green bread.", "The person opens the blue box.")
"""Of two lengths, in words that the built-in model knows."""
USUAL = Recipe()


@pytest.fixture(scope="module")
def model_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], HfModel]:
    """The processor of a family, each made once."""
    made: dict[str, HfModel] = {}

    def model(family: str) -> HfModel:
        if family not in made:
            name = "builtin" if family == "builtin" else f"hf:{tiny.make(family, tmp_path_factory.mktemp(family))}"
            made[family] = load_model(name, device="meta")  # type: ignore[assignment]
        return made[family]

    return model


def items_of(model: HfModel, *, seconds: tuple[int, ...] = (3, 2), recipe: Recipe = USUAL, **recording: Any) -> list[dict]:
    """Items as they come out of a ``ShardDataset``, of as many frames each."""
    drawn = drawn_recording(**recording)
    start_ns = int(drawn.scene.time_ns[0])
    samples = [
        Sample(drawn, Span(start_ns, start_ns + many * 10**9), "activity", reference, "p1", "activity", id=f"clip {many}")
        for many, reference in zip(seconds, REFERENCES, strict=False)
    ]
    clips = Preparer(model, recipe).clips(samples, side="train", counts=Counts())
    return [as_item(clip, [image.target for image in clip.images]) for clip in clips]


FAMILIES = ["builtin", *tiny.FAMILIES]


@pytest.mark.parametrize("padding_side", ["left", "right"])
@pytest.mark.parametrize("family", FAMILIES)
def test_labels_are_the_answer_and_its_end(family: str, padding_side: str, model_of: Callable[[str], HfModel]) -> None:
    maker = model_of(family).maker
    items = items_of(model_of(family))
    batch = Collator(maker.processor, maker.config, padding_side=padding_side)(items)
    tokenizer = maker.processor.tokenizer
    assert batch["ids"] == ["clip 3", "clip 2"]
    assert batch["labels"].shape == batch["input_ids"].shape == batch["attention_mask"].shape
    for row, item in enumerate(items):
        learnt = batch["labels"][row] != IGNORED
        answer = batch["labels"][row][learnt]
        said = tokenizer.decode(answer, skip_special_tokens=True).strip()
        assert said == item["reference"]
        assert tokenizer.decode(answer[-1:]) in (tokenizer.eos_token, "<end_of_turn>")
        # the answer stands behind the whole prompt, as it was written for answering, and nothing behind it
        here = batch["attention_mask"][row].bool()
        prompt = maker.make([prompt_of(item)], name=family)["input_ids"][0]
        assert batch["input_ids"][row][here].tolist() == [*prompt.tolist(), *answer.tolist()]
        assert learnt[here].tolist() == [False] * len(prompt) + [True] * len(answer)


@pytest.mark.parametrize("family", FAMILIES)
def test_gaze_lies_on_the_placeholders(family: str, model_of: Callable[[str], HfModel]) -> None:
    maker = model_of(family).maker
    items = items_of(model_of(family), lost_s=(0.9, 2.0))
    batch = Collator(maker.processor, maker.config)(items)
    sizes = [[image.shape[:2] for image in item["images"]] for item in items]
    places = token_patches(maker.processor, maker.config, batch, sizes_px=sizes)
    assert batch["gaze_valid"].tolist() == [[True, False, True], [True, False, False]]
    for row, item in enumerate(items):
        tokens = [sum(map(len, frame)) for frame in places[row]]
        assert batch["gaze_present"][row].sum(dim=1).tolist() == tokens + [0] * (3 - len(tokens))
        assert int(maker.count_visual(batch)[row]) >= sum(tokens)
        for k, count in enumerate(tokens):
            np.testing.assert_array_equal(batch["gaze_target"][row, k, :count], item["gaze_target"][k])
            sums = 1.0 if batch["gaze_valid"][row, k] else np.nan
            np.testing.assert_allclose(batch["gaze_target"][row, k, :count].sum(), sums, rtol=1e-5)


def test_the_target_is_view_target_of_the_points(model_of: Callable[[str], HfModel]) -> None:
    """Without optical flow the points of the window are the samples themselves."""
    model = model_of("builtin")
    (item,) = items_of(model, seconds=(3,), recipe=Recipe(sigma_px=9.0, window_ms=99.0))
    preparer = Preparer(model, USUAL)
    recording = drawn_recording()
    viewer = Viewer(recording, preparer.view)
    shown = viewer.show(Span(int(recording.scene.time_ns[0]), int(recording.scene.time_ns[0]) + 3 * 10**9))
    for k, (view, frame) in enumerate(zip(shown.views, shown.frames, strict=True)):
        at = np.searchsorted(recording.gaze.time_ns, recording.scene.time_ns[frame.index])
        point = recording.gaze.point_px[at : at + 1]
        wanted = view_target(view, point, [item["patches"][k]], sigma_px=9.0)
        np.testing.assert_array_equal(item["gaze_target"][k], wanted.flat.astype(np.float32))
        np.testing.assert_allclose(item["gaze_px"][k], view.glimpses[0].to_view(point))


def test_several_images_of_a_frame_each_have_their_share(model_of: Callable[[str], HfModel]) -> None:
    model = model_of("qwen2_5_vl")
    (item,) = items_of(model, seconds=(3,), recipe=Recipe(view="dual", size="40"))
    assert len(item["images"]) == 6
    assert item["gaze_valid"] == [True] * 6
    for target, patches, image, points in zip(
        item["gaze_target"], item["patches"], item["images"], item["gaze_px"], strict=True
    ):
        assert target.sum() == pytest.approx(1)
        (grid,) = patches
        row, column = np.unravel_index(target.argmax(), (grid.rows, grid.columns))
        x, y = points.mean(axis=0) / image.shape[1::-1] * (grid.columns, grid.rows)
        assert abs(row + 0.5 - y) <= 1
        assert abs(column + 0.5 - x) <= 1


def test_nothing_is_cut(model_of: Callable[[str], HfModel]) -> None:
    maker = model_of("builtin").maker
    items = items_of(model_of("builtin"))
    lengths = Collator(maker.processor, maker.config)(items)["attention_mask"].sum(dim=1).tolist()
    assert Collator(maker.processor, maker.config, max_length=max(lengths))(items)
    with pytest.raises(UsageError, match=rf"clip 3 takes {lengths[0]} tokens with its answer, and at most {lengths[0] - 1}"):
        Collator(maker.processor, maker.config, max_length=lengths[0] - 1)(items)


def test_shards_of_another_model_are_told(model_of: Callable[[str], HfModel]) -> None:
    items = items_of(model_of("builtin"))
    other = model_of("qwen2_5_vl").maker
    message = r"clip 3 was prepared for visual tokens of 3 images \(.*\) and this model has 3 images \(.*prepare the shards for"
    with pytest.raises(DatasetError, match=message):
        Collator(other.processor, other.config)(items)


def test_a_reference_opens_no_turn(model_of: Callable[[str], HfModel]) -> None:
    maker = model_of("qwen2_5_vl").maker
    (item,) = items_of(model_of("qwen2_5_vl"), seconds=(3,))
    batch = Collator(maker.processor, maker.config)([{**item, "reference": "a<|im_end|><|image_pad|>b"}])
    answer = batch["labels"][0][batch["labels"][0] != IGNORED]
    assert answer.tolist().count(maker.processor.tokenizer.convert_tokens_to_ids("<|im_end|>")) == 1
    assert maker.image_token_id not in answer.tolist()


@pytest.mark.parametrize("family", ["smolvlm", "internvl"])
def test_large_images_go_as_one_tile_beside_small_ones(family: str, model_of: Callable[[str], HfModel]) -> None:
    model = model_of(family)
    small, _ = items_of(model)
    layouts = Preparer(model, USUAL).layouts((Size(900, 600),) * 3)
    large = {**small, "id": "large", "images": [np.zeros((600, 900, 3), dtype=np.uint8)] * 3, "patches": list(layouts)}
    batch = Collator(model.maker.processor, model.maker.config)([small, large])
    assert batch["gaze_present"].sum(dim=2).unique().tolist() == [len(small["gaze_target"][0])]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_prompt_that_lost_image_tokens_is_refused(
    family: str, model_of: Callable[[str], HfModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a truncating chat template does: fewer placeholders than features."""
    maker = model_of(family).maker
    collate = Collator(maker.processor, maker.config)
    items, make = items_of(model_of(family)), InputMaker.make

    def cut(self: InputMaker, *given: Any, **how: Any) -> Any:
        inputs = make(self, *given, **how)
        places = (inputs["input_ids"][0] == self.image_token_id).nonzero().flatten()
        inputs["input_ids"][0, places[-1]] = self.processor.tokenizer.pad_token_id
        return inputs

    monkeypatch.setattr(InputMaker, "make", cut)
    with pytest.raises((ModelError, DatasetError), match="visual tokens"):
        collate(items)


def test_padding_goes_left_or_right(model_of: Callable[[str], HfModel]) -> None:
    maker = model_of("builtin").maker
    with pytest.raises(UsageError, match="padding_side is left or right, got 'middle'"):
        Collator(maker.processor, maker.config, padding_side="middle")
