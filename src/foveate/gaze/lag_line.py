"""The offset, or the line of offsets over time, at which curves of agreement add up to most, with bootstrap intervals."""

import numpy as np
from numpy.typing import NDArray

from foveate.gaze.clock_error import Estimate

Floats = NDArray[np.float64]

MOST_MS, STEP_MS = 500.0, 5.0
"""Greatest offset that is looked for, and how fine."""
OFFSETS_MS: Floats = np.arange(-MOST_MS, MOST_MS + STEP_MS / 2, STEP_MS)
OFFSETS_MS.setflags(write=False)
TURNS_MS: Floats = np.arange(-MOST_MS, MOST_MS + STEP_MS, 2 * STEP_MS)
"""By how much a line that is looked for changes from the middle of the time to its end."""
TURNS_MS.setflags(write=False)
DRAWS = 400


def best_offset(curves: Floats, rng: np.random.Generator) -> Estimate:
    """The offset of the greatest sum of curves (C, OFFSETS_MS), its interval that of a bootstrap over curves."""
    sums = _drawn(len(curves), rng) @ curves
    return _estimate([_peak(total, OFFSETS_MS) for total in sums])


def best_line(curves: Floats, at_min: Floats, rng: np.random.Generator) -> tuple[Estimate, float, Estimate]:
    """The line of offsets over time along which the sum of curves is greatest.

    All curves are used at once, so that a stretch in which little can be told adds the little that it has.

    Args:
        curves: (C, OFFSETS_MS).
        at_min: (C,) when each holds.
        rng: of the bootstrap over curves.

    Returns:
        The offset in the middle of the time, that middle in minutes, and its change in ms a minute.
    """
    middle, half = float(at_min.max() + at_min.min()) / 2, float(np.ptp(at_min)) / 2
    share = (at_min - middle) / half
    counts = _drawn(len(curves), rng)
    tops = np.empty((len(counts), len(TURNS_MS)))
    places = np.empty_like(tops)
    columns = np.arange(len(OFFSETS_MS))
    for k, turn_ms in enumerate(TURNS_MS):
        moved = np.round(share * turn_ms / STEP_MS).astype(np.intp)
        column = np.clip(columns + moved[:, None], 0, len(OFFSETS_MS) - 1)
        sums = counts @ np.take_along_axis(curves, column, axis=1)
        tops[:, k] = sums.max(axis=1)
        places[:, k] = [_peak(total, OFFSETS_MS) for total in sums]
    turns = [_peak(top, TURNS_MS) for top in tops]
    lags = [float(np.interp(turn, TURNS_MS, place)) for turn, place in zip(turns, places, strict=True)]
    return _estimate(lags), middle, _estimate([turn / half for turn in turns])


def _drawn(count: int, rng: np.random.Generator) -> Floats:
    """How often each of so many is drawn, (1 + DRAWS, count): first each once, then at random with replacement."""
    draws = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS)
    return np.concatenate([np.ones((1, count)), draws])


def _estimate(values: list[float]) -> Estimate:
    """The first value, with the 95% interval of the others, which holds it."""
    low, high = (float(edge) for edge in np.percentile(values[1:], [2.5, 97.5]))
    return Estimate(values[0], min(low, values[0]), max(high, values[0]))


def _peak(gain: Floats, at: Floats) -> float:
    """Where a curve is greatest, between its steps by a parabola."""
    best = int(np.argmax(gain))
    if not 0 < best < len(gain) - 1:
        return float(at[best])
    before, top, after = gain[best - 1 : best + 2].tolist()
    bend = before - 2 * top + after
    return float(at[best]) + (float(at[1] - at[0]) * 0.5 * (before - after) / bend if bend < 0 else 0.0)
