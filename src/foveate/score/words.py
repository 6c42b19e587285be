"""Words that two sentences share: the whole sentence, or the words that name objects."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from foveate.errors import UsageError
from foveate.score.score import Score, Scorer, paired

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def words(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    return _WORD.findall(text.lower())


def exact_match() -> Scorer:
    """1 where hypothesis and reference have the same words in the same order, else 0."""

    def score(hypotheses: Sequence[str], references: Sequence[str]) -> list[Score]:
        return [Score(float(words(hypothesis) == words(reference))) for hypothesis, reference in paired(hypotheses, references)]

    return score


def object_words(*, names: Collection[str]) -> Scorer:
    """F1 of the object words (kinds, colours, places) of hypothesis and reference, so that naming everything does not pay.

    Args:
        names: the words that count; a reference without any of them is unscored.
    """
    counted = {name.lower() for name in names}
    if not counted:
        raise UsageError("object words need at least one name to look for")

    def score(hypotheses: Sequence[str], references: Sequence[str]) -> list[Score]:
        return [
            _f1(_only(hypothesis, counted), _only(reference, counted))
            for hypothesis, reference in paired(hypotheses, references)
        ]

    return score


def _only(text: str, counted: set[str]) -> Counter[str]:
    return Counter(word for word in words(text) if word in counted)


def _f1(named: Counter[str], wanted: Counter[str]) -> Score:
    if not wanted:
        return Score.unscored(reason="the reference names no object")
    return Score(2 * (named & wanted).total() / (named.total() + wanted.total()))
