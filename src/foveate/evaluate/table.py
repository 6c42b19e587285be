"""A Run -> its table: every way of showing with its scores, tokens and seconds, as data, Markdown and CSV."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foveate.description.cells import cell
from foveate.evaluate.floors import Floors, floors_of
from foveate.evaluate.group import Group, about_score, groups, plural, values
from foveate.job.disk import write_whole
from foveate.run import Run, RunLine
from foveate.stats import Interval, interval, interval_text

MARKDOWN, CSV = "table.md", "table.csv"
ALL = "all"
"""What the CSV calls the samples of every category together."""
NOTHING = Interval(float("nan"), None, None, 0, "nothing was scored")


@dataclass(frozen=True)
class Costs:
    """What the answers took, over the samples that have one; None where the model does not tell."""

    visual_tokens: float | None
    """Mean per sample."""
    output_tokens: float | None
    """Mean per sample."""
    model_s: float | None
    """Mean per sample: its share of the seconds that the model worked; answers that were known already are left out."""
    first_token_s: tuple[float, float] | None
    """Median and 95th percentile of the seconds to the first token."""
    total_s: tuple[float, float] | None
    """Median and 95th percentile of the seconds to the last token, of the whole batch where there was one."""


@dataclass(frozen=True)
class Row:
    """One way of showing."""

    shown: str
    samples: int
    """That were asked about."""
    answered: int
    """That have an answer."""
    clusters: int
    """Participants or recordings that they come from."""
    scores: Mapping[str, Interval]
    """Score -> mean over clusters with its interval; over no cluster where nothing was scored."""
    unscored: Mapping[str, Mapping[str, int]]
    """Score -> reason -> samples that have none."""
    costs: Costs
    frames: int
    """That were shown."""
    stood_in: int
    """Of these, frames whose aim stood in for gaze that was not there."""
    is_floor: bool = False
    """Whether nobody was asked: a text that knows nothing of the clip was scored."""


@dataclass(frozen=True)
class Table:
    """One model asked with one instruction."""

    model: str
    instruction: str
    unit: str
    """What a cluster is: participant or recording."""
    samples: int
    clusters: int
    scores: tuple[str, ...]
    """Columns."""
    rows: tuple[Row, ...]
    """Ways of showing, in the order of the Run; then the floors."""
    no_floor: Mapping[str, str]
    """Score -> why its floor could not be had here."""
    of_category: Mapping[str, tuple[Row, ...]]
    """Category -> the same rows over its samples only; empty where there is at most one category."""


def make_tables(run: Run) -> list[Table]:
    """One table for every model and instruction of a Run; scores are joined in already (``read_run``)."""
    return [_table(run, group, tuple(run.scored())) for group in groups(run.lines)]


def write_tables(run: Run, folder: Path | None = None) -> list[Table]:
    """Write ``table.md`` and ``table.csv``.

    Args:
        run: with its scores.
        folder: where they go; None for the Run's own.

    Returns:
        What they hold.
    """
    tables, folder = make_tables(run), run.folder if folder is None else folder
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / MARKDOWN, markdown(run, tables).encode("utf-8", "backslashreplace"))
    write_whole(folder / CSV, table_csv(tables).encode("utf-8", "backslashreplace"))
    return tables


def _table(run: Run, group: Group, scores: tuple[str, ...]) -> Table:
    categories, floors = group.categories, floors_of(run, group, scores)
    return Table(
        group.model,
        group.instruction,
        group.unit,
        len(group.clusters),
        len(set(group.clusters.values())),
        scores,
        _rows(group, floors, scores, None),
        floors.lacking,
        {category: _rows(group, floors, scores, category) for category in categories} if len(categories) > 1 else {},
    )


def _rows(group: Group, floors: Floors, scores: Sequence[str], category: str | None) -> tuple[Row, ...]:
    """Ways of showing and floors, over the samples of a category; over all where it is None."""
    shown, below = (
        {name: {sample: line for sample, line in of.items() if category in (None, line.category)} for name, of in arms.items()}
        for arms in (group.shown, floors.lines)
    )
    return rows_of(shown, group.clusters, scores) + rows_of(below, group.clusters, scores, are_floors=True)


def rows_of(
    arms: Mapping[str, Mapping[str, RunLine]],
    clusters: Mapping[str, str],
    scores: Sequence[str],
    *,
    are_floors: bool = False,
) -> tuple[Row, ...]:
    """One row for every arm that has a line.

    Args:
        arms: name -> sample -> line.
        clusters: sample -> participant or recording.
        scores: columns.
        are_floors: whether nobody was asked.
    """
    return tuple(_row(name, lines, clusters, scores, is_floor=are_floors) for name, lines in arms.items() if lines)


def _row(
    shown: str, lines: Mapping[str, RunLine], clusters: Mapping[str, str], scores: Iterable[str], *, is_floor: bool
) -> Row:
    names, told = list(lines), list(lines.values())
    mine = [clusters[name] for name in names]
    return Row(
        shown,
        len(told),
        sum(line.text is not None for line in told),
        len(set(mine)),
        {score: _interval(score, lines, names, mine) for score in scores},
        {
            score: reasons
            for score in scores
            if (reasons := Counter(_why(line, score) for line in told if score not in line.scores))
        },
        costs(told),
        sum(len(line.frames) for line in told),
        sum(line.stood_in for line in told),
        is_floor,
    )


def _interval(score: str, lines: Mapping[str, RunLine], names: Sequence[str], clusters: Sequence[str]) -> Interval:
    about = about_score(score)
    return interval(values(lines, score, names), clusters).within(about.low, about.high)


def _why(line: RunLine, score: str) -> str:
    return line.unscored.get(score) or ("not scored yet" if line.reason is None else f"no answer: {line.reason}")


def costs(lines: Sequence[RunLine]) -> Costs:
    """What the answers of some lines took."""
    told = [line for line in lines if line.text is not None]
    return Costs(
        _mean(line.visual_tokens for line in told),
        _mean(line.output_tokens for line in told),
        _mean(line.model_s for line in told),
        _middle(line.first_token_s for line in told),
        _middle(line.total_s for line in told),
    )


def _mean(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return float(np.mean(known)) if known else None


def _middle(numbers: Iterable[float | None]) -> tuple[float, float] | None:
    known = [number for number in numbers if number is not None]
    if not known:
        return None
    median, most = np.percentile(known, [50, 95])
    return float(median), float(most)


def markdown(run: Run, tables: Sequence[Table]) -> str:
    """The tables as Markdown, with what every output of the Run must bear."""
    parts = [f"# {run.name}", *told_of(run)]
    for table in tables:
        parts += [f"## {table.model}, {table.instruction}", counted(table), rows_markdown(table.rows, table.scores)]
        parts += unscored_told(table)
        for category, rows in table.of_category.items():
            parts += [f"### {category}", rows_markdown(rows, table.scores, costs=False)]
    return "\n\n".join(parts) + "\n"


def told_of(run: Run) -> list[str]:
    """What a reader of any table of a Run must know: notice, whether it is complete, what was left out."""
    told = [f"**{str(run.facts['notice']).capitalize()}.**"] if run.facts.get("notice") else []
    if run.facts.get("complete") is False:
        told.append("**Not complete: this is the part that was done.**")
    told += [f"{plural('sample', count)} left out: {reason}." for reason, count in (run.facts.get("left_out") or {}).items()]
    return told


def counted(table: Table) -> str:
    """How much evidence a table rests on."""
    of = f"{plural('sample', table.samples)} of {plural(table.unit, table.clusters)}"
    return f"{of}; mean over {table.unit.split()[0]}s [95% interval]."


def rows_markdown(rows: Sequence[Row], scores: Sequence[str], *, costs: bool = True) -> str:
    """Rows as a table in Markdown."""
    head = [
        "shown",
        "answered",
        *(about_score(score).title for score in scores),
        *(("visual tokens", "first token, s", "model, s a sample") if costs else ()),
    ]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows:
        answered = "floor" if row.is_floor else f"{row.answered} of {row.samples}"
        cells = [row.shown, answered, *(_score_cell(row, score) for score in scores)]
        if costs:
            took = row.costs
            cells += (
                ["", "", ""]
                if row.is_floor
                else [_number(took.visual_tokens, 0), _two(took.first_token_s), _number(took.model_s, 2)]
            )
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines)


def _score_cell(row: Row, score: str) -> str:
    found = row.scores[score]
    return interval_text(found) if found.clusters else "none"


def _number(number: float | None, digits: int) -> str:
    return "not told" if number is None else f"{number:.{digits}f}"


def _two(found: tuple[float, float] | None) -> str:
    return "not told" if found is None else f"{found[0]:.2f} (p95 {found[1]:.2f})"


def unscored_told(table: Table) -> list[str]:
    """Why scores are missing, one sentence for every score and reason."""
    lines = []
    for score in table.scores:
        reasons: Counter[str] = Counter()
        for row in table.rows:
            reasons.update({} if row.is_floor else row.unscored.get(score, {}))
        title = about_score(score).title
        lines += [f"{plural('answer', count)} without {title}: {reason}." for reason, count in reasons.items()]
        if score in table.no_floor:
            lines.append(f"{title} stands without its floor, which could not be had here: {table.no_floor[score]}.")
    return lines


def table_csv(tables: Sequence[Table]) -> str:
    """Tidy: one line for every model, instruction, category, way of showing and score; what is not known is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ("model", "instruction", "category", "shown", "score", "mean", "low", "high", "interval", "unit", "clusters", "samples")
        + ("scored", "answered", "visual_tokens", "output_tokens", "model_s", "first_token_p50_s", "first_token_p95_s")
        + ("total_p50_s", "total_p95_s", "frames", "stood_in_frames")
    )
    for table in tables:
        for category, rows in {ALL: table.rows, **table.of_category}.items():
            for row in rows:
                for score in table.scores or ("",):
                    told = [table.model, table.instruction, category, *_csv_cells(table, row, score)]
                    writer.writerow(cell(value) for value in told)
    return out.getvalue()


def _csv_cells(table: Table, row: Row, score: str) -> list[object]:
    found, took = row.scores.get(score, NOTHING), row.costs
    scored = row.samples - sum(row.unscored.get(score, {}).values()) if score else None
    return [
        *(row.shown, score, found.mean if found.clusters else None, found.low, found.high, found.method, table.unit),
        *(found.clusters, row.samples, scored, row.answered, took.visual_tokens, took.output_tokens, took.model_s),
        *(took.first_token_s or (None, None)),
        *(took.total_s or (None, None)),
        *(row.frames, row.stood_in),
    ]
