"""BLEU, of every item and of a whole corpus, by sacrebleu."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foveate.errors import UsageError, hint, require
from foveate.score.score import References, Score, Scorer, for_each, paired

TOKENIZERS = ("13a", "intl", "char", "zh", "none")
"""How texts are cut into tokens, by sacrebleu's names: mteval-v13a, international, characters, Chinese, at blanks."""

MOST = 100.0
"""Of a perfect text; by rounding it would come out a little above."""


def bleu(*, lowercase: bool = False, tokenize: str = "13a") -> Scorer:
    """Sentence BLEU, 0 to 100 (Papineni, Roukos, Ward and Zhu 2002, "BLEU"), of several references, by sacrebleu (Post 2018).

    BLEU is defined of a corpus. For the value of one item, which paired tests need, orders longer than the sentence are left
    out (``effective_order``) and counts of 0 are smoothed (``exp``: method 3 of Chen and Cherry 2014), as
    ``sacrebleu.sentence_bleu`` does. The mean of these values is not the BLEU that papers report: that is ``corpus_bleu``.

    Args:
        lowercase: whether case is ignored.
        tokenize: one of TOKENIZERS.

    Raises:
        MissingExtraError: where sacrebleu is not installed.
        UsageError: for a tokenizer that is not allowed.
    """
    metric = _metric(lowercase=lowercase, tokenize=tokenize, effective_order=True)

    def one(hypothesis: str, told: tuple[str, ...]) -> Score:
        return Score(min(float(metric.sentence_score(hypothesis, list(told)).score), MOST))

    def score(hypotheses: Sequence[str], references: References) -> list[Score]:
        return for_each(hypotheses, references, one)

    return score


@dataclass(frozen=True)
class CorpusBleu:
    """BLEU of all answers together."""

    score: Score
    """0 to 100."""
    signature: str
    """Sacrebleu's, to be printed beside the number: references, case, tokens, smoothing, version."""
    items: int
    """Items that were counted in."""
    without_reference: int
    """Items that were left out for having none."""


def corpus_bleu(
    hypotheses: Sequence[str], references: References, *, lowercase: bool = False, tokenize: str = "13a"
) -> CorpusBleu:
    """BLEU as papers report it, over all items, with its signature (Post 2018, "A Call for Clarity in Reporting BLEU Scores").

    Args:
        hypotheses: one answer per item; items without an answer must be left out by the caller, and told.
        references: of every item; their number may differ.
        lowercase: see ``bleu``.
        tokenize: see ``bleu``.
    """
    metric = _metric(lowercase=lowercase, tokenize=tokenize, effective_order=False)
    pairs = paired(hypotheses, references)
    known = [(hypothesis, told) for hypothesis, told in pairs if told]
    if not known:
        return CorpusBleu(Score.unscored(reason="no item has a reference"), "", 0, len(pairs))
    # sacrebleu wants the first references of all items, then the second ones, with None where an item has fewer
    streams = [
        [told[place] if place < len(told) else None for _, told in known]
        for place in range(max(len(told) for _, told in known))
    ]
    found = metric.corpus_score([hypothesis for hypothesis, _ in known], streams)
    return CorpusBleu(Score(min(float(found.score), MOST)), str(metric.get_signature()), len(known), len(pairs) - len(known))


def _metric(*, lowercase: bool, tokenize: str, effective_order: bool) -> Any:
    require("sacrebleu")
    from sacrebleu.metrics import BLEU

    if tokenize not in TOKENIZERS:
        raise UsageError(f"there is no tokenizer {tokenize!r}{hint(tokenize, TOKENIZERS)}; allowed: {', '.join(TOKENIZERS)}")
    return BLEU(lowercase=lowercase, tokenize=tokenize, effective_order=effective_order)
