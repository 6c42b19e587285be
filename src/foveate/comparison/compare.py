"""Arms compared two by two: what one adds to the other by every score, with all that a reader needs to judge it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from foveate.comparison.asked import ALL, MEASURED, Asked, Chosen, every_sample, measured_gaze, of_category
from foveate.comparison.equal import Equal, equal_of, not_yet
from foveate.comparison.family import Family, families_of, families_of_two
from foveate.errors import UsageError
from foveate.evaluation.group import Values, about_score, values
from foveate.evaluation.study import Comparing
from foveate.run import Run
from foveate.stats import (
    Comparison,
    Effect,
    Friedman,
    Pair,
    cluster_means,
    compare,
    detectable,
    differences,
    effect,
    friedman,
    smallest_p,
    wilcoxon,
)


@dataclass(frozen=True)
class Difference:
    """What one arm adds to another by one score, over one part of the samples."""

    part: str
    """ALL, MEASURED or a category."""
    score: str
    first: str
    second: str
    pairs: int
    """Samples that are scored under both."""
    unpaired: Mapping[str, int]
    """Reason -> samples that are not compared."""
    means: tuple[float, float]
    """Of the first and the second, over the pairs' clusters; NaN where there are none."""
    found: Comparison | None
    """Interval, p and p corrected; None where there is no pair."""
    p_wilcoxon: float | None
    """Not corrected; None where no cluster differs."""
    effect: Effect | None
    detectable: float | None
    """Least true difference that so many clusters of this spread find in 80% of studies, at the level that Holm's correction
    asks of the smallest p; None where they are too few to find any, or have no spread."""

    @property
    def clusters(self) -> int:
        """Participants or recordings with a pair."""
        return 0 if self.found is None else self.found.test.difference.clusters


@dataclass(frozen=True)
class Compared:
    """A family with everything that was found."""

    family: Family
    scores: tuple[str, ...]
    differences: tuple[Difference, ...]
    """By part, score and pair."""
    any_differs: Mapping[str, Friedman]
    """Score -> Friedman's test; empty below three arms."""
    equal: tuple[Equal, ...]
    """Where a margin was given."""
    margins_not_yet: Mapping[str, float]
    """Score -> a margin that the study file declared for it, where no sample has that score yet."""

    def of(self, part: str, score: str) -> list[Difference]:
        """The differences of a part by a score, in the order of the pairs."""
        return [each for each in self.differences if (each.part, each.score) == (part, score)]


def compare_run(run: Run, comparing: Comparing) -> list[Compared]:
    """Compare the ways of showing of a Run, for every model and instruction.

    Args:
        run: with its scores.
        comparing: what with what; ``comparing_of`` tells what the study file said.

    Raises:
        UsageError: where something is named that there is not, or nothing can be compared.
    """
    said = comparing_of(run)
    return [_compared(family, tuple(_with_values(run)), comparing, said) for family in families_of(run, comparing)]


def compare_runs(first: Run, second: Run, comparing: Comparing) -> list[Compared]:
    """Compare two Runs on the samples that both have, every way of showing with itself.

    Raises:
        UsageError: where they have nothing in common.
    """
    theirs = _with_values(second)
    scores = [name for name in _with_values(first) if name in theirs]
    return [_compared(family, tuple(scores), comparing, Comparing()) for family in families_of_two(first, second, comparing)]


def _with_values(run: Run) -> list[str]:
    """Scores that some line has; of the others tables tell why they are missing."""
    found = {name for line in run.lines for name in line.scores}
    return [name for name in run.scored() if name in found]


def comparing_of(run: Run) -> Comparing:
    """What the study file of a Run said of comparing.

    Raises:
        UsageError: where it says what this foveate does not know.
    """
    told = run.facts.get("study", {}).get("compare") or {}
    try:
        return Comparing(**{**told, "against": tuple(told.get("against", ()))})
    except (TypeError, AttributeError) as error:
        raise UsageError(f"{run.folder} does not tell how it is compared ({error}); evaluate its study again") from error


def _compared(family: Family, scores: tuple[str, ...], comparing: Comparing, said: Comparing) -> Compared:
    found = _part(family, scores, {ALL: every_sample})
    pairs = {(each.score, each.first, each.second): each.pairs for each in found}
    measured = _part(family, scores, {MEASURED: measured_gaze})
    # of pairs that lose no sample it would only say the same again
    found += [each for each in measured if each.pairs < pairs[each.score, each.first, each.second]]
    # one correction over all categories: whoever looks at more of them must not find more
    found += _part(family, scores, {category: partial(of_category, category) for category in family.categories})
    equal = equal_of(family, scores, comparing, said)
    differs = _any_differs(family, scores)
    return Compared(family, scores, tuple(found), differs, tuple(equal), not_yet(scores, comparing))


def _part(family: Family, scores: Sequence[str], parts: Mapping[str, Chosen]) -> list[Difference]:
    """All pairs by all scores over some parts, p corrected over the pairs and parts of a score."""
    found = []
    for score in scores:
        asked = [Asked(family, score, *pair, part, chosen) for part, chosen in parts.items() for pair in family.pairs]
        pairs = [each.pair for each in asked]
        made = [place for place, pair in enumerate(pairs) if len(pair.clusters)]
        compared = dict(zip(made, compare(score, [pairs[place] for place in made]), strict=True))
        found += [_difference(each, pairs[place], compared.get(place), made=len(made)) for place, each in enumerate(asked)]
    return found


def _difference(asked: Asked, pair: Pair, found: Comparison | None, *, made: int) -> Difference:
    told = asked.part, asked.score, asked.first, asked.second, len(pair.clusters), asked.unpaired
    if found is None:
        return Difference(*told, (float("nan"), float("nan")), None, None, None, None)
    mine, theirs = (float(cluster_means(each, pair.clusters)[1].mean()) for each in pair.values)
    gaps = differences(*pair.values, pair.clusters)
    found = _within_bounds(asked.score, found)
    return Difference(*told, (mine, theirs), found, wilcoxon(gaps), effect(gaps), _detectable(gaps, 0.05 / made))


def _within_bounds(score: str, found: Comparison) -> Comparison:
    """A difference cannot be larger than the range of its score."""
    about = about_score(score)
    if about.low is None or about.high is None:
        return found
    most = about.high - about.low
    return replace(found, test=replace(found.test, difference=found.test.difference.within(-most, most)))


def _detectable(gaps: Values, level: float) -> float | None:
    """None where no difference could be found, however large, or where there is no spread to tell it from."""
    spread = float(gaps.std(ddof=1)) if len(gaps) > 1 else 0.0
    return detectable(spread, len(gaps), level=level) if spread > 1e-12 and smallest_p(len(gaps)) <= level else None


def _any_differs(family: Family, scores: Sequence[str]) -> dict[str, Friedman]:
    if len(family.together) < 3:
        return {}
    names = list(family.clusters)
    clusters = list(family.clusters.values())
    found = {}
    for score in scores:
        every = [values(family.arms[arm], score, names) for arm in family.together]
        # one without any score would leave no cluster to the rest
        scored = [each for each in every if not np.isnan(each).all()]
        if len(scored) >= 3:
            found[score] = friedman(scored, clusters)
    return found
