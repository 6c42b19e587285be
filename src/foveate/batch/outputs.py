"""What a batch leaves beside the folders of its recordings: index.html, all.csv, failures.csv, and what its command merges."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foveate.batch.entry import Entry
from foveate.batch.gather import Gathered
from foveate.batch.kind import kind_of
from foveate.description.cells import as_csv
from foveate.job import Failure, Result, read_job, results
from foveate.job.disk import write_whole
from foveate.report.index import Line, index_page

JOB, RECORDINGS = "job", "recordings"
"""Folders of the job's own files, and of what was made of each recording."""
INDEX, ALL, FAILURES, SAMPLES = "index.html", "all.csv", "failures.csv", "samples.jsonl"


@dataclass(frozen=True)
class Standing:
    """How far a batch is."""

    recordings: int
    done: int
    failures: tuple[Failure, ...]
    left: int
    results: Mapping[str, Result]
    """Folder -> what was made of it."""


def standing(folder: Path) -> Standing:
    """How far the batch in a folder is."""
    report = read_job(folder / JOB)
    tally = report.tally
    count = tally.done + tally.left + len(report.failures)
    return Standing(count, tally.done, report.failures, tally.left, {each.item: each for each in results(folder / JOB)})


def write_outputs(folder: Path, command: str, gathered: Gathered) -> Standing:
    """Write the page and the tables over all recordings that are decided; each file appears whole, in the place of the last.

    Returns:
        How far the batch is.
    """
    now = standing(folder)
    by_folder = {entry.folder: entry for entry in gathered.entries}
    failed = [(by_folder[failure.item], failure) for failure in now.failures]
    kind = kind_of(command)
    made = [(entry, now.results[entry.folder]) for entry in gathered.entries if entry.folder in now.results]
    lines = [
        {"recording": entry.name, **entry.columns, **{name: row[name] for name in kind.COLUMNS}}
        for entry, result in made
        for row in kind.rows(result)
    ]
    write_whole(folder / ALL, as_csv(("recording", *gathered.columns, *kind.COLUMNS), lines))
    reasons = [
        {"recording": entry.name, **entry.columns, "path": str(entry.path), "state": failure.state, "reason": failure.reason}
        for entry, failure in failed
    ]
    write_whole(folder / FAILURES, as_csv(("recording", *gathered.columns, "path", "state", "reason"), reasons))
    for name, data in kind.merged(made, folder).items():
        write_whole(folder / name, data)
    page = index_page(
        title=gathered.title,
        command=command,
        lines=[_line(entry, result) for entry, result in made],
        failures=[(entry.name, str(entry.path), failure.reason) for entry, failure in failed],
        left=now.left,
        skipped=[(str(path), why) for path, why in gathered.skipped.items()],
    )
    write_whole(folder / INDEX, page.encode("utf-8"))
    return now


def _line(entry: Entry, result: Result) -> Line:
    told = result.result
    return Line(
        name=entry.name,
        href=None if told["page"] is None else f"{RECORDINGS}/{entry.folder}/{told['page']}",
        device=told["device"],
        duration_s=told["duration_s"],
        told=told["told"],
        text=told["text"],
        notice=told.get("notice"),
        remarks=tuple(told["remarks"]),
        columns=tuple((name, value) for name, value in entry.columns.items() if value),
    )
