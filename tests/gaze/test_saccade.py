"""Saccades on movements of minimum jerk, whose amplitude and peak speed are known."""

import numpy as np
import pytest

from foveate.gaze.saccade import saccades

MS = 1_000_000


def movement(*, far_deg: float, lasts_ms: float, hz: float = 200.0, noise_deg: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Rest for 200 ms, a movement of minimum jerk along a slope, rest for 200 ms: times and path (N, 2)."""
    time_ms = np.arange(0, 400 + lasts_ms, 1000 / hz)
    u = np.clip((time_ms - 200) / lasts_ms, 0, 1)
    along = far_deg * u**3 * (10 - 15 * u + 6 * u * u)
    path = np.stack([0.6 * along, -0.8 * along], axis=1)
    return np.round(time_ms * MS).astype(np.int64), path + np.random.default_rng(0).normal(0, noise_deg, path.shape)


@pytest.mark.parametrize("far_deg", [2.0, 5.0, 10.0, 20.0])
@pytest.mark.parametrize("hz", [200.0, 1000.0])
def test_amplitude_and_peak_speed(far_deg, hz):
    lasts_ms = 21 + 2.2 * far_deg
    time_ns, path = movement(far_deg=far_deg, lasts_ms=lasts_ms, hz=hz)
    found = saccades(path, time_ns, [], threshold_deg_per_s=30)
    assert len(found.stretches) == 1
    assert found.amplitude_deg[0] == pytest.approx(far_deg, rel=0.02)
    peak = 1.875 * far_deg / lasts_ms * 1000
    assert 0.82 * peak < found.peak_deg_per_s[0] <= peak
    (one,) = found.stretches
    assert 190 <= time_ns[one.start] / MS <= 210
    assert abs(time_ns[one.stop - 1] / MS - (200 + lasts_ms)) <= 10


@pytest.mark.parametrize(
    ("far_deg", "lasts_ms", "fixations", "kept", "too_long"),
    [
        pytest.param(0.8, 22, [], 1, 0, id="small"),
        pytest.param(0.4, 8, [], 0, 0, id="smaller than half a degree"),
        pytest.param(30, 400, [], 0, 1, id="too long"),
        pytest.param(5, 32, [slice(0, 86)], 0, 0, id="within a fixation"),
        pytest.param(5, 32, [slice(0, 43)], 1, 0, id="begins within a fixation"),
    ],
)
def test_what_counts(far_deg, lasts_ms, fixations, kept, too_long):
    time_ns, path = movement(far_deg=far_deg, lasts_ms=lasts_ms)
    found = saccades(path, time_ns, fixations, threshold_deg_per_s=30)
    assert (len(found.stretches), found.too_long) == (kept, too_long)


def test_one_that_begins_at_a_loss_is_left_out():
    time_ns, path = movement(far_deg=10, lasts_ms=43)
    kept = (time_ns < 150 * MS) | (time_ns >= 220 * MS)
    assert not saccades(path[kept], time_ns[kept], [], threshold_deg_per_s=30).stretches


def test_no_samples_have_no_saccades():
    found = saccades(np.empty((0, 2)), np.empty(0, np.int64), [], threshold_deg_per_s=30)
    assert (found.stretches, len(found.amplitude_deg), found.too_long) == ([], 0, 0)
