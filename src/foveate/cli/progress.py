"""What a person sees while something long runs: progress with time left, on stderr, unless told to be quiet."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_logger = logging.getLogger("foveate")
_NOT_A_TERMINAL_EVERY = 10
"""Lines of progress that a log file gets, at most."""
_LONG_S = 2.0
"""What is done sooner needs no progress in a log file."""


class Advance(Protocol):
    """Tell that some more is done."""

    def __call__(self, done: int = 1, *, note: str = "") -> None: ...


@contextmanager
def progress(what: str, total: int, *, quiet: bool = False) -> Iterator[Advance]:
    """Show progress; on a terminal a bar with time left, in a log file a line for every tenth."""
    if quiet or total == 0:
        yield lambda done=1, *, note="": None
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _in_lines(what, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)

        def advance(done: int = 1, *, note: str = "") -> None:
            bar.update(task, advance=done, description=f"{what} {note}".rstrip())

        yield advance


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[None]:
    """Show that something of unknown length goes on; on a terminal only. Quiet, what it warns of is not shown either."""
    console = Console(stderr=True)
    if quiet:
        before = _logger.level
        _logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            _logger.setLevel(before)
        return
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


def _in_lines(what: str, total: int) -> Advance:
    count, started_s = 0, time.monotonic()

    def advance(done: int = 1, *, note: str = "") -> None:
        nonlocal count
        tenth = count * _NOT_A_TERMINAL_EVERY // total
        count += done
        took_s = time.monotonic() - started_s
        if count * _NOT_A_TERMINAL_EVERY // total > tenth and took_s > _LONG_S:
            left = f", {took_s / count * (total - count):.0f} s left" if count < total else ""
            print(f"{what} {count}/{total}{left}", file=sys.stderr, flush=True)

    return advance
