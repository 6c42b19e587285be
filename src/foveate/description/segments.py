"""The spans that are described: equal lengths, events, or a user's own list."""

import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from foveate.clock import NS_PER_S, Span, seconds_to_ns
from foveate.errors import RecordingError, UsageError
from foveate.recording.recording import Recording

SHORTEST_S = 0.001
"""Length of a segment; a shorter one holds no frame."""
EVENTS = "events:"
TABLES = (".csv", ".tsv")


@dataclass(frozen=True)
class Segment:
    """A span that gets an answer of its own."""

    span: Span
    """On the recording's clock."""
    label: str = ""
    """What the user or the recording calls it."""


def segments(recording: Recording, how: str, *, start_s: float | None = None, stop_s: float | None = None) -> list[Segment]:
    """Cut a recording into spans.

    Args:
        recording: what to cut; seconds count from its first frame.
        how: seconds per span (``10``), ``events:NAME`` (``*`` stands for any letters), or a CSV file with start_s and stop_s.
        start_s: leave out what is before.
        stop_s: leave out what is after.

    Returns:
        The spans that have a part inside [start_s, stop_s), cut to it, in order of time.

    Raises:
        UsageError: for a length, name or file that does not fit.
    """
    whole = _whole(recording, start_s, stop_s)
    if how.startswith(EVENTS):
        found = _from_events(recording, how.removeprefix(EVENTS), whole)
    elif how.lower().endswith(TABLES):
        found = _from_file(Path(how), int(recording.scene.time_ns[0]))
    else:
        found = _equal(whole, how)
    inside = [
        Segment(Span(max(s.span.start_ns, whole.start_ns), min(s.span.stop_ns, whole.stop_ns)), s.label)
        for s in sorted(found, key=lambda segment: segment.span.start_ns)
        if s.span.start_ns < whole.stop_ns and s.span.stop_ns > whole.start_ns
    ]
    if not inside:
        first_ns = recording.scene.time_ns[0]
        seconds = [(edge - first_ns) / 1e9 for edge in (whole.start_ns, whole.stop_ns)]
        raise UsageError(f"no segment of {how!r} lies inside {seconds[0]:.2f} to {seconds[1]:.2f} s of {recording.name}")
    return inside


def moment_ns(recording: Recording, at_s: float) -> int:
    """An instant of a recording on its own clock.

    Args:
        recording: whose first frame seconds count from.
        at_s: within its video, or up to a second after it.

    Raises:
        UsageError: for an instant outside.
    """
    time_ns = recording.scene.time_ns
    first_ns, last_ns = int(time_ns[0]), int(time_ns[-1])
    at_ns = first_ns + seconds_to_ns(at_s)
    if not first_ns <= at_ns <= last_ns + NS_PER_S:
        raise UsageError(
            f"--at {at_s:g} s is outside {recording.name}, whose video ends at {(last_ns - first_ns) / NS_PER_S:.2f} s"
        )
    return at_ns


def _whole(recording: Recording, start_s: float | None, stop_s: float | None) -> Span:
    time_ns = recording.scene.time_ns
    if len(time_ns) == 0:
        raise RecordingError(f"{recording.name} has no video frames; there is nothing to describe")
    first_ns = int(time_ns[0])
    interval_ns = (int(time_ns[-1]) - first_ns) // max(1, len(time_ns) - 1) or seconds_to_ns(1 / 30)
    last_ns = int(time_ns[-1]) + interval_ns
    start_ns = first_ns if start_s is None else first_ns + seconds_to_ns(start_s)
    stop_ns = last_ns if stop_s is None else min(last_ns, first_ns + seconds_to_ns(stop_s))
    check_stretch(start_s, stop_s)
    if start_ns >= last_ns:
        raise UsageError(
            f"--start {start_s:g} s is after the end of {recording.name}, which lasts {(last_ns - first_ns) / 1e9:.2f} s"
        )
    return Span(start_ns, stop_ns)


def check_stretch(start_s: float | None, stop_s: float | None) -> None:
    """Check what of a stretch of a recording needs no recording.

    Raises:
        UsageError: where it begins before the recording or ends before it begins.
    """
    if start_s is not None and not start_s >= 0:
        raise UsageError(f"--start must be 0 s or later, got {start_s:g} s")
    if stop_s is not None and not stop_s > (start_s or 0):
        raise UsageError(f"--stop {stop_s:g} s must be after --start {start_s or 0:g} s")


def check_segment(how: str) -> None:
    """Check what needs no recording: the length, and the file.

    Raises:
        UsageError: for a length or file that fits no recording.
    """
    if how.lower().endswith(TABLES):
        _from_file(Path(how), 0)
    elif not how.startswith(EVENTS):
        _length_ns(how)


def _length_ns(how: str) -> int:
    try:
        length_s = float(how)
    except ValueError:
        length_s = math.nan
    if not (math.isfinite(length_s) and length_s >= SHORTEST_S):
        raise UsageError(
            f"--segment {how!r} is not one of: seconds (10; at least {SHORTEST_S:g}), events:NAME, "
            "a .csv file with start_s and stop_s"
        )
    return seconds_to_ns(length_s)


def _equal(whole: Span, how: str) -> list[Segment]:
    length_ns = _length_ns(how)
    starts = range(whole.start_ns, whole.stop_ns, length_ns)
    return [Segment(Span(start, min(start + length_ns, whole.stop_ns))) for start in starts]


def _from_events(recording: Recording, pattern: str, whole: Span) -> list[Segment]:
    events = [event for event in recording.events if fnmatchcase(event.name, pattern)]
    if not events:
        names = ", ".join(sorted({event.name for event in recording.events})) or "no events"
        raise UsageError(f"{recording.name} has no event {pattern!r}; it has: {names}")
    # an event that is an instant lasts until the next of its kind
    until_ns = [event.time_ns for event in events[1:]] + [whole.stop_ns]
    found = []
    for event, stop_ns in zip(events, until_ns, strict=True):
        if event.span is not None:
            found.append(Segment(event.span, event.name))
        elif stop_ns > event.time_ns:
            found.append(Segment(Span(event.time_ns, stop_ns), event.name))
    return found


def _from_file(path: Path, first_ns: int) -> list[Segment]:
    import polars as pl  # only where a file is named: live use gets by without it

    if path.is_dir():
        raise UsageError(f"the segment file {path} is a folder; give a table with the columns start_s and stop_s")
    try:
        table = pl.read_csv(path, glob=False, separator="\t" if path.suffix.lower() == ".tsv" else ",")
    except FileNotFoundError:
        raise UsageError(f"the segment file {path} is not there; it needs the columns start_s and stop_s") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"the segment file {path} is not a table ({reason}); it needs the columns start_s and stop_s"
        ) from None
    missing = [name for name in ("start_s", "stop_s") if name not in table.columns]
    if missing:
        raise UsageError(f"the segment file {path} has no column {missing[0]} (found: {', '.join(table.columns)})")
    labels = table["label"].cast(pl.String).fill_null("").to_list() if "label" in table.columns else [""] * len(table)
    found = []
    for row, (start, stop, label) in enumerate(zip(table["start_s"], table["stop_s"], labels, strict=True), start=2):
        if not all(isinstance(edge, int | float) and math.isfinite(edge) for edge in (start, stop)) or stop <= start:
            raise UsageError(f"line {row} of {path} must have start_s before stop_s in seconds, got {start} and {stop}")
        found.append(Segment(Span(first_ns + seconds_to_ns(start), first_ns + seconds_to_ns(stop)), label))
    return found
