"""Offsets and lines over time, out of curves whose tops are known."""

import numpy as np
import pytest

from foveate.gaze.lag_line import OFFSETS_MS, best_line, best_offset

RNG = 7


def curves(tops_ms: np.ndarray, *, width_ms: float = 60.0) -> np.ndarray:
    return np.exp(-((OFFSETS_MS - np.atleast_1d(tops_ms)[:, None]) ** 2) / (2 * width_ms**2))


@pytest.mark.parametrize("top_ms", [0.0, -123.4, 252.6])
def test_the_offset_is_told_between_the_steps(top_ms: float) -> None:
    found = best_offset(curves(np.full(9, top_ms)), np.random.default_rng(RNG))
    assert found.value == pytest.approx(top_ms, abs=0.1)
    assert found.low == pytest.approx(found.high, abs=1e-6)


def test_the_interval_is_that_of_the_curves_scatter() -> None:
    tops = np.random.default_rng(1).normal(50, 30, 100)
    found = best_offset(curves(tops), np.random.default_rng(RNG))
    assert found.low < 50 < found.high
    assert found.high - found.low == pytest.approx(4 * 30 / 10, rel=0.3)


@pytest.mark.parametrize(("lag_ms", "ms_per_min"), [(0, 0), (40, 10), (-100, -7.3)])
def test_a_line_is_found_whichever_way_it_runs(lag_ms: float, ms_per_min: float) -> None:
    at_min = np.sort(np.random.default_rng(2).uniform(0, 30, 300))
    middle = (at_min[0] + at_min[-1]) / 2
    tops = lag_ms + ms_per_min * (at_min - middle) + np.random.default_rng(3).normal(0, 20, 300)
    lag, at, slope = best_line(curves(tops), at_min, np.random.default_rng(RNG))
    assert at == pytest.approx(middle)
    assert lag.value == pytest.approx(lag_ms, abs=5)
    assert slope.value == pytest.approx(ms_per_min, abs=0.5)
    assert lag.low <= lag_ms <= lag.high
    assert slope.low <= ms_per_min <= slope.high


def test_a_tenth_of_wrong_curves_turns_no_line() -> None:
    at_min = np.linspace(0, 30, 200)
    tops = np.where(np.arange(200) % 10 == 0, 400 * np.sign(at_min - 15), 5.0)
    lag, _, slope = best_line(curves(tops), at_min, np.random.default_rng(RNG))
    assert lag.value == pytest.approx(5, abs=3)
    assert slope.value == pytest.approx(0, abs=0.1)
