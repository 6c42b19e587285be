"""Coded spans read back: the folder of ``foveate describe --codebook``, or a table of any coder."""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from foveate.codes.answer import Per, check_per
from foveate.codes.book import CodeBook, book_of
from foveate.codes.table import CODES, COLUMNS, FORMAT, LABELS, WHO, CodedSpan, Codes, Place, Stretch
from foveate.errors import FoveateError, UsageError, hint, hint_beside

NEEDED = ("recording", "onset_s", "offset_s", "label")
"""Columns that a table of another origin needs, such as a person's."""
NUMBERS = ("onset_s", "offset_s", "gaze_valid")
PROTECTED = ("'=", "'+", "'-", "'@")
"""How a table begins a name that a spreadsheet would compute."""


def read_codes(path: Path) -> Codes:
    """Read what a coder made: the folder of ``foveate describe --codebook``, or a table.

    Args:
        path: a folder with labels.csv, or a CSV file with at least the columns of NEEDED; seconds count from the first frame.

    Returns:
        The codes; labels that differ only in case, ``_`` and ``-`` are one, written as in the code book, or else as at first.

    Raises:
        UsageError: where there is none, a line is no coded span or stands there twice, or a label is not in the code book.
    """
    file = path / LABELS if path.is_dir() else path
    if not file.is_file():
        if path.suffix.lower() == ".csv":
            raise UsageError(f"there is no {path}{hint_beside(path)}; give the table of a coder, or a folder with {LABELS}")
        there = f"{path} holds no {LABELS}" if path.is_dir() else f"there is no {path}{hint_beside(path)}"
        raise UsageError(f"{there}; make one with: foveate describe REC... --codebook labels.toml -o {path}")
    book, per, stretches = _facts(file.parent / CODES) if path.is_dir() or file.name == LABELS else (None, "span", {})
    codes = Codes(file, _spans(file), book, per, stretches)
    return codes.spelled(codes.spellings) if book is None else codes.chosen_from(book)


def _facts(file: Path) -> tuple[CodeBook | None, Per, dict[str, Stretch]]:
    if not file.is_file():
        return None, "span", {}
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise UsageError(f"it has format {told['format']}, and this foveate reads format {FORMAT}")
        stretches = {name: Stretch(**stretch) for name, stretch in told["recordings"].items()}
        return book_of(told["codebook"]), check_per(told["per"]), stretches
    except (ValueError, KeyError, TypeError, AttributeError, FoveateError) as error:
        raise UsageError(f"{file} is damaged ({error}); code again, or give the table {LABELS} alone, elsewhere") from None


def _spans(file: Path) -> tuple[CodedSpan, ...]:
    spans: dict[Place, CodedSpan] = {}
    for where, row in _rows(file):
        span = _span(row, where)
        if span.place in spans:
            raise UsageError(f"{where} codes {span.recording} from {span.onset_s:g} to {span.offset_s:g} s a second time")
        spans[span.place] = span
    if not spans:
        raise UsageError(f"{file} has no line; nothing was coded")
    return tuple(spans.values())


def _rows(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every line of a table that is not empty, with where it stands; decimal commas are points where no comma ends cells."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text in UTF-8 ({error}); save it as CSV in UTF-8") from None
    first = text.partition("\n")[0]
    between = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=between)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, file)
        for cells in reader:
            if not any(each.strip() for each in cells):
                continue
            where = f"line {reader.line_num} of {file}"
            if len(cells) > len(header):
                raise UsageError(f"{where} has {len(cells)} cells, its header {len(header)}; quote texts")
            row = dict(zip(header, (each.strip() for each in cells), strict=False))
            if between != ",":
                row |= {name: row[name].replace(",", ".") for name in NUMBERS if name in row}
            yield where, row
    except csv.Error as error:
        raise UsageError(f"{file} is no CSV ({error}); save it as CSV in UTF-8") from None


def _check_header(header: list[str], file: Path) -> None:
    for name in NEEDED:
        if name not in header:
            found = ", ".join(filter(None, header)) or "none"
            raise UsageError(f"{file} has no column {name!r}{hint(name, header)} (found: {found}); needed: {', '.join(NEEDED)}")
    if twice := next((name for name in header if name and header.count(name) > 1), None):
        raise UsageError(f"{file} has the column {twice!r} twice; name each once")


def _span(row: Mapping[str, str], where: str) -> CodedSpan:
    onset_s, offset_s = (_number(row.get(name, ""), name, where) for name in ("onset_s", "offset_s"))
    if onset_s is None or offset_s is None or not 0 <= onset_s < offset_s:
        raise UsageError(f"{where} must have onset_s before offset_s, from 0 s on, got {onset_s} and {offset_s}")
    valid = _number(row.get("gaze_valid", ""), "gaze_valid", where)
    if valid is not None and not 0 <= valid <= 1:
        raise UsageError(f"gaze_valid in {where} is a share from 0 to 1, got {valid:g}")
    if not (recording := row.get("recording", "")):
        raise UsageError(f"{where} names no recording")
    label = row.get("label", "") or None
    return CodedSpan(
        recording=recording.removeprefix("'") if recording[:2] in PROTECTED else recording,
        onset_s=onset_s,
        offset_s=offset_s,
        label=label,
        reason=row.get("reason", "") or ("" if label else "no label was given"),
        gaze_valid=valid,
        coder=row.get("model", "") or row.get("coder", ""),
        view=row.get("view", ""),
        codebook=row.get("codebook", ""),
        notice=row.get("notice", ""),
        # one without a name is a count of rows, as data frames write it
        columns={name: value for name, value in row.items() if name and (name not in (*COLUMNS, "coder") or name in WHO)},
    )


def _number(text: str, name: str, where: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"{name} in {where} is no number: {text!r}")
    return number
