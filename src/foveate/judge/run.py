"""A Run judged: asked through a job in a folder of the Run, resumed by the same call, scores joined into the Run's own."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from foveate.batch.speaker import Speaker
from foveate.errors import FoveateError, JobError
from foveate.job import Item, Json, StoppedError, Tally, forget_undecided, read_job, results, run_job
from foveate.job.disk import write_whole
from foveate.judge.facts import facts_of, reasons, rounds, score_names
from foveate.judge.plan import Owed, Plan
from foveate.judge.work import DOWN, FRAMES, fell_short, make_work
from foveate.model import instructions_of
from foveate.run import Run, RunLine, read_run, write_scores
from foveate.score import Score
from foveate.score.judge import Rubric
from foveate.score.judge.judge import check_follows
from foveate.score.judge.question import WORDING
from foveate.version import VERSION

FACTS = "judge.json"
GIVE_UP_AFTER = 5
"""Items in a row without an answer: the judge is down, and the others would only wait for it."""
NOT_YET = "not judged yet; the same foveate judge goes on"


@dataclass(frozen=True)
class Judging:
    """Who judges, by what, how often: all that grades depend on."""

    speaker: Speaker
    """The model."""
    rubric: Rubric
    """What is asked."""
    repeats: int = 3
    """Rounds of every item."""
    seed: int = 0
    """Of the order of criteria."""
    max_new_tokens: int = 512
    """Longest answer."""
    frames: bool = False
    """Whether the judge looks at the clips."""

    def settings(self) -> dict[str, Json]:
        """As they stand in job.json."""
        rubric = {"name": self.rubric.name, "sha256": self.rubric.sha256, "text": self.rubric.text}
        return {
            "judge": self.speaker.name,
            "dtype": self.speaker.dtype,
            "rubric": rubric,
            "wording": WORDING,
            "repeats": self.repeats,
            "seed": self.seed,
            "max_new_tokens": self.max_new_tokens,
            "frames": FRAMES if self.frames else None,
        }


class JudgeDownError(JobError):
    """So many items in a row had no answer that the rest were not asked."""


def ask_judge(
    judging: Judging,
    items: Sequence[Item],
    folder: Path,
    *,
    workers: int = 1,
    restart: bool = False,
    again: bool = False,
    grow: bool = False,
    engine: str = "local",
    on_commit: Callable[[Tally], None] | None = None,
) -> None:
    """Put items to a judge; the same call goes on after a stop.

    Args:
        judging: who judges, and how.
        items: of ``judge_item``.
        folder: of the job; new, or its own.
        workers: processes, each with a judge of its own.
        restart: throw away what the folder holds.
        again: also ask those again that failed, or of which some round could not be read.
        grow: whether the folder's job may get further items.
        engine: of the job.
        on_commit: called with the count after every item.

    Raises:
        UsageError: for a model that cannot judge, before anything is thrown away.
        JobError: where the folder holds another judge's work, or the judge is down: what is done is kept.
        StoppedError: where it answers nobody any more; likewise.
    """
    check_follows(judging.speaker.name, instructions_of(judging.speaker.name))
    fresh = not (folder / "job.json").exists()
    try:
        run_job(
            folder,
            items,
            partial(make_work, speaker=judging.speaker),
            settings=judging.settings(),
            workers=workers,
            engine=engine,
            restart=restart,
            grow=grow,
            again=fell_short if again else False,
            on_commit=_watched(folder, on_commit or (lambda tally: None)),
        )
    except FoveateError:
        if fresh:
            forget_undecided(folder)
        raise


def judge_run(run: Run, plan: Plan, judging: Judging, **how: Any) -> tuple[Run, dict[str, Any]]:
    """Judge a Run, and write its scores anew.

    Args:
        run: with its scores.
        plan: what is asked about it.
        judging: who judges, and how.
        how: workers, restart, again, engine and on_commit, as for ``ask_judge``.

    Returns:
        The Run with the judge's scores joined in, and what ``judge.json`` holds.

    Raises:
        JobError: as for ``ask_judge``; scores are joined nevertheless, as far as it came.
        KeyboardInterrupt: for Ctrl-C; likewise.
    """
    folder = run.folder / plan.name
    if plan.items:
        try:
            ask_judge(judging, plan.items, folder, grow=True, **how)
        except (JudgeDownError, StoppedError, KeyboardInterrupt):
            if (folder / "job.json").exists():
                _join(run, plan, judging, folder)
            raise
    else:
        folder.mkdir(exist_ok=True)
    return _join(run, plan, judging, folder)


def _join(run: Run, plan: Plan, judging: Judging, folder: Path) -> tuple[Run, dict[str, Any]]:
    """Join what the judge has said so far into the Run's scores as they are now: judging takes hours, and others score too."""
    run = read_run(run.folder)
    found = {each.item: each.result for each in results(folder)} if plan.items else {}
    failed = {each.item: each.reason for each in read_job(folder).failures} if plan.items else {}
    names = score_names(plan, judging.rubric)
    gone = set(given(folder)) - set(names)  # by the rubric of before a restart

    def scores_of(line: RunLine) -> dict[str, Score]:
        if not plan.is_about(line):
            return dict.fromkeys(names, Score.unscored(reason=f"it compares {' and '.join(plan.compared or ())} only"))
        if (known := plan.known.get(line.key)) is not None:
            return dict.fromkeys(names, known)
        owed = plan.owed.get(line.key)
        return {} if owed is None else _scores(owed, found.get(owed.item), failed.get(owed.item, NOT_YET), names)

    judged = replace(run, lines=tuple(with_scores(line.without(gone), scores_of(line)) for line in run.lines))
    write_scores(judged)
    facts = {"foveate": VERSION, **judging.settings(), **facts_of(judged, plan, judging.rubric, found, failed)}
    write_facts(folder, facts)
    return judged, facts


