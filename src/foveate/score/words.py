"""Words that two sentences share: the whole sentence, or the words that name objects."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from foveate.errors import UsageError
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
        return Score(float(any(words(hypothesis) == words(reference) for reference in told)))

    def score(hypotheses: Sequence[str], references: References) -> list[Score]:
        return for_each(hypotheses, references, one)

    return score


def object_words(*, names: Collection[str]) -> Scorer:
    """F1 of the object words (kinds, colours, places) of hypothesis and reference, so that naming everything does not pay.

    Ours, after the bag-of-words F1 of SQuAD (Rajpurkar et al. 2016, section 6.1), over listed words only. Of several references
    the best counts.

    Args:
        names: the words that count; an item whose references hold none of them is unscored.
    """
    counted = {name.lower() for name in names}
    if not counted:
        raise UsageError("object words need at least one name to look for; give names=")

    def one(hypothesis: str, told: tuple[str, ...]) -> Score:
        wanted = [found for reference in told if (found := _only(reference, counted))]
        if not wanted:
            return Score.unscored(reason="the reference names no object")
        named = _only(hypothesis, counted)
        return Score(max(2 * (named & each).total() / (named.total() + each.total()) for each in wanted))

    def score(hypotheses: Sequence[str], references: References) -> list[Score]:
        return for_each(hypotheses, references, one)

    return score


def _only(text: str, counted: set[str]) -> Counter[str]:
    return Counter(word for word in words(text) if word in counted)
