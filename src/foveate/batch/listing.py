"""LIST.csv: recordings one by one, each with what the user says of it."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from foveate.batch.entry import Entry
from foveate.errors import UsageError, hint, hint_beside

PATH_COLUMN = "recording"
DECLARED = "declare."
"""Start of a column that holds a keyword of ``open_recording``: declare.origin is -D origin=..."""
FORMAT = "format"
"""The one such keyword that needs no such start."""
SAID = f"a list of recordings has a column {PATH_COLUMN!r} with a path on each line, relative to the list"


def read_list(file: Path, *, declared: Mapping[str, str], taken: Sequence[str]) -> list[Entry]:
    """The recordings of a list, in its order.

    Args:
        file: CSV with a header, separated by commas or semicolons; the column ``recording`` holds paths relative to the file,
            ``format`` and ``declare.NAME`` what ``open_recording`` takes, every other column is carried into the outputs.
        declared: what the user says of every recording; the list's own word goes first.
        taken: names of the columns that outputs have by themselves.

    Raises:
        UsageError: for a list that is no such table, and every line that names nothing, or the same as another.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text in UTF-8 ({error}); save it as CSV in UTF-8") from error
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ",")
    header = [name.strip() for name in next(reader, [])]
    _check_header(file, header, taken)
    entries: list[Entry] = []
    lines: dict[tuple[object, ...], int] = {}
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            raise UsageError(f"line {reader.line_num} of {file} has {len(cells)} cells, its header {len(header)}; quote texts")
        row = dict(zip(header, (cell.strip() for cell in [*cells, *[""] * (len(header) - len(cells))]), strict=True))
        entry = _entry(file, row, reader.line_num, declared)
        same = (entry.path.resolve(), *sorted(entry.declared.items()))
        if same in lines:
            raise UsageError(f"lines {lines[same]} and {reader.line_num} of {file} name the same recording: {row[PATH_COLUMN]}")
        lines[same] = reader.line_num
        entries.append(entry)
    if not entries:
        raise UsageError(f"{file} lists no recording; {SAID}")
    return entries


def _check_header(file: Path, header: Sequence[str], taken: Sequence[str]) -> None:
    if PATH_COLUMN not in header:
        found = ", ".join(name for name in header if name) or "none"
        raise UsageError(f"{file} has no column {PATH_COLUMN!r}{hint(PATH_COLUMN, header)} (found: {found}); {SAID}")
    for name in header:
        if not name or header.count(name) > 1:
            raise UsageError(
                f"{file} has {f'the column {name!r} twice' if name else 'a column without a name'}; name each once"
            )
        if name in taken and name != PATH_COLUMN:
            raise UsageError(f"the column {name!r} of {file} is one that the outputs have by themselves; give it another name")


def _entry(file: Path, row: Mapping[str, str], line: int, declared: Mapping[str, str]) -> Entry:
    if not row[PATH_COLUMN]:
        raise UsageError(f"line {line} of {file} names no recording; {SAID}")
    path = file.parent / row[PATH_COLUMN]
    if not path.exists():
        raise UsageError(f"line {line} of {file} names {row[PATH_COLUMN]}, which is not there{hint_beside(path)}")
    own = {name: row[name] for name in row if name.startswith(DECLARED) or name == FORMAT}
    said = {name.removeprefix(DECLARED): value for name, value in own.items() if value}
    columns = {name: value for name, value in row.items() if name not in own and name != PATH_COLUMN}
    return Entry(path, columns=columns, declared={**declared, **said})
