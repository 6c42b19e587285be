"""Lines -> a table: every arm's scores with intervals, and what the first arm adds to the others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foveate.experiment.lines import Line
from foveate.score import ABOUT, make_score
from foveate.stats import Comparison, Interval, Pair, compare, interval, interval_text, p_text

SCORE_NAMES = ("exact_match", "object_words", "rouge_l", "sbert")


@dataclass(frozen=True)
class Row:
    """One arm under one condition."""

    arm: str
    scores: dict[str, Interval]
    """Score -> mean over recordings, with its interval."""
    visual_tokens: float
    """Mean per span."""
    seconds: float
    """Mean per span."""


@dataclass(frozen=True)
class Table:
    """One condition."""

    condition: str
    recordings: int
    spans: int
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]


Values = dict[tuple[str, str], NDArray[np.float64]]
"""(arm, score) -> one value per span, NaN where unscored, spans in the same order in every arm."""


def score_lines(lines: Sequence[Line], *, names: Collection[str]) -> list[dict[str, float]]:
    """Every score of every line; NaN where there is none.

    Args:
        lines: answers beside references.
        names: object words.
    """
    # arms and seeds say the same of the same spans again and again: every pair is scored once
    pairs = sorted({(line.hypothesis, line.reference) for line in lines})
    hypotheses, references = [hypothesis for hypothesis, _ in pairs], [reference for _, reference in pairs]
    scored: list[dict[str, float]] = [{} for _ in pairs]
    for score in SCORE_NAMES:
        scorer = make_score(score, names=names) if score == "object_words" else make_score(score)
        for row, found in zip(scored, scorer(hypotheses, references), strict=True):
            row[score] = float("nan") if found.value is None else found.value
    of_pair = dict(zip(pairs, scored, strict=True))
    return [of_pair[line.hypothesis, line.reference] for line in lines]


def make_table(
    condition: str, lines: Sequence[Line], *, arms: Sequence[str], against: Sequence[str], names: Collection[str]
) -> Table:
    """The table of one condition.

    Args:
        condition: whose lines.
        lines: of all conditions and arms.
        arms: in the order of the rows.
        against: arms that the first one is compared with.
        names: object words.
    """
    of_arm, values = _scored(condition, arms, lines, names)
    recordings = _recordings(of_arm)
    table_rows = tuple(_row(arm, of_arm[arm], values, recordings) for arm in arms)
    comparisons = _compared([(arms[0], second) for second in against], values, recordings)
    return Table(condition, len(set(recordings)), len(recordings), table_rows, comparisons)


def make_pairs(
    condition: str, pairs: Sequence[tuple[str, str]], lines: Sequence[Line], *, names: Collection[str]
) -> tuple[Comparison, ...]:
    """Arms that are compared with each other, the first of a pair with the second; p corrected over the pairs of a score.

    Args:
        condition: whose lines.
        pairs: names of arms.
        lines: of all conditions and arms.
        names: object words.
    """
    if not pairs:
        return ()
    of_arm, values = _scored(condition, tuple(dict.fromkeys(arm for pair in pairs for arm in pair)), lines, names)
    return _compared(pairs, values, _recordings(of_arm))


def _compared(pairs: Sequence[tuple[str, str]], values: Values, recordings: Sequence[str]) -> tuple[Comparison, ...]:
    """Every pair by every score, p corrected over the pairs of a score."""
    found: list[Comparison] = []
    for score in SCORE_NAMES:
        told = [Pair(one, other, (values[one, score], values[other, score]), recordings) for one, other in pairs]
        found += compare(score, told)
    return tuple(found)


def _scored(
    condition: str, arms: Sequence[str], lines: Sequence[Line], names: Collection[str]
) -> tuple[dict[str, list[Line]], Values]:
    """The lines of every arm, spans in the same order, and their scores."""
    mine = [line for line in lines if line.condition == condition]
    of_arm = {arm: sorted((line for line in mine if line.arm == arm), key=lambda line: line.item) for arm in arms}
    items = [line.item for line in of_arm[arms[0]]]
    for arm, found in of_arm.items():
        assert [line.item for line in found] == items, f"arm {arm} was not asked about the same spans"
    scored = iter(score_lines([line for found in of_arm.values() for line in found], names=names))
    values: Values = {}
    for arm, found in of_arm.items():
        rows = [next(scored) for _ in found]
        for score in SCORE_NAMES:
            values[arm, score] = np.array([row[score] for row in rows])
    return of_arm, values


def _recordings(of_arm: dict[str, list[Line]]) -> list[str]:
    """Of every span."""
    return [line.recording for line in next(iter(of_arm.values()))]


def _row(arm: str, lines: Sequence[Line], values: Values, recordings: Sequence[str]) -> Row:
    scores = {score: _of_score(score, values[arm, score], recordings) for score in SCORE_NAMES}
    return Row(
        arm,
        scores,
        float(np.mean([line.visual_tokens for line in lines])),
        float(np.mean([line.seconds for line in lines])),
    )


def _of_score(score: str, values: NDArray[np.float64], recordings: Sequence[str]) -> Interval:
    about = ABOUT[score]
    return interval(values, recordings, right_or_wrong=about.right_or_wrong).within(about.low, about.high)


def pairs_markdown(pairs: Sequence[Comparison]) -> str:
    """The pairs as Markdown; nothing where there are none."""
    if not pairs:
        return ""
    lines = ["| pair | exact match | p (Holm) | object words | p (Holm) |", "|---|---|---|---|---|"]
    of = {(c.first, c.second, c.score): c for c in pairs}
    for first, second in dict.fromkeys((c.first, c.second) for c in pairs):
        cells = []
        for score in ("exact_match", "object_words"):
            found = of[first, second, score]
            cells += [interval_text(found.test.difference, signed=True), p_text(found.p_holm)]
        lines.append(f"| {first} minus {second} | {' | '.join(cells)} |")
    return "\n".join(lines)


def markdown(table: Table, *, costs: Literal["", "tokens", "tokens, seconds"] = "tokens, seconds") -> str:
    """The table as Markdown, with what every arm costs as far as it was measured."""
    columns = [f"{'visual ' * (cost == 'tokens')}{cost} a span" for cost in costs.split(", ") if cost]
    lines = [
        f"{table.spans} spans of {table.recordings} recordings; mean over recordings [95% interval].",
        "",
        "| shown | exact match | object words | ROUGE-L | SBERT |" + "".join(f" {name} |" for name in columns),
        "|---|---|---|---|---|" + "---|" * len(columns),
        *(
            f"| {row.arm} | "
            + " | ".join(interval_text(row.scores[score]) for score in SCORE_NAMES)
            + f" | {row.visual_tokens:.0f}" * ("tokens" in costs)
            + f" | {row.seconds:.2f}" * ("seconds" in costs)
            + " |"
            for row in table.rows
        ),
    ]
    if not table.comparisons:
        return "\n".join(lines)
    lines += [
        "",
        f"| {table.comparisons[0].first} minus | exact match | p (Holm) | object words | p (Holm) |",
        "|---|---|---|---|---|",
    ]
    by_score = {(c.score, c.second): c for c in table.comparisons}
    for second in dict.fromkeys(c.second for c in table.comparisons):
        exact, words = by_score["exact_match", second], by_score["object_words", second]
        lines.append(
            f"| {second} | {interval_text(exact.test.difference, signed=True)} | {p_text(exact.p_holm)} "
            f"| {interval_text(words.test.difference, signed=True)} | {p_text(words.p_holm)} |"
        )
    return "\n".join(lines)
