"""Overlap of words, of pairs of words and of word sequences: ROUGE-1, ROUGE-2 and ROUGE-L."""

import re
from collections.abc import Sequence

from foveate.errors import require
from foveate.score.score import References, Score, Scorer, for_each

_READABLE = re.compile("[a-z0-9]")


def rouge_1(*, stemmer: bool = False) -> Scorer:
    """F1 of single words (ROUGE-N with N = 1; Lin 2004, section 2); see ``rouge_l``."""
    return _rouge("rouge1", stemmer=stemmer)


def rouge_2(*, stemmer: bool = False) -> Scorer:
    """F1 of pairs of neighbouring words (ROUGE-N with N = 2; Lin 2004, section 2); see ``rouge_l``."""
    return _rouge("rouge2", stemmer=stemmer)


def rouge_l(*, stemmer: bool = False) -> Scorer:
    """F1 of the longest common subsequence of words (Lin 2004, "ROUGE", section 3.1), by the package rouge-score.

    Of several references the best counts, as in ROUGE-1.5.5 and in the package's ``score_multi``. Its tokens are of the letters
    a to z and digits only: an item whose references have none of these is unscored.

    Args:
        stemmer: whether endings are cut off first (Porter); off, as in the package's default.

    Raises:
        MissingExtraError: where rouge-score is not installed.
    """
    return _rouge("rougeL", stemmer=stemmer)


def _rouge(kind: str, *, stemmer: bool) -> Scorer:
    require("rouge_score")
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer([kind], use_stemmer=stemmer)

    def one(hypothesis: str, told: tuple[str, ...]) -> Score:
        if not any(_READABLE.search(reference.lower()) for reference in told):
            return Score.unscored(reason="ROUGE reads the letters a to z and digits only, and the reference has none")
        return Score(float(scorer.score_multi(told, hypothesis)[kind].fmeasure))

    def score(hypotheses: Sequence[str], references: References) -> list[Score]:
        return for_each(hypotheses, references, one)

    return score
