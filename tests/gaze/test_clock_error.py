"""Nothing, a constant lag or a drift, out of windows whose truth is known."""

import re

import numpy as np
import pytest

from foveate.clock import NS_PER_S
from foveate.gaze.clock_error import ClockError, Lag, line_through

ZERO_NS = 5 * NS_PER_S
UNKNOWN = Lag(600.0, None, None, "too little movement")


def error(lag_ms: float, ms_per_min: float, *, half_ms: float = 10.0, count: int = 16) -> ClockError:
    """Windows two minutes apart."""
    values = [lag_ms + ms_per_min * 2 * k for k in range(count)]
    windows = [Lag(120.0 * k, value, (value - half_ms, value + half_ms)) for k, value in enumerate(values)]
    return ClockError((*windows, UNKNOWN), "test", ZERO_NS, *line_through([*windows, UNKNOWN]))


@pytest.mark.parametrize(
    ("lag_ms", "ms_per_min", "kind", "at_0_ms", "at_30_ms", "said"),
    [
        pytest.param(-150, 10, "drift", -150, 150, r"drifts by \+10\.00 \[\+9\.\d+, \+10\.\d+\] ms a minute; gaze", id="drift"),
        pytest.param(80, 0, "lag", 80, 80, r"no drift \(.*\), but gaze is stamped 80 \[78, 82\] ms too early", id="early"),
        pytest.param(-80, 0.01, "lag", -79.85, -79.85, r"but gaze is stamped 80 \[77, 82\] ms too late", id="late"),
        pytest.param(1, 0.01, "none", 0, 0, r"no drift \(.*\) and no lag.* in 1 of 17 windows", id="nothing"),
    ],
)
def test_drift_lag_and_nothing_are_told_apart(
    lag_ms: float, ms_per_min: float, kind: str, at_0_ms: float, at_30_ms: float, said: str
) -> None:
    found = error(lag_ms, ms_per_min)
    assert found.kind == kind
    assert re.search(said, str(found)), str(found)
    at_ns = ZERO_NS + np.array([0, 30 * 60 * NS_PER_S])
    assert found.correction_ms(at_ns) == pytest.approx([at_0_ms, at_30_ms], abs=1e-6)
    assert found.retimed(at_ns) - at_ns == pytest.approx(np.array([at_0_ms, at_30_ms]) * 1e6, abs=1e3)


@pytest.mark.parametrize("count", [1, 2])
def test_few_windows_tell_a_lag_but_no_drift(count: int) -> None:
    found = error(50, 0, count=count)
    assert (found.kind, found.ms_per_min) == ("lag", None)
    assert f"whether that changes is not estimable from {count} of {count + 1} windows" in str(found)


def test_what_is_not_estimable_moves_nothing() -> None:
    found = error(50, 0, count=0)
    assert found.kind == "not estimable"
    assert str(found) == "not estimable in any of 1 windows: too little movement"
    assert found.retimed(np.array([1, 2, 3])).tolist() == [1, 2, 3]


def test_unsure_windows_weigh_less() -> None:
    lags = [Lag(60.0 * k, 10.0 * k, (10.0 * k - 5, 10.0 * k + 5)) for k in range(10)]
    _, _, slope = line_through([*lags, Lag(600.0, 900.0, (-4100, 5900))])
    assert slope is not None
    assert slope.value == pytest.approx(10, abs=0.1)
