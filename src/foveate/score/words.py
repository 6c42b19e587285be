"""The words of a text, and whether two texts have the same."""

import re
from collections.abc import Sequence

from foveate.score.score import References, Score, Scorer, for_each

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def words(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    return _WORD.findall(text.lower())


def exact_match() -> Scorer:
    """1 where the hypothesis has the same words in the same order as a reference, else 0.

    The measure of short answers in question answering (Rajpurkar et al. 2016, "SQuAD", section 6.1); we keep articles.
    """

    def one(hypothesis: str, told: tuple[str, ...]) -> Score:
        return Score(float(any(_same(hypothesis, reference) for reference in told)))

    def score(hypotheses: Sequence[str], references: References) -> list[Score]:
        return for_each(hypotheses, references, one)

    return score


def _same(one: str, other: str) -> bool:
    """Whether two texts have the same words; those without a word must be equal themselves."""
    said = words(one)
    return said == words(other) and (bool(said) or one.strip() == other.strip())
