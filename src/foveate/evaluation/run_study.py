"""A study carried out through a job that a kill cannot hurt: samples x ways of showing x models x instructions -> a Run."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from foveate.errors import JobError
from foveate.evaluation.ask import Context, make_work
from foveate.evaluation.plan import Load, Plan, loader
from foveate.evaluation.record import RUNS_OWN, write_run
from foveate.evaluation.samples import Gathered, gather_samples
from foveate.evaluation.score_run import score_run
from foveate.evaluation.study import Samples
from foveate.evaluation.table_text import write_tables
from foveate.evaluation.ways import needs
from foveate.job import Item, Json, Tally, Work, read_job, run_job
from foveate.predict import files_of
from foveate.run import Run, read_run, write_scores

JOB = "job"
MOST_AT_ONCE = 64
"""Samples of one item of the job: what a kill can cost."""


def run_study(
    plan: Plan,
    folder: Path,
    load: Load,
    *,
    workers: int = 1,
    send: bool = False,
    answers: Path | None = None,
    keep_images: bool = False,
    restart: bool = False,
    again: bool = False,
    advance: Callable[[int], None] = lambda done: None,
) -> Run:
    """Ask everything that is not answered yet, score it, write the Run and its table; run the same again after a kill.

    Args:
        plan: what is asked.
        folder: of the Run; new, or this study's own.
        load: opens a model by name; with several workers each opens its own, by the study alone.
        workers: processes side by side; 1: this one.
        send: whether images may leave this machine.
        answers: folder of answers by content; None to ask all.
        keep_images: whether the images that models were given are kept.
        restart: throw away what the folder's job has done.
        again: also ask those again that have no answer.
        advance: told how many answers are done.

    Raises:
        JobError: where the folder holds something else, or cannot be written.
        KeyboardInterrupt: for Ctrl-C; what was answered until then stands in the Run, which says that it is not complete.
    """
    check_place(folder)
    items = items_of(plan)
    place = folder.absolute()
    kept = {"answers": None if answers is None else answers.absolute(), "images": place if keep_images else None}
    here = partial(make_work, context=context_of(plan, load, **kept))
    apart = partial(make_work_apart, plan=_portable(plan), send=send, kept=kept)
    try:
        report = run_job(
            place / JOB,
            items,
            here if workers == 1 else apart,
            settings=_settings(plan),
            workers=workers,
            engine="here" if workers == 1 else "local",
            restart=restart,
            again=_unanswered if again else False,
            on_commit=_telling(items, advance),
        )
    except KeyboardInterrupt:
        if (place / JOB / "job.json").exists():
            write_run(plan, folder, items, read_job(place / JOB))
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
    if folder.exists() and not folder.is_dir():
        raise JobError(f"{folder} is a file; give a folder with -o")
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


def _portable(plan: Plan) -> Plan:
    return replace(plan, gathered=Gathered((), plan.gathered.places))


def items_of(plan: Plan) -> list[Item]:
    """Model by model, recording by recording, so that what is loaded or drawn serves all ways of showing."""
    items = []
    for m, model in enumerate(plan.speakers):
        for r, cases in enumerate(plan.gathered.recordings().values()):
            for first in range(0, len(cases), MOST_AT_ONCE):
                names = [case.name for case in cases[first : first + MOST_AT_ONCE]]
                for i, instruction in enumerate(plan.instructions):
                    for w, way in enumerate(plan.ways):
                        told = {"model": model, "shown": way.name, "instruction": instruction, "samples": names}
                        items.append(Item(f"{m}-{r}-{first}-{i}-{w}", told))
    return items


def _settings(plan: Plan) -> dict[str, Any]:
    """All that answers depend on: another study, another model or other samples are another job."""
    data = plan.study.data()
    told = {section: data[section] for section in ("samples", "show", "ask")}
    cases = [
        [case.name, case.sample.span.start_ns, case.sample.span.stop_ns, case.sample.asked, case.sample.moments_ns]
        for case in plan.gathered.cases
    ]
    return {
        "command": "evaluate",
        **told,
        "pins": {name: dict(each.pins) for name, each in plan.speakers.items()},
        "instructions": dict(plan.instructions),
        "samples asked": hashlib.sha256(json.dumps(cases).encode("utf-8", "surrogatepass")).hexdigest(),
        "files": _marks(plan.study.samples),
        "clock errors": {name: place["clock_error"] for name, place in plan.gathered.places.items() if "clock_error" in place},
    }


def _marks(samples: Samples) -> dict[str, str]:
    """Checksums of the files that views depend on."""
    files = [*files_of(samples.gaze or None), *([samples.hands] if samples.hands else [])]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}


def _unanswered(result: Json) -> bool:
    """Whether some of an item's lines have no answer."""
    return any(line["text"] is None for line in result["lines"])


def _telling(items: list[Item], advance: Callable[[int], None]) -> Callable[[Tally], None]:
    """What turns the job's counts of items into counts of answers; items are of about one size."""
    questions = sum(len(item.payload["samples"]) for item in items)
    told = 0

    def tell(tally: Tally) -> None:
        nonlocal told
        now = questions * (len(items) - tally.left) // len(items)
        advance(now - told)
        told = now

    return tell
