"""One gaze point per frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveate.errors import UsageError
from foveate.gaze.align import align, half_interval_ns, reach_ns
from foveate.recording.recording import GazeStream

SINCE_1970_NS = 1_728_546_105_870_000_001
MS = 1_000_000


def frames(*time_ms: float) -> np.ndarray:
    return np.round(np.array(time_ms) * MS).astype(np.int64)


CASES = {
    # times, lost, frames, tolerance -> x of every frame, age in ms
    "on the frame": ([0, 10, 20], [], [0, 20], None, [0, 20], [0, 0]),
    "nearest before and after": ([0, 11, 20], [], [8, 12], 5, [11, 11], [-3, 1]),
    "half a frame interval": ([0, 25, 61], [], [0, 40, 80], None, [0, 25, 61], [0, 15, 19]),
    "beyond half an interval": ([0, 19.9, 101], [], [0, 40, 80], None, [0, np.nan, np.nan], [0, 0, 0]),
    "a lost sample gives way to a valid one": ([0, 10, 20], [1], [10], 10, [0], [10]),
    "all lost": ([0, 10, 20], [0, 1, 2], [10], 100, [np.nan], [0]),
    "gaze starts late": ([100, 110], [], [0, 100], 10, [np.nan, 100], [0, 0]),
    "one frame: 50 ms": ([0, 120], [], [49], None, [0], [49]),
}


@pytest.mark.parametrize("start_ns", [0, SINCE_1970_NS], ids=["from zero", "since 1970"])
@pytest.mark.parametrize(("time_ms", "lost", "frame_ms", "tolerance", "x", "age_ms"), CASES.values(), ids=CASES.keys())
def test_nearest_valid_sample(make, time_ms, lost, frame_ms, tolerance, x, age_ms, start_ns):
    gaze = make(time_ms, time_ms, lost=lost, start_ns=start_ns)
    aligned = align(gaze, start_ns + frames(*frame_ms), tolerance_ns=None if tolerance is None else tolerance * MS)
    assert np.array_equal(aligned.point_px[:, 0], x, equal_nan=True)
    assert np.array_equal(aligned.point_px[:, 1], 2 * np.array(x, dtype=float), equal_nan=True)
    assert (aligned.age_ns / MS).tolist() == age_ms
    assert aligned.valid.tolist() == np.isfinite(x).tolist()


def test_frames_a_second_apart_do_not_take_gaze_from_half_a_second_away(make):
    aligned = align(make([400, 900], [1, 2]), frames(0, 1000, 2000))
    assert aligned.valid.tolist() == [False, False, False]


@pytest.mark.parametrize(
    ("frame_ms", "expected_ms"),
    [
        pytest.param([0, 40, 80], 20, id="25 fps"),
        pytest.param([0, 1000], 50, id="1 fps"),
        pytest.param([7], 50, id="one frame"),
    ],
)
def test_half_interval(frame_ms, expected_ms):
    assert half_interval_ns(frames(*frame_ms)) == expected_ms * MS


@pytest.mark.parametrize("start_ns", [0, SINCE_1970_NS], ids=["from zero", "since 1970"])
def test_median_of_a_window(make, start_ns):
    gaze = make([0, 10, 20, 30, 200], [1, 2, 3, 900, 5], lost=[1], start_ns=start_ns)
    aligned = align(gaze, start_ns + frames(20, 100, 190), window_ns=40 * MS)
    assert np.array_equal(aligned.point_px[:, 0], [3, np.nan, 5], equal_nan=True)
    assert aligned.age_ns.tolist() == [0, 0, -10 * MS]
    assert aligned.valid.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"tolerance_ns": -1}, "must not be negative, got -1", id="tolerance"),
        pytest.param({"window_ns": 0}, "must be positive, got 0", id="window"),
        pytest.param({"window_ns": 5, "tolerance_ns": 5}, "not both", id="both"),
    ],
)
def test_options_that_are_not_allowed(make, options, message):
    with pytest.raises(UsageError, match=message):
        align(make([0]), frames(0), **options)


@given(
    st.lists(st.integers(0, 2000), min_size=1, max_size=40).map(sorted),
    st.lists(st.integers(0, 2000), min_size=1, max_size=20, unique=True).map(sorted),
    st.integers(0, 200),
    st.randoms(),
)
def test_aligned_points_are_near_valid_and_the_nearest(time_ns, frame_ns, tolerance_ns, random):
    valid = np.array([random.random() < 0.7 for _ in time_ns])
    x = np.where(valid, np.arange(len(time_ns), dtype=np.float64), np.nan)
    gaze = GazeStream(np.array(time_ns), np.stack([x, x], axis=1), valid)
    aligned = align(gaze, np.array(frame_ns), tolerance_ns=tolerance_ns)
    for k, frame in enumerate(frame_ns):
        ages = [abs(frame - time) for time, good in zip(time_ns, valid, strict=True) if good]
        assert aligned.valid[k] == bool(ages and min(ages) <= tolerance_ns)
        if aligned.valid[k]:
            assert abs(aligned.age_ns[k]) == min(ages)
            assert frame - aligned.age_ns[k] == time_ns[int(aligned.point_px[k, 0])]


@pytest.mark.parametrize(
    ("gaze_ms", "expected_ms"),
    [
        pytest.param([0, 5, 10], 16.5, id="gaze denser than frames"),
        pytest.param([0, 100, 200], 50, id="10 Hz"),
        pytest.param([0, 200, 400], 100, id="5 Hz"),
        pytest.param([0, 1000, 2000], 100, id="1 Hz: no more than 100 ms"),
        pytest.param([7], 16.5, id="one sample"),
    ],
)
def test_reach_follows_the_sparser_of_frames_and_gaze(make, gaze_ms, expected_ms):
    assert reach_ns(make(gaze_ms, gaze_ms), frames(0, 33, 66)) == expected_ms * MS
