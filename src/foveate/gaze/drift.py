"""How far the clock of gaze is off that of the video, from the movement that both see."""

from collections.abc import Sequence

import numpy as np

from foveate.clock import NS_PER_MS, NS_PER_S
from foveate.errors import UsageError
from foveate.gaze.clock_error import ClockError, Estimate, Lag
from foveate.gaze.lag_line import MOST_MS, OFFSETS_MS, STEP_MS, Floats, best_line, best_offset
from foveate.gaze.rests import Rest, rests
from foveate.gaze.watched import Window, watch
from foveate.recording.recording import GazeStream, Recording

METHOD = "the movement of gaze in fixations against that of the picture at the gaze point"
WINDOWS, WINDOW_S = 24, 12.0
"""At most 288 s of a recording are decoded."""
STILL_WIDTHS = 1 / 1440
"""Movement within a fixation that is noise at any rate, as a share of the frame's width."""
FEWEST_RESTS = 4
FEWEST_WINDOWS = 3
"""A drift is told from so many windows."""
WIDEST_MS = 160.0
"""An interval wider than this tells nothing."""


def drift(recording: Recording, *, windows: int = WINDOWS, window_s: float = WINDOW_S, seed: int = 0) -> ClockError:
    """The error between the clocks of gaze and video, from windows spread evenly over the recording.

    Args:
        recording: with scene and gaze.
        windows: how many, fewer where the recording is short; only these are decoded.
        window_s: their length.
        seed: of the bootstrap.
    """
    return clock_error(
        recording.gaze, watched(recording, windows=windows, window_s=window_s), recording.scene.size_px[0], seed=seed
    )


def watched(recording: Recording, *, windows: int = WINDOWS, window_s: float = WINDOW_S) -> list[Window]:
    """The part of ``drift`` that decodes; what it gives serves for any correction of the gaze.

    Raises:
        UsageError: for windows that can tell nothing.
    """
    if windows < 1 or not window_s >= 3:
        raise UsageError(f"drift needs a window of at least 3 s, got {windows} of {window_s:g} s")
    return list(watch(recording.scene, windows=windows, window_s=window_s))


def clock_error(gaze: GazeStream, windows: Sequence[Window], width_px: int, *, seed: int = 0) -> ClockError:
    """The error of the gaze's clock against windows of the video.

    While the eye rests on something, gaze moves in the frame as what lies there does, since the head turns below it. So at the
    right offset what is left of gaze, once the movement of the picture at the gaze point is taken away, is the tracker's noise.
    The offset is the one with the least mean logarithm of that rest's variance over fixations: one in which the eye followed
    what moves on its own, or in which a small saccade hides, then counts no more than any other. Lag and drift are those of the
    line over time along which it is least, over the fixations of all windows at once; intervals are those of a bootstrap
    over fixations. The offset of each window alone is told beside them.

    Args:
        gaze: the samples.
        windows: from ``watched``.
        width_px: of the scene's frames.
        seed: of the bootstrap.
    """
    zero_ns, rng, resting = int(windows[0].frame_ns[0]), np.random.default_rng(seed), rests(gaze, width_px)
    curves: list[Floats] = []
    at_min: list[float] = []
    lags = []
    for window in windows:
        seen = [(rest, curve) for rest in resting if (curve := _gain(rest, window, width_px)) is not None]
        curves += [curve for _, curve in seen]
        at_min += [float(rest.time_ns[0] - zero_ns) / (60 * NS_PER_S) for rest, _ in seen]
        middle_s = float(window.frame_ns[0] - zero_ns + window.frame_ns[-1] - zero_ns) / 2 / NS_PER_S
        lags.append(Lag(middle_s, *_offset([curve for _, curve in seen], rng)))
    return ClockError(tuple(lags), METHOD, zero_ns, *_line(curves, np.array(at_min), len(windows), rng))


def _line(
    curves: list[Floats], at_min: Floats, windows: int, rng: np.random.Generator
) -> tuple[Estimate | None, float, Estimate | None]:
    """Lag, its minute and drift from all fixations at once; without the drift where the windows are few."""
    if len(curves) < FEWEST_RESTS:
        return None, 0.0, None
    if windows < FEWEST_WINDOWS:
        lag = best_offset(np.array(curves), rng)
        return (lag if _tells(lag) else None), float(at_min.mean()), None
    lag, middle_min, slope = best_line(np.array(curves), at_min, rng)
    return (lag, middle_min, slope) if _tells(lag) else (None, middle_min, None)


def _gain(rest: Rest, window: Window, width_px: int) -> Floats | None:
    """How much less varies within a fixation once the picture's movement is taken away, at every offset, in log units.

    None for a fixation that some offset puts outside the window (it would weigh at some offsets only), or where the picture's
    movement is not known all the while.
    """
    frame_ns, reach_ns = window.frame_ns, round(MOST_MS * NS_PER_MS)
    if rest.time_ns[0] - reach_ns < frame_ns[0] or rest.time_ns[-1] + reach_ns > frame_ns[-1]:
        return None
    first = int(np.searchsorted(frame_ns, rest.time_ns[0] - reach_ns, side="right")) - 1
    frames = slice(first, int(np.searchsorted(frame_ns, rest.time_ns[-1] + reach_ns)) + 1)
    middle_px = rest.point_px.mean(axis=0)
    path, path_ms = window.path_at(middle_px, frames), (frame_ns[frames] - frame_ns[first]) / NS_PER_MS
    if not np.isfinite(path).all():
        return None
    # a sample stamped too early by an offset shows what the picture does that much later
    at_ms = (rest.time_ns - frame_ns[first]) / NS_PER_MS + OFFSETS_MS[:, None]
    left = np.stack([rest.point_px[:, axis] - np.interp(at_ms, path_ms, path[:, axis]) for axis in (0, 1)], axis=2)
    noise = (STILL_WIDTHS * width_px) ** 2
    moving = np.log(left.var(axis=1).mean(axis=1) + noise)
    alone = np.log(rest.point_px.var(axis=0).mean() + noise)
    return np.asarray(alone - moving, dtype=np.float64)


def _offset(curves: list[Floats], rng: np.random.Generator) -> tuple[float | None, tuple[float, float] | None, str]:
    """The best offset of some fixations with its interval, or why there is none."""
    if len(curves) < FEWEST_RESTS:
        return None, None, "too few fixations while the picture can be followed"
    found = best_offset(np.array(curves), rng)
    if not np.sum(curves, axis=0).max() > 0 or not _tells(found):
        return None, None, "too little movement that gaze and picture share"
    return found.value, (found.low, found.high), ""


def _tells(found: Estimate) -> bool:
    return found.high - found.low <= WIDEST_MS and abs(found.value) <= MOST_MS - STEP_MS
