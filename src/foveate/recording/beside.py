"""The streams beside scene, gaze and camera as tables and back, equal to the last bit: STREAMS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from foveate.errors import RecordingError
from foveate.recording import columns, eye_events, signals
from foveate.recording.events import read_events
from foveate.recording.eye_events import EyeEvents
from foveate.recording.hands import Hands
from foveate.recording.recording import Event
from foveate.recording.signals import Signals

BOX = ("left_px", "top_px", "width_px", "height_px")


@dataclass(frozen=True)
class Kind:
    """How streams of one type are written and read."""

    table: Callable[[Any], dict[str, Any]]
    """The columns of a stream, name -> (N,) values."""
    read: Callable[[Path], Any]
    """The stream out of such a table, which may be a CSV or TSV as well."""


def table_of_events(events: tuple[Event, ...]) -> dict[str, Any]:
    """``start_ns``, ``stop_ns`` (empty for instants), ``name``, ``text``."""
    return {
        "start_ns": pa.array([event.time_ns for event in events], pa.int64()),
        "stop_ns": pa.array([None if event.span is None else event.span.stop_ns for event in events], pa.int64()),
        "name": pa.array([event.name for event in events], pa.string()),
        "text": pa.array([event.text for event in events], pa.string()),
    }


def table_of_eye_events(found: EyeEvents) -> dict[str, Any]:
    """``start_ns``, ``stop_ns``, ``number`` (-1 for none), and for fixations ``x_px`` and ``y_px``."""
    told: dict[str, Any] = {"start_ns": found.start_ns, "stop_ns": found.stop_ns, "number": found.number}
    return told if found.point_px is None else told | {"x_px": found.point_px[:, 0], "y_px": found.point_px[:, 1]}


def read_eye_events(file: Path) -> EyeEvents:
    """Columns: ``start_ns`` and ``stop_ns`` (or ``_s``), and where there are any ``number``, and ``x_px`` and ``y_px``.

    Raises:
        RecordingError: where a column is missing, or most rows are no events.
    """
    found = columns.column_names(file)
    start, unit = columns.time_column(found, "start")
    named = {"start": start, "stop": f"stop_{unit}"} | {name: name for name in ("number",) if name in found}
    if "x_px" in found:
        named |= {"x": "x_px", "y": "y_px"}
    return eye_events.read_eye_events(file, named, unit=unit)


def table_of_signals(found: Signals) -> dict[str, Any]:
    """``time_ns`` and one column a signal."""
    return {"time_ns": found.time_ns, **found.values}


def read_signals(file: Path) -> Signals:
    """Columns: ``time_ns`` (or ``time_s``); every other one is a signal of its name.

    Raises:
        RecordingError: where no row has a time.
    """
    found = columns.column_names(file)
    time, unit = columns.time_column(found, "time")
    return signals.read_signals(file, time=time, unit=unit, names={name: name for name in found if name != time}, empty=True)


def table_of_hands(hands: Hands) -> dict[str, Any]:
    """``time_ns``, ``side``, the box, ``valid``, ``confidence`` where it is told, and the landmarks, such as ``wrist_x_m``."""
    told: dict[str, Any] = {"time_ns": hands.time_ns, "side": pa.array(hands.side.tolist(), pa.string())}
    told |= {name: hands.box_px[:, place] for place, name in enumerate(BOX)} | {"valid": hands.valid}
    if hands.confidence is not None:
        told["confidence"] = hands.confidence
    for mark, name in enumerate(hands.landmarks):
        if hands.point_m is not None:
            told |= {f"{name}_{axis}_m": hands.point_m[:, mark, place] for place, axis in enumerate("xyz")}
        if hands.point_px is not None:
            told |= {f"{name}_{axis}_px": hands.point_px[:, mark, place] for place, axis in enumerate("xy")}
    return told


def read_hands(file: Path) -> Hands:
    """Columns as ``table_of_hands`` has them; a detector's boxes alone need neither ``side`` nor ``valid``.

    Raises:
        RecordingError: where a column is missing, or the rows are no hands in order of time.
    """
    found = columns.column_names(file)
    time, unit = columns.time_column(found, "time")
    marks = tuple(dict.fromkeys(name.rpartition("_x_")[0] for name in found if name.endswith(("_x_m", "_x_px"))))
    table = columns.read_columns(file, {name: name for name in (time, *BOX, *found)})
    time_ns, there = columns.times(table[time], unit=unit, source=file)
    if not there.all():
        raise RecordingError(f"{file}: row {int(np.argmin(there)) + 1} has no time")

    notes: list[str] = []

    def points(axes: str, kind: str) -> Any:
        names = [[f"{mark}_{axis}_{kind}" for axis in axes] for mark in marks]
        if not names or not all(name in table for row in names for name in row):
            return None
        return np.stack([np.stack([columns.numbers(table[name], notes) for name in row], axis=1) for row in names], axis=1)

    side = table["side"].fill_null("").to_list() if "side" in table else [""] * len(time_ns)
    box_px = np.stack([columns.numbers(table[name], notes) for name in BOX], axis=1)
    seen = np.asarray(np.isfinite(box_px).all(axis=1), dtype=np.bool_)
    valid = columns.truths(table["valid"], source=file) if "valid" in table else seen
    try:
        return Hands(
            time_ns=time_ns,
            side=np.array(side, dtype=np.str_),
            box_px=box_px,
            valid=valid,
            confidence=columns.numbers(table["confidence"], notes) if "confidence" in table else None,
            landmarks=marks,
            point_m=points("xyz", "m"),
            point_px=points("xy", "px"),
            notes=tuple(notes),
        )
    except RecordingError as error:
        raise RecordingError(f"{file}: {error}") from error


EYE = Kind(table_of_eye_events, read_eye_events)
STREAMS: Mapping[str, Kind] = {
    "events": Kind(table_of_events, read_events),
    "fixations": EYE,
    "saccades": EYE,
    "blinks": EYE,
    "hands": Kind(table_of_hands, read_hands),
}
"""Stream -> how it is written and read; whatever else a recording has is written if it is ``Signals``."""
COUNTED = tuple(name for name in STREAMS if name != "hands")
"""Streams that are called by what is counted in them: one row is one event."""
SIGNALS = Kind(table_of_signals, read_signals)


def table_of(name: str, stream: Any) -> dict[str, Any] | None:
    """The columns of a stream of a recording; None where a table cannot hold it."""
    kind = STREAMS.get(name) or (SIGNALS if isinstance(stream, Signals) else None)
    return None if kind is None else kind.table(stream)


def equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two tables are the same bit by bit; one NaN is as good as another."""
    return list(one) == list(other) and all(_bits(one[name]) == _bits(other[name]) for name in one)


def _bits(values: Any) -> Any:
    if not isinstance(values, np.ndarray):
        return values
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.nan, values.astype(np.float64))
    return values.dtype.kind, values.tobytes()
