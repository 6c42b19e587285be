"""Several conditions compared two by two, their p corrected together."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike

from foveate.stats.paired import PairedTest, holm, paired_test


@dataclass(frozen=True)
class Comparison:
    """One condition against another one, by one score."""

    score: str
    first: str
    second: str
    test: PairedTest
    p_holm: float
    """Corrected over the comparisons that were made together."""


def compare(
    score: str, pairs: Sequence[tuple[str, str]], values: Mapping[str, ArrayLike], clusters: Sequence[Hashable]
) -> list[Comparison]:
    """Test pairs of conditions, with Holm's correction over them.

    Args:
        score: its name.
        pairs: first and second condition of each; every pair has a span that is scored under both.
        values: condition -> (N,) the same spans in all of them; NaN where one has no score.
        clusters: (N,) the recording of each span.
    """
    tests = [paired_test(values[first], values[second], clusters) for first, second in pairs]
    corrected = holm([test.p for test in tests])
    return [Comparison(score, first, second, test, p) for (first, second), test, p in zip(pairs, tests, corrected, strict=True)]
