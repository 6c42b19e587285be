"""A Run -> its table: every way of showing with its scores, floors, tokens and seconds, as data."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from foveate.evaluation.floors import Floors, floors_of
from foveate.evaluation.group import Group, about_score, groups, values
from foveate.run import Run, RunLine
from foveate.score import CorpusBleu, corpus_bleu
from foveate.stats import Interval, interval

FEWEST_FOR_P95 = 20
"""Of fewer numbers the 95th percentile is about their largest, and no more than chance."""
Middle = tuple[float, float | None]
"""Median and 95th percentile; of few numbers no 95th percentile."""


@dataclass(frozen=True)
class Costs:
    """What the answers took, over the samples that have one; None where the model does not tell.

    Seconds are of the answers that were asked for: those that were already known took none here.
    """

    visual_tokens: float | None
    """Mean per sample."""
    output_tokens: float | None
    """Mean per sample."""
    model_s: float | None
    """Mean per sample: its share of the seconds that the model worked."""
    first_token_s: Middle | None
    """Median and 95th percentile of the seconds to the first token."""
    total_s: Middle | None
    """Median and 95th percentile of the seconds to the last token, of the whole batch where there was one."""
    known: int
    """Answers that were already known."""


@dataclass(frozen=True)
class Row:
    """One way of showing."""

    shown: str
    samples: int
    """That were asked about."""
    answered: int
    """That have an answer."""
    clusters: int
    """Participants or recordings that they come from."""
    scores: Mapping[str, Interval]
    """Score -> mean over clusters with its interval; over no cluster where nothing was scored."""
    unscored: Mapping[str, Mapping[str, int]]
    """Score -> reason -> samples that have none."""
    costs: Costs
    frames: int
    """That were shown."""
    stood_in: int
    """Of these, frames whose aim stood in for gaze that was not there."""
    is_floor: bool = False
    """Whether nobody was asked: a text that knows nothing of the clip was scored."""

    @property
    def untimed(self) -> str:
        """What stands in the place of seconds that there are none of."""
        return "known" if self.answered and self.costs.known == self.answered else "not told"


@dataclass(frozen=True)
class Table:
    """One model asked with one instruction."""

    model: str
    instruction: str
    unit: str
    """What a cluster is: participant or recording."""
    samples: int
    clusters: int
    scores: tuple[str, ...]
    """Columns."""
    rows: tuple[Row, ...]
    """Ways of showing, in the order of the Run; then the floors."""
    no_floor: Mapping[str, str]
    """Score -> why its floor could not be had here."""
    of_category: Mapping[str, tuple[Row, ...]]
    """Category -> the same rows over its samples only; empty where there is at most one category."""
    corpus_bleu: Mapping[str, CorpusBleu] = field(default_factory=dict)
    """Way of showing or floor -> BLEU over all its answers together; empty where BLEU was not asked for."""


def make_tables(run: Run) -> list[Table]:
    """One table for every model and instruction of a Run; scores are joined in already (``read_run``)."""
    return [table_of(run, group, tuple(run.scored())) for group in groups(run.lines)]


def table_of(run: Run, group: Group, scores: tuple[str, ...]) -> Table:
    """The table of a group of lines, floors included.

    Args:
        run: says how its scores were computed.
        group: whose lines; of two Runs, those of either under names of their own.
        scores: columns.
    """
    categories, floors = group.categories, floors_of(run, group, scores)
    return Table(
        group.model,
        group.instruction,
        group.unit,
        len(group.clusters),
        len(set(group.clusters.values())),
        scores,
        _rows(group, floors, scores, None),
        floors.lacking,
        {category: _rows(group, floors, scores, category) for category in categories} if len(categories) > 1 else {},
        _corpus_bleu({**group.shown, **floors.lines}) if "bleu" in scores else {},
    )


def _corpus_bleu(arms: Mapping[str, Mapping[str, RunLine]]) -> dict[str, CorpusBleu]:
    """Of the samples that BLEU is known of one by one."""
    scored = {name: [line for line in lines.values() if "bleu" in line.scores] for name, lines in arms.items()}
    return {
        name: corpus_bleu([line.text or "" for line in lines], [line.references for line in lines])
        for name, lines in scored.items()
        if lines
    }


def _rows(group: Group, floors: Floors, scores: Sequence[str], category: str | None) -> tuple[Row, ...]:
    """Ways of showing and floors, over the samples of a category; over all where it is None."""
    shown, below = (
        {name: {sample: line for sample, line in of.items() if category in (None, line.category)} for name, of in arms.items()}
        for arms in (group.shown, floors.lines)
    )
    return rows_of(shown, group.clusters, scores) + rows_of(below, group.clusters, scores, are_floors=True)


def rows_of(
    arms: Mapping[str, Mapping[str, RunLine]],
    clusters: Mapping[str, str],
    scores: Sequence[str],
    *,
    are_floors: bool = False,
) -> tuple[Row, ...]:
    """One row for every arm that has a line.

    Args:
        arms: name -> sample -> line.
        clusters: sample -> participant or recording.
        scores: columns.
        are_floors: whether nobody was asked.
    """
    return tuple(_row(name, lines, clusters, scores, is_floor=are_floors) for name, lines in arms.items() if lines)


def _row(
    shown: str, lines: Mapping[str, RunLine], clusters: Mapping[str, str], scores: Iterable[str], *, is_floor: bool
) -> Row:
    names, told = list(lines), list(lines.values())
    mine = [clusters[name] for name in names]
    return Row(
        shown,
        len(told),
        sum(line.text is not None for line in told),
        len(set(mine)),
        {score: _interval(score, lines, names, mine) for score in scores},
        {
            score: reasons
            for score in scores
            if (reasons := Counter(_why(line, score) for line in told if score not in line.scores))
        },
        costs(told),
        sum(len(line.frames) for line in told),
        sum(line.stood_in for line in told),
        is_floor,
    )


def _interval(score: str, lines: Mapping[str, RunLine], names: Sequence[str], clusters: Sequence[str]) -> Interval:
    about = about_score(score)
    found = interval(values(lines, score, names), clusters, right_or_wrong=about.right_or_wrong)
    return found.within(about.low, about.high)


def _why(line: RunLine, score: str) -> str:
    return line.unscored.get(score) or ("not scored yet" if line.reason is None else f"no answer: {line.reason}")


def costs(lines: Sequence[RunLine]) -> Costs:
    """What the answers of some lines took."""
    told = [line for line in lines if line.text is not None]
    return Costs(
        _mean(line.visual_tokens for line in told),
        _mean(line.output_tokens for line in told),
        _mean(line.model_s for line in told),
        _middle(line.first_token_s for line in told),
        _middle(line.total_s for line in told),
        sum(line.known for line in told),
    )


def _mean(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return float(np.mean(known)) if known else None


def _middle(numbers: Iterable[float | None]) -> Middle | None:
    known = [number for number in numbers if number is not None]
    if not known:
        return None
    return float(np.median(known)), float(np.percentile(known, 95)) if len(known) >= FEWEST_FOR_P95 else None
