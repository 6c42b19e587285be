"""What is to be known of a judge's work beside its scores: what pinned it, how far it agrees with itself, what it left out."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from foveate.evaluation.group import cluster_of
from foveate.job import Json
from foveate.judge.agreement import Agreement, agreement, plain
from foveate.judge.plan import Plan
from foveate.judge.work import fell_short, silent
from foveate.run import Run, RunLine
from foveate.score.judge import Rubric
from foveate.stats import Interval, holm, interval, paired_test


def score_names(plan: Plan, rubric: Rubric) -> dict[str, str | None]:
    """Name of each score that judging gives -> its criterion; None for the only one of a comparison."""
    if plan.compared is not None:
        return {plan.prefix: None}
    return {f"{plan.prefix}_{each.name}": each.name for each in rubric.criteria}


def rounds(result: Json, criterion: str | None) -> list[float | None]:
    """What every round of an item came to; None where it could not be read.

    Args:
        result: of the item's work.
        criterion: whose grades; None for the comparison: 1 for the first, 0.5 for a tie, 0.
    """
    if criterion is None:
        return [each["value"] for each in result["compared"]]
    return [each["grades"].get(criterion) for each in result["graded"]]


def reasons(result: Json, criterion: str | None) -> list[str]:
    """Why rounds of an item could not be read."""
    if criterion is None:
        return [each["unscored"] for each in result["compared"] if each["unscored"]]
    return [each["unscored"][criterion] for each in result["graded"] if criterion in each["unscored"]]


def exchanges(result: Json) -> Iterator[Mapping[str, Any]]:
    """Every question of an item, with its answer."""
    yield from (each["exchange"] for each in result["graded"])
    yield from (each[order] for each in result["compared"] for order in ("forth", "back"))


def facts_of(run: Run, plan: Plan, rubric: Rubric, found: Mapping[str, Json], failed: Mapping[str, str]) -> dict[str, Any]:
    """What ``judge.json`` tells of a Run that was judged.

    Args:
        run: with the judge's scores.
        plan: what was to be asked.
        rubric: by which.
        found: item -> its result.
        failed: item -> why it has none.
    """
    names = score_names(plan, rubric)
    lines = [line for line in run.lines if line.key in plan.owed or line.key in plan.known]
    return {
        "compared": plan.compared,
        "scores": {name: _bounds(rubric, criterion) for name, criterion in names.items()},
        "lines": len(lines),
        "unscored": {name: Counter(line.unscored[name] for line in lines if name in line.unscored) for name in names},
        "agreement": {name: told.to_dict() for name, told in agreements(plan, rubric, found).items()},
        "orders_agree": None if plan.compared is None else plain(steadiness(plan, found)),
        "preferred": preferences(run, plan),
        "judged_models": sorted({line.model for line in lines}),
        "same_words": sum(score.value is not None for score in plan.known.values()) // 2,
        **work_facts(len(plan.items), found, failed),
    }


def work_facts(items: int, found: Mapping[str, Json], failed: Mapping[str, str]) -> dict[str, Any]:
    """What every judge's work tells: what pinned it, how much was asked, what could not be read.

    More than one entry of ``pins`` says that the judge changed under way.
    """
    asked = [each for result in found.values() for each in exchanges(result)]
    pinned = Counter(json.dumps(each["provenance"], sort_keys=True) for each in asked if each["answered"] is not None)
    return {
        "items": items,
        "judged": len(found),
        "failed": len(failed),
        "silent": sum(map(silent, found.values())),
        "fell_short": sum(map(fell_short, found.values())),
        "pins": [{"answers": count, **json.loads(told)} for told, count in pinned.most_common()],
        "toy": any(result["toy"] for result in found.values()),
        "sent_to": _hosts(found),
        "questions": len(asked),
        "images": sum(len(result["frames"]["sha256"]) for result in found.values() if result["frames"]),
        "prompt_tokens": _sum([each["prompt_tokens"] for each in asked]),
        "output_tokens": _sum([each["output_tokens"] for each in asked]),
    }


def agreements(plan: Plan, rubric: Rubric, found: Mapping[str, Json]) -> dict[str, Agreement]:
    """How far the rounds agree, by score."""
    of = [plan.clusters[item] for item in found]
    return {
        name: agreement([rounds(result, criterion) for result in found.values()], of)
        for name, criterion in score_names(plan, rubric).items()
    }


def steadiness(plan: Plan, found: Mapping[str, Json]) -> Interval:
    """Share of comparisons that came to the same in both orders: what is missing is the pull of the place."""
    values, of = [], []
    for item, result in found.items():
        read = [float(each["steady"]) for each in result["compared"] if each["steady"] is not None]
        if read:  # rounds of one item are no evidence apart: it counts once
            values.append(sum(read) / len(read))
            of.append(plan.clusters[item])
    return interval(values, of).within(0.0, 1.0)


def preferences(run: Run, plan: Plan) -> list[dict[str, Any]]:
    """Of a comparison: how often the first was preferred, for each model (or way of showing) and instruction apart.

    ``share`` counts ties half; ``p`` tests whether it is a half, by sign flips over recordings or participants; ``p_holm`` is
    that corrected over all of these.
    """
    if plan.compared is None:
        return []
    found: dict[tuple[str, str], list[RunLine]] = {}
    for line in run.lines:
        side, rest = (line.shown, line.model) if plan.what == "shown" else (line.model, line.shown)
        if side == plan.compared[0] and plan.prefix in line.scores:
            found.setdefault((rest, line.instruction), []).append(line)
    told = [_preference(lines, rest, instruction, plan.prefix) for (rest, instruction), lines in found.items()]
    return [each | {"p_holm": p} for each, p in zip(told, holm([each["p"] for each in told]), strict=True)]


def _preference(lines: list[RunLine], rest: str, instruction: str, score: str) -> dict[str, Any]:
    values, of = [line.scores[score] for line in lines], [cluster_of(line) for line in lines]
    return {
        "of": rest,
        "instruction": instruction,
        "wins": sum(value > 0.5 for value in values),
        "ties": sum(value == 0.5 for value in values),
        "losses": sum(value < 0.5 for value in values),
        "share": plain(interval(values, of).within(0.0, 1.0)),
        "p": paired_test(values, [1.0 - value for value in values], of).p,
    }


def _hosts(found: Mapping[str, Json]) -> str | None:
    """Where words and images were sent; None where they did not leave this machine."""
    asked = [each for result in found.values() if result["sent"] for each in exchanges(result)]
    hosts = sorted({each["provenance"].get("host", "another machine") for each in asked if each["answered"] is not None})
    return ", ".join(hosts) or None


def _bounds(rubric: Rubric, criterion: str | None) -> dict[str, Any]:
    return {"low": 0, "high": 1} if criterion is None else {"low": rubric.low, "high": rubric.high}


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None
