"""Tables of a Run as Markdown and CSV."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from foveate.description.cells import cell
from foveate.evaluation.group import about_score, headed, plural
from foveate.evaluation.pins import differing
from foveate.evaluation.recording_warnings import Warned, warnings_told
from foveate.evaluation.table import FEWEST_FOR_P95, Middle, Row, Table, make_tables
from foveate.job.disk import write_whole
from foveate.run import Run
from foveate.stats import Interval, interval_text
from foveate.stats.interval import TOO_FEW

MARKDOWN, CSV = "table.md", "table.csv"
ALL = "all"
"""What the CSV calls the samples of every category together."""
MOST_REASONS = 3
"""Of a missing score, told in a sentence each."""
NOTHING = Interval(float("nan"), None, None, 0, "nothing was scored")


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


def markdown(run: Run, tables: Sequence[Table]) -> str:
    """The tables as Markdown, with what every output of the Run must bear."""
    parts = [f"# {run.name}", *told_of(run)]
    for table in tables:
        parts += [f"## {table.model}, {table.instruction}", counted(table), rows_markdown(table.rows, table.scores)]
        parts += costs_told(table) + corpus_told(table) + unscored_told(table)
        for category, rows in table.of_category.items():
            parts += [f"### {category}", rows_markdown(rows, table.scores, costs=False)]
    return "\n\n".join(parts) + "\n"


def told_of(run: Run) -> list[str]:
    """What a reader of any table of a Run must know: notice, whether it is complete, what was left out, how it was made."""
    told = [f"**{str(run.facts['notice']).capitalize()}.**"] if run.facts.get("notice") else []
    if run.facts.get("complete") is False:
        told.append("**Not complete: this is the part that was done.**")
    told += [f"Left out: {count} x {reason.rstrip('.')}." for reason, count in (run.facts.get("left_out") or {}).items()]
    if mixed := mixed_versions(run):
        told.append(f"**{mixed[:1].upper()}{mixed[1:]}.**")
    places = run.facts.get("recordings") or {}
    told += [f"Warning: {text}." for text in warnings_told({name: Warned.from_place(place) for name, place in places.items()})]
    if corrected := sum("correction" in place for place in places.values()):
        told.append(f"Gaze of {corrected} of {plural('recording', len(places))} was corrected before use; run.json tells how.")
    told += [
        f"**Participants {' and '.join(map(repr, names))} count as {len(names)}: their names differ in case or signs only.**"
        for names in _nearly_equal(line.participant for line in run.lines)
    ]
    return told


def _nearly_equal(names: Iterable[str]) -> list[list[str]]:
    """Names that are the same but for case, blanks and signs: a person who is written in two ways would count as two."""
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        found.setdefault("".join(filter(str.isalnum, name.casefold())), []).append(name)
    return [alike for plain, alike in found.items() if plain and len(alike) > 1]


def mixed_versions(run: Run) -> str:
    """What is told of a Run that went on with other versions than it was begun with; empty of one that did not."""
    named = dict.fromkeys(name for other in run.versions[1:] for name in differing(run.versions[0], other))
    if not named:
        return ""
    counts = " and ".join(str(each["lines"]) for each in run.facts["versions"])
    return f"its lines were asked with different versions of {', '.join(named)} ({counts} lines); run.json and each line tell"


def counted(table: Table) -> str:
    """How much evidence a table rests on."""
    of = f"{plural('sample', table.samples)} of {plural(table.unit, table.clusters)}"
    return f"{of}; mean over {table.unit.split()[0]}s [95% interval]."


def rows_markdown(rows: Sequence[Row], scores: Sequence[str], *, costs: bool = True) -> str:
    """Rows as a table in Markdown; that few clusters have no interval is said once, below it."""
    head = [
        "shown",
        "answered",
        *map(headed, scores),
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
                else [
                    _number(took.visual_tokens, 0),
                    _two(took.first_token_s, row.untimed),
                    _number(took.model_s, 2, row.untimed),
                ]
            )
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    few = any(row.scores[score].method == TOO_FEW for row in rows for score in scores)
    return "\n".join([*lines, *(("", f"{TOO_FEW.capitalize()}.") if few else ())])


def _score_cell(row: Row, score: str) -> str:
    found = row.scores[score]
    if found.method == TOO_FEW:
        return f"{found.mean:.2f}"
    return interval_text(found) if found.clusters else "none"


def _number(number: float | None, digits: int, otherwise: str = "not told") -> str:
    return otherwise if number is None else f"{number:.{digits}f}"


def _two(found: Middle | None, otherwise: str) -> str:
    if found is None:
        return otherwise
    median, most = found
    return f"{median:.2f}" if most is None else f"{median:.2f} (p95 {most:.2f})"


def costs_told(table: Table) -> list[str]:
    """What must be known beside the costs: seconds that are not told, and ways that were not shown as many frames."""
    rows = [row for row in table.rows if not row.is_floor]
    told = []
    known, answered = sum(row.costs.known for row in rows), sum(row.answered for row in rows)
    if known:
        shown = "; ".join(f"{row.shown} {row.costs.known}" for row in rows if row.costs.known)
        rest = f"seconds are of the others ({shown})" if known < answered else "there are no seconds to tell"
        told.append(f"{known} of {plural('answer', answered)} were known from before and took no time here: {rest}.")
    few = [row.shown for row in rows if row.costs.first_token_s and row.costs.first_token_s[1] is None]
    if few:
        told.append(f"Seconds to the first token are the median, without a 95th percentile below {FEWEST_FOR_P95} answers.")
    frames = {row.shown: row.frames for row in rows if row.frames}
    if len(set(frames.values())) > 1:
        counts = "; ".join(f"{shown} {count}" for shown, count in frames.items())
        told.append(f"Not all ways were shown the same number of frames: {counts}.")
    return told


def corpus_told(table: Table) -> list[str]:
    """BLEU over all samples, as papers report it, with its signature; over how many, where some have none."""
    if not table.corpus_bleu:
        return []
    values = ", ".join(
        f"{shown} {found.score.value:.1f}{'' if found.items == table.samples else f' ({found.items} of {table.samples})'}"
        for shown, found in table.corpus_bleu.items()
    )
    signatures = dict.fromkeys(found.signature for found in table.corpus_bleu.values())
    return [f"BLEU over all samples together: {values} (sacrebleu {'; '.join(signatures)})."]


def unscored_told(table: Table) -> list[str]:
    """Why scores are missing, one sentence for every score and reason; of many, as a judge's prose, the most frequent ones."""
    lines = []
    for score in table.scores:
        reasons: Counter[str] = Counter()
        for row in table.rows:
            reasons.update({} if row.is_floor else row.unscored.get(score, {}))
        title = about_score(score).title
        most = reasons.most_common(MOST_REASONS)
        lines += [f"{plural('answer', count)} without {title}: {reason}." for reason, count in most]
        if rest := reasons.total() - sum(count for _, count in most):
            lines.append(f"{plural('answer', rest)} more without {title}, for other reasons: scores.jsonl has them.")
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
        + ("total_p50_s", "total_p95_s", "frames", "stood_in_frames", "known")
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
        *(row.frames, row.stood_in, took.known),
    ]
