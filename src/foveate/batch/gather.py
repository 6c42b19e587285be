"""What a command was given becomes one recording, or a list of many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foveate.batch.entry import Entry, named
from foveate.batch.find import find
from foveate.batch.listing import read_list
from foveate.errors import UsageError, hint_beside
from foveate.recording import format_of
from foveate.recording.recognise import files_of

LIST_SUFFIX = ".csv"


@dataclass(frozen=True)
class Gathered:
    """The recordings of a batch."""

    entries: tuple[Entry, ...]
    """In the order in which they were given or found, each with a name and a folder of its own."""
    title: str
    """What the page is headed with, and its folder named after."""
    skipped: Mapping[Path, str] = field(default_factory=dict)
    """Folders that were passed over -> why."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The user's own columns."""
        return tuple(dict.fromkeys(name for entry in self.entries for name in entry.columns))


def gather(
    given: Sequence[Path], *, declared: Mapping[str, str], taken: Sequence[str], without: Path | None = None
) -> Gathered | Path:
    """Look at what was given: one recording is given back as its path, all else as many.

    Args:
        given: recordings, folders of recordings, or lists.
        declared: what the user says of every recording.
        taken: names of the columns that outputs have by themselves.
        without: a folder that is not searched: where the outputs go.

    Raises:
        UsageError: where nothing was given, something is not there or given twice, or a list is wrong.
    """
    if not given:
        raise UsageError("no recording was named; give one or several, a folder of them, or a list (LIST.csv)")
    if len(given) == 1 and not _is_many(given[0], declared, without):
        return given[0]
    entries: list[Entry] = []
    skipped: dict[Path, str] = {}
    for path in given:
        if not path.exists():
            raise UsageError(f"{path} does not exist{hint_beside(path)}")
        if _is_list(path):
            entries += read_list(path, declared=declared, taken=taken)
        elif path.is_dir():
            found = find(path, declared=declared, without=without)
            entries += found.entries or [Entry(path, declared=declared)]
            skipped |= found.skipped if found.entries else {}
        else:
            entries.append(Entry(path, declared=declared))
    _check_once(entries)
    one = given[0].resolve()
    title = (one.stem if one.is_file() else one.name) if len(given) == 1 else f"{len(entries)} recordings"
    return Gathered(tuple(named(entries)), title, skipped)


def _is_many(path: Path, declared: Mapping[str, str], without: Path | None) -> bool:
    """Whether a path is a list, or a folder with recordings that is none itself."""
    if not path.is_dir():
        return path.exists() and _is_list(path)
    if declared and any(files_of(path)):  # the files that are declared lie here
        return False
    return any(entry.path != path for entry in find(path, declared=declared, without=without).entries)


def _is_list(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == LIST_SUFFIX and format_of(path) is None


def _check_once(entries: Sequence[Entry]) -> None:
    seen: set[tuple[object, ...]] = set()
    for entry in entries:
        same = (entry.path.resolve(), *sorted(entry.declared.items()))
        if same in seen:
            raise UsageError(f"{entry.path} is given twice; name each recording once")
        seen.add(same)
