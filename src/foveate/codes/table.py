"""Coded spans on disk: ``labels.csv``, a line per span, and ``codes.json``, what they were made of and how."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from foveate.codes.answer import Per, check_per
from foveate.codes.book import CodeBook, book_of, folded
from foveate.description.cells import as_csv
from foveate.errors import FoveateError, UsageError, hint, hint_beside

LABELS, CODES = "labels.csv", "codes.json"
FORMAT = 1
WHO = ("participant", "condition")
"""What a list of recordings may say of each, always in the table."""
COLUMNS = ("recording", *WHO, "onset_s", "offset_s", "label", "gaze_valid", "model", "view", "codebook", "reason", "notice")
"""Of labels.csv; further columns of a list of recordings stand behind them."""
NEEDED = ("recording", "onset_s", "offset_s", "label")
"""Columns that a table of another origin needs, such as a person's."""


class Place(NamedTuple):
    """What names a span in any coder's table."""

    recording: str
    onset_ms: int
    offset_ms: int


@dataclass(frozen=True)
class CodedSpan:
    """A span and the label that a coder chose."""

    recording: str
    """Whose span it is."""
    onset_s: float
    """Seconds from the first scene frame."""
    offset_s: float
    """First instant outside."""
    label: str | None
    """A name of the code book; None where the coder gave none."""
    reason: str = ""
    """Why there is no label."""
    gaze_valid: float | None = None
    """Share of its time with valid gaze; None where gaze was not measured."""
    coder: str = ""
    """The model, or the person."""
    view: str = ""
    """What the coder saw."""
    codebook: str = ""
    """Id of the code book; empty where the table does not tell."""
    notice: str = ""
    """What every output must bear."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What else is known of its recording: participant, condition ..."""

    @property
    def place(self) -> Place:
        return Place(self.recording, round(self.onset_s * 1000), round(self.offset_s * 1000))


@dataclass(frozen=True)
class Stretch:
    """The part of a recording that was to be coded."""

    start_s: float
    stop_s: float
    tracked_s: float | None
    """Seconds with valid gaze in it; None where gaze was not measured."""
    folder: str = "."
    """Where the recording's description lies, relative to codes.json."""
    complete: bool = True
    """False where coding was stopped before the last span."""

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Codes:
    """What one coder made of recordings."""

    path: Path
    """The table."""
    spans: tuple[CodedSpan, ...]
    """In the order of the table."""
    book: CodeBook | None = None
    """What was chosen from; None for a table alone."""
    per: Per = "span"
    """What got a label."""
    stretches: Mapping[str, Stretch] = field(default_factory=dict)
    """Recording -> what was to be coded of it; empty for a table alone."""

    @property
    def name(self) -> str:
        """Who coded it, as tables call it."""
        coders = sorted({span.coder for span in self.spans if span.coder})
        return coders[0] if len(coders) == 1 else self.path.parent.name if self.path.name == LABELS else self.path.stem

    def chosen_from(self, book: CodeBook) -> "Codes":
        """The same with its labels written as a code book has them.

        Raises:
            UsageError: for a label that is not in the code book.
        """
        known = {folded(name): name for name in book.names}
        for span in self.spans:
            if span.label is not None and folded(span.label) not in known:
                raise UsageError(
                    f"{self.path} has the label {span.label!r} at {span.onset_s:g} s of {span.recording}, which is not in the "
                    f"code book{hint(span.label, known)}; its labels are: {', '.join(known.values())}"
                )
        spans = (replace(span, label=known[folded(span.label)]) if span.label else span for span in self.spans)
        return replace(self, spans=tuple(spans), book=book)

    @property
    def columns(self) -> tuple[str, ...]:
        """What is known of recordings beside their names."""
        return tuple(dict.fromkeys(name for span in self.spans for name in span.columns))

    @property
    def notices(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(span.notice for span in self.spans if span.notice))


