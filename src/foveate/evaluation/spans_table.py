"""A table of spans: what a user says of stretches of recordings, as references or as objects in view."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from foveate.clock import Span, seconds_to_ns
from foveate.errors import UsageError, hint, hint_beside

EDGES = ("recording", "start_s", "stop_s")
REFERENCE = re.compile(r"reference(_\d+)?")
TAKEN = (*EDGES, "reference", "category", "participant", "objects")
SHORTEST_S, LONGEST_S = 1e-6, 1e6
"""Of times: nobody records for eleven days, so that larger ones are of another unit."""
SAID = "reference_2, reference_3 ... hold further references"


@dataclass(frozen=True)
class SpanRow:
    """A line of the table."""

    line: int
    """In the file."""
    recording: str
    """Its name, or its path relative to the file."""
    start_s: float
    """From the first scene frame."""
    stop_s: float
    """First instant outside."""
    references: tuple[str, ...] = ()
    """Those that are not empty."""
    category: str = ""
    participant: str = ""
    objects: tuple[str, ...] = ()

    def span(self, first_ns: int) -> Span:
        """On the clock of a recording whose first frame is at an instant."""
        return Span(first_ns + seconds_to_ns(self.start_s), first_ns + seconds_to_ns(self.stop_s))


def read_spans(file: Path, *, needs: Sequence[str]) -> list[SpanRow]:
    """Read a table of spans.

    Args:
        file: CSV in UTF-8 with a header, separated by commas or semicolons.
        needs: columns beside recording, start_s and stop_s.

    Raises:
        UsageError: where it is no such table, or a line has no span, or the span of another line.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"there is no table {file}{hint_beside(file)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text in UTF-8 ({error}); save it as CSV in UTF-8") from error
    head = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(keepends=True), delimiter=";" if head.count(";") > head.count(",") else ",")
    header = [name.strip() for name in next(reader, [])]
    _check_header(file, header, needs)
    rows: list[SpanRow] = []
    lines: dict[tuple[str, float, float], int] = {}
    for cells in _cells(file, reader):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            raise UsageError(f"line {reader.line_num} of {file} has {len(cells)} cells, its header {len(header)}; quote texts")
        told = dict(zip(header, (cell.strip() for cell in [*cells, *[""] * (len(header) - len(cells))]), strict=True))
        row = _row(file, reader.line_num, told)
        same = (row.recording, row.start_s, row.stop_s)
        if same in lines:
            raise UsageError(f"lines {lines[same]} and {row.line} of {file} tell the same span of {row.recording}; keep one")
        lines[same] = row.line
        rows.append(row)
    if not rows:
        raise UsageError(f"{file} has no line below its header; a span stands on each")
    return rows


def _cells(file: Path, reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """What the reader finds, line by line."""
    try:
        yield from reader
    except csv.Error as error:
        raise UsageError(f"{file} cannot be read as CSV ({error}); is a quotation mark left open?") from error


def _check_header(file: Path, header: Sequence[str], needs: Sequence[str]) -> None:
    for name in (*EDGES, *needs):
        if name not in header:
            found = ", ".join(header) or "none"
            raise UsageError(f"{file} has no column {name!r}{hint(name, header)} (found: {found}); {SAID}")
    if twice := [name for name in header if header.count(name) > 1]:
        raise UsageError(f"{file} has the column {twice[0]!r} twice; name each once")
    if strange := [name for name in header if name not in TAKEN and not REFERENCE.fullmatch(name)]:
        raise UsageError(f"{file} has a column {strange[0]!r} that means nothing here{hint(strange[0], TAKEN)}; {SAID}")


def _row(file: Path, line: int, told: Mapping[str, str]) -> SpanRow:
    if not told["recording"]:
        raise UsageError(f"line {line} of {file} names no recording")
    try:
        start_s, stop_s = (float(told[name].replace(",", ".")) for name in EDGES[1:])
    except ValueError:
        start_s = stop_s = float("nan")
    if not (isfinite(start_s) and 0 <= start_s <= stop_s - SHORTEST_S and stop_s <= LONGEST_S):
        got = f"{told['start_s']!r} and {told['stop_s']!r}"
        most = f"{LONGEST_S:,.0f}"
        raise UsageError(
            f"line {line} of {file} must have start_s before stop_s in seconds from the first frame, {most} at most, got {got}"
        )
    references = tuple(value for name, value in told.items() if REFERENCE.fullmatch(name) and value)
    objects = tuple(dict.fromkeys(name.strip() for name in told.get("objects", "").split(";") if name.strip()))
    return SpanRow(
        line, told["recording"], start_s, stop_s, references, told.get("category", ""), told.get("participant", ""), objects
    )
