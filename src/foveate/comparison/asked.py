"""A comparison to be made: two arms by one score over one part of the samples, and why samples are left out of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from foveate.comparison.family import Family, Lines
from foveate.evaluation.group import values
from foveate.run import RunLine
from foveate.stats import Pair

ALL = "all samples"
MEASURED = "without stood-in gaze"
"""Pairs of which no frame, in either arm, was aimed at what stood in for gaze."""
Chosen = Callable[[RunLine, RunLine], bool]
"""Whether a sample belongs to a part, by its lines in both arms."""


def every_sample(first: RunLine, second: RunLine) -> bool:
    return True


def measured_gaze(first: RunLine, second: RunLine) -> bool:
    return not first.stood_in and not second.stood_in


def of_category(category: str, first: RunLine, second: RunLine) -> bool:
    return first.category == category


@dataclass(frozen=True)
class Asked:
    """A comparison to be made."""

    family: Family
    score: str
    first: str
    second: str
    part: str
    chosen: Chosen
    """Which samples belong to the part."""

    @property
    def lines(self) -> tuple[Lines, Lines]:
        return self.family.arms[self.first], self.family.arms[self.second]

    @property
    def samples(self) -> list[str]:
        """In both arms, and of the part."""
        mine, theirs = self.lines
        return [name for name, line in mine.items() if name in theirs and self.chosen(line, theirs[name])]

    @property
    def pair(self) -> Pair:
        """Their scores, of samples that are scored under both."""
        mine, theirs = self.lines
        names = [name for name in self.samples if self.score in mine[name].scores and self.score in theirs[name].scores]
        found = values(mine, self.score, names), values(theirs, self.score, names)
        return Pair(self.first, self.second, found, [self.family.clusters[name] for name in names])

    @property
    def unpaired(self) -> dict[str, int]:
        """Why samples are not compared; that they are outside the part does not count."""
        mine, theirs = self.lines
        reasons: Counter[str] = Counter()
        if self.part == ALL:
            reasons[f"only in {self.first}"] = sum(name not in theirs for name in mine)
            reasons[f"only in {self.second}"] = sum(name not in mine for name in theirs)
        for name in self.samples:
            arms = ((self.first, mine), (self.second, theirs))
            if lacking := [arm for arm, lines in arms if self.score not in lines[name].scores]:
                reasons[f"not scored in {lacking[0] if len(lacking) == 1 else 'either'}"] += 1
        return dict(+reasons)
