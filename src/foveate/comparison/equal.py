"""Whether one arm is as good as another: by margins that were declared before anybody looked, or were not, which is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from foveate.comparison.asked import ALL, Asked, every_sample
from foveate.comparison.family import Family
from foveate.errors import UsageError, hint
from foveate.evaluation.group import about_score
from foveate.evaluation.study import Comparing
from foveate.stats import Equivalence, Pair, equivalence


@dataclass(frozen=True)
class Equal:
    """Whether one arm is as good as another by one score."""

    score: str
    first: str
    second: str
    test: Equivalence
    declared: bool
    """Whether the study file, written before anybody could look, says so: this margin, and as good as this way."""


def equal_of(family: Family, scores: Sequence[str], comparing: Comparing, said: Comparing) -> list[Equal]:
    """Every margin tested on every pair of a family that asks for it.

    Args:
        family: of arms.
        scores: those that samples have.
        comparing: margins, of which those without such a score are left out (``not_yet``).
        said: what the study file declared.

    Raises:
        UsageError: for a margin as wide as its score, or of a score that there is not and that the study file did not name.
    """
    if strange := [score for score in comparing.margin if score not in (*scores, *said.margin)]:
        scored = ", ".join(scores) or "none"
        raise UsageError(f"a margin is given for {strange[0]!r}{hint(strange[0], scores)}; scored are: {scored}")
    found = []
    for score in (each for each in comparing.margin if each in scores):
        margin = comparing.margin[score]
        about = about_score(score)
        if about.low is not None and about.high is not None and margin >= about.high - about.low:
            raise UsageError(
                f"a margin of {margin:g} is as wide as {score!r} itself ({about.low:g} to {about.high:g}): everything would be "
                "as good as anything; give the largest difference that counts as none"
            )
        declared = said.as_good_as == comparing.as_good_as and said.margin.get(score) == margin
        for first, second in family.as_good_as:
            pair = Asked(family, score, first, second, ALL, every_sample).pair
            found.append(Equal(score, first, second, _oriented(score, pair, margin), declared))
    return found


def not_yet(scores: Sequence[str], comparing: Comparing) -> dict[str, float]:
    """Margins of scores that no sample has: a judge's and people's come later, and a metric may have failed everywhere."""
    return {score: margin for score, margin in comparing.margin.items() if score not in scores}


def _oriented(score: str, pair: Pair, margin: float) -> Equivalence:
    """The test, "not worse" meaning higher where lower is better."""
    found = equivalence(*pair.values, pair.clusters, margin=margin)
    if about_score(score).higher_is_better:
        return found
    turned = equivalence(pair.values[1], pair.values[0], pair.clusters, margin=margin)
    return replace(found, p_not_worse=turned.p_not_worse)
