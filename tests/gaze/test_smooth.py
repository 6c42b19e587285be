"""One-euro smoothing on signals with known answers."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.smooth import one_euro
from foveate.recording.recording import GazeStream


def noisy(true_x: np.ndarray, sigma_px: float) -> GazeStream:
    rng = np.random.default_rng(1)
    point = np.stack([true_x, np.full(len(true_x), 300.0)], axis=1) + rng.normal(0, sigma_px, (len(true_x), 2))
    return GazeStream(np.arange(len(true_x)) * 5_000_000, point, np.ones(len(true_x), dtype=np.bool_))


def test_rest_stays_and_noise_shrinks():
    gaze = noisy(np.full(800, 500.0), 3.0)
    smooth = one_euro(gaze).point_px[100:]
    assert np.allclose(smooth.mean(axis=0), [500, 300], atol=0.5)
    assert (smooth.std(axis=0) < 0.25 * gaze.point_px[100:].std(axis=0)).all()


def test_a_saccade_is_followed_within_20_ms():
    smooth = one_euro(noisy(np.where(np.arange(800) < 400, 500.0, 900.0), 2.0)).point_px[:, 0]
    assert abs(smooth[399] - 500) < 5
    assert np.all(np.abs(smooth[404:] - 900) < 40)


def test_constant_gaze_is_untouched():
    gaze = noisy(np.full(50, 500.0), 0.0)
    assert np.allclose(one_euro(gaze).point_px, gaze.point_px)


def test_it_looks_back_only():
    gaze = noisy(np.linspace(0, 500, 200), 2.0)
    start = GazeStream(gaze.time_ns[:100], gaze.point_px[:100], gaze.valid[:100])
    assert np.array_equal(one_euro(gaze).point_px[:100], one_euro(start).point_px)


@pytest.mark.parametrize("lost", [range(20, 40), ()], ids=["lost samples", "no samples"])
def test_it_starts_anew_after_a_gap(lost, make):
    time_ms = [5.0 * k for k in range(60) if lost or not 20 <= k < 40]
    x = [10.0 if t < 150 else 800.0 for t in time_ms]
    gaze = make(time_ms, x, lost=list(lost))
    smooth = one_euro(gaze)
    first = 40 if lost else 20
    assert smooth.point_px[first, 0] == 800
    assert np.array_equal(smooth.valid, gaze.valid)
    assert np.isnan(smooth.point_px[~smooth.valid]).all()


def test_it_says_what_it_did(make):
    assert one_euro(make([0, 5])).notes == ("smoothed: one-euro, 1 Hz at rest, 0.005 Hz per px/s",)
    assert one_euro(make([0, 5], lost=[0, 1])).valid.tolist() == [False, False]


@pytest.mark.parametrize("options", [{"min_cutoff_hz": 0}, {"derivative_cutoff_hz": -1}, {"beta_per_px": float("nan")}])
def test_options_that_are_not_allowed(make, options):
    with pytest.raises(UsageError, match="one_euro needs min_cutoff_hz > 0"):
        one_euro(make([0]), **options)
