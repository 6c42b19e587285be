"""Multiple-choice questions as benchmarks publish them: options with their letters, the answer as a letter."""

import re
from collections.abc import Sequence
from typing import Any

from foveate.dataset.annotations import text_of
from foveate.dataset.sample import LETTERS

LETTERED = re.compile(r"\(?([A-J])[.:)]\s*")
"""How an option begins: "A. ", "A: ", "(A) "."""


def choices_of(options: Any, answer: Any) -> tuple[tuple[str, ...], int] | None:
    """Choices without their letters and the place of the right one; None where they are no question.

    Args:
        options: texts, each with its letter or all without.
        answer: the letter of the right one, alone or at the start of its text.
    """
    listed = [text_of(option) for option in options] if isinstance(options, Sequence) and not isinstance(options, str) else []
    matches = [LETTERED.match(text) for text in listed]
    # letters are taken off only where they are those of the places: "A. 5" is a letter, "B: vitamin" alone is not
    if all(match is not None and match[1] == letter for match, letter in zip(matches, LETTERS, strict=False)):
        listed = [LETTERED.sub("", text, count=1) for text in listed]
    told = text_of(answer).strip("().: ")
    place = LETTERS.find(told[:1].upper()) if len(told) == 1 or LETTERED.match(text_of(answer)) else -1
    if not 2 <= len(listed) <= len(LETTERS) or not all(listed) or len(set(listed)) < 2 or not 0 <= place < len(listed):
        return None
    return tuple(listed), place
