"""The report of a Run, or of two: one page that loads nothing from elsewhere, Markdown, CSV and figures."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from foveate.comparison.asked import ALL
from foveate.comparison.compare import Compared, compare_run, compare_runs
from foveate.comparison.compare_text import METHOD, compare_csv, difference_cells, markdown, remarks, without_scores
from foveate.comparison.examples import MOST, Example, most_different, pictured
from foveate.comparison.family import labels, passed_over
from foveate.comparison.figures import draw_forest, draw_scatter
from foveate.comparison.pinned import not_alike
from foveate.comparison.plots import PLOT_PX, Forest, Scatter, forest, scatter
from foveate.comparison.same_images import same_images
from foveate.evaluation.group import Group, about_score, headed, plural
from foveate.evaluation.study import Comparing
from foveate.evaluation.table import Table, table_of
from foveate.evaluation.table_text import corpus_told, costs_told, told_of, unscored_told, write_tables
from foveate.job.disk import naming, write_whole
from foveate.report.page import render_page
from foveate.run import Run
from foveate.stats.interval import TOO_FEW

REPORT, MARKDOWN, CSV = "report.html", "compare.md", "compare.csv"
CENTER = "center"
FEWEST_EXAMPLES = 4
"""Answers that differ, for each of many models and instructions."""


@dataclass(frozen=True)
class Worse:
    """A recording whose samples the gaze crop served worse than the centre crop."""

    recording: str
    difference: float
    """Mean over its samples, in the score's own direction."""
    samples: int
    stood_in: float
    """Share of the gaze view's frames whose aim stood in for gaze."""
    command: str
    """What to run; empty for a drawn world, whose gaze is true."""


@dataclass(frozen=True)
class Section:
    """One family on the page."""

    compared: Compared
    table: Table
    """Arms and floors, with their costs."""
    forests: tuple[Forest, ...]
    scatters: tuple[Scatter, ...]
    remarks: dict[str, list[str]]
    """Score -> what must be said beside its plot."""
    beside: list[str]
    """What must be said beside its table."""
    worse: tuple[Worse, ...]
    """Recordings, the worst first."""
    worse_by: str
    """The score by which."""
    examples: tuple[Example, ...]
    examples_by: str
    """The score that they differ by; empty where they differ in their words alone."""


