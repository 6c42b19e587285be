"""What was measured of a recording's gaze, in words, and as one page with plots."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, NS_PER_S
from foveate.gaze.clock_error import ClockError
from foveate.gaze.quality import Quality
from foveate.geometry import Size
from foveate.recording.recording import Recording
from foveate.report.page import render_page

SLOTS = 240
"""Of the plots over time."""
BINS = 60
"""Of the histograms."""
CELLS = (32, 24)
"""Columns and rows of the map of where gaze lay on the frame."""
LISTED = 8
"""Gaps told one by one in text."""
GAPS_ON_PAGE = 100
"""Gaps in the page's table."""


@dataclass(frozen=True)
class Row:
    """One measure in words."""

    name: str
    text: str


@dataclass(frozen=True)
class Lags:
    """A plot of what was found of the clocks: the windows with their intervals, and what is taken for the error."""

    most_ms: float
    """Its upper and, negated, its lower edge."""
    stop_s: float
    """Its right edge; its left is the first frame."""
    windows: list[tuple[float, float, float, float]]
    """Seconds, offset, low and high in ms, of the windows that are estimable."""
    line: tuple[float, float]
    """What is added to the times of gaze at both edges."""


@dataclass(frozen=True)
class Bars:
    """A plot of bars of equal width."""

    title: str
    about: str
    """What it tells, in a sentence."""
    heights: list[float]
    """From 0 to 1."""
    axis: tuple[str, str, str]
    """What stands below its left end, middle and right end."""


def rows(quality: Quality, error: ClockError | None = None, after: ClockError | None = None) -> list[Row]:
    """Every measure, also where there is none: then why; the drift, and what is left of it, only where they were asked for."""
    drift = [] if error is None else [Row("drift", f"{error}; from {error.method}")]
    if after is not None:
        drift.append(Row("corrected", str(after)))
    if quality.rate is None and quality.loss is None:
        return [Row("gaze", "no gaze in pixels of the scene: nothing to measure"), *_video_rows(quality), *drift]
    return [*_gaze_rows(quality), *_video_rows(quality), *drift]


def _gaze_rows(quality: Quality) -> list[Row]:
    loss, rate, blinks = quality.loss, quality.rate, quality.blinks
    assert loss is not None
    assert blinks is not None
    reasons = {
        "without a point": loss.no_point,
        "marked not valid": loss.marked,
        "not worn": loss.not_worn,
        "rows missing": loss.no_row,
    }
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.items() if count)
    result = [Row("loss", f"{loss.share:.1%} of {loss.due} samples due" + (f": {told}" if told else ""))]
    if rate is None:
        result.append(Row("rate", "not estimable: there are too few samples"))
    else:
        over_all = f"; {rate.samples_hz:.1f} samples and {rate.valid_hz:.1f} valid ones a second over the whole time"
        result.append(Row("rate", f"{rate.nominal_hz:.1f} Hz where nothing is missing{over_all}"))
        jitter = (
            f"{rate.jitter_ms:.3f} ms (standard deviation around {rate.interval_ms:.2f} ms), longest {rate.longest_ms:.1f} ms"
        )
        result.append(Row("jitter", jitter))
    result.append(Row("precision", _precision(quality)))
    result.append(Row("gaps", _gaps(quality)))
    found = (
        "" if blinks.found is None else f"; {blinks.found} blinks in the files, {blinks.valid_inside} valid samples inside them"
    )
    in_all = f", {blinks.total_s:.1f} s in all" if blinks.losses else ""
    result.append(Row("blinks", f"{blinks.losses or 'no'} losses as long as a blink (75 to 500 ms){in_all}{found}"))
    unworn = "the device does not tell" if quality.unworn_s is None else f"{quality.unworn_s:.1f} s"
    return [*result, Row("not worn", unworn)]


def _precision(quality: Quality) -> str:
    measured = quality.precision
    assert measured is not None
    if not len(measured):
        return f"not estimable: {measured.reason}"
    digits = 2 if measured.unit == "deg" else 1
    rms, sd = (f"{float(np.median(values)):.{digits}f} {measured.unit}" for values in (measured.rms_s2s, measured.sd))
    pixels = " (pixels: there is no calibration)" if measured.unit == "px" else ""
    return f"RMS-S2S {rms}, SD {sd}{pixels}, medians of {len(measured)} stretches of 200 ms in {measured.fixations} fixations"


def _gaps(quality: Quality) -> str:
    gaps = quality.gaps
    if not gaps:
        return "none longer than 500 ms"
    listed = ", ".join(f"{gap.duration_s:.1f} s at {gap.start_s:.1f} s" for gap in gaps[:LISTED])
    more = f" and {len(gaps) - LISTED} more" if len(gaps) > LISTED else ""
    silent = sum(gap.silent for gap in gaps)
    without = f"; {silent} without any row (paused, or between parts)" if silent else ""
    return f"{len(gaps)} longer than 500 ms, {sum(gap.duration_s for gap in gaps):.1f} s in all: {listed}{more}{without}"


