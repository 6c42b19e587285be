"""A number, or the reason why there is none."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from foveate.errors import UsageError


@dataclass(frozen=True)
class Score:
    """How good one answer is by one measure."""

    value: float | None
    """The number, finite; None where there is none."""
    reason: str = ""
    """Why there is none."""

    def __post_init__(self) -> None:
        if (self.value is None) != bool(self.reason):
            raise UsageError(f"a score has a value or a reason why not, got value {self.value} and reason {self.reason!r}")
        if self.value is not None and not math.isfinite(self.value):
            raise UsageError(f"a score is a finite number, got {self.value}; where there is none: Score.unscored(reason=...)")

    @classmethod
    def unscored(cls, *, reason: str) -> "Score":
        """Missing, which is not zero."""
        return cls(None, reason)


References = Sequence[str | Sequence[str]]
"""Per item one reference, or several of which the best counts; a blank one is none."""
Scorer = Callable[[Sequence[str], References], list[Score]]
"""Hypotheses and the references of each -> one Score per item."""
NO_REFERENCE = "there is no reference"


def paired(hypotheses: Sequence[str], references: References) -> list[tuple[str, tuple[str, ...]]]:
    """Hypotheses, each with its references that are not blank.

    Raises:
        UsageError: where there are not as many of one as of the other, or one is no text.
    """
    listed("hypotheses", hypotheses)
    listed("references", references)
    if len(hypotheses) != len(references):
        raise UsageError(f"one reference per hypothesis is needed, got {len(hypotheses)} and {len(references)}")
    return [
        (_text("hypothesis", place, hypothesis), _texts(place, told))
        for place, (hypothesis, told) in enumerate(zip(hypotheses, references, strict=True))
    ]


def listed(what: str, given: object) -> None:
    """Check that something is no text where a list of texts is needed: each of its letters would be one.

    Raises:
        UsageError: where it is.
    """
    if isinstance(given, str):
        raise UsageError(f"texts are scored in lists, got the text {given!r} as {what}; write [{given!r}]")


def for_each(hypotheses: Sequence[str], references: References, score: Callable[[str, tuple[str, ...]], Score]) -> list[Score]:
    """Score every item that has a reference; the others are unscored."""
    return [
        score(hypothesis, told) if told else Score.unscored(reason=NO_REFERENCE)
        for hypothesis, told in paired(hypotheses, references)
    ]


def _texts(place: int, told: object) -> tuple[str, ...]:
    several = told if isinstance(told, Iterable) and not isinstance(told, str) else (told,)
    return tuple(text for each in several if (text := _text("reference", place, each)).strip())


def _text(what: str, place: int, given: object) -> str:
    if not isinstance(given, str):
        raise UsageError(f"{what} {place} is no text: {given!r}; where there is none, give '' (score_texts also takes None)")
    return given
