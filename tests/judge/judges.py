"""Judges whose verdicts are known, behind the chat protocol: each is a function of a question's words."""

import json
import re
from collections.abc import Callable, Mapping

from foveate.score.words import words

Says = Callable[[str], str]


def texts_of(question: str) -> list[str]:
    """The quoted texts of a question: the references, then one description, or A and B."""
    return [json.loads(line) for line in question.splitlines() if line.startswith('"')]


def is_comparison(question: str) -> bool:
    return "Description A:" in question


def grades_by(likeness: Callable[[str, str], float]) -> Says:
    """Grades and compares by a likeness of the description to the last reference, 0 to 1."""

    def says(question: str) -> str:
        *_, reference, first, second = ["", "", *texts_of(question)] if is_comparison(question) else [*texts_of(question), ""]
        if is_comparison(question):
            one, other = likeness(reference, first), likeness(reference, second)
            return json.dumps({"why": "", "better": "A" if one > other else "B" if other > one else "tie"})
        grade = 1 + round(9 * likeness(reference, first))
        return json.dumps({"why": "", "correctness": grade, "completeness": grade, "no_hallucination": grade})

    return says


def same_words(reference: str, text: str) -> float:
    """Words that both have, of all: blind to their order."""
    one, other = set(words(reference)), set(words(text))
    return len(one & other) / len(one | other)


def the_same(reference: str, text: str) -> float:
    """Nothing but the very text will do."""
    return float(reference == text)


def always(choice: str) -> Says:
    """Prefers whatever stands at a place, and grades all alike."""
    return lambda question: (
        json.dumps({"better": choice})
        if is_comparison(question)
        else json.dumps({"correctness": 5, "completeness": 5, "no_hallucination": 5})
    )


def by_text(grades: Mapping[str, int | list[int]]) -> Says:
    """A correctness for every description; of a list one after another, and beyond its end prose."""
    left = {text: list(told) if isinstance(told, list) else told for text, told in grades.items()}

    def says(question: str) -> str:
        told = left[texts_of(question)[-1]]
        grade = told if isinstance(told, int) else told.pop(0) if told else None
        return "Rather good." if grade is None else json.dumps({"correctness": grade, "completeness": 5, "no_hallucination": 1})

    return says


def order_of(question: str) -> list[str]:
    """The criteria in the order in which they are asked."""
    return re.findall(r"^- (\w+):", question, re.MULTILINE)
