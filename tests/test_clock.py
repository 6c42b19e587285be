"""Times and spans."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveate.clock import Span, increasing, nearest, previous, seconds_to_ns
from foveate.errors import UsageError


def times(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("sorted_ns", "wanted_ns", "tolerance_ns", "expected"),
    [
        pytest.param([0, 10, 20], [4, 6, 15, 99], None, [0, 1, 1, 2], id="nearest, the earlier of two"),
        pytest.param([0, 10, 20], [4, 6, 26], 4, [0, 1, -1], id="tolerance is inclusive"),
        pytest.param([7], [-5, 7, 100], None, [0, 0, 0], id="one time"),
        pytest.param([7], [8, 9], 1, [0, -1], id="one time, tolerance"),
        pytest.param([], [1, 2], None, [-1, -1], id="no times"),
        pytest.param([1_728_546_105_870_000_001, 1_728_546_105_870_000_003], [1_728_546_105_870_000_002], 1, [0], id="1970 ns"),
    ],
)
def test_nearest(sorted_ns, wanted_ns, tolerance_ns, expected):
    assert nearest(times(*sorted_ns), times(*wanted_ns), tolerance_ns=tolerance_ns).tolist() == expected


@given(
    st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=30).map(sorted),
    st.lists(st.integers(-(10**15), 10**15), max_size=10),
)
def test_nearest_is_what_a_search_of_all_finds(sorted_ns, wanted_ns):
    found = nearest(times(*sorted_ns), times(*wanted_ns))
    for index, wanted in zip(found, wanted_ns, strict=True):
        assert abs(sorted_ns[index] - wanted) == min(abs(time - wanted) for time in sorted_ns)


@pytest.mark.parametrize(
    ("sorted_ns", "wanted_ns", "tolerance_ns", "expected"),
    [
        pytest.param([0, 10, 20], [-1, 0, 9, 10, 99], None, [-1, 0, 0, 1, 2], id="at or before"),
        pytest.param([0, 10, 20], [-1, 5, 6, 30], 5, [-1, 0, -1, -1], id="no older than"),
        pytest.param([], [1], 5, [-1], id="no times"),
    ],
)
def test_previous(sorted_ns, wanted_ns, tolerance_ns, expected):
    assert previous(times(*sorted_ns), times(*wanted_ns), tolerance_ns=tolerance_ns).tolist() == expected


@pytest.mark.parametrize(
    ("broken", "repaired", "moved"),
    [
        pytest.param([1, 2, 3], [1, 2, 3], 0, id="in order"),
        pytest.param([], [], 0, id="none"),
        pytest.param([10, 20, 20, 30], [10, 15, 20, 30], 1, id="twice"),
        pytest.param([0, 10, 1000, 20, 30], [0, 10, 15, 20, 30], 1, id="one far ahead"),
        pytest.param([0, 10, -500, 20, 30], [0, 10, 15, 20, 30], 1, id="one far behind"),
        pytest.param([100, 0, 10, 20], [-10, 0, 10, 20], 1, id="first is wrong"),
        pytest.param([0, 10, 20, 5], [0, 10, 20, 30], 1, id="last is wrong"),
        pytest.param([0, 1, 1, 2], [0, 1, 2, 3], 1, id="no room between neighbours"),
    ],
)
def test_increasing(broken, repaired, moved):
    got, count = increasing(times(*broken))
    assert (got.tolist(), count) == (repaired, moved)


@given(st.lists(st.integers(-(10**12), 10**12), max_size=40))
def test_increasing_always_increases(broken):
    got, moved = increasing(times(*broken))
    assert np.all(np.diff(got) > 0)
    assert (moved == 0) == (broken == sorted(set(broken)))


def test_span_holds_its_start_and_not_its_stop():
    assert Span(10, 30).of(times(5, 10, 20, 30, 40)) == slice(1, 3)
    assert Span(0, seconds_to_ns(1.5)).duration_s == 1.5


def test_span_must_stop_after_it_starts():
    with pytest.raises(UsageError, match="start 5 ns and stop 5 ns"):
        Span(5, 5)
