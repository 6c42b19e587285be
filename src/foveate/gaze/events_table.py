"""Eye events as rows, for CSV and JSON."""

import csv
import io
from typing import Any

import numpy as np

from foveate.clock import NS_PER_MS, NS_PER_S
from foveate.gaze.clean import LONG_LOSS_MS
from foveate.gaze.events import GazeEvents
from foveate.recording.eye_events import EyeEvents
from foveate.recording.recording import Recording

KINDS = {"fixations": "fixation", "saccades": "saccade", "blinks": "blink"}
MEASURES = ("x_deg", "y_deg", "amplitude_deg", "peak_deg_per_s", "dispersion_deg")
COLUMNS = ("kind", "start_s", "stop_s", "start_ns", "stop_ns", "x_px", "y_px", *MEASURES, "source")
"""Seconds count from the first scene frame, with or without video, or where no frame has a time from the first gaze sample."""
DIGITS = 3


def rows(found: GazeEvents, *, zero_ns: int) -> list[dict[str, Any]]:
    """One dict per event with the keys of COLUMNS, in order of time; None where an event has no such value."""
    table = [row for name in KINDS for row in _rows(getattr(found, name), KINDS[name], found.source[name], zero_ns)]
    return sorted(table, key=lambda row: (row["start_ns"], row["stop_ns"]))


def _rows(events: EyeEvents, kind: str, source: str, zero_ns: int) -> list[dict[str, Any]]:
    measured = {name: events.values.get(name) for name in MEASURES}
    result = []
    for index, (start_ns, stop_ns) in enumerate(zip(events.start_ns.tolist(), events.stop_ns.tolist(), strict=True)):
        x_px, y_px = (None, None) if events.point_px is None else (_value(v) for v in events.point_px[index])
        row = {"kind": kind, "start_s": (start_ns - zero_ns) / NS_PER_S, "stop_s": (stop_ns - zero_ns) / NS_PER_S}
        row |= {"start_ns": start_ns, "stop_ns": stop_ns, "x_px": x_px, "y_px": y_px}
        row |= {name: None if values is None else _value(values[index]) for name, values in measured.items()}
        result.append(row | {"source": source})
    return result


def _value(number: float) -> float | None:
    return round(float(number), DIGITS) if np.isfinite(number) else None


def zero_ns(recording: Recording) -> int:
    """The instant from which seconds count."""
    frame_ns = recording.frame_time_ns
    return int(recording.gaze.time_ns[0] if frame_ns is None or not len(frame_ns) else frame_ns[0])


def as_csv(table: list[dict[str, Any]]) -> bytes:
    """The rows as a CSV file; empty where there is no value."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "start_s": f"{row['start_s']:.6f}", "stop_s": f"{row['stop_s']:.6f}"} for row in table)
    return text.getvalue().encode("utf-8")


def summary(found: GazeEvents) -> dict[str, Any]:
    """Counts, shares of the time with gaze, and medians as JSON values; None where there is nothing to take them of."""
    apart_ns = np.diff(found.path.time_ns)
    path_s = float(apart_ns[apart_ns <= LONG_LOSS_MS * NS_PER_MS].sum()) / NS_PER_S

    def median(values: Any) -> float | None:
        known = np.asarray(values, dtype=np.float64)
        known = known[np.isfinite(known)]
        return _value(np.median(known)) if len(known) else None

    told: dict[str, Any] = {
        "head": found.path.head,
        "threshold": _value(found.threshold),
        "gaze_s": round(path_s, DIGITS),
        "source": dict(found.source),
    }
    for name in KINDS:
        events: EyeEvents = getattr(found, name)
        lasting_s = (events.stop_ns - events.start_ns) / NS_PER_S
        told[name] = {
            "count": len(events),
            "share_of_time": _value(lasting_s.sum() / path_s) if path_s else None,
            "median_s": median(lasting_s),
        }
        told[name] |= {f"median_{value}": median(numbers) for value, numbers in events.values.items() if value[1:] != "_deg"}
    return told | {"notes": list(found.notes)}
