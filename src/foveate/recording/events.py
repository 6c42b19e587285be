"""Events of a recording from a table: start, stop, name, text."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from foveate.clock import Span
from foveate.errors import RecordingError
from foveate.recording import columns
from foveate.recording.recording import Event


class Events(tuple[Event, ...]):
    """Events in order of time, and what a user should know of how they were read."""

    notes: tuple[str, ...]

    def __new__(cls, events: Iterable[Event], notes: tuple[str, ...] = ()) -> "Events":
        made = super().__new__(cls, sorted(events, key=lambda event: event.time_ns))
        made.notes = notes
        return made


def read_events(file: Path) -> tuple[Event, ...]:
    """Events in order of time, on the clock of the video.

    Columns: ``start_ns`` or ``start_s``; ``name``; and where there are any ``stop_ns`` or ``stop_s``, ``text``.
    A row without a stop is an instant.

    Raises:
        RecordingError: where a column is missing, or a row has no start or stops before it starts.
    """
    found = columns.column_names(file)
    start, unit = columns.time_column(found, "start")
    stop, stop_unit = columns.time_column(found, "stop")
    wanted = {"start": start, "name": "name"}
    if stop in found:
        wanted["stop"] = stop
    if "text" in found:
        wanted["text"] = "text"
    table = columns.read_columns(file, wanted)
    start_ns, there = columns.times(table["start"], unit=unit, source=file)
    if not there.all():
        raise RecordingError(f"{file}: row {int(np.argmin(there)) + 1} has no start")
    stops: list[int | None] = [None] * len(start_ns)
    if "stop" in table:
        stop_ns, ends = columns.times(table["stop"], unit=stop_unit, source=file)
        if np.any(ends & (stop_ns < start_ns)):
            raise RecordingError(f"{file}: row {int(np.argmax(ends & (stop_ns < start_ns))) + 1} stops before it starts")
        stops = [int(stop) if end and stop > start else None for start, stop, end in zip(start_ns, stop_ns, ends, strict=True)]
    names = table["name"].fill_null("").to_list()
    texts = table["text"].fill_null("").to_list() if "text" in table else [""] * len(names)
    events = [
        Event(name=str(name), span=None if stop is None else Span(int(start), stop), time_ns=int(start), text=str(text))
        for start, stop, name, text in zip(start_ns, stops, names, texts, strict=True)
    ]
    return tuple(sorted(events, key=lambda event: event.time_ns))
