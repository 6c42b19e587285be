"""One recording's time by label: which spans have which, which visits they make, and what is in none.

All time is told: with a label, without one (the answer had none), between the spans, and untracked.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from foveate.codes.table import CodedSpan, Codes, Stretch
from foveate.errors import UsageError

GAP_S = 0.5
"""A visit goes on over a gap up to this long (a blink, a saccade); a longer one ends it, as a long loss of gaze does."""
OVERLAP_S = 0.002
"""What rounding to milliseconds may make of two spans that adjoin."""
PARTICIPANT = "participant"
"""The column of the units that means are taken over."""


@dataclass(frozen=True)
class Visit:
    """Successive spans with one label."""

    label: str
    onset_s: float
    offset_s: float


@dataclass(frozen=True)
class Timeline:
    """One recording's time by label."""

    recording: str
    columns: Mapping[str, str]
    """What is known of it."""
    spans: tuple[CodedSpan, ...]
    """In order of time."""
    start_s: float
    """From where time to first look counts."""
    stretch_s: float
    """All time that was to be coded; of a table alone that of its spans."""
    tracked_s: float | None
    """Of it with valid gaze; None where gaze was not measured."""
    dwell_s: Mapping[str, float]
    """Label -> tracked time of its spans; all their time where gaze was not measured."""
    lost_s: Mapping[str, float]
    """Label -> untracked time inside its spans."""
    no_label_s: float
    """Tracked time of spans without a label."""
    outside_s: float
    """Tracked time in no span."""
    visits: tuple[Visit, ...]
    moves: Mapping[tuple[str, str], int]
    """(from, to) -> visits of one label that followed right after one of another."""
    breaks: int
    """Places where it is not known what came next: a span without a label or gaze, or a gap over half a second."""

    @property
    def untracked_s(self) -> float | None:
        """Time without valid gaze; None where gaze was not measured."""
        return None if self.tracked_s is None else max(0.0, self.stretch_s - self.tracked_s)


def timelines(codes: Codes, names: Sequence[str], by: Sequence[str] = ()) -> list[Timeline]:
    """Every recording's time by label.

    Args:
        codes: what a coder made.
        names: all labels.
        by: columns that must be the same in all of a recording, as its participant must; others may tell of single spans.

    Raises:
        UsageError: as for ``measures``.
    """
    recordings: dict[str, list[CodedSpan]] = {}
    for span in codes.spans:
        recordings.setdefault(span.recording, []).append(span)
    found = []
    for name, spans in recordings.items():
        ordered = sorted(spans, key=lambda span: span.onset_s)
        _check(ordered, {*by, PARTICIPANT} - {"recording"})
        found.append(_timeline(ordered, codes.stretches.get(name), names))
    return found


def _check(spans: Sequence[CodedSpan], same: Collection[str]) -> None:
    told = sum(span.gaze_valid is not None for span in spans)
    if 0 < told < len(spans):
        raise UsageError(
            f"gaze_valid is told of {told} of the {len(spans)} spans of {spans[0].recording}; fill in all of them, or none"
        )
    for before, after in pairwise(spans):
        if after.onset_s < before.offset_s - OVERLAP_S:
            raise UsageError(
                f"two spans of {after.recording} overlap at {after.onset_s:g} s, so that time would count twice; "
                "code spans that do not, such as --segment 10 or --per fixation"
            )
        for name in sorted(same):
            values = before.columns.get(name, ""), after.columns.get(name, "")
            if values[0] != values[1]:
                raise UsageError(
                    f"{name} differs within {after.recording}: {values[0]!r} and {values[1]!r}; a recording is in one group"
                )


def _timeline(spans: Sequence[CodedSpan], stretch: Stretch | None, names: Sequence[str]) -> Timeline:
    length_s = [span.offset_s - span.onset_s for span in spans]
    seen_s = [long if span.gaze_valid is None else long * span.gaze_valid for span, long in zip(spans, length_s, strict=True)]
    measured = all(span.gaze_valid is not None for span in spans)
    if stretch is None:
        stretch_s, tracked_s = sum(length_s), sum(seen_s) if measured else None
    else:
        stretch_s, tracked_s = stretch.stop_s - stretch.start_s, stretch.tracked_s
    dwell_s, lost_s = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    no_label_s = 0.0
    for span, long, seen in zip(spans, length_s, seen_s, strict=True):
        if span.label is None:
            no_label_s += seen
        else:
            dwell_s[span.label] += seen
            lost_s[span.label] += long - seen
    visits, moves, breaks = _visits(spans)
    return Timeline(
        recording=spans[0].recording,
        columns=spans[0].columns,
        spans=tuple(spans),
        start_s=spans[0].onset_s if stretch is None else stretch.start_s,
        stretch_s=stretch_s,
        tracked_s=tracked_s,
        dwell_s=dwell_s,
        lost_s=lost_s,
        no_label_s=no_label_s,
        outside_s=max(0.0, (stretch_s if tracked_s is None else tracked_s) - sum(seen_s)),
        visits=visits,
        moves=moves,
        breaks=breaks,
    )


def _visits(spans: Sequence[CodedSpan]) -> tuple[tuple[Visit, ...], dict[tuple[str, str], int], int]:
    """Runs of one label, how often one label followed right after another, and the places where nobody knows."""
    visits: list[Visit] = []
    moves: Counter[tuple[str, str]] = Counter()
    breaks, last = 0, None
    for span in spans:
        label = None if span.gaze_valid == 0 else span.label
        if last is not None and span.onset_s - last.offset_s > GAP_S:
            last, breaks = None, breaks + 1
        if label is None:
            breaks, last = breaks + (last is not None), None
            continue
        if last is not None and last.label == label:
            last = replace(last, offset_s=span.offset_s)
            visits[-1] = last
            continue
        if last is not None:
            moves[last.label, label] += 1
        last = Visit(label, span.onset_s, span.offset_s)
        visits.append(last)
    return tuple(visits), dict(moves), breaks
