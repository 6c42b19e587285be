"""Overlap of word sequences: ROUGE-L."""

from collections.abc import Sequence

from foveate.errors import require
from foveate.score.score import Score, Scorer, paired


def rouge_l() -> Scorer:
    """F1 of the longest common subsequence of words (Lin 2004), by the package rouge-score, without stemming.

    Raises:
        MissingExtraError: where rouge-score is not installed.
    """
    require("rouge_score")
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=False)

    def score(hypotheses: Sequence[str], references: Sequence[str]) -> list[Score]:
        return [
            Score(float(scorer.score(reference, hypothesis)["rougeL"].fmeasure))
            for hypothesis, reference in paired(hypotheses, references)
        ]

    return score
