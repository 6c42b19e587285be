"""Multiple choice: which of the lettered choices an answer names, and whether it is the right one.

An answer names a choice if, in this order,
1. it says so: "the answer is B", "Answer: (b)"; the last one where it says so several times;
2. it begins with a letter that is marked as one: "B", "(b)", "B. the cup", "**B**: the cup"; where several lines begin so, with
   different letters, it names none;
3. it calls one option by its letter: "Option B shows it";
4. it is the text of a choice, word for word but for an article before it, or one letter stands alone in it: "B because the cup
   is red"; "A" and "I" before a small letter are words, but for "A is", "A because" and their like;
5. the text of one choice, and of no other, stands in it; one that stands there only as a part of a longer one does not count.
What a model thinks aloud before "</think>" is no answer. A negation ("not the cup") is not understood.

Prose that names no choice, or several, is **wrong**, not unscored: the question told to answer with a letter, and a model that
says nothing where it is unsure must not gain by it. ``choice_named`` tells how often an answer could be read. MMBench (Liu et
al. 2023) counts so too, and has a language model read what its rules cannot; MMMU (Yue et al. 2023) draws a choice there.
"""

import re
from collections.abc import Callable, Sequence

from foveate.dataset.sample import LETTERS
from foveate.errors import UsageError
from foveate.score.score import References, Score, paired
from foveate.score.words import words

NO_CHOICES = "the question has no choices"
NOT_TOLD = "nobody told which choice is right"
_LETTER_BEFORE = r"(?:is|was|because|since|as|seems|would|and|or|but|for)\b"
"""What follows a letter A and never an article."""
_WORD = rf"(?:A(?=\s+(?!{_LETTER_BEFORE})[a-z])|I(?=\s+[a-z]))"
"""A and I that are words."""
_OPENING = r"[\s*_(\[\"'`{]*"
_ANSWER = re.compile(
    r"(?:\banswer(?:\s+(?:is|would\s+be|should\s+be))?[\s:]*(?:(?:the\s+)?(?:option|choice|letter)\s+)?|\\boxed)"
    rf"{_OPENING}(?!{_WORD})([A-J])(?![\w'’])",
    re.IGNORECASE,
)
_MARKED = re.compile(rf"^{_OPENING}([A-Ja-j])(?:[*_\"'`]*(?:[:)\]]|\.(?![a-z]\.)|\s*$)|[*_]+(?=\s))", re.MULTILINE)
_OPTION = re.compile(rf"\b(?:option|choice)\s+{_OPENING}([A-J])(?![\w'’])", re.IGNORECASE)
_ALONE = re.compile(r"(?<![\w'’])([A-J])(?![\w'’])")
_ARTICLE = re.compile(rf"(?<![\w'’]){_WORD}")


def choice() -> Callable[..., list[Score]]:
    """1 where the answer names the right choice, else 0; the mean is the accuracy, by chance 1 / choices.

    The scorer takes ``choices`` and ``answers`` of every item; without choices, or without the right one told, it is unscored.
    """
    return _scorer(lambda told, right: Score.unscored(reason=NOT_TOLD) if right is None else Score(float(told == right)))


def choice_named() -> Callable[..., list[Score]]:
    """1 where the answer names one of the choices, right or wrong, else 0: ``choice`` counts the rest as wrong."""
    return _scorer(lambda told, right: Score(float(told is not None)))


def chosen(answer: str, choices: Sequence[str]) -> int | None:
    """The place of the choice that an answer names, by the rules above; None where it names none, or several."""
    said = answer.rpartition("</think>")[2].strip()
    if told := _ANSWER.findall(said):
        return _place(told[-1:], choices)
    for rule in (_MARKED, _OPTION):
        if told := rule.findall(said):
            return _place(told, choices)
    texts = [_bare(words(each)) for each in choices]
    whole = _bare(words(said))
    if whole in texts:
        return texts.index(whole) if texts.count(whole) == 1 else None
    if told := _ALONE.findall(_ARTICLE.sub(" ", said)):
        return _place(told, choices)
    return _only_text_in(whole, texts)


def _scorer(value: Callable[[int | None, int | None], Score]) -> Callable[..., list[Score]]:
    def score(
        hypotheses: Sequence[str],
        references: References,
        *,
        choices: Sequence[Sequence[str]],
        answers: Sequence[int | None],
    ) -> list[Score]:
        pairs = paired(hypotheses, references)
        if not len(pairs) == len(choices) == len(answers):
            raise UsageError(f"{len(pairs)} hypotheses need as many choices and answers, got {len(choices)} and {len(answers)}")
        for place, (offered, right) in enumerate(zip(choices, answers, strict=True)):
            if right is not None and offered and not 0 <= right < len(offered):
                raise UsageError(f"the answer of item {place} is the place of one of its {len(offered)} choices, got {right}")
        return [
            value(chosen(hypothesis, offered), right) if offered else Score.unscored(reason=NO_CHOICES)
            for (hypothesis, _), offered, right in zip(pairs, choices, answers, strict=True)
        ]

    return score


def _place(letters: Sequence[str], choices: Sequence[str]) -> int | None:
    """Of the only letter among them that there is; None for several, or one that no choice has."""
    distinct = {letter.upper() for letter in letters}
    place = LETTERS.find(distinct.pop()) if len(distinct) == 1 else -1
    return place if 0 <= place < len(choices) else None


def _bare(text: list[str]) -> list[str]:
    """Without an article at its begin, unless it is one."""
    return text[1:] if len(text) > 1 and text[0] in ("a", "an", "the") else text


def _only_text_in(said: list[str], texts: Sequence[list[str]]) -> int | None:
    free = list(said)
    found = []
    for place in sorted(range(len(texts)), key=lambda place: -len(texts[place])):
        text, there = texts[place], False
        for start in range(len(free) - len(text) + 1) if text else ():
            if free[start : start + len(text)] == text:
                there = True
                free[start : start + len(text)] = [""] * len(text)  # what a longer choice holds is no other choice
        if there:
            found.append(place)
    return found[0] if len(found) == 1 and texts.count(texts[found[0]]) == 1 else None
