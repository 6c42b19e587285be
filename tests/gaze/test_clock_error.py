"""Nothing, a constant lag or a drift, out of windows whose truth is known."""

import json
import re

import numpy as np
import pytest

from foveate.clock import NS_PER_S
from foveate.gaze.clock_error import ClockError, Estimate, Lag

ZERO_NS = 5 * NS_PER_S
UNKNOWN = Lag(600.0, None, None, "too little movement")


def error(lag_ms: float, ms_per_min: float, *, known: int = 16) -> ClockError:
    """Told to 4 ms and 0.5 ms a minute, in the middle of half an hour."""
    windows = (*[Lag(120.0 * k, lag_ms, (lag_ms - 9, lag_ms + 9)) for k in range(known)], UNKNOWN)
    lag = Estimate(lag_ms, lag_ms - 4, lag_ms + 4) if known else None
    slope = Estimate(ms_per_min, ms_per_min - 0.5, ms_per_min + 0.5) if known > 2 else None
    return ClockError(windows, "test", ZERO_NS, lag, 15.0, slope)


@pytest.mark.parametrize(
    ("lag_ms", "ms_per_min", "kind", "at_0_ms", "at_30_ms", "said"),
    [
        pytest.param(0, 10, "drift", -150, 150, r"drifts by \+10\.00 \[\+9\.50, \+10\.50\] ms a minute; gaze is", id="drift"),
        pytest.param(80, 0, "lag", 80, 80, r"no drift \(.*\), but gaze is stamped 80 \[76, 84\] ms too early", id="early"),
        pytest.param(-80, 0.1, "lag", -80, -80, r"but gaze is stamped 80 \[76, 84\] ms too late", id="late"),
        pytest.param(13, 0.1, "none", 0, 0, r"no drift \(.*\) and no lag.* in 1 of 17 windows", id="less-than-exposure"),
        pytest.param(0, 0, "none", 0, 0, r"and no lag: gaze is stamped 0 \[-4, 4\] ms too early", id="nothing"),
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
    found = error(50, 0, known=count)
    assert (found.kind, found.ms_per_min) == ("lag", None)
    assert f"whether that changes is not estimable from {count} of {count + 1} windows" in str(found)


def test_what_is_not_estimable_moves_nothing() -> None:
    found = error(50, 0, known=0)
    assert found.kind == "not estimable"
    assert str(found) == "not estimable in any of 1 windows: too little movement"
    assert found.retimed(np.array([1, 2, 3])).tolist() == [1, 2, 3]


@pytest.mark.parametrize("known", [0, 2, 16], ids=["nothing", "lag", "drift"])
def test_an_error_comes_back_out_of_json(known: int) -> None:
    made = error(20.0, 2.0, known=known)
    assert ClockError.from_dict(json.loads(json.dumps(made.to_dict())), zero_ns=ZERO_NS) == made
