"""What a code book adds to ``foveate describe`` of many recordings: one table of labels over all, with the list's columns."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from foveate.batch.entry import Entry
from foveate.codes.coding import Coded, Coding, summary
from foveate.codes.read import read_codes
from foveate.codes.table import CODES, LABELS, CodedSpan, Codes, Stretch, codes_json, labels_csv
from foveate.job import Json, Result


def coding_in(settings: Mapping[str, Json]) -> Coding | None:
    """How recordings are coded, where the settings of a batch say so."""
    return Coding.of(settings["codes"]) if settings.get("codes") else None


def told_of(done: Coded, told: Mapping[str, Json]) -> dict[str, Json]:
    """What the index page tells of a coded recording in place of what it tells of a described one."""
    return {
        "text": summary(done),
        "remarks": [*told["remarks"], *done.failure_lines()],
        "page": told["page"] if done.has_page else None,
        "no_label": dict(done.failures),
    }


def merged(made: Sequence[tuple[Entry, Result]], folder: Path) -> Mapping[str, bytes]:
    """The labels of all recordings that are coded; nothing where none is."""
    spans: list[CodedSpan] = []
    stretches: dict[str, Stretch] = {}
    extra: dict[str, None] = {}
    told: Codes | None = None
    for entry, result in made:
        if not any(file.name == CODES for file in result.files):
            continue
        told = codes = read_codes(result.file(LABELS).parent)
        (own,) = codes.stretches.values()
        stretches[entry.name] = replace(own, folder=f"recordings/{entry.folder}")
        spans += [replace(span, recording=entry.name, columns=dict(entry.columns)) for span in codes.spans]
        extra |= dict.fromkeys(entry.columns)
    if told is None or told.book is None:
        return {}
    facts = codes_json(told.book, told.per, stretches)
    return {LABELS: labels_csv(spans, extra=tuple(extra)), CODES: facts.encode("utf-8")}
