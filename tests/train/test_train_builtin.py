"""Training of the built-in model on one world: the stock forward pass, the right data; a resumption that loses nothing."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from foveate.clock import seconds_to_ns  # noqa: E402
from foveate.geometry import Box, Size  # noqa: E402
from foveate.toykitchen import World  # noqa: E402
from foveate.train.builtin import training as builtin  # noqa: E402
from foveate.train.builtin.architecture import LARGEST_PX, PATCH_PX, TOKEN_PX, make_model, make_processor, sentences  # noqa: E402
from foveate.train.builtin.batches import EQUAL_VIEWS, IGNORED, ClipPool, Plan  # noqa: E402
from foveate.train.builtin.clips import _draw_shard  # noqa: E402
from foveate.train.builtin.encode import encode  # noqa: E402
from foveate.train.builtin.loop import Schedule, answer_logits, exact_match, picture_tensor, visual_tokens  # noqa: E402
from foveate.train.builtin.patches import COLOURS, NO_COLOUR, WHAT, _draw_world, patches  # noqa: E402


@pytest.fixture(scope="module")
def processor():
    return make_processor()


@pytest.fixture(scope="module")
def model(processor):
    return make_model(processor.tokenizer, seed=0).eval()


@pytest.fixture(scope="module")
def shard_path(tmp_path_factory) -> Path:
    return _draw_shard((range(20_999, 21_000), tmp_path_factory.mktemp("clips") / "020999_1"))


@pytest.fixture(scope="module")
def pool(shard_path, processor) -> ClipPool:
    return ClipPool([shard_path], processor.tokenizer)


@pytest.fixture(scope="module")
def patch_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("patches")
    for name, array in zip(("frames", "what", "colour"), _draw_world(20_999), strict=True):
        np.save(folder / f"{name}.npy", array)
    return folder


def test_every_sentence_survives_the_tokenizer(processor) -> None:
    tokenizer = processor.tokenizer
    for text in sentences()[::37]:
        tokens = tokenizer(text)["input_ids"]
        assert tokenizer.unk_token_id not in tokens
        assert tokenizer.decode(tokens) == text


def test_times_before_images_are_left_out_and_other_words_are_unknown(processor) -> None:
    tokenizer = processor.tokenizer
    assert tokenizer.tokenize("0:12.5 What 1:02:05.0 is") == ["What", "is"]
    assert tokenizer.tokenize("a helicopter") == ["<unk>", "<unk>"]


@pytest.mark.parametrize(
    ("side_px", "tokens"),
    [(96, 16), (48, 4), (LARGEST_PX, 144), (1440, 144)],
    ids=["crop", "small", "native", "scaled down"],
)
def test_visual_tokens_follow_the_size(processor, side_px: int, tokens: int) -> None:
    blank = np.zeros((side_px, side_px, 3), dtype=np.uint8)
    made = processor(text=["<frame><image>"], images=[[blank]], return_tensors="pt")
    assert int((made["input_ids"] == processor.image_token_id).sum()) == tokens


@pytest.mark.parametrize("side_px", [96, 288], ids=["plain attention", "fused attention"])
def test_batched_encoding_equals_the_stock_one(model, side_px: int) -> None:
    pixels = torch.randn(2, 3, side_px, side_px, generator=torch.Generator().manual_seed(0))
    grid = side_px // PATCH_PX
    cut = pixels.view(2, 3, grid, PATCH_PX, grid, PATCH_PX).permute(0, 2, 4, 1, 3, 5).reshape(-1, 3, PATCH_PX, PATCH_PX)
    with torch.inference_mode():
        stock = model.get_image_features(cut, torch.tensor([[1, grid, grid]] * 2)).pooler_output
        ours = encode(model, pixels)
    assert ours.shape == (2, (side_px // TOKEN_PX) ** 2, model.config.text_config.hidden_size)
    assert torch.allclose(torch.stack(stock), ours, atol=1e-5)


@pytest.mark.parametrize(("view", "pictures"), [("gaze", 1), ("warp", 1), ("dual", 2)])
def test_pixels_and_logits_equal_what_the_processor_and_the_stock_model_make(
    model, processor, pool, view: str, pictures: int
) -> None:
    (batch,) = pool.in_order("activity", view, size=2, limit=2)
    assert len(batch.pictures) == pictures
    text = ["<frame><image>" * 3 * pictures + "What is the person doing?<answer>"] * 2
    shown = [[pixels[clip, k] for k in range(3) for pixels in batch.pictures] for clip in range(2)]
    made = processor(text=text, images=shown, return_tensors="pt")
    assert made["input_ids"][0].tolist() == batch.prompt.tolist()
    ours = picture_tensor(batch.pictures[0][:, 0])
    assert torch.allclose(ours[0, :, :PATCH_PX, :PATCH_PX], made["pixel_values"][0], atol=0.02)
    with torch.inference_mode():
        stock = model(**made, logits_to_keep=1).logits[:, 0]
        first = answer_logits(model, batch, visual_tokens(model, batch))[:, 0]
    assert torch.allclose(stock, first, atol=2e-3)


def test_clips_show_what_their_sentence_says(pool) -> None:
    """A clip of the gaze view, drawn again from its sample."""
    (batch,) = pool.in_order("activity", "full", size=3, limit=3)
    world = World(20_999)
    assert list(batch.texts) == [event.text for event in world.narrations[:3]]
    shard = pool.shards[0]
    assert len(shard.pictures["gaze"]) == len(shard.pictures["full"]) == shard.frames.sum()
    assert len(shard.pictures["full_native"]) == 0


@pytest.mark.parametrize("frames", [0, 1, 3, 4], ids=["none", "last", "all", "first twice"])
def test_batches_take_the_last_frames(pool, frames: int) -> None:
    batch = pool.draw(Plan("activity", frames, 5), np.random.default_rng(0))
    assert batch.pictures[0].shape[:2] == (5, frames)
    assert set(batch.views) <= set(EQUAL_VIEWS)
    if frames == 4:
        again = pool.draw(Plan("activity", 3, 5, ("full",)), np.random.default_rng(0))
        more = pool.draw(Plan("activity", 4, 5, ("full",)), np.random.default_rng(0))
        assert np.array_equal(more.pictures[0][:, 1:], again.pictures[0])
        assert np.array_equal(more.pictures[0][:, 0], again.pictures[0][:, 0])


def test_patches_name_what_the_world_says_is_there() -> None:
    world = World(20_999)
    time_ns, box = seconds_to_ns(10.0), Box(300, 300, 800, 800)
    what, colour = patches(world, time_ns, box)
    for k in range(64):
        x, y = 300 + 100 * (k % 8 + 0.5), 300 + 100 * (k // 8 + 0.5)
        name = world.scene_point(time_ns, (x, y)).name
        if name.startswith("thing"):
            thing = world.script.things[int(name.split()[1])]
            assert (WHAT[what[k]], colour[k]) == (thing.kind, COLOURS.index(thing.colour))
        elif name == "room":
            assert WHAT[what[k]] in ("room", "board", "tray", "mat")
            assert colour[k] == NO_COLOUR
    assert world.frame(time_ns, Size(96, 96), box).shape == (96, 96, 3)


def test_exact_match_counts_whole_answers(pool, model, monkeypatch: pytest.MonkeyPatch) -> None:
    (batch,) = pool.in_order("activity", "gaze", size=4, limit=4)
    wanted = torch.from_numpy(np.maximum(batch.answers, 0))
    logits = torch.nn.functional.one_hot(wanted, model.config.text_config.vocab_size).float()
    logits[0, 0] = logits[0, 0].roll(1)  # one word of one answer wrong
    monkeypatch.setattr("foveate.train.builtin.loop.answer_logits", lambda *_: logits)
    assert exact_match(model, [batch]) == 0.75
    assert (batch.answers[:, -1] == IGNORED).any() or len(set(map(len, batch.texts))) == 1


def test_schedule_warms_up_and_comes_down() -> None:
    schedule = Schedule(peak=1.0, steps=100, warm_up=10)
    rates = [schedule.at(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates[9:] == sorted(rates[9:], reverse=True)
    assert 0.02 <= rates[-1] < 0.03


def test_a_stopped_training_goes_on_as_if_it_had_not_been(pool, processor, patch_folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(builtin, "EYE_PLANS", ((1.0, Plan("activity", 1, 4, ("gaze",))),))
    monkeypatch.setattr(builtin, "PLANS", ((0.5, Plan("activity", 2, 2)), (0.5, Plan("future", 0, 2))))
    monkeypatch.setattr(builtin, "PATCH_FRAMES", 4)
    monkeypatch.setattr(builtin.Training, "validate", lambda self: {})
    config = builtin.Config(eye_steps=2, steps=5, warm_up=2)

    def training() -> builtin.Training:
        return builtin.Training(config, pool, pool, patch_folder, processor)

    whole = training()
    for _ in range(5):
        whole.take_step()
    stopped = training()
    for _ in range(3):
        stopped.take_step()
    stopped.check(tmp_path, [1.0], seconds=1.0)
    resumed = training()
    resumed.step = builtin.load_state(
        tmp_path / "state.safetensors", resumed.model, resumed.heads, resumed.optimizer, resumed.average
    )
    assert resumed.step == 3
    resumed.run(tmp_path, minutes_between_checks=60)
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
    for name, value in whole.average.items():
        assert torch.equal(value, resumed.average[name]), name
    exported = sorted(path.name for path in (tmp_path / "export").iterdir())
    assert {"config.json", "model.safetensors", "tokenizer.json", "processor_config.json"} <= set(exported)


def test_a_loss_that_is_no_number_stops_the_training(pool, processor, patch_folder, monkeypatch) -> None:
    training = builtin.Training(builtin.Config(eye_steps=0), pool, pool, patch_folder, processor)
    monkeypatch.setattr(training, "loss", lambda batch: torch.tensor(float("nan")))
    monkeypatch.setattr(builtin, "PLANS", ((1.0, Plan("future", 0, 2)),))
    with pytest.raises(FloatingPointError, match=r"lower Config\.peak"):
        training.take_step()


def test_slots_are_verb_colour_kind_and_surface(pool, processor, patch_folder) -> None:
    training = builtin.Training(builtin.Config(), pool, pool, patch_folder, processor)
    words = processor.tokenizer.convert_ids_to_tokens
    assert words(training._slot_tokens("The person puts the red cup on the tray.")) == ["puts", "red", "cup", "tray"]
    *slots, surface = training._slot_tokens("The person looks at the blue pan.")
    assert (words(slots), surface) == (["looks", "blue", "pan"], IGNORED)
