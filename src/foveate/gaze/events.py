"""Fixations, saccades and blinks of a recording: found by a detector, or as the vendor's program tells them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.errors import RecordingError, UsageError, hint
from foveate.gaze.blink import blinks
from foveate.gaze.events_path import HALF_WINDOW_MS, GazePath, gaze_path
from foveate.gaze.fixation import ivt, speeds, window
from foveate.gaze.fixation_rules import MERGE_DEG, MERGE_MS, MIN_DURATION_MS, long_enough, merged
from foveate.gaze.idt import idt
from foveate.gaze.saccade import PEAK_HALF_WINDOW_MS, Saccades, saccades
from foveate.geometry import Points
from foveate.recording.eye_events import EyeEvents
from foveate.recording.recording import Recording

CALM_DEG_PER_S = 30.0
"""While the eye rests, gaze over a still world is slower than this (Olsen 2012)."""
DEVIATIONS = 6.0
"""Or than so many deviations of its velocity (Engbert and Kliegl 2003), where noise or the head moves it more."""
DISPERSION_DEG = 1.0
"""Salvucci and Goldberg name half a degree to a degree."""


class Find(Protocol):
    """A detector: slices of the samples (N, 2) in degrees at (N,) times that are fixations, before any rule of merging."""

    def __call__(self, path_deg: Points, time_ns: Times, *, threshold: float) -> list[slice]: ...


@dataclass(frozen=True)
class Detector:
    """How fixations are found."""

    find: Find
    """What does it."""
    unit: str
    """Of its threshold."""
    threshold: Callable[[GazePath], float]
    """Its own threshold for a path."""


def _ivt(path_deg: Points, time_ns: Times, *, threshold: float) -> list[slice]:
    return ivt(path_deg, time_ns, threshold_per_s=threshold, half_window_ms=HALF_WINDOW_MS, min_duration_ms=0)


def _idt(path_deg: Points, time_ns: Times, *, threshold: float) -> list[slice]:
    return idt(path_deg, time_ns, dispersion=threshold, half_window_ms=HALF_WINDOW_MS, min_duration_ms=MIN_DURATION_MS)


def calm_deg_per_s(path: GazePath) -> float:
    """The speed that tells a saccade from rest: 30 degrees a second, or more where gaze is noisy or the head moves it.

    The latter is six times the deviation of the velocity, from medians so that saccades do not count, in the mean of both axes.

    Source: Engbert and Kliegl, "Microsaccades uncover the orientation of covert attention", Vision Research 43, 2003, equation
    2; they take an ellipse of both axes and no floor.
    """
    before, after = window(path.time_ns, half_window_ms=HALF_WINDOW_MS)
    paired = before < after
    if not paired.any():
        return CALM_DEG_PER_S
    before, after = before[paired], after[paired]
    step_s = (path.time_ns[after] - path.time_ns[before]) / NS_PER_S
    velocity = (path.path_deg[after] - path.path_deg[before]) / step_s[:, None]
    variances = [float(np.median(axis**2)) - float(np.median(axis)) ** 2 for axis in velocity.T]
    return max(CALM_DEG_PER_S, DEVIATIONS * float(np.sqrt(max(0.0, sum(variances) / 2))))


DETECTORS = {
    "ivt": Detector(_ivt, "deg/s", calm_deg_per_s),
    "idt": Detector(_idt, "deg", lambda path: DISPERSION_DEG),
}
"""Name -> detector."""


@dataclass(frozen=True)
class GazeEvents:
    """What the eyes of a recording did."""

    fixations: EyeEvents
    """Values: x_deg, y_deg (mean azimuth and elevation in the scene camera), dispersion_deg (of the path)."""
    saccades: EyeEvents
    """Values: amplitude_deg, peak_deg_per_s (of the path)."""
    blinks: EyeEvents
    threshold: float
    """Of the detector, in its unit."""
    source: dict[str, str]
    """Name of the three -> vendor, a key of DETECTORS, or loss."""
    path: GazePath
    """In which they were found and measured."""
    notes: tuple[str, ...] = ()
    """What a user should know."""


def detect(
    recording: Recording,
    *,
    detector: str = "ivt",
    threshold: float | None = None,
    vendor: bool = False,
    head: str = "auto",
    field_deg: float | None = None,
    min_confidence: float | None = None,
    merge_ms: float = MERGE_MS,
    merge_deg: float = MERGE_DEG,
    min_duration_ms: float = MIN_DURATION_MS,
    progress: Callable[[int, int], None] | None = None,
) -> GazeEvents:
    """Find a recording's fixations, saccades and blinks.

    Args:
        recording: with gaze.
        detector: a key of DETECTORS.
        threshold: in the detector's unit; None for its own, which I-VT takes from how noisy the path is.
        vendor: take the fixations, and the saccades where there are any, that the vendor's program found.
        head: how the head's turning is removed, see ``gaze_path``.
        field_deg: see ``gaze_path``.
        min_confidence: samples below it are not valid.
        merge_ms: fixations less than this apart, and less than ``merge_deg``, are one; 0 merges nothing.
        merge_deg: see ``merge_ms``.
        min_duration_ms: shorter fixations are left out, after merging.
        progress: told of frames where the video is read.

    Raises:
        RecordingError: where there is no gaze, or vendor's fixations are asked for and there are none.
        UsageError: for a value that is not allowed.
    """
    check_options(detector, threshold, merge_ms, merge_deg, min_duration_ms)
    if vendor and "fixations" not in recording.loaders:
        raise RecordingError(
            f"{recording.path or recording.name} has no fixations by its vendor's program (found: "
            f"{', '.join(sorted(recording.loaders))}). Leave 'vendor' out to have them found."
        )
    path = gaze_path(recording, head=head, field_deg=field_deg, min_confidence=min_confidence, progress=progress)
    how = DETECTORS[detector]
    limit = how.threshold(path) if threshold is None else threshold
    fast = limit if detector == "ivt" else calm_deg_per_s(path)
    if vendor:
        told: EyeEvents = recording.stream("fixations")
        fixations, rested = vendor_measured(told, path), _slices(told, path.time_ns)
    else:
        rested = find(path, how, limit, merge_ms=merge_ms, merge_deg=merge_deg, min_duration_ms=min_duration_ms)
        fixations = _fixations(rested, path)
    jumps = saccades(path.path_deg, path.time_ns, rested, threshold_deg_per_s=fast)
    vendor_jumps = vendor and "saccades" in recording.loaders
    jumped = _vendor_saccades(recording.stream("saccades"), path) if vendor_jumps else _saccades(jumps, path)
    shut, shut_by = blinks(recording, min_confidence=min_confidence)
    return GazeEvents(
        fixations,
        jumped,
        shut,
        limit,
        {"fixations": "vendor" if vendor else detector, "saccades": "vendor" if vendor_jumps else "ivt", "blinks": shut_by},
        path,
        (*path.notes, *_notes(jumps, fast, asked=threshold is not None)),
    )


def _notes(jumps: Saccades, fast_deg_per_s: float, *, asked: bool) -> list[str]:
    """What to say of a speed that was raised unasked, and of what was left out."""
    notes = []
    if not asked and fast_deg_per_s > CALM_DEG_PER_S:
        notes.append(
            f"threshold: {fast_deg_per_s:.0f} deg/s, since noise, or the head, moves gaze too much for {CALM_DEG_PER_S:g}"
        )
    if jumps.too_long:
        notes.append(f"stretches of fast gaze over 200 ms, which count as no saccade: {jumps.too_long}")
    return notes


def check_options(detector: str, threshold: float | None, merge_ms: float, merge_deg: float, min_duration_ms: float) -> None:
    """Raise a UsageError for what is not allowed."""
    if detector not in DETECTORS:
        raise UsageError(f"there is no detector {detector!r}{hint(detector, DETECTORS)}; allowed: {', '.join(DETECTORS)}")
    if threshold is not None and not 0 < threshold < np.inf:
        raise UsageError(f"the threshold of {detector} is a positive number of {DETECTORS[detector].unit}, got {threshold:g}")
    for name, value in (("merge_ms", merge_ms), ("merge_deg", merge_deg), ("min_duration_ms", min_duration_ms)):
        if not 0 <= value < np.inf:
            raise UsageError(f"{name} must be 0 or more, got {value:g}")


def find(
    path: GazePath,
    how: Detector,
    threshold: float,
    *,
    merge_ms: float = MERGE_MS,
    merge_deg: float = MERGE_DEG,
    min_duration_ms: float = MIN_DURATION_MS,
) -> list[slice]:
    """Fixations in a path: found, cut at blinks, merged, the short ones left out."""
    raw = [part for one in how.find(path.path_deg, path.time_ns, threshold=threshold) for part in _cut(one, path.section)]
    joined = merged(raw, path.path_deg, path.time_ns, gap_ms=merge_ms, apart_deg=merge_deg, barrier=path.section)
    return long_enough(joined, path.time_ns, min_duration_ms=min_duration_ms)


def _cut(one: slice, section: NDArray[np.intp]) -> list[slice]:
    cuts = one.start + 1 + np.flatnonzero(np.diff(section[one]))
    edges = [one.start, *cuts.tolist(), one.stop]
    return [slice(a, b) for a, b in pairwise(edges)]


def _span(stretches: Sequence[slice], path: GazePath) -> tuple[Times, Times]:
    """Starts and stops in ns: from the first sample to the one after the last, at most one usual interval after it."""
    first = np.array([one.start for one in stretches], dtype=np.intp)
    last = np.array([one.stop - 1 for one in stretches], dtype=np.intp)
    end_ns = path.time_ns[last] + max(path.interval_ns, 1)
    following = np.minimum(last + 1, max(len(path) - 1, 0))
    next_ns = np.where(following > last, path.time_ns[following], end_ns)
    return path.time_ns[first], np.minimum(end_ns, next_ns)


def _fixations(stretches: Sequence[slice], path: GazePath) -> EyeEvents:
    start_ns, stop_ns = _span(stretches, path)
    return EyeEvents(
        start_ns,
        stop_ns,
        np.arange(1, len(stretches) + 1),
        np.array([path.point_px[one].mean(axis=0) for one in stretches]).reshape(-1, 2),
        values=_places(stretches, path),
    )


def _places(stretches: Sequence[slice], path: GazePath) -> dict[str, NDArray[np.float64]]:
    """Values of fixations; NaN of one without a sample."""
    rows = []
    for one in stretches:
        if one.stop > one.start:
            x_deg, y_deg = path.angle_deg[one].mean(axis=0)
            rows.append((x_deg, y_deg, float(np.sum(np.ptp(path.path_deg[one], axis=0)))))
        else:
            rows.append((np.nan, np.nan, np.nan))
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return dict(zip(("x_deg", "y_deg", "dispersion_deg"), table.T.copy(), strict=True))


def _saccades(jumps: Saccades, path: GazePath) -> EyeEvents:
    start_ns, stop_ns = _span(jumps.stretches, path)
    values = {"amplitude_deg": jumps.amplitude_deg, "peak_deg_per_s": jumps.peak_deg_per_s}
    return EyeEvents(start_ns, stop_ns, np.arange(1, len(jumps.stretches) + 1), values=values)


def _slices(told: EyeEvents, time_ns: Times) -> list[slice]:
    edges = (np.searchsorted(time_ns, times) for times in (told.start_ns, told.stop_ns))
    return [slice(int(a), int(b)) for a, b in zip(*edges, strict=True)]


def vendor_measured(told: EyeEvents, path: GazePath) -> EyeEvents:
    """The vendor's fixations with our measures of their samples; places that it does not tell are the mean of the samples."""
    stretches = _slices(told, path.time_ns)
    point_px = told.point_px
    if point_px is None:
        means = [path.point_px[one].mean(axis=0) if one.stop > one.start else (np.nan, np.nan) for one in stretches]
        point_px = np.array(means, dtype=np.float64).reshape(-1, 2)
    return replace(told, point_px=point_px, values=_places(stretches, path))


def _vendor_saccades(told: EyeEvents, path: GazePath) -> EyeEvents:
    """The vendor's saccades with our measures, NaN where gaze is lost in one."""
    speed = speeds(path.path_deg, path.time_ns, half_window_ms=PEAK_HALF_WINDOW_MS)
    far, peak = np.full(len(told), np.nan), np.full(len(told), np.nan)
    for row, one in enumerate(_slices(told, path.time_ns)):
        if one.stop - one.start > 1:
            far[row] = np.linalg.norm(path.path_deg[one.stop - 1] - path.path_deg[one.start])
            peak[row] = np.max(speed[one])
    return replace(told, values={"amplitude_deg": far, "peak_deg_per_s": peak})