def labels_csv(spans: Iterable[CodedSpan], *, extra: Sequence[str] = ()) -> bytes:
    """The file labels.csv.

    Args:
        spans: what was coded.
        extra: further columns.
    """
    lines = (
        {
            **span.columns,
            "recording": span.recording,
            "onset_s": f"{span.onset_s:.3f}",
            "offset_s": f"{span.offset_s:.3f}",
            "label": span.label,
            "gaze_valid": None if span.gaze_valid is None else f"{span.gaze_valid:.4f}",
            "model": span.coder,
            "view": span.view,
            "codebook": span.codebook,
            "reason": span.reason,
            "notice": span.notice,
        }
        for span in spans
    )
    return as_csv((*COLUMNS, *(name for name in extra if name not in COLUMNS)), lines)


def codes_json(book: CodeBook, per: Per, stretches: Mapping[str, Stretch]) -> str:
    """The text of codes.json."""
    told = {"format": FORMAT, "codebook": book.to_dict(), "codebook_id": book.id, "per": per}
    told["recordings"] = {name: stretch.to_dict() for name, stretch in stretches.items()}
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_codes(path: Path) -> Codes:
    """Read what a coder made: the folder of ``foveate describe --codebook``, or a table.

    Args:
        path: a folder with labels.csv, or a CSV file with at least the columns of NEEDED; seconds count from the first frame.

    Raises:
        UsageError: where there is none, a line is no coded span or stands there twice, or a label is not in the code book.
    """
    file = path / LABELS if path.is_dir() else path
    if not file.is_file():
        there = f"{path} holds no {LABELS}" if path.is_dir() else f"there is no {path}{hint_beside(path)}"
        raise UsageError(f"{there}; make one with: foveate describe REC... --codebook labels.toml -o {path}")
    book, per, stretches = _facts(file.parent / CODES) if path.is_dir() or file.name == LABELS else (None, "span", {})
    codes = Codes(file, _spans(file), book, per, stretches)
    return codes if book is None else codes.chosen_from(book)


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
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text in UTF-8 ({error}); save it as CSV in UTF-8") from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    header = [name.strip() for name in next(reader, [])]
    for name in NEEDED:
        if name not in header:
            found = ", ".join(filter(None, header)) or "none"
            raise UsageError(f"{file} has no column {name!r}{hint(name, header)} (found: {found}); needed: {', '.join(NEEDED)}")
    spans: dict[Place, CodedSpan] = {}
    for cells in reader:
        if not any(each.strip() for each in cells):
            continue
        where = f"line {reader.line_num} of {file}"
        span = _span(dict(zip(header, (each.strip() for each in cells), strict=False)), where)
        if span.place in spans:
            raise UsageError(f"{where} codes {span.recording} from {span.onset_s:g} to {span.offset_s:g} s a second time")
        spans[span.place] = span
    if not spans:
        raise UsageError(f"{file} has no line; nothing was coded")
    return tuple(spans.values())


def _span(row: Mapping[str, str], where: str) -> CodedSpan:
    onset_s, offset_s = (_number(row.get(name, ""), name, where) for name in ("onset_s", "offset_s"))
    if onset_s is None or offset_s is None or not 0 <= onset_s < offset_s:
        raise UsageError(f"{where} must have onset_s before offset_s, from 0 s on, got {onset_s} and {offset_s}")
    valid = _number(row.get("gaze_valid", ""), "gaze_valid", where)
    if valid is not None and not 0 <= valid <= 1:
        raise UsageError(f"gaze_valid in {where} is a share from 0 to 1, got {valid:g}")
    label = row.get("label", "") or None
    return CodedSpan(
        recording=row["recording"].removeprefix("'") if row["recording"][:2] in PROTECTED else row["recording"],
        onset_s=onset_s,
        offset_s=offset_s,
        label=label,
        reason=row.get("reason", "") or ("" if label else "no label was given"),
        gaze_valid=valid,
        coder=row.get("model", "") or row.get("coder", ""),
        view=row.get("view", ""),
        codebook=row.get("codebook", ""),
        notice=row.get("notice", ""),
        columns={name: value for name, value in row.items() if name not in (*COLUMNS, "coder") or name in WHO},
    )


PROTECTED = ("'=", "'+", "'-", "'@")
"""How ``as_csv`` writes a name that a spreadsheet would compute."""


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
