"""Gaze made steadier: noise goes, jumps stay where they are."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.clean import clean_recording
from foveate.gaze.degrade import degrade
from foveate.gaze.smoothing import SMOOTHINGS, moving_median, smoothed
from foveate.gaze.treatment import Treatment, treated
from foveate.recording.recording import GazeStream, Recording
from foveate.toykitchen import World


def stepping(*, noise_px: float, lost: slice = slice(0)) -> GazeStream:
    """200 Hz; half a second at 500 px, half a second at 900 px."""
    rng = np.random.default_rng(0)
    x = np.where(np.arange(200) < 100, 500.0, 900.0)
    point = np.stack([x, np.full(200, 700.0)], axis=1) + rng.normal(0, noise_px, (200, 2))
    valid = np.ones(200, dtype=np.bool_)
    valid[lost] = False
    return GazeStream(np.arange(200) * 5_000_000, point, valid)


def recording_of(gaze: GazeStream) -> Recording:
    return World(3, duration_s=2.0).recording().replaced({"gaze": gaze})


def test_a_median_takes_noise_out_and_leaves_the_jump_where_it_is() -> None:
    steady = moving_median(stepping(noise_px=10), window_ms=100).point_px
    assert np.abs(steady[:, 1] - 700).std() < 4
    assert np.array_equal(steady[:, 0] > 700, np.arange(200) >= 100)


def test_a_median_does_not_reach_over_a_loss() -> None:
    gaze = stepping(noise_px=0, lost=slice(60, 100))
    steady = moving_median(gaze, window_ms=400)
    assert np.array_equal(steady.valid, gaze.valid)
    assert set(steady.point_px[:60, 0]) == {500.0}
    assert set(steady.point_px[100:, 0]) == {900.0}


def test_the_centroid_is_the_mean_of_a_fixation() -> None:
    gaze = stepping(noise_px=2)
    steady = SMOOTHINGS["fixation"](recording_of(gaze))
    rests = steady.point_px[20:80]
    assert np.ptp(rests, axis=0).max() == 0
    assert np.allclose(rests[0], (500, 700), atol=1)
    assert np.allclose(steady.point_px[-1], (900, 700), atol=1)
    assert "2 fixations" in steady.notes[-1]


@pytest.mark.parametrize("how", ["one_euro", "median"])
def test_noise_that_was_added_goes(how: str) -> None:
    recording = World(3, duration_s=10.0).recording()
    noisy = recording.replaced({"gaze": degrade(recording.gaze, noise_px=10, seed=0)})
    before, after = (
        np.linalg.norm(gaze.point_px - recording.gaze.point_px, axis=1)[gaze.valid & recording.gaze.valid]
        for gaze in (noisy.gaze, smoothed(noisy, how))
    )
    assert np.median(after) < 0.8 * np.median(before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda: smoothed(recording_of(stepping(noise_px=0)), "oneeuro"), "did you mean 'one_euro'", id="typo"),
        pytest.param(
            lambda: moving_median(stepping(noise_px=0), window_ms=0), "window_ms must be positive, got 0", id="window"
        ),
        pytest.param(lambda: Treatment(smoothing="some"), "allowed: none, one_euro, median, fixation", id="treatment"),
        pytest.param(lambda: Treatment(loss=2), "loss is a share of the samples", id="loss"),
    ],
)
def test_what_is_not_allowed(call: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call()  # type: ignore[operator]


def test_a_treatment_tells_what_was_done_and_every_recording_has_its_own_luck() -> None:
    asked = Treatment(noise_deg=2, delay_ms=100, loss=0.25, burst_ms=500, smoothing="median")
    assert str(asked) == "noise 2 deg, 100 ms late, 25% lost in bursts of 500 ms, median"
    assert str(Treatment()) == ""
    first, second = (World(seed, duration_s=2.0).recording() for seed in (3, 4))
    bias = Treatment(bias_px=30)

    def moved(recording: Recording, **how: int) -> tuple[float, float]:
        gone = treated(recording, bias, **how).gaze.point_px - clean_recording(recording).point_px
        return tuple(np.nanmean(gone, axis=0).round(6).tolist())

    assert len({moved(first), moved(second), moved(first, seed=1)}) == 3
    assert moved(first) == moved(World(3, duration_s=2.0).recording())
    assert treated(first, Treatment()) is first
    assert treated(first, asked).gaze.notes[-1] == "smoothed: median of 200 ms"


def test_noise_is_added_before_it_is_smoothed() -> None:
    recording = World(3, duration_s=5.0).recording()
    noisy, steady = (treated(recording, Treatment(noise_px=40, smoothing=how)).gaze for how in ("none", "median"))
    jumps = [np.nanmedian(np.abs(np.diff(gaze.point_px, axis=0))) for gaze in (noisy, steady)]
    assert jumps[1] < 0.2 * jumps[0]
