"""Gaze samples to trust: unsure and blink samples taken out, short losses bridged, all of it counted."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, Span
from foveate.errors import UsageError
from foveate.recording.recording import GazeStream, Recording

LONG_LOSS_MS = 500.0
"""A loss up to this long is told as a blink, a longer one as a loss."""


def clean(
    gaze: GazeStream,
    *,
    max_gap_ms: float = 75.0,
    min_confidence: float | None = None,
    blinks: Sequence[Span] = (),
) -> GazeStream:
    """Mark samples that cannot be trusted and bridge short losses by a straight line.

    A loss is bridged where the valid samples on both sides are at most ``max_gap_ms`` apart and no blink lies between.
    No sample is made where there was none.

    Args:
        gaze: the samples as recorded.
        max_gap_ms: longest distance of two valid samples between which samples are interpolated; 0 bridges nothing. 75 ms is
            the usual bound, below the length of a blink (Tobii's I-VT filter white paper, Olsen 2012).
        min_confidence: samples below it are not valid; None keeps what the tracker says.
        blinks: stretches in which nothing is valid.

    Returns:
        The same times; points NaN wherever not valid; notes that count what was done.
    """
    if not max_gap_ms >= 0:
        raise UsageError(f"max_gap_ms must be 0 or more, got {max_gap_ms}")
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise UsageError(f"the least confidence must be between 0 and 1, got {min_confidence:g}")
    notes: list[str] = []
    valid = gaze.valid.copy()
    if min_confidence is not None and gaze.confidence is not None:
        unsure = valid & ~(gaze.confidence >= min_confidence)
        valid &= ~unsure
        notes.append(f"{np.count_nonzero(unsure)} gaze samples have a confidence below {min_confidence:g}: not used")
    elif min_confidence is not None:
        notes.append(f"the tracker tells no confidence: no sample is left out for one below {min_confidence:g}")
    blink = np.zeros(len(gaze), dtype=np.bool_)
    for span in blinks:
        blink[span.of(gaze.time_ns)] = True
    if blinks:
        notes.append(f"{np.count_nonzero(valid & blink)} gaze samples lie in {len(blinks)} blinks: not used")
        valid &= ~blink
    point = np.where(valid[:, None], gaze.point_px, np.nan)
    start, stop = _losses(valid)
    # distance between the valid samples on both sides; endless at the ends of the recording
    inner = (start > 0) & (stop < len(gaze))
    gap_ms = np.full(len(start), np.inf)
    gap_ms[inner] = (gaze.time_ns[stop[inner]] - gaze.time_ns[start[inner] - 1]) / NS_PER_MS
    crossed = np.array([blink[a:b].any() for a, b in zip(start, stop, strict=True)], dtype=np.bool_)
    short = (gap_ms <= max_gap_ms) & ~crossed
    bridged = np.zeros(len(gaze), dtype=np.bool_)
    for a, b in zip(start[short], stop[short], strict=True):
        bridged[a:b] = True
    if bridged.any():
        near_ns = gaze.time_ns - gaze.time_ns[0]
        for axis in range(2):
            point[bridged, axis] = np.interp(near_ns[bridged], near_ns[valid], point[valid, axis])
        notes.append(
            f"{np.count_nonzero(bridged)} gaze samples in {np.count_nonzero(short)} losses up to {max_gap_ms:g} ms interpolated"
        )
    blinklike = int(np.count_nonzero(~short & (gap_ms <= LONG_LOSS_MS)))
    longer = int(np.count_nonzero(~short & (gap_ms > LONG_LOSS_MS)))
    if blinklike or longer:
        notes.append(f"gaze is lost {blinklike} times up to {LONG_LOSS_MS:g} ms (blinks) and {longer} times for longer")
    return replace(gaze, point_px=point, valid=valid | bridged, notes=gaze.notes + tuple(notes))


def clean_recording(recording: Recording) -> GazeStream:
    """A recording's gaze, cleaned; within the vendor's own blinks, where it tells them, nothing is valid.

    (Pupil Invisible marks the samples of its blinks as valid: gaze that drops with the lid.)
    """
    return clean(recording.gaze, blinks=vendor_blinks(recording))


def vendor_blinks(recording: Recording) -> list[Span]:
    """The blinks that the vendor's own program found; none where it tells none."""
    if "blinks" not in recording.loaders:
        return []
    told = recording.stream("blinks")
    return [Span(int(start), int(stop)) for start, stop in zip(told.start_ns, told.stop_ns, strict=True)]


def _losses(valid: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and one-past-last index of every run of samples that are not valid."""
    edge = np.diff(np.concatenate([[0], (~valid).astype(np.int8), [0]]))
    return np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
