"""What comes of choices between two: win rates with intervals, strengths by Bradley and Terry, agreement.

A tie is half a win for both. The unit is the participant or recording of the clip: raters of a clip are averaged first, as
repeated measurements of it, then the clips of a recording. So an interval speaks of other recordings and of raters like these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.stats import Interval, PairedTest, holm, paired_test
from foveate.stats.agreement import krippendorffs_alpha
from foveate.stats.bradley_terry import bradley_terry
from foveate.stats.shares import interval_of_shares
from foveate.study.answers import Answered

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class WinRate:
    """One condition against another, by one question."""

    question: str
    first: str
    second: str
    wins: int
    """Choices of the first."""
    losses: int
    ties: int
    raters: int
    clips: int
    rate: Interval
    """Share that the first wins, a tie as half, over clusters."""
    test: PairedTest
    """Against one half."""
    p_holm: float
    """Corrected over the pairs and questions."""
    by_rater: tuple[float, float]
    """The lowest and highest rate of a single rater."""


@dataclass(frozen=True)
class Strength:
    """How strong a condition is, by one question."""

    question: str
    condition: str
    value: float
    """Natural logarithm; the strengths of all conditions sum to 0. P(a beats b) = 1 / (1 + exp(b - a))."""
    low: float | None
    """Of a 95% interval over clusters; None where there is none."""
    high: float | None
    method: str
    """How the ends were found, or why there are none."""


def win_rates(answers: Sequence[Answered], pairs: Sequence[tuple[str, str]], questions: Sequence[str]) -> list[WinRate]:
    """Each pair by each question, where there are answers."""
    cases = [(question, pair, _of(answers, question, pair)) for question in questions for pair in pairs]
    cases = [case for case in cases if case[2]]
    tested = [_tested(found, pair) for _, pair, found in cases]
    corrected = holm([test.p for _, test in tested])
    return [
        WinRate(
            question=question,
            first=pair[0],
            second=pair[1],
            wins=sum(each.chosen == pair[0] for each in found),
            losses=sum(each.chosen == pair[1] for each in found),
            ties=sum(each.chosen == "" for each in found),
            raters=len({each.rater for each in found}),
            clips=len({each.sample for each in found}),
            rate=rate,
            test=test,
            p_holm=p,
            by_rater=_range(found, pair[0]),
        )
        for (question, pair, found), (rate, test), p in zip(cases, tested, corrected, strict=True)
    ]


def _of(answers: Sequence[Answered], question: str, pair: tuple[str, str]) -> list[Answered]:
    return [each for each in answers if each.question == question and set(each.conditions) == set(pair)]


def share(answer: Answered, condition: str) -> float:
    """Of a choice: 1 for what was chosen, 0 for the other, a half for both of a tie."""
    return 0.5 if answer.chosen == "" else float(answer.chosen == condition)


def _tested(found: Sequence[Answered], pair: tuple[str, str]) -> tuple[Interval, PairedTest]:
    by_clip: dict[str, list[float]] = {}
    for each in found:
        by_clip.setdefault(each.sample, []).append(share(each, pair[0]))
    cluster = {each.sample: each.cluster for each in found}
    rates, clusters = [float(np.mean(rates)) for rates in by_clip.values()], [cluster[sample] for sample in by_clip]
    return interval_of_shares(rates, clusters), paired_test(rates, [0.5] * len(rates), clusters)


def _range(found: Sequence[Answered], condition: str) -> tuple[float, float]:
    by_rater: dict[str, list[float]] = {}
    for each in found:
        by_rater.setdefault(each.rater, []).append(share(each, condition))
    rates = [float(np.mean(rates)) for rates in by_rater.values()]
    return min(rates), max(rates)


def strengths(answers: Sequence[Answered], conditions: Sequence[str], question: str) -> list[Strength]:
    """Bradley and Terry's strengths, a tie as half a win for both.

    Args:
        answers: of pairs among the conditions.
        conditions: what is compared.
        question: which.

    Returns:
        One per condition that was compared; none where no answer is.
    """
    tables = _tables([each for each in answers if each.question == question], conditions)
    if not tables:
        return []
    stacked = np.stack(list(tables.values()))  # (clusters, conditions, conditions)
    whole = stacked.sum(axis=0)
    asked = [k for k in range(len(conditions)) if whole[k].any() or whole[:, k].any()]
    found = bradley_terry(stacked[:, asked][:, :, asked])
    low, high = ([None] * len(asked) if ends is None else ends.tolist() for ends in (found.low, found.high))
    return [
        Strength(question, conditions[k], float(found.value[n]), low[n], high[n], found.method) for n, k in enumerate(asked)
    ]


def _tables(answers: Sequence[Answered], conditions: Sequence[str]) -> Mapping[str, Matrix]:
    """Cluster -> (conditions, conditions) how often each beat each."""
    place = {condition: k for k, condition in enumerate(conditions)}
    tables: dict[str, Matrix] = {}
    for each in answers:
        table = tables.setdefault(each.cluster, np.zeros((len(conditions), len(conditions))))
        first, second = (place[name] for name in each.conditions)
        table[first, second] += share(each, each.conditions[0])
        table[second, first] += share(each, each.conditions[1])
    return tables


def agreement(answers: Sequence[Answered], question: str) -> float | None:
    """Krippendorff's alpha of choices of which the tie lies in the middle (ordinal); None where no clip has two raters.

    Every pair of a clip enters in both directions. So chance is that either wins as often, and it does not matter which
    condition is called the first; raters who all prefer one condition throughout agree.

    Args:
        answers: of all raters.
        question: which.
    """
    units: dict[tuple[str, ...], dict[str, int]] = {}
    for each in (each for each in answers if each.question == question):
        for condition in each.conditions:
            other = next(name for name in each.conditions if name != condition)
            units.setdefault((each.sample, condition, other), {})[each.rater] = int(2 * share(each, condition))
    return alpha(units)


def alpha(units: Mapping[Any, Mapping[str, int]]) -> float | None:
    """The same of what was rated -> rater -> point; None where nothing was rated twice, or all alike."""
    raters = sorted({rater for unit in units.values() for rater in unit})
    if not any(len(unit) > 1 for unit in units.values()):
        return None
    found = krippendorffs_alpha([[unit.get(rater) for unit in units.values()] for rater in raters], scale="ordinal")
    return None if np.isnan(found) else found
