"""Whether two texts name the same objects."""

from collections import Counter
from collections.abc import Collection, Sequence

from foveate.score.names import names_of
from foveate.score.score import References, Score, Scorer, for_each


def object_words(*, names: Collection[str]) -> Scorer:
    """F1 of the object words (kinds, colours, places) of hypothesis and reference, so that naming everything does not pay.

    Ours, after the bag-of-words F1 of SQuAD (Rajpurkar et al. 2016, section 6.1), over listed words only. Of several references
    the best counts.

    Args:
        names: the words that count, see ``foveate.score.names``; an item whose references hold none of them is unscored.
    """
    listed = names_of(names)

    def one(hypothesis: str, told: tuple[str, ...]) -> Score:
        wanted = [Counter(found) for reference in told if (found := listed.found(reference))]
        if not wanted:
            return Score.unscored(reason="the reference names no object")
        named = Counter(listed.found(hypothesis))
        return Score(max(2 * (named & each).total() / (named.total() + each.total()) for each in wanted))

    def score(hypotheses: Sequence[str], references: References) -> list[Score]:
        return for_each(hypotheses, references, one)

    return score