def _video_rows(quality: Quality) -> list[Row]:
    frames, clock = quality.frames, quality.frame_clock
    result = []
    if frames is not None:
        side = "after" if frames.start_offset_ms >= 0 else "before"
        last = "after" if frames.stop_offset_ms >= 0 else "before"
        starts = f"gaze starts {abs(frames.start_offset_ms):.1f} ms {side} the video"
        result.append(Row("offset", f"{starts} and ends {abs(frames.stop_offset_ms):.1f} ms {last} it"))
        between = frames.without_gaze - frames.before_gaze - frames.after_gaze
        where = f"{frames.before_gaze} before it starts, {between} within, {frames.after_gaze} after it ends"
        share = frames.without_gaze / frames.timed
        bare = f"{frames.without_gaze} of {frames.timed} ({share:.1%}) have no gaze within {frames.farthest_ms:.1f} ms"
        result.append(Row("frames", bare + (f": {where}" if frames.without_gaze else "")))
        if frames.outside is not None:
            result.append(Row("outside", f"{frames.outside} valid points lie beyond the frame's border"))
    if clock is not None:
        gaps = f"{clock.gaps} gaps in which {clock.lost} frames are missing" if clock.gaps else "no gaps"
        rate = f"{clock.fps:.2f} fps, jitter {clock.jitter_ms:.2f} ms"
        result.append(Row("video clock", f"{rate}, {gaps}, longest interval {clock.longest_ms:.1f} ms"))
    else:
        result.append(Row("video clock", "not known: there are no frame times"))
    return result


def check_page(quality: Quality, recording: Recording, error: ClockError | None = None, after: ClockError | None = None) -> str:
    """The page: every measure, plots of losses, intervals, precision and place, and the gaps; nothing loaded from elsewhere."""
    facts = quality.facts
    seconds = facts["duration_s"]
    size_px = None if facts["width"] is None else Size(facts["width"], facts["height"])
    return render_page(
        "check.html.j2",
        name=recording.name,
        device=facts["device"],
        lags=None if error is None else _lags(error, recording),
        is_corrected="correction" in recording.loaders,
        duration="length unknown" if seconds is None else f"{seconds:.1f} s",
        warnings=facts["warnings"],
        rows=rows(quality, error, after),
        plots=_plots(quality, recording) if quality.loss is not None else [],
        gaps=quality.gaps[:GAPS_ON_PAGE],
        more_gaps=max(0, len(quality.gaps) - GAPS_ON_PAGE),
        cells=None if quality.loss is None or size_px is None else _cells(recording, size_px),
        frame_size=size_px,
    )


def _lags(error: ClockError, recording: Recording) -> Lags | None:
    """None where no window is estimable."""
    windows = [
        (lag.at_s, lag.offset_ms, *lag.interval_ms) for lag in error.known if lag.offset_ms is not None and lag.interval_ms
    ]
    if not windows:
        return None
    frame_ns = recording.scene.time_ns
    first_ms, last_ms = error.correction_ms(frame_ns[[0, -1]]).tolist()
    most_ms = max(40.0, *(abs(edge) for _, _, low, high in windows for edge in (low, high)), abs(first_ms), abs(last_ms))
    return Lags(1.05 * most_ms, float(frame_ns[-1] - frame_ns[0]) / NS_PER_S, windows, (first_ms, last_ms))


def _plots(quality: Quality, recording: Recording) -> list[Bars]:
    gaze = recording.gaze
    plots = []
    if quality.rate is not None:
        first_ns, last_ns = int(gaze.time_ns[0]), int(gaze.time_ns[-1])
        slot_ns = (last_ns - first_ns + 1) / SLOTS
        slot = np.minimum((gaze.time_ns - first_ns) / slot_ns, SLOTS - 1).astype(np.int64)
        due = max(1.0, slot_ns / (quality.rate.interval_ms * NS_PER_MS))
        valid = np.bincount(slot[gaze.valid], minlength=SLOTS) / due
        about = f"Valid samples of those due, over time. Empty: no gaze. {SLOTS} steps."
        first_s, last_s = (first_ns - quality.zero_ns) / NS_PER_S, (last_ns - quality.zero_ns) / NS_PER_S
        axis = (f"{first_s:.1f} s", f"{(first_s + last_s) / 2:.1f} s", f"{last_s:.1f} s")
        plots.append(Bars("Valid gaze over time", about, np.minimum(valid, 1.0).tolist(), axis))
        most = 3 * quality.rate.interval_ms
        interval_ms = np.diff(gaze.time_ns) / NS_PER_MS
        above = int(np.count_nonzero(interval_ms > most))
        about = f"How many intervals between samples are how long (root scale); {above} are longer than {most:.1f} ms."
        plots.append(_histogram("Sample intervals", about, interval_ms[interval_ms <= most], most, "ms"))
    precision = quality.precision
    if precision is not None and len(precision):
        for title, values in (("RMS-S2S during fixations", precision.rms_s2s), ("SD during fixations", precision.sd)):
            most = float(np.percentile(values, 98)) * 1.2
            kept = values[values <= most]
            about = f"Stretches of 200 ms by their value (root scale); {len(values) - len(kept)} are above."
            plots.append(_histogram(title, about, kept, most, precision.unit))
    return plots


def _histogram(title: str, about: str, values: NDArray[np.float64], most: float, unit: str) -> Bars:
    counts, _ = np.histogram(values, bins=BINS, range=(0.0, most or 1.0))
    root = np.sqrt(counts / max(1, counts.max()))
    return Bars(title, about, root.tolist(), ("0", f"{most / 2:.3g} {unit}", f"{most:.3g} {unit}"))


def _cells(recording: Recording, size_px: Size) -> list[tuple[float, float, float, float, float]]:
    """Where on the frame valid gaze lay: left, top, width and height in pixels, and share of the fullest cell (root scale)."""
    gaze = recording.gaze
    point = gaze.point_px[gaze.valid]
    counts, left, top = np.histogram2d(point[:, 0], point[:, 1], bins=CELLS, range=((0, size_px[0]), (0, size_px[1])))
    share = np.sqrt(counts / max(1.0, counts.max()))
    width, height = size_px[0] / CELLS[0], size_px[1] / CELLS[1]
    return [(float(left[x]), float(top[y]), width, height, float(share[x, y])) for x, y in np.argwhere(counts > 0)]
