"""A Run out of what a study's job has done: run.json and lines.jsonl, whole or not at all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from foveate.evaluation.ask import name_of
from foveate.evaluation.lines import blank_line, line_json
from foveate.evaluation.plan import Plan
from foveate.evaluation.samples import Case
from foveate.evaluation.ways import Way
from foveate.job import Item, Report, results
from foveate.job.disk import write_whole
from foveate.job.folder import Result
from foveate.job.item import to_json
from foveate.run.images import IMAGES
from foveate.run.line import Key
from foveate.run.run import FORMAT, JOB, LINES, RUN, SCORES

RUNS_OWN = (RUN, LINES, SCORES, IMAGES, JOB)
"""What a Run writes into its folder before it is compared or judged."""
Line = Mapping[str, Any]


def write_run(plan: Plan, folder: Path, items: Sequence[Item], report: Report) -> None:
    """Write what is done; an item that failed stands there with its reason.

    Args:
        plan: what was asked.
        folder: of the Run.
        items: of its job.
        report: how far the job is.

    Raises:
        JobError: where the disk refuses.
    """
    done = list(results(folder / JOB))
    versions = versions_of(done)
    lines = lines_of(plan, done, versions, items, report)
    write_whole(folder / LINES, b"".join(to_json(line) + b"\n" for line in lines))
    facts = facts_of(plan, lines, versions, complete=report.tally.left == 0)
    write_whole(
        folder / RUN, json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass") + b"\n"
    )


def versions_of(done: Iterable[Result]) -> list[dict[str, Any]]:
    """With which versions results were asked for, each once, in the order of the items."""
    told = dict.fromkeys(_told_versions(each) for each in done)
    return [json.loads(each) for each in told]


def _told_versions(result: Result) -> str:
    return json.dumps(result.result["pins"])


def lines_of(
    plan: Plan, done: Sequence[Result], versions: Sequence[Mapping[str, Any]], items: Sequence[Item], report: Report
) -> list[Line]:
    """All lines there are, sample by sample.

    Args:
        plan: what was asked.
        done: items of the job that are finished.
        versions: with which they were asked for (``versions_of``).
        items: all of the job.
        report: why some of them failed.
    """
    reasons = {failure.item: failure.reason for failure in report.failures}
    cases = {case.name: case for case in plan.gathered.cases}
    places = {json.dumps(each): place for place, each in enumerate(versions)}
    found: dict[Key, Line] = {
        _key(line): {**line, "version": places[_told_versions(each)]} for each in done for line in each.result["lines"]
    }
    for item in items:
        if item.id in reasons:
            told = item.payload
            for name in told["samples"]:
                of = told["shown"], told["model"], name_of(told["instruction"])
                line = line_json(blank_line(cases[name], *of, reason=reasons[item.id]))
                found[_key(line)] = line
    order = (
        Key(case, way.name, model, name_of(instruction))
        for case in cases
        for model in plan.speakers
        for instruction in plan.instructions
        for way in plan.ways
    )
    return [{**found[key], **_said(cases[key.sample])} for key in order if key in found]


def _said(case: Case) -> Line:
    """What the user says of a sample that no answer depends on: it may be put right after the asking."""
    return {
        "participant": case.sample.participant,
        "category": case.category,
        "references": list(case.references),
        "answer": case.sample.answer,
        "objects": list(case.objects),
    }


def _key(line: Line) -> Key:
    return Key(*(line[name] for name in Key._fields))


def facts_of(plan: Plan, lines: Sequence[Line], versions: Sequence[Mapping[str, Any]], *, complete: bool) -> dict[str, Any]:
    """What ``run.json`` holds."""
    notices = dict.fromkeys(each.notice for each in plan.speakers.values() if each.notice)
    return {
        "format": FORMAT,
        "title": plan.study.title,
        "study": plan.study.data(),
        "shown": {way.name: _shown(way, plan) for way in plan.ways},
        "instructions": {name_of(given): words for given, words in plan.instructions.items()},
        "models": {name: _model(plan, name, [line for line in lines if line["model"] == name]) for name in plan.speakers},
        "metrics": dict(plan.signatures),
        "recordings": {
            name: {**place, "content": plan.content[name], **plan.warned[name].facts()}
            for name, place in plan.gathered.places.items()
        },
        "versions": [
            {"lines": sum(line["version"] == place for line in lines), "pins": each} for place, each in enumerate(versions)
        ],
        "budgets": {name: _budget(plan, name, lines) for name in plan.speakers},
        "left_out": dict(plan.gathered.left_out),
        "notice": "; ".join(notices) or None,
        "complete": complete,
    }


def _shown(way: Way, plan: Plan) -> dict[str, Any]:
    """A way of showing; its budget only where all models have the same one."""
    common = {None if way.native or way.view is None else each.budget.tokens for each in plan.speakers.values()}
    donors = {"donors": dict(plan.donors)} if way.shuffled else {}
    return {**way.facts(), "budget_tokens": common.pop() if len(common) == 1 else None, **donors}


def _model(plan: Plan, name: str, lines: Sequence[Line]) -> dict[str, Any]:
    """What is known of a model, and what its answers tell of it: more than one thing where a server changed under way."""
    speaker = plan.speakers[name]
    told = [json.dumps(line["provenance"], sort_keys=True) for line in lines if line["provenance"]]
    distinct = [json.loads(each) for each in dict.fromkeys(told)]
    images = sum(len(line["images_sha256"]) for line in lines) if speaker.is_remote else 0
    return {
        "toy": speaker.is_toy,
        "images_left_this_machine": speaker.is_remote,
        "images_sent": images,
        "pins": dict(speaker.pins),
        "provenance": distinct[0] if distinct else {},
        "changed": distinct[1:],
    }


def _budget(plan: Plan, name: str, lines: Sequence[Line]) -> dict[str, Any]:
    """The budget of a model, and what a span really took in every way."""
    speaker = plan.speakers[name]
    taken: dict[str, list[int]] = {}
    for line in lines:
        if line["model"] == name and line["visual_tokens"] is not None:
            taken.setdefault(line["shown"], []).append(line["visual_tokens"])
    return {
        **vars(speaker.budget),
        "told": str(speaker.budget),
        "frame_tokens": dict(speaker.frame_tokens),
        "span_tokens": {shown: sum(each) / len(each) for shown, each in taken.items()},
    }
