"""Which of a Run's scores agrees with the people who rated its answers: on the same clip, so that easy clips make no agreement.

Choices: the share of pairs that people decided where the score prefers what they prefer, as Kocmi et al. (2021, "To Ship or
Not to Ship", arXiv 2107.10821) count it of whole systems; here pair by pair. A pair that a score cannot tell apart
is worth a half, what a coin would bring it; they leave ties out.

Points: Kendall's (1945) tau-b between score and mean points over the descriptions of one clip, then the mean over clips, which
Deutsch, Foster and Freitag (2023, "Ties Matter", arXiv 2305.14324) call group by item. Where the score is the same throughout a
clip tau-b is not defined; they leave such a clip out, here it counts as 0: a score must not gain by seldom telling anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from foveate.stats import Interval, interval
from foveate.stats.shares import interval_of_shares
from foveate.study.answers import Answered
from foveate.study.choices import share
from foveate.study.config import LIKERT, PAIRWISE

CHANCE = {PAIRWISE: 0.5, LIKERT: 0.0}
"""Mode -> what a score comes to that knows nothing."""
ONE_RATER = "one rater, by the others"
"""The ceiling: what a person comes to who is treated as a score, and held against everyone else who rated the clip."""
SAME_ORDER = "the same order on every clip"
"""A floor: what a score comes to that reads no text and puts the ways of showing (or models) as people do on the whole: of
choices pair by pair, since one share over all opponents would depend on which pairs were asked."""
DIGITS = 9
"""Values that agree in so many digits after the point are equal."""

Values = NDArray[np.float64]
Scores = Mapping[str, Mapping[tuple[str, str], float]]
"""Name of a score -> (sample, condition) -> its value, where the higher is the better."""


@dataclass(frozen=True, kw_only=True)
class Agreeing:
    """How well one score agrees with people, by one question."""

    question: str
    score: str
    """A name of the Run's, ONE_RATER or SAME_ORDER."""
    agreement: Interval
    """Over clusters: share of pairs, or mean tau-b; NaN where there is no pair."""
    chance: float
    """What a score comes to that knows nothing."""
    pairs: int
    """Two descriptions of one clip that people decided between, and the score has both."""
    equal: int
    """Of these, pairs that the score does not tell apart."""
    undecided: int
    """Pairs that people did not decide: as many for one as for the other, or the same mean points. They do not count."""
    unscored: int
    """Pairs that people decided and the score lacks."""


@dataclass(frozen=True)
class Unit:
    """What raters said of descriptions that they saw together: a pair of a clip, or all descriptions of it."""

    sample: str
    cluster: str
    said: Mapping[str, Mapping[str, float]]
    """Rater -> condition -> points, or 1 for the chosen, 0 for the other, a half for both of a tie."""

    @property
    def people(self) -> Mapping[str, float]:
        """Condition -> the mean over raters."""
        return _mean(list(self.said.values()))


def agreeing(answers: Sequence[Answered], scores: Scores, questions: Sequence[str], *, mode: str) -> list[Agreeing]:
    """Every score by each question, the best first, then ONE_RATER and SAME_ORDER.

    Args:
        answers: on pages that count and are done.
        scores: of the descriptions that raters saw.
        questions: by name.
        mode: pairwise or likert.
    """
    found = []
    for question in questions:
        units = units_of([each for each in answers if each.question == question], mode=mode)
        each = [_score(units, known, question, name, mode) for name, known in scores.items()]
        found += sorted(each, key=lambda one: (one.pairs == 0, -one.agreement.mean if one.pairs else 0.0))
        found += [_one_rater(units, question, mode), _same_order(units, question, mode)]
    return found


def units_of(answers: Sequence[Answered], *, mode: str) -> list[Unit]:
    """Answers to one question, by what was seen together; a rater who saw it twice counts by the mean."""
    cluster: dict[tuple[str, ...], str] = {}
    found: dict[tuple[str, ...], dict[str, dict[str, list[float]]]] = {}
    for each in answers:
        key = (each.sample, *(sorted(each.conditions) if mode == PAIRWISE else ()))
        told = {name: share(each, name) for name in each.conditions} if mode == PAIRWISE else {each.chosen: float(each.value)}
        cluster[key] = each.cluster
        for condition, value in told.items():
            found.setdefault(key, {}).setdefault(each.rater, {}).setdefault(condition, []).append(value)
    return [
        Unit(
            key[0], cluster[key], {rater: {name: float(np.mean(of)) for name, of in told.items()} for rater, told in by.items()}
        )
        for key, by in found.items()
    ]


