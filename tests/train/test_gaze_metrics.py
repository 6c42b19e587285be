"""Scores of attention over the frames of batches: padding, frames without gaze, means, and distances."""

import numpy as np
import pytest
import torch

from foveate.errors import UsageError
from foveate.gaze.patches import tiles_and_thumbnail, whole
from foveate.model.attention.looked import Looked
from foveate.score.on_gaze import ON_GAZE
from foveate.train.loss import gaze_kl
from foveate.train.metrics import frame_scores, mean_over_frames


def batch(patches: list[list[int]], *, seed: int = 0) -> tuple[Looked, torch.Tensor, torch.Tensor]:
    """Random attention and targets of frames with so many patches, padded with what must not be read."""
    rng = torch.Generator().manual_seed(seed)
    shape = (len(patches), max(map(len, patches)), max(count for row in patches for count in row))
    present = torch.zeros(shape, dtype=torch.bool)
    for item, row in enumerate(patches):
        for frame, count in enumerate(row):
            present[item, frame, :count] = True
    attention, target = (
        torch.randn(shape, generator=rng).masked_fill(~present, -1e9).softmax(dim=-1).masked_fill(~present, torch.nan)
        for _ in range(2)
    )
    return Looked(attention, present), target, present.any(dim=-1)


def test_kl_is_the_loss_and_every_score_is_that_of_the_frame_alone():
    looked, target, valid = batch([[9, 16], [16]])
    rows = frame_scores(looked, target, valid, smoothing=0.05)
    loss = gaze_kl(looked.attention, target, valid, smoothing=0.05, present=looked.present)
    assert mean_over_frames(rows).scores["kl"].value == pytest.approx(float(loss), rel=1e-5)
    for row, (item, frame, count) in zip(rows, [(0, 0, 9), (0, 1, 16), (1, 0, 16)], strict=True):
        alone = [each[item, frame, :count].double().numpy() for each in (looked.attention, target)]
        assert {name: row[name] for name in ON_GAZE if name != "kl"} == {
            name: score(*alone) for name, score in ON_GAZE.items() if name != "kl"
        }


def test_a_frame_that_lacks_scores_for_two_reasons_is_left_out_once():
    looked, target, valid = batch([[4]])
    looked.attention[:], target[:] = 0.25, 0.25
    found = mean_over_frames(frame_scores(looked, target, valid))
    assert list(found.left_out.values()) == [1, 1]
    assert found.to_log()["frames_left_out"] == found.frames == 1


def test_frames_without_gaze_are_left_out_and_counted():
    looked, target, valid = batch([[9, 9], [9, 9]])
    alone = frame_scores(looked, target, valid)
    valid[0, 1] = valid[1, 0] = False
    target[0, 1] = torch.nan
    looked.attention[1, 1, 4] = torch.nan
    found = mean_over_frames(frame_scores(looked, target, valid))
    assert found.scores == {name: alone[0][name] for name in ON_GAZE}
    assert found.frames == 4
    assert found.left_out == {"without valid gaze": 2, "with attention that is no number": 1}
    assert found.words.startswith(f"kl {alone[0]['kl'].value:.3f}, nss ")
    assert found.words.endswith("(4 frames; 2 without valid gaze; 1 with attention that is no number)")
    log = found.to_log("gaze_")
    assert log["gaze_kl"] == alone[0]["kl"].value
    assert (log["gaze_frames"], log["gaze_frames_left_out"]) == (4, 3)


def test_a_mean_is_over_frames_and_not_over_batches():
    parts = [batch([[9, 9, 9]], seed=1), batch([[9]], seed=2)]
    rows = [row for part in parts for row in frame_scores(*part)]
    found = mean_over_frames(rows).scores["mass"].value
    assert found == pytest.approx(np.mean([row["mass"].value for row in rows]))


def test_a_score_that_a_frame_lacks_is_counted_and_the_others_stay():
    looked, target, valid = batch([[4, 4]])
    target[0, 0] = 0.25
    found = mean_over_frames(frame_scores(looked, target, valid))
    assert found.left_out == {"no patch holds more than an even share of the gaze": 1}
    assert found.scores["top_10"] == frame_scores(looked, target, valid)[1]["top_10"]
    assert found.scores["kl"].value != frame_scores(looked, target, valid)[1]["kl"].value


def test_nothing_shown_is_unscored():
    found = mean_over_frames([])
    assert found.scores["nss"].reason == "no frame was shown"
    assert found.to_log() == {"frames": 0, "frames_left_out": 0}


DISTANCES = {
    # centres at 100, 300, 500, 700 of 800 px, and 75, 225, 375 of 450: from (0, 0) to (2, 3)
    "one grid": (whole((3, 4), (450, 800)), 0, 11, np.hypot(600, 300) / 800),
    "the same patch": (whole((3, 4), (450, 800)), 5, 5, 0.0),
    # the last patch of the right tile, at (700, 300), and the thumbnail's last, at (600, 300)
    "tile and thumbnail": (tiles_and_thumbnail((1, 2), (2, 2), (400, 800)), 7, 11, 100 / 800),
}


@pytest.mark.parametrize(("places", "attended", "gaze", "distance"), DISTANCES.values(), ids=DISTANCES.keys())
def test_distance_of_the_peaks_in_shares_of_the_width(places, attended, gaze, distance):
    attention, target = (torch.eye(12)[at].view(1, 1, 12) for at in (attended, gaze))
    looked = Looked(attention, torch.ones(1, 1, 12, dtype=torch.bool))
    width_px = 800
    (row,) = frame_scores(looked, target, torch.ones(1, 1, dtype=torch.bool), places=[[places]], sizes_px=[[(450, width_px)]])
    assert row["peak_distance"].value == pytest.approx(distance)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"target": torch.zeros(1, 1, 8)}, r"target \(1, 1, 8\), valid", id="target"),
        pytest.param({"valid": torch.ones(2, 1, dtype=torch.bool)}, r"valid \(2, 1\); all must be", id="valid"),
        pytest.param({"places": [[whole((2, 2), (8, 8))]]}, "needs both places and sizes_px", id="no sizes"),
        pytest.param(
            {"places": [[whole((2, 2), (8, 8))]], "sizes_px": [[(8, 8)]]}, "9 tokens needs as many places, got 4", id="places"
        ),
    ],
)
def test_says_what_does_not_fit(change, message):
    looked, target, valid = batch([[9]])
    with pytest.raises(UsageError, match=message):
        frame_scores(**{"looked": looked, "target": target, "valid": valid, **change})
