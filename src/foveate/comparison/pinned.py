"""What a score was computed with in each of two Runs: with two instruments a difference may be theirs."""

import json
from pathlib import Path
from typing import Any

from foveate.evaluation.group import about_score
from foveate.run import Run

JUDGED_BY = ("judge", "dtype", "repeats", "frames")
"""Of what a judge's work tells; its rubric beside them."""


def not_alike(first: Run, second: Run) -> list[str]:
    """One sentence for every score of both Runs that another instrument, version or option gave in the one than in the other.

    Args:
        first: with its scores.
        second: the same.
    """
    found = []
    for score in (name for name in first.scored() if name in second.scored()):
        pins = [(run.folder, pinned(run, score) or "not told") for run in (first, second)]
        if pins[0][1] != pins[1][1]:
            how = "; ".join(f"{folder}: {pin}" for folder, pin in pins)
            title = about_score(score).title
            found.append(f"**{title} was not computed alike ({how}): a difference in it may be that of the two measures.**")
    return found


def pinned(run: Run, score: str) -> str:
    """What a score of a Run depends on beside the texts; empty where the Run does not tell.

    Args:
        run: keeps a signature of each metric, and of every judge what it was.
        score: a metric, or what a judge gave.
    """
    if signature := (run.facts.get("metrics") or {}).get(score):
        return str(signature)
    for file in sorted(run.folder.glob("judge*/judge.json")):
        told = _facts(file)
        if score in (told.get("scores") or {}):
            rubric = told.get("rubric") or {}
            how = "|".join(f"{name}:{told.get(name)}" for name in JUDGED_BY)
            return f"{how}|rubric:{rubric.get('name')} {str(rubric.get('sha256'))[:12]}"
    return ""


def _facts(file: Path) -> dict[str, Any]:
    """Of ``judge.json``; a damaged one tells nothing."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
