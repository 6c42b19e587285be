"""An analysis as a page of text, as one CSV and as JSON."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from foveate.description.cells import cell
from foveate.job.disk import write_whole
from foveate.stats import Interval, interval_text, p_text
from foveate.study.analyse import Analysis, Findings
from foveate.study.blurring import told_of_faces
from foveate.study.choices import Strength
from foveate.study.config import PAIRWISE
from foveate.study.items import in_few_words

COLUMNS = (
    *("raters", "what", "question", "first", "second", "value", "low", "high", "p", "p_holm", "clusters"),
    *("pairs", "equal", "undecided", "unscored"),
)


def write_analysis(analysis: Analysis, folder: Path) -> list[Path]:
    """Write ``raters.md``, ``raters.csv`` and ``raters.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "raters.md": markdown(analysis),
        "raters.csv": table(analysis),
        "raters.json": json.dumps(_plain(analysis), indent=1),
    }
    for name, text in texts.items():
        write_whole(folder / name, text.encode("utf-8", "backslashreplace"))
    return [folder / name for name in texts]


def markdown(analysis: Analysis) -> str:
    """The page."""
    lines = [f"# What raters said of {analysis.run.get('title', 'the Run')}", ""]
    if analysis.run.get("notice"):
        lines += [f"Notice: {analysis.run['notice']}", ""]
    for name, text in analysis.questions.items():
        lines += [f"- {name}: {text}"]
    lines += [f"- not asked: {told}" for told in in_few_words(analysis.left_out)]
    lines += [f"- {told_of_faces(analysis.faces)}"] if analysis.faces else []
    for name, found in analysis.findings.items():
        lines += ["", f"## {name[0].upper()}{name[1:]}", "", f"Raters: {found.raters}. Answers that count: {found.answers}."]
        if not found.answers:
            continue
        lines += _choices(found) if analysis.mode == PAIRWISE else _points(found)
        lines += [""] + [f"Krippendorff's alpha of {name}: {_number(value)}" for name, value in found.agreement.items()]
        lines += _agreeing(found, analysis.mode)
    if analysis.not_held:
        lines += ["", f"{analysis.not_held[0].upper()}{analysis.not_held[1:]}."]
    return "\n".join([*lines, "", "## Raters", "", *_raters(analysis)]) + "\n"


def _choices(found: Findings) -> list[str]:
    rows = [
        [
            *(each.question, each.first, each.second, interval_text(each.rate), p_text(each.p_holm)),
            *(each.wins, each.ties, each.losses, each.raters, each.clips, each.rate.clusters),
            f"{each.by_rater[0]:.2f} to {each.by_rater[1]:.2f}",
        ]
        for each in found.wins
    ]
    heads = (
        "question, first, against, first wins (95% interval), p (Holm), won, tied, lost, raters, clips, clusters, single raters"
    )
    strong = [[each.question, each.condition, _strength(each)] for each in found.strengths]
    return ["", *_table(heads, rows), "", *_table("question, condition, Bradley-Terry strength (95% interval)", strong)]


def _points(found: Findings) -> list[str]:
    rows = [
        [
            each.question,
            each.condition,
            interval_text(each.points),
            each.answers,
            each.points.clusters,
            " ".join(map(str, each.counts)),
        ]
        for each in found.rated
    ]
    gaps = [
        [each.question, each.first, each.second, interval_text(each.points, signed=True), _p(each.p_holm)]
        for each in found.differences
    ]
    whole = [
        [each.question, _number(each.friedman.statistic), _p(each.friedman.p), each.friedman.clusters]
        for each in found.scales
        if each.friedman is not None
    ]
    return [
        *["", *_table("question, condition, mean (95% interval), answers, clusters, times each point was given", rows)],
        *["", *_table("question, first, second, first minus second (95% interval), Wilcoxon p (Holm)", gaps)],
        *(["", *_table("question, Friedman's chi-square, p, clusters", whole)] if whole else []),
    ]


