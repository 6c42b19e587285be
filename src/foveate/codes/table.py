"""Coded spans, and how they are written: ``labels.csv``, a line per span, and ``codes.json``, what was to be coded."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from foveate.codes.answer import Per
from foveate.codes.book import CodeBook, folded
from foveate.description.cells import as_csv
from foveate.errors import UsageError, hint

LABELS, CODES = "labels.csv", "codes.json"
FORMAT = 1
WHO = ("participant", "condition")
"""What a list of recordings may say of each, always in the table."""
COLUMNS = ("recording", *WHO, "onset_s", "offset_s", "label", "gaze_valid", "model", "view", "codebook", "reason", "notice")
"""Of labels.csv; further columns of a list of recordings stand behind them."""


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
        return Place(self.recording, _ms(self.onset_s), _ms(self.offset_s))


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

    def __post_init__(self) -> None:
        given = (self.start_s, self.stop_s, *(() if self.tracked_s is None else (self.tracked_s,)))
        if not all(isinstance(each, int | float) and math.isfinite(each) for each in given) or not self.start_s < self.stop_s:
            raise UsageError(f"what was to be coded goes from a time to a later one, got {self.start_s} to {self.stop_s} s")
        if self.tracked_s is not None and not 0 <= self.tracked_s <= self.stop_s - self.start_s + 0.001:
            raise UsageError(f"{self.tracked_s:g} s cannot be tracked of {self.stop_s - self.start_s:g} s")
        if not isinstance(self.folder, str) or not isinstance(self.complete, bool):
            raise UsageError(f"a folder is a text and complete is true or false, got {self.folder!r} and {self.complete!r}")

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
        return replace(self.spelled(known), book=book)

    def spelled(self, known: Mapping[str, str]) -> "Codes":
        """The same with its labels written as ``known`` has them: folded name -> label."""
        spans = (replace(span, label=known.get(folded(span.label), span.label)) if span.label else span for span in self.spans)
        return replace(self, spans=tuple(spans))

    @property
    def spellings(self) -> dict[str, str]:
        """Folded name -> label, as the table first writes it."""
        return {folded(span.label): span.label for span in reversed(self.spans) if span.label}

    @property
    def columns(self) -> tuple[str, ...]:
        """What is known of recordings beside their names."""
        return tuple(dict.fromkeys(name for span in self.spans for name in span.columns))

    @property
    def without_spans(self) -> tuple[str, ...]:
        """Recordings that were to be coded, of which the table has no span."""
        there = {span.recording for span in self.spans}
        return tuple(name for name in self.stretches if name not in there)

    @property
    def notices(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(span.notice for span in self.spans if span.notice))


def _ms(seconds: float) -> int:
    """Milliseconds as the table tells them, so that a span has the same place before and after it was written."""
    return round(float(_text(seconds)) * 1000)


def _text(seconds: float) -> str:
    return f"{seconds:.3f}"


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
            "onset_s": _text(span.onset_s),
            "offset_s": _text(span.offset_s),
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
