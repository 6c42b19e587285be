"""The page over many recordings: what failed and why at the top, then every recording with a link to its own page."""

from collections.abc import Sequence
from dataclasses import dataclass

from foveate.description.description import explained
from foveate.report.page import render_page

DONE = {"describe": "described", "check": "checked", "info": "read", "caption": "captioned"}
"""Command -> what it did to a recording."""


@dataclass(frozen=True)
class Line:
    """One recording on the page."""

    name: str
    href: str | None
    """Its own page, relative to this one; None where it has none."""
    device: str
    duration_s: float | None
    told: str
    """Counts in a few words: 12 of 13 spans."""
    text: str
    """A summary, or the first answer."""
    notice: str | None
    """That a toy model said it, or that gaze was not measured."""
    remarks: tuple[str, ...]
    """What was noticed on the way."""
    columns: tuple[tuple[str, str], ...]
    """What the user's list says of it."""


def index_page(
    *,
    title: str,
    command: str,
    lines: Sequence[Line],
    failures: Sequence[tuple[str, str, str]],
    left: int,
    skipped: Sequence[tuple[str, str]],
) -> str:
    """The page: HTML in one file, nothing loaded from elsewhere.

    Args:
        title: what it is headed with.
        command: that was run over all.
        lines: the recordings that are done.
        failures: name, path and reason of those that failed.
        left: recordings not decided yet.
        skipped: path and reason of folders that were passed over.
    """
    seconds = [line.duration_s for line in lines if line.duration_s is not None]
    return render_page(
        "index.html.j2",
        title=title,
        verb=DONE[command],
        lines=lines,
        failures=failures,
        left=left,
        skipped=skipped,
        seconds=sum(seconds),
        untimed=len(lines) - len(seconds),
        notices=list(dict.fromkeys(part for line in lines for part in explained(line.notice))),
    )
