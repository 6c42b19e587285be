"""How good the gaze of a recording is, and how it fits the video: what ``foveate check`` tells."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from foveate.clock import GAP_INTERVALS, NS_PER_MS, NS_PER_S, Times, usual_interval_ns
from foveate.gaze.align import align, reach_ns
from foveate.gaze.events_agreement import inside
from foveate.gaze.loss import Loss, Pauses, loss, missing, pauses
from foveate.gaze.precision import Precision, precision
from foveate.geometry import Size
from foveate.recording.eye_events import EyeEvents
from foveate.recording.info import facts
from foveate.recording.recording import GazeStream, Recording

TELLS_WORN = ("neon", "pupil_cloud")
"""Formats in which a sample is not valid because nobody wore the glasses."""
UNTOLD = "counts as worn"
"""In the notes of those formats where the recording at hand does not tell."""


@dataclass(frozen=True)
class Rate:
    """How often samples come."""

    nominal_hz: float
    """One over the usual interval."""
    samples_hz: float
    """Samples over the time from the first to the last."""
    valid_hz: float
    """Valid samples over the same time: the effective rate."""
    interval_ms: float
    """Usual interval: the mean of those in which nothing is missing."""
    jitter_ms: float
    """Standard deviation of those intervals."""
    longest_ms: float
    """Longest interval of all."""


@dataclass(frozen=True)
class Blinks:
    """Losses as long as a blink, and the blinks that the vendor's own program found."""

    losses: int
    """Distances of valid samples from 75 to 500 ms."""
    total_s: float
    """Their time."""
    found: int | None
    """By the vendor's program; None where the recording has none."""
    valid_inside: int | None
    """Samples inside those that are marked valid all the same: they are no gaze."""


@dataclass(frozen=True)
class Frames:
    """How the gaze fits the frames of the scene."""

    timed: int
    """Frames whose instants are known; all of them have video, unless the scene has none."""
    without_gaze: int
    """Frames without a valid sample near enough, before any loss is bridged or held."""
    before_gaze: int
    """Of these, before the first valid sample."""
    after_gaze: int
    """Of these, after the last."""
    farthest_ms: float
    """How far a sample may be from its frame."""
    start_offset_ms: float
    """First gaze sample minus first frame."""
    stop_offset_ms: float
    """Last gaze sample minus last frame."""
    outside: int | None
    """Valid points beyond the frame's border; None where its size is not known."""


@dataclass(frozen=True)
class FrameClock:
    """How evenly the frames of the scene come."""

    fps: float
    """One over the usual interval."""
    jitter_ms: float
    """Standard deviation of the intervals, gaps left out."""
    gaps: int
    """Intervals longer than 1.7 usual ones: frames are missing."""
    lost: int
    """Frames that lack in them."""
    longest_ms: float
    """Longest interval."""


@dataclass(frozen=True)
class Gap:
    """A long stretch without gaze between two valid samples."""

    start_s: float
    """Last valid sample before it, counted from the first frame."""
    duration_s: float
    """Until the next valid sample."""
    silent: bool
    """Whether the device wrote nothing in it: between the parts of a recording it may have been paused."""


@dataclass(frozen=True)
class Quality:
    """All that is measured; a part is None where the recording lacks what it needs."""

    facts: dict[str, Any]
    """As ``foveate info`` tells them."""
    zero_ns: int
    """Instant from which seconds count: the first frame, or where there is none the first gaze sample."""
    rate: Rate | None
    loss: Loss | None
    pauses: Pauses | None
    blinks: Blinks | None
    unworn_s: float | None
    """Time in which nobody wore the device; None where it does not tell."""
    precision: Precision | None
    frames: Frames | None
    frame_clock: FrameClock | None

    @property
    def gaps(self) -> list[Gap]:
        """Every loss of more than 500 ms."""
        if self.pauses is None:
            return []
        long = self.pauses.is_long
        rows = zip(self.pauses.start_ns[long], self.pauses.stop_ns[long], self.pauses.is_silent[long], strict=True)
        return [Gap(int(a - self.zero_ns) / NS_PER_S, int(b - a) / NS_PER_S, bool(silent)) for a, b, silent in rows]

    def to_dict(self) -> dict[str, Any]:
        """JSON values, None where unknown or not estimable."""
        lost = None if self.loss is None else {**vars(self.loss), "share": self.loss.share}
        return {
            "recording": self.facts,
            "loss": lost,
            "rate": _vars(self.rate),
            "precision": None if self.precision is None else _summary(self.precision),
            "gaps": [vars(gap) for gap in self.gaps],
            "blinks": _vars(self.blinks),
            "unworn_s": self.unworn_s,
            "frames": _vars(self.frames),
            "frame_clock": _vars(self.frame_clock),
        }


