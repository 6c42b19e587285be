"""A judge forgotten: its scores leave the Run, and then all that it was asked and said."""

import shutil
from contextlib import nullcontext
from dataclasses import replace

from foveate.errors import UsageError, hint
from foveate.job.disk import naming
from foveate.job.lock import locked
from foveate.judge.plan import NAME
from foveate.judge.run import FACTS, given
from foveate.run import Run, read_run, write_scores


def forget_judge(run: Run, name: str) -> tuple[Run, list[str]]:
    """Remove a judge from a Run, also one whose folder somebody has deleted; answers and other scores stay.

    Args:
        run: that was judged.
        name: of the judge's folder: ``judge``, ``judge-NAME``, ``judge-A-or-B``.

    Returns:
        The Run as it is now, and the names of the scores that are gone.

    Raises:
        UsageError: where the Run knows no such judge.
        JobError: where it judges at this moment, or the disk refuses.
    """
    folder, judges = run.folder / name, judges_of(run)
    if not NAME.fullmatch(name) or not (name in judges or scores_of(run, name)):
        raise UsageError(f"{run.folder} has no judge {name!r}{hint(name, judges)}; it has: {', '.join(judges) or 'none'}")
    with locked(folder) if name in judges else nullcontext():
        run = read_run(run.folder)
        names = scores_of(run, name)
        run = replace(run, lines=tuple(line.without(names) for line in run.lines))
        write_scores(run)
    if name in judges:  # last: a crash on the way leaves a judge that can be forgotten again
        with naming(folder):
            shutil.rmtree(folder)
    return run, names


def judges_of(run: Run) -> list[str]:
    """Names of the folders of a Run in which judges have worked."""
    return sorted(
        folder.name
        for folder in run.folder.iterdir()
        if NAME.fullmatch(folder.name) and any((folder / name).is_file() for name in ("job.json", FACTS))
    )


def scores_of(run: Run, name: str) -> list[str]:
    """Scores whose names begin as those of a judge do, but for those that another judge of the Run gave."""
    prefix = name.replace("-", "_")
    others = {score for other in judges_of(run) if other != name for score in given(run.folder / other)}
    return [score for score in run.scored() if f"{score}_".startswith(f"{prefix}_") and score not in others]