def _agreeing(found: Findings, mode: str) -> list[str]:
    """Which score of the Run prefers what people prefer, beside what chance, an order and a rater come to."""
    if not found.scores:
        return []
    what = "of the pairs that people decided" if mode == PAIRWISE else "Kendall's tau-b within clips"
    rows = [
        [
            *(each.question, each.score, interval_text(each.agreement) if each.pairs else "no pair", f"{each.chance:g}"),
            *(each.pairs, each.equal, each.undecided, each.unscored, each.agreement.clusters),
        ]
        for each in found.scores
    ]
    heads = "question, score, agrees with people (95% interval), chance, pairs, equal by it, undecided, not scored, clusters"
    return ["", f"Which score agrees with people: {what}", "", *_table(heads, rows)]


def _raters(analysis: Analysis) -> list[str]:
    rows = [
        [
            *(each.rater, "yes" if each.finished else "no", each.rated, f"{each.failed} of {each.checks}"),
            *(_number(each.seconds, 1), _number(each.left), _number(each.ties), _number(each.watched)),
        ]
        for each in analysis.attention
    ]
    failing = ", ".join(analysis.failing)
    told = (
        f"Failed more than {analysis.most_failed} checks: {failing}" if failing else "Nobody failed more checks than they may"
    )
    lines = _table("rater, finished, pages, checks failed, median s per page, left chosen, ties, clips seen to the end", rows)
    lines += ["", f"{told}."]
    if analysis.open_answers:
        lines += ["", f"Answers on pages that a rater did not go on from, which do not count: {analysis.open_answers}."]
    return lines


def table(analysis: Analysis) -> str:
    """The findings as one CSV, a row per number with its interval."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, found in analysis.findings.items():
        for row in _rows(found):
            lacking = [""] * (len(COLUMNS) - 1 - len(row))
            writer.writerow([cell(value) for value in (name, *row, *lacking)])
    return out.getvalue()


def _rows(found: Findings) -> Iterator[tuple[Any, ...]]:
    for win in found.wins:
        tested = (win.test.p, win.p_holm, win.rate.clusters)
        yield "win rate", win.question, win.first, win.second, *_three(win.rate), *tested
    for each in found.strengths:
        yield "Bradley-Terry strength", each.question, each.condition, "", each.value, each.low, each.high, "", "", ""
    for point in found.rated:
        yield "mean", point.question, point.condition, "", *_three(point.points), "", "", point.points.clusters
    for gap in found.differences:
        yield "difference", gap.question, gap.first, gap.second, *_three(gap.points), gap.p, gap.p_holm, gap.points.clusters
    for scale in found.scales:
        if (test := scale.friedman) is not None:
            yield "Friedman", scale.question, "", "", test.statistic, "", "", test.p, "", test.clusters
    for question, value in found.agreement.items():
        yield "Krippendorff's alpha", question, "", "", value, "", "", "", "", ""
    for one in found.scores:
        counts = (one.pairs, one.equal, one.undecided, one.unscored)
        yield "agrees with people", one.question, one.score, "", *_three(one.agreement), "", "", one.agreement.clusters, *counts


def _three(found: Interval) -> tuple[float | None, float | None, float | None]:
    """The mean, empty where nothing was there to average, and the ends."""
    return (found.mean if found.clusters else None), found.low, found.high


def _table(heads: str, rows: Sequence[Sequence[Any]]) -> list[str]:
    names = heads.split(", ")
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(value).replace("|", "\\|") for value in row) for row in rows]
    return [f"| {line} |" for line in lines]


def _strength(found: Strength) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:+.2f} ({found.method})"
    return f"{found.value:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _p(value: float | None) -> str:
    return "-" if value is None else p_text(value)


def _plain(analysis: Analysis) -> Any:
    """As JSON has it: NaN, which JSON has not, is null."""
    return json.loads(json.dumps(asdict(analysis)), parse_constant=lambda _: None)
