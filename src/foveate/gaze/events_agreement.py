"""How far two lists of eye events agree: events matched one to one, and samples beyond chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.recording.eye_events import EyeEvents


@dataclass(frozen=True)
class Agreement:
    """Of one list of events with another."""

    events: int
    """In the first list."""
    reference: int
    """In the second."""
    matched: int
    """Pairs that overlap at all."""
    matched_well: int
    """Pairs whose common time is at least half of their joint time."""
    kappa: float
    """Cohen's kappa of the samples; NaN where both lists call every sample the same."""

    @property
    def f1(self) -> float:
        """Of events that overlap at all."""
        return _f1(self.matched, self.events, self.reference)

    @property
    def f1_well(self) -> float:
        """Of events whose common time is at least half of their joint time."""
        return _f1(self.matched_well, self.events, self.reference)


def _f1(matched: int, events: int, reference: int) -> float:
    return 2 * matched / (events + reference) if events + reference else float("nan")


def agreement(events: EyeEvents, reference: EyeEvents, time_ns: Times) -> Agreement:
    """Compare two lists of events of one kind.

    Args:
        events: neither list overlaps itself.
        reference: what is compared with.
        time_ns: (N,) sorted instants of the samples that count.

    Source: event matching by overlap, as Hooge et al. 2018 ("Is human classification by experienced untrained observers a gold
    standard in fixation detection?", Behavior Research Methods 50), with the largest overlap first as Zemblys et al. 2019;
    kappa: Cohen 1960.
    """
    return Agreement(
        events=len(events),
        reference=len(reference),
        matched=len(matches(events, reference)),
        matched_well=len(matches(events, reference, least=0.5)),
        kappa=cohens_kappa(inside(events, time_ns), inside(reference, time_ns)),
    )


def matches(events: EyeEvents, reference: EyeEvents, *, least: float = 0.0) -> list[tuple[int, int]]:
    """Pairs of events that overlap, each at most once: greedily by their common time over their joint time.

    Args:
        events: in order of start.
        reference: in order of start.
        least: least common over joint time.

    Returns:
        (index into events, index into reference), in order of time.
    """
    pairs: list[tuple[float, int, int]] = []
    # events of one kind do not overlap each other, so that stops are in order as well
    first = np.searchsorted(np.maximum.accumulate(reference.stop_ns), events.start_ns, side="right")
    last = np.searchsorted(reference.start_ns, events.stop_ns, side="left")
    for row, (start, stop) in enumerate(zip(events.start_ns.tolist(), events.stop_ns.tolist(), strict=True)):
        for other in range(int(first[row]), int(last[row])):
            theirs, ends = int(reference.start_ns[other]), int(reference.stop_ns[other])
            common = min(stop, ends) - max(start, theirs)
            share = common / (max(stop, ends) - min(start, theirs))
            if common > 0 and share >= least:
                pairs.append((-share, row, other))
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    for _, row, other in sorted(pairs):
        if row not in chosen and other not in taken:
            chosen[row] = other
            taken.add(other)
    return sorted(chosen.items())


def inside(events: EyeEvents, time_ns: Times) -> NDArray[np.bool_]:
    """Which samples lie in one of the events, (N,)."""
    level = np.zeros(len(time_ns) + 1, dtype=np.int64)
    np.add.at(level, np.searchsorted(time_ns, events.start_ns), 1)
    np.add.at(level, np.searchsorted(time_ns, events.stop_ns), -1)
    return np.asarray(np.cumsum(level)[:-1] > 0)


def cohens_kappa(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Agreement of two labellings of the same samples beyond that of chance; NaN where chance alone agrees everywhere."""
    if not len(one):
        return float("nan")
    same = float(np.mean(one == other))
    share, share_other = float(np.mean(one)), float(np.mean(other))
    chance = share * share_other + (1 - share) * (1 - share_other)
    return (same - chance) / (1 - chance) if chance < 1 else float("nan")
