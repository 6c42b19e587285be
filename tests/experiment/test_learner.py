"""The learner of the experiments in training: encoded clips, targets and controls, one arm from base to answers."""

import dataclasses

import numpy as np
import pytest

from foveate.model.torchvision_ops import ensure_operators

ensure_operators()

import torch  # noqa: E402

from foveate.experiment.invented import invents, things_in_view  # noqa: E402
from foveate.experiment.learner import eyes as eyes_module  # noqa: E402
from foveate.experiment.learner.arm import Arm  # noqa: E402
from foveate.experiment.learner.arms import CEILING, CONTROLS, GAZE, NO_BLOCK, NO_IMAGE, NO_LOSS  # noqa: E402
from foveate.experiment.learner.clips import drawn_clips  # noqa: E402
from foveate.experiment.learner.eyes import encode_frames, make_eyes  # noqa: E402
from foveate.experiment.learner.fit import Deck, _on_grid, answer, fit  # noqa: E402
from foveate.experiment.learner.model import Learner, _of_frames  # noqa: E402
from foveate.experiment.learner.protocol import FRAME_PX, FRAMES, GRID, PROTOCOL, QUICK, WIDTH  # noqa: E402
from foveate.experiment.learner.run import joined  # noqa: E402
from foveate.experiment.learner.targets import CENTER_PX, Aim, make_targets, mass, pointed_at, world_of  # noqa: E402
from foveate.model.attention import PatchAttention  # noqa: E402

torch.set_num_threads(1)

WINDOWS = ("single", "200 ms, occlusion")
WORLDS = (("kitchen", range(20_900, 20_902)),)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return drawn_clips(tmp_path_factory.mktemp("clips"), make_eyes().eval(), WORLDS, windows=WINDOWS, spans=2)


@pytest.fixture(scope="module")
def base():
    torch.manual_seed(0)
    return {name: value.detach() for name, value in Learner().state_dict().items() if name != "head.weight"}


def test_no_world_is_trained_on_and_tested_on() -> None:
    parts = {"eyes": PROTOCOL.eyes, "naming": PROTOCOL.naming, "narrated": PROTOCOL.narrated, "train": PROTOCOL.train}
    parts |= {"more": PROTOCOL.more, "stand": PROTOCOL.stand, "validation": PROTOCOL.validation, **dict(PROTOCOL.tests)}
    seeds = [seed for worlds in parts.values() for _, some in worlds for seed in some]
    assert len(seeds) == len(set(seeds))
    tested = {seed for _, worlds in PROTOCOL.tests for _, some in worlds for seed in some}
    assert not tested & {seed for _, worlds in QUICK.tests for _, some in worlds for seed in some}, "--quick opens no test"


def test_the_static_prior_is_wider_than_gaze() -> None:
    found = [world_of(f"toykitchen-kitchen-{seed}").gaze() for _, seeds in PROTOCOL.train for seed in seeds[:3]]
    points = np.concatenate([gaze.point_px[gaze.valid] for gaze in found])
    across, down = points.std(axis=0)
    assert 200 < across < 245
    assert 120 < down < 150
    assert across < CENTER_PX


def test_clips_are_drawn_once_and_read_back(clips, tmp_path) -> None:
    assert clips.features.shape == (len(clips.frame_ns), GRID * GRID, WIDTH)
    assert {task: len(clips.rows(task)) for task in FRAMES} == {"activity": 4, "future": 4}
    assert clips.frames(clips.rows("future")).shape == (4, 5)
    world = world_of(str(clips.recording[0]))
    told = {event.text for event in world.narrations}
    assert {str(text) for text in clips.text[clips.recording == clips.recording[0]]} <= told


