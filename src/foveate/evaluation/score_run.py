"""The answers of a Run scored against their references, metric by metric, without any model that was asked."""

from dataclasses import replace

from foveate.errors import UsageError
from foveate.evaluation.study import Scoring
from foveate.run import Run
from foveate.run.line import RunLine
from foveate.score import SCORES, Score, about, make_score, score_texts, signature_of

NO_REFERENCE, NO_ANSWER = "the sample has no reference", "there is no answer"


def check_metrics(told: Scoring) -> dict[str, str]:
    """Refuse metrics that cannot be computed here, before anything is asked; what pins each of the others.

    Args:
        told: the section of the study file.

    Raises:
        UsageError: for a metric that there is not, or an option that does not fit.
        MissingExtraError: where a metric needs a package that is not installed.
    """
    for metric in told.metrics:
        make_score(metric, **told.options(metric))
    return {metric: signature_of(metric, **told.options(metric)) for metric in told.metrics}


def score_run(run: Run, told: Scoring) -> Run:
    """The same Run with its lines scored; what cannot be scored has a reason.

    Scores of ours that the study names no more go: nothing of it says how they were computed. Those of judges and people stay.

    Args:
        run: lines with answers.
        told: which metrics, with what.

    Raises:
        UsageError: for a metric that there is not.
        MissingExtraError: where a metric needs a package that is not installed.
    """
    dropped = set(SCORES) - set(told.metrics)
    lines = tuple(line.without(dropped) for line in run.lines)
    for metric in told.metrics:
        needs = about(metric).needs
        lacks = [_lack(line, needs) for line in lines]
        given = [line for line, lack in zip(lines, lacks, strict=True) if not lack]
        found = iter(_scores(metric, given, told) if given else [])
        scores = [Score.unscored(reason=lack) if lack else next(found) for lack in lacks]
        lines = tuple(_with(line, metric, score) for line, score in zip(lines, scores, strict=True))
    return replace(run, lines=lines)


def scoring_of(run: Run) -> Scoring:
    """How a Run was scored, out of its own facts.

    Raises:
        UsageError: where it does not tell.
    """
    try:
        told = run.facts["study"]["score"]
        return Scoring(
            metrics=tuple(told["metrics"]), object_names=tuple(told["object_names"]), sbert_model=str(told["sbert_model"])
        )
    except (KeyError, TypeError) as error:
        raise UsageError(f"{run.folder} does not tell how it was scored; evaluate its study again") from error


def _scores(metric: str, lines: list[RunLine], told: Scoring) -> list[Score]:
    return score_texts(
        metric,
        [line.text for line in lines],
        [line.references for line in lines],
        choices=[line.choices for line in lines],
        answers=[line.answer for line in lines],
        objects=[line.objects or None for line in lines],
        **told.options(metric),
    )


def _lack(line: RunLine, needs: tuple[str, ...]) -> str:
    """Why a line cannot be scored; empty where it can."""
    if line.text is None:
        return f"{NO_ANSWER}: {line.reason}"
    if "references" in needs and not any(reference.strip() for reference in line.references):
        return NO_REFERENCE
    return ""


def _with(line: RunLine, metric: str, score: Score) -> RunLine:
    line = line.without({metric})
    if score.value is None:
        return replace(line, unscored={**line.unscored, metric: score.reason})
    return replace(line, scores={**line.scores, metric: score.value})
