"""In what the samples of a study differ from those that a Run was begun with, in words: its checksum alone tells nobody."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from foveate.evaluation.group import plural
from foveate.evaluation.plan import Plan
from foveate.job import Item
from foveate.job.folder import Result

CLOSE_S = 1e-6
"""Edges of a span that differ by less are the same."""


def other_samples(plan: Plan, begun: Mapping[str, Any], items: Sequence[Item], done: Iterable[Result]) -> str:
    """What is another now, as far as the Run tells: recordings, samples, and of those that were answered spans and choices.

    Args:
        plan: what is asked now.
        begun: description of the Run's job.
        items: of the job as it would be now.
        done: what was answered of it.
    """
    was, now = _names(each["payload"] for each in begun["items"]), _names(item.payload for item in items)
    told = [
        *_gone_and_new("recording", list(begun["settings"]["recordings"]), list(plan.content)),
        *_gone_and_new("sample", was, now),
    ]
    return "; ".join(told or ["its samples come in another order"] if was != now else _same_names(plan, done))


def _names(payloads: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for each in payloads for name in each["samples"]))


def _gone_and_new(what: str, was: Sequence[str], now: Sequence[str]) -> list[str]:
    told = []
    for said, names in (("gone", set(was) - set(now)), ("new", set(now) - set(was))):
        if names:
            first, *others = (name for name in (*was, *now) if name in names)
            told.append(f"{plural(what, len(names))} {said} ({first}{' ...' if others else ''})")
    return told


def _same_names(plan: Plan, done: Iterable[Result]) -> list[str]:
    """What is another of samples of the same names; lines tell of those that were answered only."""
    cases = {case.name: case for case in plan.gathered.cases}
    lines = {line["sample"]: line for each in done for line in each.result["lines"]}
    moved = [
        name
        for name, line in lines.items()
        if any(abs(edge - line[key]) > CLOSE_S for edge, key in zip(cases[name].edges_s, ("start_s", "stop_s"), strict=True))
    ]
    chosen = [name for name, line in lines.items() if list(line["choices"]) != list(cases[name].sample.choices)]
    found = [
        f"{what} of {plural('sample', len(names))} changed ({names[0]}{' ...' if len(names) > 1 else ''})"
        for what, names in (("the span", moved), ("the choices", chosen))
        if names
    ]
    return found or ["the words, moments or order of its samples changed"]