def test_a_frame_is_encoded_tile_by_tile_and_row_by_row() -> None:
    eyes = make_eyes().eval()
    plain = np.zeros((1, FRAME_PX, FRAME_PX, 3), np.uint8)
    marked = plain.copy()
    marked[0, 200:212, 100:112] = 255  # in the tile of the last row and the second column
    changed = np.abs(encode_frames(eyes, marked).astype(float) - encode_frames(eyes, plain)).sum(axis=2).reshape(GRID, GRID) > 0
    rows, columns = np.nonzero(changed)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 11, 4, 7), "no other tile knows of it"


def test_eyes_learn_what_patches_show(monkeypatch, capsys) -> None:
    monkeypatch.setattr(eyes_module, "FRAMES_PER_WORLD", 48)
    eyes = make_eyes()
    before = eyes.model.visual.state_dict()["vision_model.embeddings.patch_embedding.weight"].clone()
    eyes_module.train_eyes(eyes, QUICK)
    assert not torch.equal(before, eyes.model.visual.state_dict()["vision_model.embeddings.patch_embedding.weight"])
    assert "after 4 steps" in capsys.readouterr().out


def test_targets_are_the_mass_of_gathered_gaze(clips) -> None:
    found = make_targets(clips, Aim(), seed=0)
    points, starts = clips.windows["200 ms, occlusion"]
    for frame in np.flatnonzero(found.valid)[:5]:
        expected = mass(points[starts[frame] : starts[frame + 1]], Aim().sigma_px)
        np.testing.assert_allclose(found.probability[frame], expected, atol=1e-7)
    np.testing.assert_allclose(found.probability[found.valid].sum(axis=1), 1, atol=1e-5)


def test_gaze_that_is_late_lies_where_it_was(clips) -> None:
    now, late = (make_targets(clips, Aim(window="single", latency_ms=ms), seed=0) for ms in (1e-3, 500.0))
    both = now.valid & late.valid
    assert both.sum() > 10
    assert np.abs(now.probability[both] - late.probability[both]).sum(axis=1).mean() > 0.3
    gaze = world_of(str(clips.recording[0])).gaze()
    for frame in np.flatnonzero(late.valid[:8]):
        at = int(np.abs(gaze.time_ns - (clips.frame_ns[frame] - 500_000_000)).argmin())
        part = slice(max(0, at - 40), at + 1)
        if gaze.valid[part].sum() < 20:
            continue
        x, y = gaze.point_px[part][gaze.valid[part]].mean(axis=0)
        row, column = np.divmod(np.arange(GRID * GRID), GRID)
        mean_px = late.probability[frame] @ np.stack([column + 0.5, row + 0.5], axis=1) * 120
        assert np.hypot(*(mean_px - (x, y))) < 60


