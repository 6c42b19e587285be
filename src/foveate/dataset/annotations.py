"""Reading annotation files that somebody else made: JSON and CSV with errors that name file, place and what was expected."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foveate.clock import Span, seconds_to_ns
from foveate.errors import DatasetError, RecordingError
from foveate.recording.inside import plain

MOST_JSON_BYTES = 2 * 2**30
"""Ego4D's narrations, the largest, have about 1 GB."""
MOST_TABLE_BYTES = 256 * 2**20
"""EPIC-KITCHENS-100's actions, the largest table, have 15 MB; a file without line ends is read as one line."""
MOST_SECONDS = 100 * 3600.0
AROUND_S = 3.0
"""Length of an activity's window where only an instant is told, as Gaze-VLM has it."""
OBSERVED_S = 5.0
"""How much is seen before the future is asked for, as Gaze-VLM has it."""


def read_json(file: Path) -> Any:
    """Whatever a JSON file holds.

    Raises:
        DatasetError: where it is missing, too large or no JSON.
    """
    try:
        _check_file(file, MOST_JSON_BYTES)
        return json.loads(file.read_bytes())
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}. Download the annotations again.") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{file} is no JSON ({error}). Download it again.") from error


def objects(found: Any, *, what: str, file: Path) -> dict[str, Any]:
    """A JSON object, or an error that says what was expected where."""
    if not isinstance(found, dict):
        raise DatasetError(f"{file}: {what} should be a JSON object, found a {type(found).__name__}. Download it again.")
    return found


def items(value: Any) -> list[Any]:
    """A JSON list; nothing where it is none."""
    return value if isinstance(value, list) else []


def read_rows(file: Path, wanted: tuple[str, ...], *, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """The rows of a CSV file, {column: text}; a header that starts with ``#`` is a header.

    Raises:
        DatasetError: where the file or a column is missing, or the file is too large or no text.
    """
    try:
        _check_file(file, MOST_TABLE_BYTES)
        opened = file.open(newline="", encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}. Download the annotations again.") from error
    with opened:
        reader = csv.reader(opened, delimiter=delimiter)
        try:
            header = [name.strip().lstrip("#").strip() for name in next(reader, [])]
            missing = [name for name in wanted if name not in header]
            if missing:
                raise DatasetError(f"{file} has no column {missing[0]!r} (found: {', '.join(header[:20]) or 'nothing'})")
            for values in reader:
                if values:
                    yield dict(zip(header, (value.strip() for value in values), strict=False))
        except (csv.Error, UnicodeDecodeError) as error:
            raise DatasetError(f"{file} cannot be read as a table: {error}. Download it again.") from error


def _check_file(file: Path, most_bytes: int) -> None:
    try:
        size = plain(file, remedy="Download the annotations again.").stat().st_size
    except RecordingError as error:
        raise DatasetError(str(error)) from error
    if size > most_bytes:
        raise DatasetError(
            f"{file} has {size / 2**20:,.0f} MiB; at most {most_bytes / 2**20:,.0f} MiB are read. Download it again."
        )


def seconds(value: Any) -> float | None:
    """A time in seconds: a number, its text, or [HH:]MM:SS[.ff]; None where it is none or negative."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        parts = [float(part) for part in str(value).split(":")]
    except ValueError:
        return None
    total = sum(part * 60**power for power, part in enumerate(reversed(parts)))
    whole = len(parts) <= 3 and all(math.isfinite(part) and part >= 0 for part in parts)
    return total if whole and total <= MOST_SECONDS else None


def span_of(start_s: float | None, stop_s: float | None) -> Span | None:
    """The span of two times; None where one is missing or it does not stop after it starts."""
    if start_s is None or stop_s is None or seconds_to_ns(stop_s) <= seconds_to_ns(start_s):
        return None
    return Span(seconds_to_ns(start_s), seconds_to_ns(stop_s))


def around(instant_s: float, *, length_s: float = AROUND_S) -> Span:
    """A window with an instant in its middle, shifted to start at 0 or later."""
    start_s = max(0.0, instant_s - length_s / 2)
    return Span(seconds_to_ns(start_s), seconds_to_ns(start_s + length_s))


def before(instant_s: float, *, length_s: float = OBSERVED_S) -> Span | None:
    """What was seen before an instant; None where the recording is not old enough by then."""
    return span_of(instant_s - length_s, instant_s) if instant_s >= length_s else None


def text_of(value: Any) -> str:
    """One line of text; empty where there is none."""
    return " ".join(str(value).split()) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def sentence(action: str) -> str:
    """ "picks a bag" as "The person picks a bag."."""
    action = action.strip().rstrip(".")
    return f"The person {action[:1].lower()}{action[1:]}."
