"""Experiments in training: arms of one learner, the same seeds for all, one table per world and task.

Every study says its question and its arms, and was committed before its test worlds were opened. The unit is the recording: its
spans and seeds are averaged first; the spread over seeds is shown apart.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from foveate.experiment.learner.arm import Arm
from foveate.experiment.learner.arms import CEILING, NO_IMAGE
from foveate.experiment.learner.run import Trial
from foveate.experiment.table import Table
from foveate.stats import Comparison, Interval, PairedTest

Grid = Literal["protocol", "full", "quick"]
GRIDS = {"full": (480, 10), "quick": (2, 1)}
"""Grid -> steps and seeds in place of the protocol's: for who has ten times the time, and to see whether it runs."""
FLOORS = ("majority sentence", "another clip's reference")
SCORED = ("top_10", "nss", "auc_judd", "kl", "mass")
"""Scores of attention on gaze that tables show."""


@dataclass(frozen=True)
class TrainingStudy:
    """One experiment in training."""

    question: str
    """What is asked, and what the papers say of it."""
    arms: tuple[Arm, ...]
    """In the order of the rows; the first is compared with the others."""
    seeds: int
    """How often each arm is trained."""
    conditions: tuple[str, ...] = ("kitchen", "other")
    """Worlds."""
    against: tuple[str, ...] | None = None
    """Names of the arms that the first is compared with; None for all that are no floor and no ceiling."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Names of further arms that are compared with each other, the first of a pair with the second."""
    picture: Callable[..., None] | None = None
    """Draws another picture than exact match: from a Bench and the arms, to a path."""

    def of_grid(self, grid: Grid) -> "TrainingStudy":
        """The same arms, trained as long and as often as a grid says."""
        if grid == "protocol":
            return self
        steps, seeds = GRIDS[grid]
        return replace(self, arms=tuple(arm.called(arm.name, steps=steps) for arm in self.arms), seeds=seeds)

    @property
    def trials(self) -> list[Trial]:
        """Arms and seeds; floors and ceiling have two at most."""
        edges = (NO_IMAGE.name, CEILING.name)
        return [(arm, seed) for arm in self.arms for seed in range(min(self.seeds, 2) if arm.name in edges else self.seeds)]


@dataclass(frozen=True)
class Attention:
    """How an arm looked, in one condition: score of ON_GAZE -> mean over recordings with its interval."""

    arm: str
    scores: dict[str, Interval]


@dataclass(frozen=True)
class Found:
    """One condition of a study."""

    table: Table
    attention: tuple[Attention, ...]
    spread: dict[str, float]
    """Arm -> standard deviation of exact match over seeds."""
    invented: dict[str, Interval]
    """Arm -> share of answers that name a thing which is not in view."""
    less_invented: dict[str, PairedTest]
    """Arm -> the first arm's share minus its own, uncorrected."""
    pairs: tuple[Comparison, ...]
    """The study's further pairs, p corrected over the pairs of a score."""


def count(studies: Iterable[TrainingStudy], grid: Grid = "protocol") -> int:
    """How many trainings studies take together."""
    return len({(arm.fingerprint, seed) for study in studies for arm, seed in study.of_grid(grid).trials})