@pytest.mark.parametrize("aim", [Aim(error_deg=8.0), Aim(loss=0.5)], ids=["error", "loss"])
def test_bad_gaze_is_the_same_for_the_same_seed(clips, aim) -> None:
    first, again, other = (make_targets(clips, aim, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.probability, again.probability)
    assert not np.array_equal(first.probability, other.probability)


def test_half_of_the_frames_are_lost(clips) -> None:
    whole, half = (make_targets(clips, Aim(loss=loss), seed=0).valid for loss in (0.0, 0.5))
    assert not (half & ~whole).any()
    assert 0.2 < half.sum() / whole.sum() < 0.8


@pytest.mark.parametrize("whose", ["search", "passive viewing"])
def test_another_tasks_gaze_is_not_the_wearers(clips, whose) -> None:
    own, other = (make_targets(clips, Aim(task_gaze=name), seed=0) for name in ("manipulation", whose))
    both = own.valid & other.valid
    overlap = np.minimum(own.probability[both], other.probability[both]).sum(axis=1).mean()
    assert overlap < 0.6


def test_controls_are_made_of_gaze_and_are_not_this_frames(clips) -> None:
    own = make_targets(clips, Aim(), seed=0)
    center, shuffled, mean = (make_targets(clips, Aim(control=name), seed=0) for name in ("center", "shuffled", "mean"))
    assert center.valid.all()
    assert (center.probability == center.probability[0]).all()
    grid = center.probability[0].reshape(GRID, GRID)
    np.testing.assert_allclose(grid, grid[::-1, ::-1], atol=1e-6)
    of_frame = np.repeat(clips.recording, np.diff(np.append(clips.first, len(clips.frame_ns))))
    for name in np.unique(of_frame):
        mine, theirs = of_frame == name, of_frame != name
        np.testing.assert_allclose(
            mean.probability[mine], own.probability[mine & own.valid].mean(axis=0)[None].repeat(mine.sum(), 0)
        )
        maps = {row.tobytes() for row in own.probability[theirs]}
        assert all(row.tobytes() in maps for row in shuffled.probability[mine]), "all of another recording"


def test_the_truth_is_pointed_at(clips) -> None:
    pointed = pointed_at(clips).reshape(-1, GRID, GRID)
    inside = ((clips.true_px > 60) & (clips.true_px < 1380)).all(axis=1)
    row, column = np.divmod(pointed[inside].reshape(-1, GRID * GRID).argmax(axis=1), GRID)
    distance = np.hypot(*(np.stack([column + 0.5, row + 0.5], axis=1) * 120 - clips.true_px[inside]).T)
    assert distance.max() < 120


def test_a_coarser_grid_keeps_the_mass(clips) -> None:
    target = torch.from_numpy(make_targets(clips, Aim(), seed=0).probability[None, :3])
    coarse = _on_grid(target, 16)
    assert coarse.shape == (1, 3, 16)
    grid = target.view(3, 4, 3, 4, 3).sum(dim=(2, 4)).view(1, 3, 16)
    torch.testing.assert_close(coarse, grid)


def test_generated_text_is_what_whole_passes_find_likeliest(clips, base) -> None:
    learner = Learner(PatchAttention(WIDTH, heads=2, output="token")).eval()
    deck = Deck(clips, GAZE, learner, seed=0, training=False)
    batch = deck.batch(clips.rows("activity"))
    with torch.inference_mode():
        read, place, _ = learner.read(batch.features, "activity")
        said = learner.generate(read, place)
        told = learner(batch.features, "activity", learner.answers(said))
    likeliest = told.logits.argmax(dim=-1)
    wanted = learner.answers(said)
    assert ((likeliest == wanted) | (wanted == -100)).all()


ARMS = {
    "gaze": GAZE,
    "no block": NO_BLOCK,
    "no image": NO_IMAGE,
    "ceiling": CEILING,
    "pooled": GAZE.called("pooled", output="pooled"),
    "scaled": GAZE.called("scaled", output="scaled"),
    "heads": GAZE.called("heads", mode="heads"),
    "words": NO_BLOCK.called("words", told="words"),
    "one still": GAZE.called("one", frames="one"),
    "later": GAZE.called("later", later=True),
    "gaze alone": GAZE.called("gaze alone", clips=4, gaze_clips=4),
    "joint": GAZE.called("joint", joint=True),
}


@pytest.mark.parametrize("name", ARMS)
def test_every_kind_of_arm_is_trained_and_asked(name, clips, base) -> None:
    arm = dataclasses.replace(ARMS[name], steps=2)
    fitted, cpu_s = fit(arm, base, clips, seed=0)
    assert cpu_s > 0
    found = answer(fitted, clips, seed=0)
    later = arm.later & (clips.task == "future") & (clips.later == "")
    assert len(found.texts) == len(clips.text) - later.sum()
    assert bool(found.on_gaze) == (arm.mode != "none" or arm.pointed)
    assert bool(found.next_gaze) == arm.joint
    if name == "ceiling":
        assert np.nanmean(np.array(found.on_gaze["top_10"], dtype=float)) > 0.8


def test_an_arm_is_the_same_again_and_another_with_another_seed(clips, base) -> None:
    arm = dataclasses.replace(GAZE, steps=2)
    weights = [fit(arm, base, clips, seed=seed)[0].state_dict() for seed in (0, 0, 1)]
    key = "learner.block.blocks.0.query.weight"
    assert torch.equal(weights[0][key], weights[1][key])
    assert not torch.equal(weights[0][key], weights[2][key])


def test_the_gaze_loss_moves_attention_to_gaze(clips, base) -> None:
    nats = {}
    for arm in (GAZE, NO_LOSS):
        fitted, _ = fit(dataclasses.replace(arm, steps=25, rate=1e-3), base, clips, seed=0)
        nats[arm.name] = np.nanmean(np.array(answer(fitted, clips, seed=0).on_gaze["kl"], dtype=float))
    assert nats["gaze"] < nats["no loss"] - 0.3


def test_clips_with_gaze_alone_teach_attention_and_no_words(clips, base) -> None:
    """With two narrated clips and strength 0 the others change nothing; with strength 1 they do."""
    key = "learner.block.blocks.0.query.weight"
    weights = {}
    for strength in (0.0, 1.0):
        for gaze_clips in (0, 4):
            arm = GAZE.called("arm", steps=2, clips=4, gaze_clips=gaze_clips, strength=strength)
            weights[strength, gaze_clips] = fit(arm, base, clips, seed=0)[0].state_dict()[key]
    assert torch.allclose(weights[0.0, 0], weights[0.0, 4], atol=3e-3)
    assert (weights[1.0, 0] - weights[1.0, 4]).abs().max() > 0


def test_heads_that_do_not_look_at_a_frame_leave_it_to_the_others() -> None:
    """A head of the trained language model gives some frame no attention at all, down to the last bit."""
    blind = torch.zeros(1, 1, 2, 5)
    blind[..., 4] = 1
    even = torch.full((1, 1, 2, 5), 0.2)
    found = _of_frames((torch.cat([blind, even], dim=1), even.expand(1, 2, 2, 5)), torch.tensor([[3, -100]]), 2, 2)
    torch.testing.assert_close(found, torch.full((1, 2, 2), 0.5))


def test_a_loss_that_is_no_number_stops_an_arm(clips, base) -> None:
    broken = {name: torch.full_like(value, float("nan")) for name, value in base.items()}
    with pytest.raises(FloatingPointError, match="gaze is nan at step 0; lower its rate"):
        fit(GAZE, broken, clips, seed=0)


def test_names_do_not_make_an_arm_and_settings_do() -> None:
    assert GAZE.called("something else").fingerprint == GAZE.fingerprint
    assert len({arm.fingerprint for arm in (GAZE, *CONTROLS, NO_BLOCK, NO_IMAGE, CEILING)}) == 8
    assert Arm("a").called("b", aim_sigma_px=45.0).aim.sigma_px == 45.0
    assert Arm("a", gaze_clips=8).fingerprint != Arm("a").fingerprint


def test_joined_clips_follow_one_another(clips) -> None:
    both = joined(clips, clips)
    count = len(clips.text)
    np.testing.assert_array_equal(
        both.features[both.frames(both.rows("future")[4:])], clips.features[clips.frames(clips.rows("future"))]
    )
    first, second = (make_targets(each, Aim(), seed=0) for each in (clips, both))
    np.testing.assert_array_equal(second.probability[len(clips.frame_ns) :], first.probability)
    assert len(both.text) == 2 * count


@pytest.mark.parametrize(
    ("text", "invented"),
    [
        ("The person picks up the red cup.", False),
        ("The person picks up the blue cup.", True),
        ("The person picks up the cup.", False),
        ("The person puts the red cup on the tray, next to the green apple.", True),
        ("", False),
    ],
    ids=["there", "another colour", "no pair", "one of two", "nothing"],
)
def test_things_that_are_not_in_view_are_invented(text, invented) -> None:
    assert invents(text, frozenset({"red cup"})) is invented


def test_what_an_action_is_done_to_is_in_view(clips) -> None:
    for row in range(len(clips.text)):
        assert things_in_view(clips, row)
    rows = clips.rows("activity")
    assert not any(invents(str(clips.text[row]), things_in_view(clips, int(row))) for row in rows)
