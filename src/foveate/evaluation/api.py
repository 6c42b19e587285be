"""``foveate.evaluate``: a study in one call."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foveate.errors import UsageError
from foveate.evaluation.plan import loader, plan_study
from foveate.evaluation.run_study import How, check_place, run_study
from foveate.evaluation.study import Study
from foveate.evaluation.study_file import read_study, study_of
from foveate.model.model import Model
from foveate.run import Run


def evaluate(
    study: Study | Mapping[str, Any] | Path | str,
    *,
    out: Path | str | None = None,
    models: Mapping[str, Model] | None = None,
    send: bool = False,
    workers: int = 1,
    answers: Path | str | None = ".cache/answers",
    keep_images: bool = False,
    restart: bool = False,
    again: bool = False,
    mix_versions: bool = False,
) -> Run:
    """Ask models about spans shown in several ways, score the answers, and write a Run; interrupted, the same call goes on.

    Args:
        study: a study file, its sections as data (docs/study.md; paths count from the current folder), or one read before.
        out: folder of the Run; None for the study's own.
        models: those that are loaded already, by the names that the study gives them.
        send: whether images may leave this machine.
        workers: processes side by side, each with its own model.
        answers: folder of answers by content, so that the same question is asked once; None to ask all.
        keep_images: whether the images that models were given are kept.
        restart: throw away what the folder holds.
        again: also ask those again that have no answer.
        mix_versions: go on with a Run that was begun with other versions of foveate or its packages; lines tell with which.

    Returns:
        The Run; lines without an answer, or without a score, have their reason.

    Raises:
        FoveateError: where something does not fit or cannot be read.
    """
    if not isinstance(study, Study):
        study = study_of(study, folder=Path.cwd()) if isinstance(study, Mapping) else read_study(study)
    folder = study.out if out is None else Path(out)
    if folder is None:
        raise UsageError("the study names no folder for the Run; give out")
    if models and workers > 1:
        raise UsageError(f"a model that is loaded answers in this process: workers must be 1, got {workers}")
    check_place(folder)
    load = loader(study, send=send, models=models)
    how = How(
        workers=workers,
        send=send,
        answers=None if answers is None else Path(answers),
        keep_images=keep_images,
        restart=restart,
        again=again,
        mix_versions=mix_versions,
    )
    return run_study(plan_study(study, load, send=send), folder, load, how)
