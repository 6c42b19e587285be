"""Durations out of labels: dwell time, visits, time to first look, transitions and share of time, by any column.

All time of a recording is told: with a label, without one (the answer had none), between the spans, and untracked. Untracked
time is in no label's dwell time and in no denominator; it has columns of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from foveate.codes.table import Codes
from foveate.codes.timeline import PARTICIPANT, Timeline, timelines
from foveate.errors import UsageError, hint
from foveate.stats import Interval
from foveate.stats.shares import interval_of_shares


@dataclass(frozen=True)
class Measured:
    """One label in one group."""

    label: str
    dwell_s: float
    share: float | None
    """Dwell time over the dwell time of all labels, ``unclear`` included; None where there is none."""
    mean: Interval
    """Of the shares of the group's participants (or recordings, where no participants are told)."""
    visits: int
    mean_visit_s: float | None
    """Dwell time by visit."""
    first_look_s: float | None
    """Mean time from the start of a recording to its first visit, over those that have one."""
    recordings: int
    """That have a visit."""
    lost_s: float
    """Untracked time inside its spans; in no other column."""


@dataclass(frozen=True)
class Group:
    """Recordings that have the same values in the columns of ``by``."""

    key: tuple[str, ...]
    """Those values."""
    timelines: tuple[Timeline, ...]
    labels: tuple[Measured, ...]
    """In the order of the code book."""
    moves: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def stretch_s(self) -> float:
        """All time that was to be coded."""
        return sum(each.stretch_s for each in self.timelines)

    @property
    def labelled_s(self) -> float:
        """The denominator of shares."""
        return sum(label.dwell_s for label in self.labels)

    @property
    def no_label_s(self) -> float:
        return sum(each.no_label_s for each in self.timelines)

    @property
    def outside_s(self) -> float:
        return sum(each.outside_s for each in self.timelines)

    @property
    def untracked_s(self) -> float | None:
        """None where gaze was measured in none of its recordings."""
        known = [each.untracked_s for each in self.timelines if each.untracked_s is not None]
        return sum(known) if known else None

    @property
    def without_gaze(self) -> int:
        """Recordings whose gaze was not measured: all their time counts."""
        return sum(each.untracked_s is None for each in self.timelines)

    @property
    def breaks(self) -> int:
        return sum(each.breaks for each in self.timelines)


def measures(codes: Codes, by: Sequence[str] = ()) -> tuple[Group, ...]:
    """Measure durations.

    Args:
        codes: what a coder made.
        by: columns whose values make the groups, such as participant and condition; without any, each recording is one.

    Returns:
        The groups in the order of their first recording.

    Raises:
        UsageError: for a column that is not there or differs within a recording, spans that overlap, gaze that only some of a
            recording's spans tell, or a table without a label.
    """
    known = ("recording", *codes.columns)
    for name in by:
        if name not in known:
            raise UsageError(f"there is no column {name!r} in {codes.path}{hint(name, known)}; it has: {', '.join(known)}")
        if name != "recording" and not any(span.columns.get(name) for span in codes.spans):
            raise UsageError(f"the column {name!r} of {codes.path} is empty; a list of recordings tells it (docs/many.md)")
    names = codes.book.names if codes.book else tuple(sorted({span.label for span in codes.spans if span.label}))
    if not names:
        raise UsageError(f"no span of {codes.path} has a label, so that there is nothing to measure; its reasons say why")
    lines = timelines(codes, names, by)
    groups: dict[tuple[str, ...], list[Timeline]] = {}
    for line in lines:
        key = tuple(line.recording if name == "recording" else line.columns.get(name, "") for name in by or ("recording",))
        groups.setdefault(key, []).append(line)
    return tuple(_group(key, found, names) for key, found in groups.items())


def _group(key: tuple[str, ...], lines: Sequence[Timeline], names: Sequence[str]) -> Group:
    moves: Counter[tuple[str, str]] = Counter()
    for line in lines:
        moves.update(line.moves)
    return Group(key, tuple(lines), tuple(_measured(name, lines) for name in names), dict(moves))


def _measured(label: str, lines: Sequence[Timeline]) -> Measured:
    dwell_s = sum(line.dwell_s[label] for line in lines)
    labelled_s = sum(sum(line.dwell_s.values()) for line in lines)
    units: dict[str, list[Timeline]] = {}
    for line in lines:
        units.setdefault(line.columns.get(PARTICIPANT) or line.recording, []).append(line)
    shares = {
        unit: sum(line.dwell_s[label] for line in mine) / whole_s
        for unit, mine in units.items()
        if (whole_s := sum(sum(line.dwell_s.values()) for line in mine)) > 0
    }
    first = [
        next(visit.onset_s - line.start_s for visit in line.visits if visit.label == label)
        for line in lines
        if any(visit.label == label for visit in line.visits)
    ]
    visits = sum(visit.label == label for line in lines for visit in line.visits)
    return Measured(
        label=label,
        dwell_s=dwell_s,
        share=dwell_s / labelled_s if labelled_s else None,
        mean=interval_of_shares(list(shares.values()), list(shares)),
        visits=visits,
        mean_visit_s=dwell_s / visits if visits else None,
        first_look_s=sum(first) / len(first) if first else None,
        recordings=len(first),
        lost_s=sum(line.lost_s[label] for line in lines),
    )
