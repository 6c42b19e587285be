"""The answers, every click, or the raters with their codes, as CSV or JSON."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from foveate.description.cells import cell
from foveate.errors import UsageError, hint
from foveate.job.disk import write_whole
from foveate.study.answers import Answered, read_answers
from foveate.study.config import Raters
from foveate.study.store import Store

QUERIES = {
    "clicks": "SELECT name AS rater, place, what, question, description, value, since_ms, tab, taken, at_ms FROM clicks"
    " JOIN named_raters ON named_raters.id = clicks.rater ORDER BY clicks.id",
    "raters": "SELECT name AS rater, code, finished, joined_ms, consent_sha256 FROM named_raters ORDER BY id",
}
"""What can be written beside the answers -> how it is read."""
WHATS = ("answers", *QUERIES)


def export(store: Store, raters: Raters, file: Path, *, what: str = WHATS[0]) -> int:
    """Write one row per answer as it stands now, per click, or per rater.

    Args:
        store: where from.
        raters: the section of the study file.
        file: .csv or .json.
        what: ``answers``; ``clicks``, those that did not count too; or ``raters``, with the codes that they were given.

    Returns:
        Rows that were written.

    Raises:
        UsageError: for another ``what`` or ending, a folder that is not there, or where nobody has answered.
    """
    if what not in WHATS:
        raise UsageError(f"there are {', '.join(WHATS)} to export, got {what!r}{hint(what, WHATS)}")
    if file.suffix.lower() not in (".csv", ".json"):
        raise UsageError(f"answers are written as .csv or .json, got {file.name}")
    if not file.absolute().parent.is_dir():
        raise UsageError(f"{file} cannot be written: its folder is not there")
    rows = store.rows(QUERIES[what]) if what in QUERIES else [_row(each, raters) for each in read_answers(store)]
    if not rows:
        raise UsageError(f"{store.path} has no {what} yet; let people rate first")
    text = _csv(rows) if file.suffix.lower() == ".csv" else json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    write_whole(file, text.encode("utf-8", "backslashreplace"))
    return len(rows)


def _row(each: Answered, raters: Raters) -> dict[str, Any]:
    """What was shown from left to right, what was clicked, and which condition that is."""
    told = asdict(each)
    told["conditions"] = " | ".join(each.conditions)
    told["chosen"] = each.chosen or "tie"
    return {"mode": raters.mode, **told}


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([cell(value) for value in row.values()] for row in rows)
    return out.getvalue()
