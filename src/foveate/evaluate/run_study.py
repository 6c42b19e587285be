"""A study carried out: samples x ways of showing x models x instructions -> a Run, through a job that a kill cannot hurt."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from foveate.description.description import notice_of
from foveate.errors import JobError, UsageError
from foveate.evaluate.ask import OWN, Context, blank_line, make_work, question_of
from foveate.evaluate.budgets import Budget, budget_for, tokens_of_ways
from foveate.evaluate.pins import pins
from foveate.evaluate.samples import Case, Gathered, gather_samples
from foveate.evaluate.score_run import options_of, score_run
from foveate.evaluate.study import Study
from foveate.evaluate.treat import donors_of
from foveate.evaluate.ways import Way, ways_of
from foveate.job import Item, Report, Tally, results, run_job
from foveate.job.disk import write_whole
from foveate.job.item import to_json
from foveate.model import load_model
from foveate.model.cache import pins_of
from foveate.model.model import Model
from foveate.run import Run, read_run, write_scores
from foveate.run.line import Key
from foveate.run.run import FORMAT, LINES, RUN
from foveate.score import make_score

JOB = "job"
MOST_AT_ONCE = 64
"""Samples of one item of the job: what a kill can cost."""


@dataclass(frozen=True)
class Plan:
    """Everything decided about a study; nothing decoded or asked yet."""

    study: Study
    gathered: Gathered
    ways: tuple[Way, ...]
    donors: Mapping[str, str]
    """Recording -> whose gaze stands in where gaze is shuffled; empty where it is not."""
    instructions: Mapping[str, str]
    """Name of each instruction -> its words, as the first model gets them; of ``own`` those of the first sample."""
    models: Mapping[str, Mapping[str, Any]]
    """Model -> what is known of it: whether it is a toy, whether images leave this machine, what pins it."""
    budgets: Mapping[str, Budget]
    """Model -> what a frame may cost."""
    frame_tokens: Mapping[str, Mapping[str, int | None]]
    """Model -> way of showing -> visual tokens of a frame of the first recording."""
    load: Callable[[str], Model]
    """Opens a model by name."""

    @property
    def questions(self) -> int:
        """How many answers there will be."""
        return len(self.gathered.cases) * len(self.ways) * len(self.models) * len(self.instructions)


def loader(study: Study, *, send: bool, models: Mapping[str, Model] | None = None) -> Callable[[str], Model]:
    """What opens a study's models by name: those that are given, others as the study says.

    Args:
        study: names them, their device and dtype.
        send: whether images may leave this machine.
        models: those that are loaded already.
    """
    options = {key: value for key, value in (("device", study.ask.device), ("dtype", study.ask.dtype)) if value != "auto"}
    return partial(_load, given=dict(models or {}), send=send, options=options, batch=study.ask.batch)


def _load(name: str, *, given: Mapping[str, Model], send: bool, options: Mapping[str, str], batch: int) -> Model:
    if name in given:
        return given[name]
    more = {"batch_size": batch} if name == "builtin" else {}
    return load_model(name, send=send, **options, **more)


def plan_study(study: Study, load: Callable[[str], Model]) -> Plan:
    """Decide everything, and refuse what cannot be.

    Args:
        study: what is asked for.
        load: opens a model by name.

    Raises:
        FoveateError: for what does not fit, before anything is asked.
    """
    ways = ways_of(study.show)
    for metric in study.score.metrics:
        make_score(metric, **options_of(metric, study.score.object_names))
    gathered = gather_samples(study.samples, with_gaze=any(way.uses_gaze for way in ways))
    shuffled = any(way.gaze.shuffled for way in ways)
    donors = donors_of(list(gathered.places), seed=study.show.seed) if shuffled else {}
    first = gathered.cases[0]
    frame_px, camera = first.sample.recording.scene.size_px, first.sample.recording.camera
    known: dict[str, dict[str, Any]] = {}
    budgets: dict[str, Budget] = {}
    tokens: dict[str, Mapping[str, int | None]] = {}
    words: dict[str, str] = {}
    for name in study.ask.models:
        model = load(name)
        if model.is_remote and not getattr(model, "sends", True):
            raise UsageError(f"{name} runs elsewhere and images leave this machine only with --send")
        for instruction in study.ask.instructions or (OWN,):
            text = question_of(first, instruction, model).text
            words.setdefault(instruction, text)
        budgets[name] = budget_for(model, study.show, frame_px=frame_px, camera=camera)
        tokens[name] = tokens_of_ways(ways, model, budgets[name], frame_px=frame_px, camera=camera)
        known[name] = {
            "toy": model.is_toy,
            "images_left_this_machine": model.is_remote,
            "pins": pins_of(model),
            "notice": notice_of(model, first.sample.recording),
        }
    return Plan(study, gathered, tuple(ways), donors, words, known, budgets, tokens, load)


def run_study(
    plan: Plan,
    folder: Path,
    *,
    workers: int = 1,
    answers: Path | None = None,
    keep_images: bool = False,
    restart: bool = False,
    again: bool = False,
    advance: Callable[[int], None] = lambda done: None,
) -> Run:
    """Ask everything that is not answered yet, score it, and write the Run; run the same again after a kill.

    Args:
        plan: what is asked.
        folder: of the Run; new, or this study's own.
        workers: processes side by side, each with its own model; 1: this process.
        answers: folder of answers by content; None to ask all.
        keep_images: whether the images that models were given are kept.
        restart: throw away what the folder holds.
        again: also ask those again that have no answer.
        advance: told how many answers are done.

    Raises:
        JobError: where the folder holds something else, or cannot be written.
    """
    check_place(folder)
    context = _context(plan, folder, answers=answers, keep_images=keep_images)
    items = list(_items(plan))
    sizes = {item.id: len(item.payload["samples"]) for item in items}
    done = 0

    def on_commit(tally: Tally) -> None:
        nonlocal done
        now = round(sum(sizes.values()) * (len(items) - tally.left) / len(items))
        advance(now - done)
        done = now

    report = run_job(
        folder / JOB,
        items,
        partial(make_work, context=context),
        settings=_settings(plan),
        workers=workers,
        engine="here" if workers == 1 else "local",
        restart=restart,
        again=again,
        on_commit=on_commit,
    )
    write_run(plan, folder, items, report)
    run = score_run(read_run(folder), plan.study.score.metrics, object_names=plan.study.score.object_names)
    write_scores(run)
    return run


def check_place(folder: Path) -> None:
    """Refuse a folder that holds anything but a Run.

    Raises:
        JobError: saying what stands there.
    """
    if folder.exists() and not folder.is_dir():
        raise JobError(f"{folder} is a file; give a folder with -o")
    inside = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if inside and not (folder / JOB).is_dir():
        raise JobError(f"{folder} is not empty and holds no Run (found: {', '.join(inside[:4])}); give a new folder with -o")


def _context(plan: Plan, folder: Path, *, answers: Path | None, keep_images: bool) -> Context:
    return Context(
        cases={case.name: case for case in plan.gathered.cases},
        places=plan.gathered.places,
        ways={way.name: way for way in plan.ways},
        donors=plan.donors,
        budgets=plan.budgets,
        pins={name: told["pins"] for name, told in plan.models.items()},
        instructions=tuple(plan.instructions),
        max_new_tokens=plan.study.ask.max_new_tokens,
        batch=plan.study.ask.batch,
        load=plan.load,
        answers=answers,
        images=folder if keep_images else None,
    )


def _items(plan: Plan) -> list[Item]:
    """Model by model, recording by recording, so that what is loaded or drawn serves all ways of showing."""
    items = []
    for m, model in enumerate(plan.models):
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
    cases = [[case.name, case.sample.span.start_ns, case.sample.span.stop_ns] for case in plan.gathered.cases]
    digest = hashlib.sha256(json.dumps(cases).encode()).hexdigest()
    return {"command": "evaluate", **told, "pins": {name: each["pins"] for name, each in plan.models.items()}, "cases": digest}


def write_run(plan: Plan, folder: Path, items: Sequence[Item], report: Report) -> None:
    """Write ``run.json`` and ``lines.jsonl`` of what is done; an item that failed stands there with its reason."""
    told = {Key(*(line[name] for name in Key._fields)): line for each in results(folder / JOB) for line in each.result["lines"]}
    reasons = {failure.item: failure.reason for failure in report.failures}
    of_case = {case.name: case for case in plan.gathered.cases}
    for item in items:
        for name in item.payload["samples"] if item.id in reasons else ():
            line = _failed(of_case[name], item, reasons[item.id])
            told[Key(*(line[field] for field in Key._fields))] = line
    order = [
        told[key]
        for case in plan.gathered.cases
        for model in plan.models
        for instruction in plan.instructions
        for way in plan.ways
        if (key := Key(case.name, way.name, model, instruction)) in told
    ]
    write_whole(folder / LINES, b"".join(to_json(line) + b"\n" for line in order))
    facts = facts_of(plan, lines=order, complete=report.tally.left == 0)
    write_whole(folder / RUN, json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n")


def _failed(case: Case, item: Item, reason: str) -> dict[str, Any]:
    from foveate.evaluate.ask import _json

    told = item.payload
    return _json(blank_line(case, told["shown"], told["model"], told["instruction"], asked="", reason=reason))


def facts_of(plan: Plan, *, lines: Sequence[Mapping[str, Any]], complete: bool) -> dict[str, Any]:
    """What ``run.json`` holds."""
    notices = dict.fromkeys(told["notice"] for told in plan.models.values() if told["notice"])
    return {
        "format": FORMAT,
        "title": plan.study.title,
        "study": plan.study.data(),
        "shown": {way.name: _shown(way, plan) for way in plan.ways},
        "instructions": dict(plan.instructions),
        "models": {name: {**told, **_provenance(lines, name)} for name, told in plan.models.items()},
        "recordings": dict(plan.gathered.places),
        "pins": pins(),
        "budgets": {name: {**vars(budget), "told": str(budget)} for name, budget in plan.budgets.items()},
        "left_out": dict(plan.gathered.left_out),
        "notice": "; ".join(notices) or None,
        "complete": complete,
    }


def _shown(way: Way, plan: Plan) -> dict[str, Any]:
    """A way of showing as run.json tells it."""
    budgets = {None if way.native or way.view is None else budget.tokens for budget in plan.budgets.values()}
    gaze = {**way.facts()["gaze"], **({"of": dict(plan.donors)} if way.gaze.shuffled else {})}
    return {**way.facts(), "budget_tokens": budgets.pop() if len(budgets) == 1 else None, "gaze": gaze}


def _provenance(lines: Sequence[Mapping[str, Any]], model: str) -> dict[str, Any]:
    """What the answers of a model tell of it; more than one where it changed under way."""
    found = [line["provenance"] for line in lines if line["model"] == model and line["provenance"]]
    distinct = list({json.dumps(each, sort_keys=True): each for each in found}.values())
    return {"provenance": distinct[0] if distinct else {}, "changed": distinct[1:]}
