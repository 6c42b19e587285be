"""Several conditions compared two by two, their p corrected together."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike

from foveate.stats.paired import PairedTest, holm, paired_test


@dataclass(frozen=True)
class Pair:
    """Two conditions and what they scored on the same spans."""

    first: str
    second: str
    values: tuple[ArrayLike, ArrayLike]
    """Of the first and of the second condition, (N,) each; NaN where a span has no score. One span has both at least."""
    clusters: Sequence[Hashable]
    """(N,) the recording of each span."""


@dataclass(frozen=True)
class Comparison:
    """One condition against another one, by one score."""

    score: str
    first: str
    second: str
    test: PairedTest
    p_holm: float
    """Corrected over the comparisons that were made together."""


def compare(score: str, pairs: Sequence[Pair]) -> list[Comparison]:
    """Test pairs of conditions by one score, with Holm's correction over them."""
    tests = [paired_test(*pair.values, pair.clusters) for pair in pairs]
    corrected = holm([test.p for test in tests])
    return [Comparison(score, pair.first, pair.second, test, p) for pair, test, p in zip(pairs, tests, corrected, strict=True)]
