"""Whether a judge can judge: its accuracy on pairs of texts of which the better one is known."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

from foveate.errors import UsageError
from foveate.job import Item, Json, read_job, results
from foveate.judge.agreement import plain
from foveate.judge.facts import rounds, work_facts
from foveate.judge.run import Judging, ask_judge, write_facts
from foveate.judge.work import judge_item
from foveate.score.judge import Case, Rubric
from foveate.score.judge.constructed import KINDS, Pairs
from foveate.stats import Interval, interval
from foveate.stats.proportion import proportion
from foveate.version import VERSION

ITSELF = "itself"
"""The kind of which neither text is better: a judge is right where it calls a tie in both orders."""
ALL = "all but itself"
Verdict = Literal["right", "tie", "wrong", "unread"]


@dataclass(frozen=True)
class Counted:
    """How often a judge was right about pairs of one kind, by one question."""

    right: int
    """The better text was preferred, or got the better grade."""
    tie: int
    """Neither did."""
    wrong: int
    """The worse one did."""
    unread: int
    """The judge did not say."""
    share: Interval
    """Right ones of those that it said; of one kind with an exact interval, of all with one over references."""


@dataclass(frozen=True)
class Row:
    """One kind of pair."""

    kind: str
    """A key of KINDS, or ALL."""
    compared: Counted
    """Asked which is better."""
    graded: Mapping[str, Counted]
    """Criterion -> whether the reference's own grade was better than that of what was made of it; empty for ITSELF."""
    grades: Mapping[str, float]
    """Criterion -> mean grade of the texts that were made; of ITSELF, of the references."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        graded = {name: vars(each) | {"share": plain(each.share)} for name, each in self.graded.items()}
        compared = vars(self.compared) | {"share": plain(self.compared.share)}
        return {"kind": self.kind, "compared": compared, "graded": graded, "grades": dict(self.grades)}


def validate(judging: Judging, pairs: Pairs, folder: Path, **how: Any) -> tuple[list[Row], dict[str, Any]]:
    """Put a judge to the test; the same call goes on after a stop.

    Args:
        judging: who judges, and how.
        pairs: texts of which the better is known.
        folder: of the job; new, or its own.
        how: workers, restart, again, engine and on_commit, as for ``ask_judge``.

    Returns:
        How often it was right, and what ``judge.json`` holds.

    Raises:
        JobError: as for ``ask_judge``.
        UsageError: where there is no pair.
    """
    if not pairs.made:
        raise UsageError("no pair could be made, so there is nothing to ask")
    items = validation_items(pairs)
    ask_judge(judging, items, folder, **how)
    found = {each.item: each.result for each in results(folder)}
    failed = {each.item: each.reason for each in read_job(folder).failures}
    rows = accuracies(pairs, judging.rubric, found)
    told = {"left_out": pairs.left_out, "orders_agree": plain(orders_agree(found)), "rows": [row.to_dict() for row in rows]}
    facts = {"foveate": VERSION, **judging.settings(), **told, **work_facts(len(items), found, failed)}
    write_facts(folder, facts)
    return rows, facts


def validation_items(pairs: Pairs) -> list[Item]:
    """Each pair is compared, and the text that was made is graded; of ITSELF that is the reference."""
    return [
        judge_item(_id(place, each.kind), Case((each.reference,)), grade=each.made, compare=(each.reference, each.made))
        for place, each in enumerate(pairs.made)
    ]


def accuracies(pairs: Pairs, rubric: Rubric, found: Mapping[str, Json]) -> list[Row]:
    """How often the judge was right, a row for each kind and one for all but ITSELF.

    Args:
        pairs: what it was asked about.
        rubric: by which.
        found: item -> its result, of ``validation_items``.
    """
    results = [found.get(_id(place, each.kind)) for place, each in enumerate(pairs.made)]
    own = {each.reference: result for each, result in zip(pairs.made, results, strict=True) if each.kind == ITSELF}
    compared = [_compared(result, each.kind) for each, result in zip(pairs.made, results, strict=True)]
    graded = {
        one.name: [_graded(own.get(each.reference), result, one.name) for each, result in zip(pairs.made, results, strict=True)]
        for one in rubric.criteria
    }
    of_kind = {kind: [place for place, each in enumerate(pairs.made) if each.kind == kind] for kind in KINDS}
    rows = []
    for kind, places in of_kind.items():
        counted = {name: _counted([told[place] for place in places]) for name, told in graded.items()}
        told_grades = {one.name: _mean([results[place] for place in places], one.name) for one in rubric.criteria}
        grades = {name: grade for name, grade in told_grades.items() if grade is not None}
        rows.append(Row(kind, _counted([compared[place] for place in places]), {} if kind == ITSELF else counted, grades))
    rest = [place for kind, places in of_kind.items() if kind != ITSELF for place in places]
    of = [pairs.made[place].reference for place in rest]
    all_graded = {name: _counted([told[place] for place in rest], of) for name, told in graded.items()}
    return [*rows, Row(ALL, _counted([compared[place] for place in rest], of), all_graded, {})]


def orders_agree(found: Mapping[str, Json]) -> Interval:
    """Share of comparisons that came to the same in both orders; each item's rounds count as one."""
    steady = [[each["steady"] for each in result["compared"] if each["steady"] is not None] for result in found.values()]
    means = [fmean(each) for each in steady if each]
    return interval(means, range(len(means))).within(0.0, 1.0)


def _id(place: int, kind: str) -> str:
    return f"{place:05d} {kind}"


def _compared(result: Json | None, kind: str) -> Verdict:
    """The verdict over all rounds of a comparison in which the better text stood first."""
    if result is None or any(each["value"] is None for each in result["compared"]):
        return "unread"
    value = fmean(each["value"] for each in result["compared"])
    if kind == ITSELF:
        return "right" if all(each["steady"] and each["value"] == 0.5 for each in result["compared"]) else "wrong"
    return "right" if value > 0.5 else "wrong" if value < 0.5 else "tie"


def _graded(own: Json | None, made: Json | None, criterion: str) -> Verdict:
    """Whether the mean grade of the reference is better than that of what was made of it."""
    right, worse = (None if each is None else _mean([each], criterion) for each in (own, made))
    if right is None or worse is None:
        return "unread"
    return "right" if right > worse else "wrong" if right < worse else "tie"


def _mean(results: Sequence[Json | None], criterion: str) -> float | None:
    """Mean of the items' mean grades."""
    read = [[value for value in rounds(result, criterion) if value is not None] for result in results if result is not None]
    means = [fmean(each) for each in read if each]
    return fmean(means) if means else None


def _counted(verdicts: Sequence[Verdict], of: Sequence[str] | None = None) -> Counted:
    """Counts, and the share of right ones; ``of`` tells what the pairs were made of, where several were made of one."""
    count = Counter(verdicts)
    read = [place for place, verdict in enumerate(verdicts) if verdict != "unread"]
    if of is None:
        share = proportion(count["right"], len(read))
    else:
        share = interval([float(verdicts[place] == "right") for place in read], [of[place] for place in read]).within(0.0, 1.0)
    return Counted(count["right"], count["tie"], count["wrong"], count["unread"], share)
