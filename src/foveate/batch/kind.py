"""The commands that take many recordings: KINDS is the visible list, one file each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from foveate.batch.entry import Entry
from foveate.job import Json, Result

KINDS = {
    "describe": "foveate.batch.describe",
    "check": "foveate.batch.check",
    "info": "foveate.batch.info",
    "caption": "foveate.batch.caption",
}
"""Command -> the module that does it for one recording after another; see ``Kind`` for what it holds."""


Merged = Callable[[Sequence[tuple[Entry, Result]], Path], Mapping[str, bytes]]
"""(recordings that are done, the folder of the outputs) -> name of a file in it -> what it holds."""


def nothing(made: Sequence[tuple[Entry, Result]], folder: Path) -> Mapping[str, bytes]:
    """No further files."""
    return {}


class Kind(Protocol):
    """What a module of KINDS holds.

    The work returns what the index page tells of a recording: device, duration_s, told, text, remarks, page (a file, or None).
    """

    COLUMNS: Sequence[str]
    """Of its lines in all.csv, after the recording's name and the user's own."""
    make_work: Callable[..., Any]
    """settings -> work; see ``job``."""

    def rows(self, result: Result) -> Iterator[Mapping[str, Json]]:
        """The lines of a finished recording."""
        ...

    merged: Merged
    """Further files over all recordings that are done."""


def kind_of(command: str) -> Kind:
    """The module of a command."""
    return cast(Kind, import_module(KINDS[command]))


def rows_of(file: Path) -> Iterator[dict[str, str]]:
    """The lines of a CSV file that a work wrote."""
    import csv

    with file.open(encoding="utf-8", newline="") as opened:
        yield from csv.DictReader(opened)
