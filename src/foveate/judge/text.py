"""What a judge's work comes to, as lines of text."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foveate.evaluation.group import groups, values
from foveate.judge.plan import Plan
from foveate.judge.validation import ITSELF, Counted, Row
from foveate.run import Run
from foveate.score.judge import Rubric
from foveate.stats import Interval, interval, interval_text, p_text

SELF = (
    "the judge is one of the models that it judges, and models prefer their own answers (Panickssery et al. 2024, "
    "arXiv 2404.13076)"
)
DRIFT = "the judge changed under way: its answers come from {count} different versions, see pins in judge.json"
TOY = "toy model: these grades say nothing"


def told_of_run(run: Run, plan: Plan, facts: Mapping[str, Any]) -> list[str]:
    """A Run that was judged.

    Args:
        run: with the judge's scores.
        plan: what was asked.
        facts: of ``judge.json``.
    """
    lines = [_head(facts)]
    lines += list(_preferences(plan, facts)) if plan.compared else list(_means(run, facts))
    if facts["repeats"] > 1:
        lines += [f"agreement   {name}: {_agreement(told)}" for name, told in facts["agreement"].items()]
    else:
        lines.append("agreement   one round has none; ask for more with --repeats")
    if facts["orders_agree"] is not None:
        lines.append(f"agreement   of the two orders: {_share(facts['orders_agree'])}")
    if facts["same_words"]:
        lines.append(f"{facts['same_words']} pairs have the same words: a tie without a question")
    lines += _unscored(facts)
    return [*lines, *_notices(facts)]


def told_of_validation(rows: list[Row], rubric: Rubric, facts: Mapping[str, Any]) -> list[str]:
    """A judge that was put to the test.

    Args:
        rows: of ``accuracies``.
        rubric: by which it graded.
        facts: of ``judge.json``.
    """
    table = [["pair", "which is better", *(one.name for one in rubric.criteria)]]
    for row in rows:
        cells = [row.kind, _counted(row.compared)]
        for one in rubric.criteria:
            mean = f"{row.grades[one.name]:.1f}" if one.name in row.grades else ""
            cells.append(", ".join(part for part in (mean, _counted(row.graded.get(one.name))) if part))
        table.append(cells)
    lines = [
        _head(facts),
        *_columns(table),
        "share of pairs that it was right about, with its 95% interval; before it the mean grade of the texts that were made",
        f"{ITSELF}: a text beside itself, right is a tie in both orders; of the rest, saying A always is right about 0%, a "
        "coin about 25%",
        f"agreement   of the two orders: {_share(facts['orders_agree'])}",
        *(f"left out    {count} x {reason}" for reason, count in facts["left_out"].items()),
    ]
    return [*lines, *_notices(facts)]


def _head(facts: Mapping[str, Any]) -> str:
    rubric = facts["rubric"]
    return f"{facts['judge']} by the rubric {rubric['name']} ({rubric['sha256'][:8]}), {facts['repeats']} rounds"


def _means(run: Run, facts: Mapping[str, Any]) -> Iterator[str]:
    """Mean grades, by model, instruction and way of showing."""
    for group in groups(run.lines):
        yield f"{group.name}, mean over {group.unit}s with its 95% interval"
        table = [["shown", *facts["scores"]]]
        for shown, lines in group.shown.items():
            of = [group.clusters[sample] for sample in lines]
            found = [
                interval(values(lines, name, list(lines)), of).within(told["low"], told["high"])
                for name, told in facts["scores"].items()
            ]
            table.append([shown, *(interval_text(each) if each.clusters else "none" for each in found)])
        yield from _columns(table)


def _preferences(plan: Plan, facts: Mapping[str, Any]) -> Iterator[str]:
    first, second = plan.compared or ("", "")
    for each in facts["preferred"]:
        share = each["share"]
        yield (
            f"{each['of']}, {each['instruction']}: {first} beside {second}: {each['wins']} won, {each['ties']} ties, "
            f"{each['losses']} lost; preferred {_share(share)}, p = {p_text(each['p_holm'])} ({share['clusters']} clusters)"
        )


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _agreement(told: Mapping[str, Any]) -> str:
    if not told["items"]:
        return "no item was judged in two rounds"
    alpha = told["krippendorffs_alpha"]
    worth = "all grades are one and the same" if alpha is None else f"Krippendorff's alpha {alpha:.2f}"
    spread = interval_text(Interval(**told["spread"]))
    return f"the same in {_share(told['same'])} of {told['items']} items, spread {spread}, {worth}"


def _unscored(facts: Mapping[str, Any]) -> Iterator[str]:
    """Reasons by kind, each with how many lines have it by any score, and its first instance in full."""
    kinds: dict[str, tuple[int, str]] = {}
    for reasons in facts["unscored"].values():
        of_score: Counter[str] = Counter()
        for reason, count in reasons.items():
            of_score[reason.split(":")[0]] += count
            kinds.setdefault(reason.split(":")[0], (0, reason))
        kinds |= {kind: (max(count, kinds[kind][0]), kinds[kind][1]) for kind, count in of_score.items()}
    for _, (count, reason) in sorted(kinds.items(), key=lambda each: -each[1][0]):
        yield f"unscored    {count} of {facts['lines']} lines: {reason}"


def _counted(told: Counted | None) -> str:
    if told is None:
        return ""
    read = told.right + told.tie + told.wrong
    if not read:
        return f"{told.unread} could not be read"
    unread = f" ({told.unread} unread)" if told.unread else ""
    return f"{_percent(told.share)} of {read}{unread}"


def _share(told: Mapping[str, Any]) -> str:
    return "nothing" if told["mean"] is None else _percent(Interval(**told))


def _percent(share: Interval) -> str:
    if share.low is None or share.high is None:
        return f"{share.mean:.0%} ({share.method})"
    return f"{share.mean:.0%} [{share.low:.0%}, {share.high:.0%}]"


def _notices(facts: Mapping[str, Any]) -> Iterator[str]:
    if facts["fell_short"]:
        yield f"{facts['fell_short']} of {facts['items']} items could not be read in every round; --again asks those again"
    if facts["toy"]:
        yield TOY
    if facts["judge"] in facts.get("judged_models", ()):
        yield SELF
    if len(facts["pins"]) > 1:
        yield DRIFT.format(count=len(facts["pins"]))
    if facts["sent_to"]:
        yield f"{facts['questions']} questions with {facts['images']} images were sent to {facts['sent_to']}"