def measure(recording: Recording) -> Quality:
    """Measure a recording's gaze as it was recorded: nothing is cleaned, bridged or smoothed; no frame is decoded.

    Raises:
        RecordingError: where a stream cannot be read.
    """
    told = facts(recording)
    size_px, frame_ns = recording.frame_px, recording.frame_time_ns
    if frame_ns is None:
        frame_ns = np.empty(0, np.int64)
    gaze = recording.gaze if "gaze" in recording.loaders else None
    some = gaze is not None and len(gaze) > 0
    zero_ns = int(frame_ns[0]) if len(frame_ns) else int(gaze.time_ns[0]) if gaze is not None and some else 0
    clock = _frame_clock(frame_ns) if len(frame_ns) > 1 else None
    if gaze is None or not some:
        return Quality(told, zero_ns, None, None, None, None, None, None, None, clock)
    tells_worn = recording.format in TELLS_WORN and not any(UNTOLD in note for note in gaze.notes)
    lost, between = loss(gaze, tells_worn=tells_worn), pauses(gaze)
    blinks: EyeEvents | None = recording.stream("blinks") if "blinks" in recording.loaders else None
    return Quality(
        facts=told,
        zero_ns=zero_ns,
        rate=_rate(gaze),
        loss=lost,
        pauses=between,
        blinks=_blinks(gaze, between, blinks),
        unworn_s=lost.not_worn * usual_interval_ns(gaze.time_ns) / NS_PER_S if tells_worn else None,
        precision=precision(gaze, camera=recording.camera, frame_size_px=size_px),
        frames=_frames(gaze, frame_ns, size_px) if len(frame_ns) else None,
        frame_clock=clock,
    )


def _rate(gaze: GazeStream) -> Rate | None:
    nominal_ns, length_s = usual_interval_ns(gaze.time_ns), float(gaze.time_ns[-1] - gaze.time_ns[0]) / NS_PER_S
    if not nominal_ns > 0:
        return None
    intervals_ns = np.diff(gaze.time_ns)
    # n samples are n - 1 intervals
    share = (len(gaze) - 1) / len(gaze)
    return Rate(
        nominal_hz=NS_PER_S / nominal_ns,
        samples_hz=(len(gaze) - 1) / length_s,
        valid_hz=share * int(np.count_nonzero(gaze.valid)) / length_s,
        interval_ms=nominal_ns / NS_PER_MS,
        jitter_ms=_jitter_ms(intervals_ns, nominal_ns),
        longest_ms=float(intervals_ns.max()) / NS_PER_MS,
    )


def _jitter_ms(intervals_ns: Times, usual_ns: float) -> float:
    return float(np.std(intervals_ns[intervals_ns <= GAP_INTERVALS * usual_ns])) / NS_PER_MS


def _blinks(gaze: GazeStream, between: Pauses, found: EyeEvents | None) -> Blinks:
    like = between.is_blinklike
    return Blinks(
        losses=int(np.count_nonzero(like)),
        total_s=float(np.sum(between.duration_ms[like])) / 1000,
        found=None if found is None else len(found),
        valid_inside=None if found is None else int(np.count_nonzero(inside(found, gaze.time_ns) & gaze.valid)),
    )


def _frames(gaze: GazeStream, frame_ns: Times, size_px: Size | None) -> Frames:
    reach = reach_ns(gaze, frame_ns)
    bare = ~align(gaze, frame_ns, tolerance_ns=reach).valid
    valid_ns, point = gaze.time_ns[gaze.valid], gaze.point_px[gaze.valid]
    return Frames(
        timed=len(frame_ns),
        without_gaze=int(np.count_nonzero(bare)),
        before_gaze=int(np.count_nonzero(bare & (frame_ns < valid_ns[0]))) if len(valid_ns) else 0,
        after_gaze=int(np.count_nonzero(bare & (frame_ns > valid_ns[-1]))) if len(valid_ns) else 0,
        farthest_ms=reach / NS_PER_MS,
        start_offset_ms=float(gaze.time_ns[0] - frame_ns[0]) / NS_PER_MS,
        stop_offset_ms=float(gaze.time_ns[-1] - frame_ns[-1]) / NS_PER_MS,
        outside=None if size_px is None else int(np.count_nonzero(((point < 0) | (point >= size_px)).any(axis=1))),
    )


def _frame_clock(frame_ns: Times) -> FrameClock:
    intervals_ns, usual_ns = np.diff(frame_ns), usual_interval_ns(frame_ns)
    return FrameClock(
        fps=NS_PER_S / usual_ns,
        jitter_ms=_jitter_ms(intervals_ns, usual_ns),
        gaps=int(np.count_nonzero(intervals_ns > GAP_INTERVALS * usual_ns)),
        lost=missing(frame_ns),
        longest_ms=float(intervals_ns.max()) / NS_PER_MS,
    )


def _summary(measured: Precision) -> dict[str, Any]:
    """Median and quartiles over the pieces."""

    def spread(values: Any) -> dict[str, float] | None:
        if not len(values):
            return None
        low, middle, high = (float(value) for value in np.percentile(values, [25, 50, 75]))
        return {"median": middle, "p25": low, "p75": high}

    return {
        "unit": measured.unit,
        "rms_s2s": spread(measured.rms_s2s),
        "sd": spread(measured.sd),
        "pieces": len(measured),
        "fixations": measured.fixations,
        "not_estimable": measured.reason or None,
    }


def _vars(part: Any) -> dict[str, Any] | None:
    return None if part is None else dict(vars(part))
