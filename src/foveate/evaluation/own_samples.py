"""Samples of one's own recordings: cut into spans, or the spans of a table of references."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from foveate.batch.entry import Entry
from foveate.batch.gather import Gathered as Listed
from foveate.batch.gather import gather
from foveate.clock import NS_PER_S, Span
from foveate.dataset.sample import Sample
from foveate.description.segments import check_segment, segments
from foveate.errors import FoveateError, UsageError, hint_beside
from foveate.evaluation.places import Place, open_first
from foveate.evaluation.samples import Case, instead
from foveate.evaluation.spans_table import SpanRow, read_spans
from foveate.evaluation.study import Samples
from foveate.gaze.correction import Correction, offset
from foveate.recording.recording import Recording

SEGMENT = "10"
"""How recordings are cut where the study says nothing."""
BEYOND_S = 1
"""How far a span of a table may reach beyond the last frame: times are often rounded up. More of it and its reference tells
what was never recorded."""
PARTICIPANT, CATEGORY = "participant", "category"
OFFSETS, FIX_DRIFT = ("offset_px", "offset_deg"), "fix_drift"
"""Columns of LIST.csv that a study reads."""
YES_OR_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
"""What the last of them may hold."""


@dataclass(frozen=True)
class Own:
    """A recording of the user's, open under the name that the Run gives it."""

    recording: Recording
    path: Path
    """Where it lies, in full."""
    columns: Mapping[str, str]
    """What the user's list says of it."""

    def meant_by(self, row: SpanRow, file: Path) -> bool:
        """Whether a line of a table names it: by its name, or by its path relative to the table."""
        return row.recording == self.recording.name or (file.parent / row.recording).resolve() == self.path


def own_cases(told: Samples, places: dict[str, Place], left_out: Counter[str]) -> list[Case]:
    """Samples of the recordings that a study names.

    Args:
        told: the section of the study file.
        places: takes how each recording is opened again.
        left_out: takes what is not asked about, by reason.

    Raises:
        UsageError: where nothing can be opened, or a table does not fit.
    """
    check_segment(told.segment or SEGMENT)
    owns = list(_opened(told, places, left_out))
    if not owns:
        return []
    rows = _rows_of(owns, told.references, "reference", left_out)
    objects = _rows_of(owns, told.objects, "objects", left_out)
    cases = [case for own in owns for case in _cases(own, told, rows, objects.get(own.recording.name, ()), left_out)]
    if told.objects is not None and cases and not any(case.objects for case in cases):
        raise UsageError(f"{told.objects} tells the objects of no span that is asked about: start_s and stop_s must be equal")
    return cases


def _opened(told: Samples, places: dict[str, Place], left_out: Counter[str]) -> Iterator[Own]:
    """Every recording that opens; others are left out, with their reason."""
    for entry in _entries(told.recordings):
        path = entry.path.resolve()
        correction = correction_of(entry, told.correction)
        place: Place = {
            **{"path": str(path), "declared": dict(entry.declared), "called": entry.name},
            **instead(told, correction),
        }
        try:
            recording, place = open_first(place, places.pop(entry.name, None))
        except FoveateError as error:
            left_out[f"the recording {entry.name} cannot be opened: {error}"] += 1
            continue
        places[entry.name] = place
        yield Own(recording, path, entry.columns)


def correction_of(entry: Entry, usual: Correction) -> Correction:
    """What is corrected of the gaze of a recording: what the user's list says of it, else what the study says of all.

    Raises:
        UsageError: where the list says what is no correction.
    """
    said = {name: entry.columns.get(name, "") for name in (*OFFSETS, FIX_DRIFT)}
    try:
        given = {name: offset(name, said[name]) for name in OFFSETS if said[name]}
        if said[FIX_DRIFT] and said[FIX_DRIFT].lower() not in YES_OR_NO:
            raise UsageError(f"{FIX_DRIFT} is one of: {', '.join(YES_OR_NO)}, got {said[FIX_DRIFT]!r}")
        fix_drift = YES_OR_NO[said[FIX_DRIFT].lower()] if said[FIX_DRIFT] else usual.fix_drift
        return Correction(**given, fix_drift=fix_drift) if given else replace(usual, fix_drift=fix_drift)
    except UsageError as error:
        raise UsageError(f"the list says of {entry.name}: {error}") from error


def _rows_of(owns: Sequence[Own], file: Path | None, needs: str, left_out: Counter[str]) -> dict[str, list[SpanRow]]:
    """The lines of a table by the name of the recording that they tell of."""
    if file is None:
        return {}
    found: dict[str, list[SpanRow]] = {own.recording.name: [] for own in owns}
    rows = read_spans(file, needs=(needs,))
    for row in rows:
        meant = [own.recording.name for own in owns if own.meant_by(row, file)]
        if meant:
            found[meant[0]].append(row)
        else:
            left_out[f"{file.name} names {row.recording}, which is no recording of the study"] += 1
    if not any(found.values()):
        names = ", ".join(found) or "none"
        raise UsageError(f"{file} names no recording of the study: it has {rows[0].recording!r}, the study has {names:.200}")
    return found


def _entries(given: Sequence[Path]) -> Sequence[Entry]:
    found = gather(given, declared={}, taken=())
    if isinstance(found, Path) and not found.exists():
        raise UsageError(f"[samples] recordings: {found} does not exist{hint_beside(found)}")
    return found.entries if isinstance(found, Listed) else (Entry(found, name=found.resolve().name),)


def _cases(
    own: Own, told: Samples, rows: Mapping[str, Sequence[SpanRow]], seen: Sequence[SpanRow], left_out: Counter[str]
) -> Iterator[Case]:
    name = own.recording.name
    try:
        first_ns, last_ns = (int(own.recording.scene.time_ns[place]) for place in (0, -1))
        spans: list[tuple[Span, SpanRow | None]] = (
            [(segment.span, None) for segment in segments(own.recording, told.segment or SEGMENT)]
            if told.references is None
            else [(row.span(first_ns), row) for row in rows[name]]
        )
    except (FoveateError, IndexError) as error:
        left_out[f"the recording {name} cannot be cut: {error}"] += 1
        return
    if told.references is not None and not spans:
        left_out[f"{told.references.name} has no line of the recording {name}"] += 1
    # told of one span it holds for all: else one recording would count as two
    persons = {row.participant for _, row in spans if row and row.participant} | {""}
    person = own.columns.get(PARTICIPANT, "") or (max(persons) if len(persons) == 2 else "")
    objects = {row.span(first_ns): row.objects for row in seen}
    for span, row in spans:
        if span.start_ns > last_ns:
            left_out[f"after the end of {name}"] += 1
            continue
        if row and span.stop_ns > last_ns + BEYOND_S * NS_PER_S:
            left_out[
                f"its stop_s lies over {BEYOND_S} s after the end of {name} ({(last_ns - first_ns) / NS_PER_S:.2f} s)"
            ] += 1
            continue
        yield _case(own, span, row, objects.get(span, ()), first_ns, person)


def _case(own: Own, span: Span, row: SpanRow | None, objects: tuple[str, ...], first_ns: int, person: str) -> Case:
    start_s, stop_s = ((edge - first_ns) / NS_PER_S for edge in (span.start_ns, span.stop_ns))
    references = () if row is None else row.references
    participant = (row.participant if row else "") or person
    sample = Sample(own.recording, span, "", references[0] if references else "", participant, "activity")
    category = (row.category if row else "") or own.columns.get(CATEGORY, "")
    return Case(f"{own.recording.name}/{start_s:.3f}-{stop_s:.3f}", sample, references, category, objects)
