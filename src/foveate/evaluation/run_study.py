"""A study carried out through a job that a kill cannot hurt: samples x ways of showing x models x instructions -> a Run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from foveate.errors import JobError
from foveate.evaluation.ask import Context, make_work
from foveate.evaluation.going_on import check_going_on, unanswered
from foveate.evaluation.items import items_of, settings_of
from foveate.evaluation.plan import Load, Plan, loader
from foveate.evaluation.record import RUNS_OWN, write_run
from foveate.evaluation.samples import Gathered, gather_samples
from foveate.evaluation.score_run import score_run
from foveate.evaluation.table_text import write_tables
from foveate.evaluation.ways import needs
from foveate.job import Item, Json, MakeWork, StoppedError, Tally, Work, read_job, run_job
from foveate.run import Run, read_run, write_scores
from foveate.run.run import JOB


@dataclass(frozen=True, kw_only=True)
class How:
    """How a study is carried out; no answer depends on it."""

    workers: int = 1
    """Processes side by side; 1: this one."""
    send: bool = False
    """Whether images may leave this machine."""
    answers: Path | None = None
    """Folder of answers by content; None to ask all."""
    keep_images: bool = False
    """Whether the images that models were given are kept."""
    restart: bool = False
    """Throw away what the folder's job has done."""
    again: bool = False
    """Also ask those again that have no answer."""
    mix_versions: bool = False
    """Go on with a Run that was begun with other versions of foveate or its packages."""


def run_study(
    plan: Plan, folder: Path, load: Load, how: How = How(), *, advance: Callable[[int], None] = lambda done: None
) -> Run:
    """Ask everything that is not answered yet, score it, write the Run and its table; run the same again after a kill.

    Args:
        plan: what is asked.
        folder: of the Run; new, or this study's own.
        load: opens a model by name; with several workers each opens its own, by the study alone.
        how: with how many workers, and what is kept.
        advance: told how many answers are done.

    Raises:
        JobError: where the folder holds something else, or a Run of other versions or recordings, or cannot be written.
        StoppedError: where a model answers nobody any more; what was answered until then stands in the Run, which says that
            it is not complete.
        KeyboardInterrupt: for Ctrl-C; likewise.
    """
    check_place(folder)
    place, items = folder.absolute(), items_of(plan)
    if not how.restart:
        check_going_on(plan, place / JOB, again=how.again, mix_versions=how.mix_versions)
    try:
        report = run_job(
            place / JOB,
            items,
            _work(plan, place, load, how),
            settings=settings_of(plan),
            workers=how.workers,
            engine="here" if how.workers == 1 else "local",
            restart=how.restart,
            again=unanswered if how.again else False,
            on_commit=_telling(items, advance),
        )
    except (StoppedError, KeyboardInterrupt) as stop:
        if (place / JOB / "job.json").exists():
            write_run(plan, folder, items, read_job(place / JOB))
        if isinstance(stop, StoppedError):
            told = sum(line.text is not None for line in read_run(folder).lines)
            raise StoppedError(stop.reason, f"{told:,} of {plan.questions:,} answers are in {folder}") from None
        raise
    write_run(plan, folder, items, report)
    run = score_run(read_run(folder), plan.study.score)
    write_scores(run)
    write_tables(run)
    return run


def check_place(folder: Path) -> None:
    """Refuse a folder that holds anything but a Run.

    Raises:
        JobError: saying what stands there.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise JobError(f"{there} is a file; give a folder with -o")
    inside = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if inside and not (folder / JOB).is_dir() and set(inside) - set(RUNS_OWN):
        raise JobError(f"{folder} is not empty and holds no Run (found: {', '.join(inside[:4])}); give a new folder with -o")


def context_of(plan: Plan, load: Load, *, answers: Path | None, images: Path | None) -> Context:
    """What the work needs of a plan."""
    return Context(
        cases={case.name: case for case in plan.gathered.cases},
        places=plan.gathered.places,
        ways={way.name: way for way in plan.ways},
        donors=plan.donors,
        budgets={name: speaker.budget for name, speaker in plan.speakers.items()},
        pins={name: speaker.pins for name, speaker in plan.speakers.items()},
        versions=plan.pins,
        max_new_tokens=plan.study.ask.max_new_tokens,
        batch=plan.study.ask.batch,
        load=load,
        answers=answers,
        images=images,
    )


def make_work_apart(settings: Mapping[str, Json], *, plan: Plan, send: bool, kept: Mapping[str, Path | None]) -> Work:
    """The same work in a process of its own, which gathers the samples again: open recordings do not travel."""
    gathered = gather_samples(plan.study.samples, **needs(plan.ways), known=plan.gathered.places)
    whole = replace(plan, gathered=gathered)
    return make_work(settings, context=context_of(whole, loader(plan.study, send=send), **kept))


def _work(plan: Plan, place: Path, load: Load, how: How) -> MakeWork:
    """What works on an item: in this process, or what makes it in another."""
    kept = {
        "answers": None if how.answers is None else how.answers.absolute(),
        "images": place if how.keep_images else None,
    }
    if how.workers == 1:
        return partial(make_work, context=context_of(plan, load, **kept))
    portable = replace(plan, gathered=Gathered((), plan.gathered.places))
    return partial(make_work_apart, plan=portable, send=how.send, kept=kept)


def _telling(items: Sequence[Item], advance: Callable[[int], None]) -> Callable[[Tally], None]:
    """What turns the job's counts of items into counts of answers; items are of about one size."""
    questions = sum(len(item.payload["samples"]) for item in items)
    told = 0

    def tell(tally: Tally) -> None:
        nonlocal told
        now = questions * (len(items) - tally.left) // len(items)
        advance(now - told)
        told = now

    return tell