def preference(people: Values, score: Values) -> float:
    """Whether a score prefers the one of two that people prefer: 1, 0, or a half where it tells no difference."""
    return 0.5 + 0.5 * float(np.sign(people[0] - people[1]) * np.sign(score[0] - score[1]))


def tau_b(people: Values, score: Values) -> float:
    """Kendall's tau-b over the descriptions of a clip, of which people made some difference; 0 where the score makes none."""
    from scipy.stats import kendalltau

    return 0.0 if np.ptp(score) == 0 else float(kendalltau(people, score, variant="b").statistic)


MEASURES: Mapping[str, Callable[[Values, Values], float]] = {PAIRWISE: preference, LIKERT: tau_b}
"""Mode -> how well the values of a score, (conditions,), fit those of people, which are not all equal."""


@dataclass
class _Count:
    """A score held against people, unit by unit."""

    mode: str
    values: list[float]
    clusters: list[str]
    pairs: int = 0
    equal: int = 0
    undecided: int = 0
    unscored: int = 0

    def add(self, people: Mapping[str, float], score: Mapping[str, float], cluster: str) -> None:
        """One unit; conditions that the score lacks are left out of it, and counted."""
        there = [name for name in people if name in score]
        decided, all_pairs = _told_apart(people, list(people)), len(list(combinations(people, 2)))
        kept = _told_apart(people, there)
        self.undecided += all_pairs - len(decided)
        self.unscored += len(decided) - len(kept)
        if not kept:
            return
        self.pairs += len(kept)
        self.equal += len(kept) - len([pair for pair in kept if _differ(score, pair)])
        self.values.append(MEASURES[self.mode](_row(people, there), _row(score, there)))
        self.clusters.append(cluster)

    def told(self, question: str, name: str) -> Agreeing:
        # of choices all right or all wrong a share knows an interval; a tau-b that is 1 throughout has no spread to judge by
        found = (
            interval_of_shares(self.values, self.clusters)
            if self.mode == PAIRWISE
            else interval(self.values, self.clusters, right_or_wrong=False).within(-1.0, 1.0)
        )
        return Agreeing(
            question=question,
            score=name,
            agreement=found,
            chance=CHANCE[self.mode],
            pairs=self.pairs,
            equal=self.equal,
            undecided=self.undecided,
            unscored=self.unscored,
        )


def _score(units: Sequence[Unit], known: Mapping[tuple[str, str], float], question: str, name: str, mode: str) -> Agreeing:
    count = _Count(mode, [], [])
    for unit in units:
        people = unit.people
        score = {condition: known[unit.sample, condition] for condition in people if (unit.sample, condition) in known}
        count.add(people, score, unit.cluster)
    return count.told(question, name)


def _one_rater(units: Sequence[Unit], question: str, mode: str) -> Agreeing:
    """Each rater of a unit against the mean of its others; a unit of one rater says nothing."""
    count = _Count(mode, [], [])
    for unit in units:
        for rater, own in unit.said.items():
            if others := [told for name, told in unit.said.items() if name != rater]:
                count.add(_mean(others), own, unit.cluster)
    return count.told(question, ONE_RATER)


def _same_order(units: Sequence[Unit], question: str, mode: str) -> Agreeing:
    """Each unit against the mean of all in which the same conditions were seen together."""
    people = [unit.people for unit in units]
    alike: dict[frozenset[str], list[Mapping[str, float]]] = {}
    for told in people:
        alike.setdefault(frozenset(told), []).append(told)
    count = _Count(mode, [], [])
    for unit, told in zip(units, people, strict=True):
        count.add(told, _mean(alike[frozenset(told)]), unit.cluster)
    return count.told(question, SAME_ORDER)


def _mean(told: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for each in told for name in each)
    return {name: float(np.mean([each[name] for each in told if name in each])) for name in names}


def _row(told: Mapping[str, float], names: Sequence[str]) -> Values:
    """(conditions,) what is equal but for rounding is equal."""
    return np.round([told[name] for name in names], DIGITS)


def _told_apart(told: Mapping[str, float], names: Sequence[str]) -> list[tuple[str, str]]:
    return [pair for pair in combinations(names, 2) if _differ(told, pair)]


def _differ(told: Mapping[str, float], pair: tuple[str, str]) -> bool:
    return bool(np.ptp(_row(told, pair)))
