"""The answers as they stand, read from the store: one row per rater, page, question and description."""

from collections.abc import Sequence
from dataclasses import dataclass

from foveate.study.config import LIKERT
from foveate.study.store import Store, unpacked


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a rater last said about one question of one page."""

    rater: str
    place: int
    """Of the page among the rater's own."""
    kind: str
    """rated, training or check."""
    done: bool
    """Whether they went on from that page; one that was left open does not count."""
    sample: str
    recording: str
    cluster: str
    """Participant, or recording where nobody told."""
    category: str
    conditions: tuple[str, ...]
    """Of the page, from left to right."""
    question: str
    description: int
    """Which text, from the left; -1 where a side is chosen."""
    value: str
    """left, right, tie, or a point of the scale."""
    expected: str
    """Of a check."""
    seconds: float
    """From when the page was shown to the last click on it, by the rater's clock."""
    clicks: int
    """How often this was answered."""
    at_ms: int
    """When it was stored, since 1970."""

    @property
    def chosen(self) -> str:
        """The condition that was chosen or rated; empty for a tie."""
        if self.description >= 0:
            return self.conditions[self.description]
        return {"left": self.conditions[0], "right": self.conditions[-1]}.get(self.value, "")


def read_answers(store: Store) -> list[Answered]:
    """All answers, in the order of raters and pages."""
    rows = store.rows(
        "SELECT named_raters.name AS rater, answers.place, kind, done, sample, recording, cluster, category, conditions, texts,"
        " question, description, value, expected, since_ms / 1000.0 AS seconds, clicks, at_ms FROM answers"
        " JOIN told_pages USING (rater, place) JOIN named_raters ON named_raters.id = answers.rater"
        " ORDER BY answers.rater, answers.place, question, description"
    )
    return [_answered(unpacked(row)) for row in rows]


def _answered(row: dict[str, object]) -> Answered:
    row.pop("texts")
    return Answered(**{**row, "conditions": tuple(row["conditions"]), "done": bool(row["done"])})  # type: ignore[arg-type]


def passed(answers: Sequence[Answered], mode: str) -> bool:
    """Whether a page that checks attention was answered as it asks.

    Args:
        answers: all of that page.
        mode: of the study.
    """
    expected = answers[0].expected
    if mode == LIKERT and len(answers[0].conditions) > 1:
        means = [_mean([int(each.value) for each in answers if each.description == place]) for place in (0, 1)]
        return means[int(expected)] > means[1 - int(expected)]
    return all(each.value == expected for each in answers)


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)
