"""Multiple choice: which of the lettered choices an answer names, and whether it is the right one.

An answer names a choice if, in this order,
1. it says so: "the answer is B", "Answer: (b)"; the last one where it says so several times;
2. it begins with a letter that is marked as one: "B", "(b)", "B. the cup", "**B**: the cup"; where several lines begin so, with
   different letters, it names none;
3. it calls one option by its letter: "Option B shows it";
4. it is the text of a choice, word for word but for an article before it, or one letter stands alone in it: "B because the cup
   is red"; "A" and "I" before a small letter are words, but for "A is", "A because" and their like;
5. the text of one choice, and of no other, stands in it; one that stands there only as a part of a longer one does not count.
A letter to which another is joined names both: "A or B", "B, C". What is denied on the spot is not named: "not B", "neither A
nor B", "D is wrong", "isn't the cup"; a denial from further away is not understood. What a model thinks aloud before "</think>"
is no answer.

Prose that names no choice, or several, is **wrong**, not unscored: the question told to answer with a letter, and a model that
says nothing where it is unsure must not gain by it. ``choice_named`` tells how often an answer could be read. MMBench (Liu et
al. 2023) counts so too, and has a language model read what its rules cannot; MMMU (Yue et al. 2023) draws a choice there.
"""

import re
import unicodedata
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
_OR, _AND = (
    rf"[\s*_)\]\"'`}}.]*(?:{by})\s*(?:(?:option|choice|letter)\s+)?{_OPENING}(?!{_WORD})([A-J])(?![\w'’])"
    for by in (r"\bor\b|/|&", r"\band\b|,")
)
_ALSO = re.compile(rf"{_OR}|{_AND}(?=[\s*_)\]\"'`}}.]*(?:$|[,;!?]|\b(?:or|and|both|because|since)\b))", re.IGNORECASE)
"""After a letter: another one, by "and" or a comma only where no sentence of its own begins with it."""
_LIST = r"[*_(\[\"'`]{0,6}([A-J])(?![\w'’])[)\]*_\"'`]{0,6}"  # without an end, stars without number would take long
_NOT = re.compile(
    rf"(?i:\b(?:(?:can)?not|nor|neither|never|instead\s+of|rather\s+than)|n['’]t)(?i:\s+(?:be|the|option|choice|letter|answer))*\s+{_LIST}"
    rf"(?:\s+(?:or|nor)\s+{_LIST})*"
)
_WRONG = re.compile(
    rf"(?<![\w'’]){_LIST}\s+(?:(?:is|was|does|can|could|would)(?:\s+not\b|n['’]t\b)|cannot\b"
    r"|(?:is|was|seems)\s+(?:\w+ly\s+)?(?:wrong|incorrect|false|impossible)\b)"
)
"""Letters that are denied, before and after."""
DENIED = ("not", "cannot", "nor", "neither", "never", "without")
BETWEEN = ("a", "an", "the", "be")
"""Words between a denial and what is denied."""
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
    whole = unicodedata.normalize("NFKC", answer.rpartition("</think>")[2]).strip()
    said = _WRONG.sub(" ", _NOT.sub(" ", whole))
    if told := _letters(_ANSWER, said):
        return _place(told[-1], choices)
    for rule in (_MARKED, _OPTION):
        if told := _letters(rule, said):
            return _place([letter for of in told for letter in of], choices)
    texts = [_bare(words(each)) for each in choices]
    spoken = _bare(words(whole))
    if spoken in texts:
        return texts.index(spoken) if texts.count(spoken) == 1 else None
    if letters := _ALONE.findall(_ARTICLE.sub(" ", said)):
        return _place(letters, choices)
    return _only_text_in(spoken, texts)


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


def _letters(rule: re.Pattern[str], said: str) -> list[list[str]]:
    """What a rule finds in an answer: every letter with the one that is joined to it."""
    found = []
    for match in rule.finditer(said):
        also = _ALSO.match(said, match.end())
        found.append([match[1], *([also[1] or also[2]] if also else [])])
    return found


def _place(letters: Sequence[str], choices: Sequence[str]) -> int | None:
    """Of the only letter among them that there is; None for several, or one that no choice has."""
    distinct = {letter.upper() for letter in letters}
    place = LETTERS.find(distinct.pop()) if len(distinct) == 1 else -1
    return place if 0 <= place < len(choices) else None


def _is_denied(before: list[str]) -> bool:
    """Whether the words before a choice deny it."""
    last = next((word for word in reversed(before) if word not in BETWEEN), "")
    return last in DENIED or last.endswith("n't") or before[-1:] == ["no"]


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
                there = there or not _is_denied(said[:start])
                free[start : start + len(text)] = [""] * len(text)  # what a longer choice holds is no other choice
        if there:
            found.append(place)
    return found[0] if len(found) == 1 and texts.count(texts[found[0]]) == 1 else None