def write_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write ``judge.json``."""
    write_whole(folder / FACTS, json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False).encode("utf-8"))


def given(folder: Path) -> list[str]:
    """Names of the scores that a judge gave, out of the ``judge.json`` of its folder; none where there is no such file."""
    try:
        return list(json.loads((folder / FACTS).read_text(encoding="utf-8"))["scores"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def with_scores(line: RunLine, scores: Mapping[str, Score]) -> RunLine:
    """A line with scores in place of those of the same names."""
    line = line.without(scores)
    values = {name: score.value for name, score in scores.items() if score.value is not None}
    lacks = {name: score.reason for name, score in scores.items() if score.value is None}
    return replace(line, scores={**line.scores, **values}, unscored={**line.unscored, **lacks})


def _scores(owed: Owed, result: Json | None, why_not: str, names: Mapping[str, str | None]) -> dict[str, Score]:
    """A line's scores: the mean over those rounds that could be read."""
    if result is None:
        return dict.fromkeys(names, Score.unscored(reason=why_not))
    scores = {}
    for name, criterion in names.items():
        read = [value for value in rounds(result, criterion) if value is not None]
        if read:
            scores[name] = Score(1.0 - fmean(read) if owed.second else fmean(read))
        else:
            scores[name] = Score.unscored(reason=reasons(result, criterion)[0])
    return scores


def _watched(folder: Path, on_commit: Callable[[Tally], None]) -> Callable[[Tally], None]:
    """The same, and an end where the judge is down."""
    failed, done, row = 0, 0, 0

    def tell(tally: Tally) -> None:
        nonlocal failed, done, row
        on_commit(tally)
        row = 0 if tally.done > done else row + (tally.failed > failed)
        failed, done = tally.failed, tally.done
        if not row or row % GIVE_UP_AFTER or not tally.left:
            return
        silent = [each.reason for each in read_job(folder).failures if each.reason.startswith(DOWN)]
        if len(silent) >= GIVE_UP_AFTER:
            raise JudgeDownError(
                f"{silent[-1].rstrip('.')}. This was so {row} times in a row, and {tally.left} items were not asked; "
                "what is done is kept, and the same command with --again goes on"
            )

    return tell
