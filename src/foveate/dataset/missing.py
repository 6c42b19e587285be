"""Annotation files of a data set that are not here, and those beside that may be meant."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

ALIKE = 0.7
"""How much alike two names are of which one is taken for a misspelling of the other."""


def missing(folder: Path, annotations: Sequence[str], places: Sequence[str]) -> dict[str, str]:
    """The files that are in none of their places, each with the one that its name may be a misspelling of, or empty.

    Args:
        folder: of the data set, or its only file.
        annotations: the published files' names; "a.json or a.csv" where either does.
        places: folders where they are looked for, relative to it.
    """
    if not folder.is_dir():
        return {}
    known = {name for names in annotations for name in names.split(" or ")}
    here = {path.name: path for place in places if (folder / place).is_dir() for path in sorted((folder / place).iterdir())}
    strange = {name.casefold(): path for name, path in here.items() if name not in known and path.is_file()}
    found = {}
    for names in annotations:
        if not any(name in here for name in names.split(" or ")):
            near = get_close_matches(names.split(" or ")[0].casefold(), strange, n=1, cutoff=ALIKE)
            found[names] = strange[near[0]].relative_to(folder).as_posix() if near else ""
    return found
