"""A number, or the reason why there is none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foveate.errors import UsageError


@dataclass(frozen=True)
class Score:
    """How good one answer is by one measure."""

    value: float | None
    """The number; None where there is none."""
    reason: str = ""
    """Why there is none."""

    def __post_init__(self) -> None:
        if (self.value is None) != bool(self.reason):
            raise UsageError(f"a score has a value or a reason why not, got value {self.value} and reason {self.reason!r}")

    @classmethod
    def unscored(cls, *, reason: str) -> "Score":
        """Missing, which is not zero."""
        return cls(None, reason)


Scorer = Callable[[Sequence[str], Sequence[str]], list[Score]]
"""Hypotheses and references, one of each per item -> one Score per item."""


def paired(hypotheses: Sequence[str], references: Sequence[str]) -> list[tuple[str, str]]:
    """Hypotheses with their references.

    Raises:
        UsageError: where there are not as many of one as of the other.
    """
    if len(hypotheses) != len(references):
        raise UsageError(f"one reference per hypothesis is needed, got {len(hypotheses)} and {len(references)}")
    return list(zip(hypotheses, references, strict=True))
