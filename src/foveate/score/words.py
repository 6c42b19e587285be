"""The words of a text, and whether two texts have the same."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from foveate.score.score import References, Score, Scorer, for_each

HIGHEST_MARK = 0x20000
"""Beyond it Unicode has no mark that belongs to a word."""
LOOKS_OF_SIGNS = range(0xFE00, 0xFE10)
"""Marks that say only how the sign before is drawn, as with an emoji."""


def words(text: str) -> list[str]:
    """Words without case and punctuation, however they were written: as signs of their own or with marks, with ' or ’."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).replace("’", "'")
    return _word().findall(plain)


@cache
def _word() -> re.Pattern[str]:
    """Letters and digits with the marks on them (the vowels of Hindi or Thai, which ``\\w`` leaves out), joined by ' or -."""
    codes = [code for code in range(HIGHEST_MARK) if code not in LOOKS_OF_SIGNS]
    marks = "".join(chr(code) for code in codes if unicodedata.category(chr(code)) in ("Mn", "Mc"))
    letters = rf"\w[\w{marks}\u200c\u200d]*"  # the last two join or part letters within a word of Hindi or Persian
    return re.compile(rf"{letters}(?:['-]{letters})*")


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
