"""Lines of a Run, grouped by what is equal: one model, asked with one instruction, shown the same samples in several ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError
from foveate.run import RunLine
from foveate.score import About, about

PARTICIPANT, RECORDING = "participant", "recording"
MIXED = "participant (recording where none is told)"

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """What is compared with one another: ways of showing, everything else equal."""

    model: str
    instruction: str
    shown: Mapping[str, Mapping[str, RunLine]]
    """Way of showing -> sample -> its line; in the order of the Run."""
    clusters: Mapping[str, str]
    """Sample -> the participant, or the recording where no participant is told: the unit of every interval and test."""
    unit: str
    """What a cluster is."""

    @property
    def name(self) -> str:
        """How a heading calls it."""
        return f"{self.model}, {self.instruction}"

    @property
    def categories(self) -> list[str]:
        """Of its samples, in the order of their first appearance; empty where none is told."""
        return [
            each for each in dict.fromkeys(line.category for lines in self.shown.values() for line in lines.values()) if each
        ]


def groups(lines: Sequence[RunLine]) -> list[Group]:
    """The groups of some lines, in the order of their first appearance.

    Args:
        lines: no two of the same sample, way of showing, model and instruction.
    """
    unit = unit_of(lines)
    found: dict[tuple[str, str], dict[str, dict[str, RunLine]]] = {}
    for line in lines:
        found.setdefault((line.model, line.instruction), {}).setdefault(line.shown, {})[line.sample] = line
    return [
        Group(model, instruction, shown, {name: cluster_of(line) for of in shown.values() for name, line in of.items()}, unit)
        for (model, instruction), shown in found.items()
    ]


def cluster_of(line: RunLine) -> str:
    """Whose it is. A participant and a recording of the same name are two."""
    return f"participant {line.participant}" if line.participant else f"recording {line.recording}"


def unit_of(lines: Sequence[RunLine]) -> str:
    """What a cluster of these lines is."""
    told = {bool(line.participant) for line in lines}
    return MIXED if len(told) == 2 else PARTICIPANT if told == {True} else RECORDING


def values(lines: Mapping[str, RunLine], score: str, samples: Sequence[str]) -> Values:
    """A score of some samples, shape (N,); NaN where there is none."""
    return np.array([lines[name].scores.get(score, np.nan) if name in lines else np.nan for name in samples])


def about_score(name: str) -> About:
    """What a score of a Run is; of one that no metric here computes, such as a judge's, its name only."""
    try:
        return about(name)
    except UsageError:
        return About(title=name.replace("_", " "), source="given to the Run by another", low=None, high=None, needs=())


def headed(score: str) -> str:
    """How the head of a column calls a score: which way is better is said where it is not more."""
    about = about_score(score)
    return about.title if about.higher_is_better else f"{about.title} (lower is better)"


def plural(unit: str, count: int) -> str:
    """A count of clusters: "6 participants"."""
    noun, _, rest = unit.partition(" ")
    return f"{count} {noun}{'' if count == 1 else 's'}{' ' + rest if rest else ''}"
