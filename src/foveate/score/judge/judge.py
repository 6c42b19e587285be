"""A model as a judge: grades by a rubric, and which of two descriptions is better, asked several times."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from foveate.errors import ModelError, UsageError
from foveate.model.model import Answer, Model, Prompt, or_gone
from foveate.score.judge.question import Case, compare_prompt, grade_prompt
from foveate.score.judge.reading import UnreadableError, read_better, read_grades
from foveate.score.judge.rubric import Rubric
from foveate.score.score import Score

Preferred = Literal["first", "second", "tie"]
WORTH: dict[Preferred, float] = {"first": 1.0, "tie": 0.5, "second": 0.0}
"""What a verdict counts for the first of two."""


@dataclass(frozen=True)
class Exchange:
    """One question to a judge and what came back."""

    asked: str
    """All words of the prompt."""
    answered: str | None
    """The judge's words; None where it gave none."""
    reason: str = ""
    """Why it gave none."""
    notes: tuple[str, ...] = ()
    """What the model's file had to do: asked again, cut at so many tokens."""
    provenance: Mapping[str, str] = field(default_factory=dict)
    """What pins the judge."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    total_s: float | None = None
    """Seconds from the request to the last token; of the whole batch, where it was one of several."""

    @classmethod
    def of(cls, prompt: Prompt, came: Answer | ModelError) -> "Exchange":
        if isinstance(came, ModelError):
            return cls(prompt.text, None, str(came))
        usage = came.usage
        return cls(
            *(prompt.text, came.text, "", came.notes, came.provenance),
            *(usage.prompt_tokens, usage.output_tokens, came.total_s),
        )


@dataclass(frozen=True)
class Graded:
    """One round of grades."""

    exchange: Exchange
    scores: Mapping[str, Score]
    """Criterion -> its grade, or why there is none."""


@dataclass(frozen=True)
class Compared:
    """One round of a comparison: both orders."""

    forth: Exchange
    """The first description stood as A."""
    back: Exchange
    """The second stood as A."""
    by_order: tuple[Preferred | None, Preferred | None]
    """What each order came to; None where it could not be read."""
    reason: str = ""
    """Why there is no verdict."""

    @property
    def verdict(self) -> Preferred | None:
        """Who won in both orders; a tie where the orders disagree.

        Source: Zheng et al. 2023 (arXiv 2306.05685), section 3.4, the conservative of their two ways.
        """
        forth, back = self.by_order
        if forth is None or back is None:
            return None
        return forth if forth == back else "tie"

    @property
    def steady(self) -> bool | None:
        """Whether both orders came to the same; None where one could not be read."""
        return None if None in self.by_order else self.by_order[0] == self.by_order[1]

    @property
    def score(self) -> Score:
        """What it counts for the first: 1, 0.5 for a tie, 0."""
        verdict = self.verdict
        return Score.unscored(reason=self.reason) if verdict is None else Score(WORTH[verdict])


def check_follows(name: str, instructions: Mapping[str, str]) -> None:
    """Refuse a model that cannot judge.

    Args:
        name: of the model.
        instructions: the only wordings that it understands; empty where it takes any.

    Raises:
        UsageError: for one that does not follow instructions.
    """
    if instructions:
        raise UsageError(
            f"{name} understands only its own prompts and cannot judge; give a model that follows instructions, "
            "such as openai:MODEL@URL or hf:ID"
        )


@dataclass(frozen=True)
class Judge:
    """Who judges, by what, how often."""

    model: Model
    """Any model that follows instructions; served ones answer at temperature 0 where they let themselves be told."""
    rubric: Rubric
    """What is asked."""
    repeats: int = 1
    """Rounds; from the second on the criteria stand in an order that is drawn."""
    seed: int = 0
    """Of those orders."""
    max_new_tokens: int = 512
    """Longest answer, thoughts included."""

    def __post_init__(self) -> None:
        if self.repeats < 1 or self.max_new_tokens < 1:
            raise UsageError(
                f"a judge is asked at least once for at least one token, got {self.repeats} and {self.max_new_tokens}"
            )
        check_follows(self.model.name, self.model.instructions)

    def orders(self) -> list[list[int]]:
        """Places of the criteria for each round: the rubric's own order first, then drawn ones.

        A local judge answers the same words in the same way for ever: so its repeats tell how much hangs on what should not.
        """
        rng = random.Random(self.seed)
        places = list(range(len(self.rubric.criteria)))
        return [places] + [rng.sample(places, len(places)) for _ in range(self.repeats - 1)]

    def grade(self, case: Case, text: str) -> list[Graded]:
        """Grade one description in every round.

        Raises:
            UsageError: where there is nothing to judge by.
            ServerGoneError: where the judge answers nobody any more.
        """
        _check(case)
        limit = self.max_new_tokens
        prompts = [grade_prompt(self.rubric, case, text, order=order, max_new_tokens=limit) for order in self.orders()]
        return [self._graded(exchange) for exchange in self._ask(prompts)]

    def compare(self, case: Case, first: str, second: str) -> list[Compared]:
        """Compare two descriptions in every round, each in both orders.

        Raises:
            UsageError: where there is nothing to judge by.
            ServerGoneError: where the judge answers nobody any more.
        """
        _check(case)
        limit = self.max_new_tokens
        both = [compare_prompt(self.rubric, case, a, b, max_new_tokens=limit) for a, b in ((first, second), (second, first))]
        exchanges = self._ask(both * self.repeats)
        return [_compared(forth, back) for forth, back in zip(exchanges[::2], exchanges[1::2], strict=True)]

    def _ask(self, prompts: Sequence[Prompt]) -> list[Exchange]:
        return [Exchange.of(prompt, came) for prompt, came in zip(prompts, or_gone(self.model.answers(prompts)), strict=True)]

    def _graded(self, exchange: Exchange) -> Graded:
        if exchange.answered is None:
            missing = Score.unscored(reason=exchange.reason)
            return Graded(exchange, dict.fromkeys((each.name for each in self.rubric.criteria), missing))
        scores = read_grades(exchange.answered, self.rubric)
        return Graded(exchange, {name: _cut(score, exchange) for name, score in scores.items()})


def _compared(forth: Exchange, back: Exchange) -> Compared:
    found: list[Preferred | None] = []
    reasons = []
    for exchange, names in ((forth, ("first", "second")), (back, ("second", "first"))):
        try:
            if exchange.answered is None:
                raise UnreadableError(exchange.reason)
            found.append({"A": names[0], "B": names[1], "tie": "tie"}[read_better(exchange.answered)])  # type: ignore[arg-type]
        except UnreadableError as error:
            found.append(None)
            reasons.append(f"{error}{_limit(exchange)}")
    return Compared(forth, back, (found[0], found[1]), "; ".join(dict.fromkeys(reasons)))


def _cut(score: Score, exchange: Exchange) -> Score:
    return score if score.value is not None else Score.unscored(reason=f"{score.reason}{_limit(exchange)}")


def _limit(exchange: Exchange) -> str:
    """What the model's file says of an answer that was too long."""
    cuts = [note for note in exchange.notes if note.startswith("cut at")]
    return f" ({cuts[0]}; raise --max-new-tokens)" if cuts else ""


def _check(case: Case) -> None:
    if case.lacks:
        raise UsageError(f"there is {case.lacks}")
