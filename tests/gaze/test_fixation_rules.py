"""The moving median, merging and shortest duration."""

import numpy as np
import pytest

from foveate.gaze.fixation_rules import long_enough, median_reach, merged, steadied

MS = 1_000_000


@pytest.mark.parametrize(("hz", "reach"), [(1000, 12), (200, 2), (120, 1), (100, 1), (50, 0)], ids=str)
def test_the_median_takes_what_lies_within_its_window(hz, reach):
    assert median_reach(1e9 / hz) == reach


def test_no_interval_takes_no_median():
    assert median_reach(0.0) == 0


def test_a_single_outlier_is_gone_and_an_edge_stays():
    x = np.array([0, 0, 9, 0, 0, 0, 5, 5, 5, 5, 5, 5], dtype=np.float64)
    point = np.stack([x, -x], axis=1)
    steady = steadied(point, np.arange(12) * 5 * MS, reach=2, half_window_ms=10)
    assert steady[:, 0].tolist() == [0, 0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 5]
    assert np.array_equal(steady[:, 1], -steady[:, 0])


def test_the_median_is_cut_off_at_ends_and_losses():
    x = np.array([1, 2, 3, 10, 20, 30], dtype=np.float64)
    time_ns = np.array([0, 5, 10, 100, 105, 110]) * MS
    steady = steadied(np.stack([x, x], axis=1), time_ns, reach=2, half_window_ms=10)
    assert steady[:, 0].tolist() == [2, 2, 2, 20, 20, 20]
    two = steadied(x[:2, None], time_ns[:2], reach=2, half_window_ms=10)
    assert two[:, 0].tolist() == [1.5, 1.5]


@pytest.mark.parametrize(
    ("gap_ms", "apart_deg", "together"),
    [
        pytest.param(70, 0.4, True, id="soon and near"),
        pytest.param(75, 0.4, False, id="not before 75 ms"),
        pytest.param(70, 0.5, False, id="not nearer than half a degree"),
    ],
)
def test_stretches_are_merged_by_time_and_angle(gap_ms, apart_deg, together):
    time_ns = np.array([0, 100, 100 + gap_ms, 200 + gap_ms]) * MS
    # what lies far from the place where they meet does not count
    point = np.array([[-9, 0], [0, 0], [0, apart_deg], [9, 0]], dtype=np.float64)
    found = merged([slice(0, 2), slice(2, 4)], point, time_ns)
    assert found == ([slice(0, 4)] if together else [slice(0, 2), slice(2, 4)])


def test_nothing_is_merged_across_a_barrier():
    time_ns = np.array([0, 100, 110, 200]) * MS
    stretches, point = [slice(0, 2), slice(2, 4)], np.zeros((4, 2))
    assert merged(stretches, point, time_ns) == [slice(0, 4)]
    assert merged(stretches, point, time_ns, barrier=np.array([0, 0, 1, 1])) == stretches


def test_three_become_one():
    time_ns = np.arange(9) * 50 * MS
    assert merged([slice(0, 3), slice(3, 6), slice(6, 9)], np.zeros((9, 2)), time_ns) == [slice(0, 9)]


def test_short_stretches_are_left_out():
    time_ns = np.array([0, 59, 100, 160]) * MS
    assert long_enough([slice(0, 2), slice(2, 4)], time_ns) == [slice(2, 4)]