def write_report(run: Run, other: Run | None, comparing: Comparing, folder: Path) -> list[Compared]:
    """Write ``report.html``, ``compare.md``, ``compare.csv``, figures as SVG, and of a single Run its tables.

    Args:
        run: with its scores.
        other: the Run that it is compared with, on the samples that both have; None to compare its ways of showing.
        comparing: what with what.
        folder: where they go.

    Returns:
        What was found.

    Raises:
        UsageError: where nothing can be compared, before anything is written.
        JobError: where the disk refuses.
    """
    compared = compare_run(run, comparing) if other is None else compare_runs(run, other, comparing)
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
    tables = write_tables(run, folder) if other is None else []
    # one page bears so many pictures, whether of one model and instruction or of several
    count = max(FEWEST_EXAMPLES, MOST // len(compared))
    sections = [_section(one, run, other, _table(one, run, tables), count) for one in compared]
    for number, section in enumerate(sections):
        _draw(section, folder, f"{number + 1}_" if len(sections) > 1 else "")
    files = {
        MARKDOWN: f"# {title(run, other)}\n\n"
        + "\n\n".join([*told_of_both(run, other), markdown(compared, [each.table for each in sections])]),
        CSV: compare_csv(compared),
        REPORT: report_page(run, other, sections),
    }
    for name, text in files.items():
        write_whole(folder / name, text.encode("utf-8", "backslashreplace"))
    return compared


def title(run: Run, other: Run | None) -> str:
    """What heads every file."""
    return run.name if other is None else " and ".join(labels(run, other))


def report_page(run: Run, other: Run | None, sections: Sequence[Section]) -> str:
    """The page."""
    return render_page(
        "report.html.j2",
        title=title(run, other),
        runs=[each for each in (run, other) if each is not None],
        told=told_of_both(run, other),
        sections=sections,
        facts=_facts(run, other),
        headed=headed,
        cells=difference_cells,
        plural=plural,
        plot_px=PLOT_PX,
        method=METHOD,
        too_few=TOO_FEW,
        all_samples=ALL,
    )


def told_of_both(run: Run, other: Run | None) -> list[str]:
    """What a reader of a Run, or of either of two, must know."""
    if other is None:
        return told_of(run)
    told = [f"{each.name}: {text}" for each in (run, other) for text in told_of(each)]
    return told + passed_over(run, other) + not_alike(run, other)


def _table(compared: Compared, run: Run, tables: Sequence[Table]) -> Table:
    """Of one Run the table that it has already; of two, one of the samples that both have."""
    family = compared.family
    known = next((each for each in tables if family.name == f"{each.model}, {each.instruction}"), None)
    return known or table_of(run, Group(family.name, "", family.arms, family.clusters, family.unit), compared.scores)


def _section(compared: Compared, run: Run, other: Run | None, table: Table, count: int) -> Section:
    family = compared.family
    scored = [score for score in compared.scores if any(each.found for each in compared.of(ALL, score))]
    by = scored[0] if scored else None
    apart_by = _apart_by(compared, scored) if family.pairs else None
    examples = pictured(most_different(compared, apart_by, count=count), (run, other or run)) if family.pairs else []
    return Section(
        compared,
        table,
        tuple(forest(compared, score) for score in scored),
        tuple(plot for score in scored if (plot := scatter(table.rows, score)) is not None),
        {score: remarks(compared, score) for score in compared.scores},
        same_images(family) + costs_told(table) + corpus_told(table) + unscored_told(table) + without_scores(compared),
        tuple(_worse(compared, run, by)) if other is None and by else (),
        "" if by is None else about_score(by).title,
        tuple(examples),
        "" if apart_by is None else about_score(apart_by).title,
    )


def _apart_by(compared: Compared, scored: Sequence[str]) -> str | None:
    """The first score that tells two answers of the first pair apart; None where none does, and words must."""
    return next((score for score in scored if any(each.gain for each in most_different(compared, score, count=1))), None)


def _worse(compared: Compared, run: Run, score: str) -> list[Worse]:
    """Recordings in which the first arm, which uses gaze, scores below the centre crop."""
    first = compared.family.pairs[0][0] if compared.family.pairs else ""
    if not (run.facts.get("shown", {}).get(first) or {}).get("uses_gaze") or CENTER not in compared.family.arms:
        return []
    mine, theirs = compared.family.arms[first], compared.family.arms[CENTER]
    sign = 1.0 if about_score(score).higher_is_better else -1.0
    gaps: dict[str, list[float]] = {}
    frames: Counter[str] = Counter()
    stood_in: Counter[str] = Counter()
    for name, line in mine.items():
        if name in theirs and score in line.scores and score in theirs[name].scores:
            gaps.setdefault(line.recording, []).append(sign * (line.scores[score] - theirs[name].scores[score]))
            frames[line.recording] += len(line.frames)
            stood_in[line.recording] += line.stood_in
    found = [
        Worse(name, sum(of) / len(of), len(of), stood_in[name] / max(1, frames[name]), check_command(run, name))
        for name, of in gaps.items()
        if sum(of) < -1e-9
    ]
    return sorted(found, key=lambda each: each.difference)


def check_command(run: Run, recording: str) -> str:
    """The line that looks at a recording's gaze; empty where its gaze is drawn, or nobody told where it lies."""
    place = (run.facts.get("recordings") or {}).get(recording) or {}
    if "path" not in place:
        return ""
    declared = "".join(f" -D {quote(f'{key}={value}')}" for key, value in (place.get("declared") or {}).items())
    return f"foveate check {quote(str(place['path']))}{declared} --drift"


def _draw(section: Section, folder: Path, prefix: str) -> None:
    for plot in section.forests:
        with naming(folder):
            draw_forest(folder / f"{prefix}difference_{plot.score}.svg", plot)
    for each in section.scatters:
        with naming(folder):
            draw_scatter(folder / f"{prefix}tokens_{each.score}.svg", each)


def _facts(run: Run, other: Run | None) -> list[tuple[str, str, Any]]:
    """Run, what, value: what pins the Runs, for the last table of the page."""
    found: list[tuple[str, str, Any]] = []
    for each in (run, other):
        if each is None:
            continue
        found += [
            (each.name, name, value) for pins in each.versions for name, value in pins.items() if not isinstance(value, dict)
        ]
        found += [
            (each.name, f"budget of {name}", told.get("told", told)) for name, told in (each.facts.get("budgets") or {}).items()
        ]
        for name, told in (each.facts.get("models") or {}).items():
            found += [(each.name, name, f"{key} {value}") for key, value in (told.get("pins") or {}).items()]
    return found
