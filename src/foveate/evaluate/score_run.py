"""The answers of a Run scored against their references, metric by metric, without any model that was asked."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from foveate.run import Run
from foveate.run.line import RunLine
from foveate.score import Score, make_score

NO_REFERENCE, NO_ANSWER = "the sample has no reference", "there is no answer"


def options_of(metric: str, object_names: Iterable[str]) -> dict[str, Any]:
    """What a score takes beside the texts."""
    if metric != "object_words":
        return {}
    from foveate.toykitchen.words import COLOURS, KINDS, SURFACES

    return {"names": set(object_names) or {*COLOURS, *KINDS, *SURFACES}}


def score_run(run: Run, metrics: Iterable[str], *, object_names: Iterable[str] = ()) -> Run:
    """The same Run with its lines scored; what cannot be scored has a reason.

    Args:
        run: lines with answers.
        metrics: names of SCORES.
        object_names: words that count for scores of objects.

    Raises:
        UsageError: for a metric that there is not.
        MissingExtraError: where a metric needs a package that is not installed.
    """
    names = tuple(object_names)
    lines = list(run.lines)
    for metric in metrics:
        scorer = make_score(metric, **options_of(metric, names))
        given = [line for line in lines if not _lack(line)]
        found = scorer([line.text or "" for line in given], [line.references[0] for line in given])
        of = dict(zip((line.key for line in given), found, strict=True))
        lines = [_with(line, metric, of.get(line.key) or Score.unscored(reason=_lack(line))) for line in lines]
    return replace(run, lines=tuple(lines))


def _lack(line: RunLine) -> str:
    """Why a line cannot be scored; empty where it can."""
    if line.text is None:
        return f"{NO_ANSWER}: {line.reason}"
    return "" if any(reference.strip() for reference in line.references) else NO_REFERENCE


def _with(line: RunLine, metric: str, score: Score) -> RunLine:
    scores = {name: value for name, value in line.scores.items() if name != metric}
    unscored = {name: reason for name, reason in line.unscored.items() if name != metric}
    if score.value is None:
        return replace(line, scores=scores, unscored={**unscored, metric: score.reason})
    return replace(line, scores={**scores, metric: score.value}, unscored=unscored)
