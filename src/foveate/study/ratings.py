"""What comes of points on a scale: means with intervals, Friedman's and Wilcoxon's tests with Holm's correction, agreement."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from foveate.stats import Friedman, Interval, cluster_means, differences, friedman, holm
from foveate.stats.interval import FEWEST_FOR_INTERVAL, interval_of_means
from foveate.stats.paired import wilcoxon
from foveate.study.answers import Answered
from foveate.study.choices import alpha


@dataclass(frozen=True)
class Rated:
    """A condition by one question."""

    question: str
    condition: str
    points: Interval
    """Mean over clusters."""
    answers: int
    counts: tuple[int, ...]
    """How often each point was given, from the lowest."""


@dataclass(frozen=True)
class Difference:
    """Two conditions by one question."""

    question: str
    first: str
    second: str
    points: Interval
    """First minus second."""
    p: float | None
    """Wilcoxon's signed rank test over clusters; None below six, or where none differs."""
    p_holm: float | None
    """Corrected over the pairs and questions that have a p."""


@dataclass(frozen=True)
class Scale:
    """One question."""

    question: str
    friedman: Friedman | None
    """Over clusters; None for fewer than three conditions."""
    alpha: float | None
    """Krippendorff's, ordinal; None where no description has two raters."""


@dataclass(frozen=True)
class Table:
    """Mean points of raters: one row per clip, one column per condition."""

    values: NDArray[np.float64]
    clusters: list[str]


def _table(answers: Sequence[Answered], conditions: Sequence[str], question: str) -> Table:
    found: dict[tuple[str, str], list[int]] = {}
    cluster: dict[str, str] = {}
    for each in answers:
        if each.question == question:
            found.setdefault((each.sample, each.chosen), []).append(int(each.value))
            cluster[each.sample] = each.cluster
    rows = [[np.mean(found.get((sample, name), [np.nan])) for name in conditions] for sample in cluster]
    return Table(np.array(rows, dtype=np.float64).reshape(len(cluster), len(conditions)), list(cluster.values()))


def rated(answers: Sequence[Answered], conditions: Sequence[str], questions: Sequence[str], *, points: int) -> list[Rated]:
    """Each condition by each question."""
    done = []
    for question in questions:
        table = _table(answers, conditions, question)
        for place, condition in enumerate(conditions):
            given = [int(each.value) for each in answers if each.question == question and each.chosen == condition]
            # not ``interval``: points that are all 1 are no answers that are all right
            means = cluster_means(table.values[:, place], table.clusters)[1]
            mean = interval_of_means(means).within(1.0, float(points))
            counts = tuple(given.count(point) for point in range(1, points + 1))
            done.append(Rated(question, condition, mean, len(given), counts))
    return done


def differing(answers: Sequence[Answered], conditions: Sequence[str], questions: Sequence[str]) -> list[Difference]:
    """Each pair of conditions by each question."""
    found = []
    for question in questions:
        table = _table(answers, conditions, question)
        for first, second in combinations(range(len(conditions)), 2):
            gap = differences(table.values[:, first], table.values[:, second], table.clusters)
            p = wilcoxon(gap) if len(gap) >= FEWEST_FOR_INTERVAL else None
            found.append((question, conditions[first], conditions[second], interval_of_means(gap), p))
    corrected = iter(holm([p for _, _, _, _, p in found if p is not None]))
    return [
        Difference(question, first, second, points, p, None if p is None else next(corrected))
        for question, first, second, points, p in found
    ]


def scales(answers: Sequence[Answered], conditions: Sequence[str], questions: Sequence[str]) -> list[Scale]:
    """Each question over all conditions."""
    done = []
    for question in questions:
        table = _table(answers, conditions, question)
        whole = friedman(list(table.values.T), table.clusters) if len(conditions) > 2 else None
        units: dict[tuple[str, str], dict[str, int]] = {}
        for each in answers:
            if each.question == question:
                units.setdefault((each.sample, each.chosen), {})[each.rater] = int(each.value)
        done.append(Scale(question, whole, alpha(units)))
    return done
