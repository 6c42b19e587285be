"""Pairs of texts of which the better one is known, since the other was made from it: what a judge must tell apart."""

import csv
import io
import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from foveate.errors import UsageError, hint_beside
from foveate.score.words import words

MOST_BYTES = 10_000_000
ARTICLE = r"(?:\b(?P<article>an?)\s+)?"


@dataclass(frozen=True)
class Constructed:
    """A reference and a text that was made from it."""

    kind: str
    """A key of KINDS."""
    reference: str
    """What a judge is told to be true; as a description it is the better one."""
    made: str
    """The worse description; the same for ``itself``, of which neither is better."""


@dataclass(frozen=True)
class Pairs:
    """All that could be made."""

    made: tuple[Constructed, ...]
    """In the order of the references, and of KINDS within one."""
    left_out: dict[str, int]
    """Why some could not be made -> how many."""


Make = Callable[[str, Sequence[str], Collection[str], random.Random], str | None]
"""(a reference, all of them, names of objects, rng) -> what is made of it; None where that cannot be."""


def construct(references: Sequence[str], *, objects: Collection[str], seed: int = 0) -> Pairs:
    """Make a pair of every kind from every reference.

    Args:
        references: texts that are true of different clips.
        objects: names of objects in the singular, for ``wrong object``.
        seed: of what is drawn.
    """
    made: list[Constructed] = []
    left_out: Counter[str] = Counter()
    for place, reference in enumerate(references):
        for kind, make in KINDS.items():
            text = make(reference, references, objects, random.Random(f"{seed} {kind} {place} {reference}"))
            if text is None:
                left_out[f"{kind}: {CANNOT[kind]}"] += 1
            else:
                made.append(Constructed(kind, reference, text))
    return Pairs(tuple(made), dict(left_out))


def _itself(reference: str, references: Sequence[str], objects: Collection[str], rng: random.Random) -> str | None:
    return reference


def _shuffled(reference: str, references: Sequence[str], objects: Collection[str], rng: random.Random) -> str | None:
    """The same words in an order that is drawn."""
    own = reference.split()
    for _ in range(20):
        drawn = rng.sample(own, len(own))
        if words(" ".join(drawn)) != words(reference):
            return " ".join(drawn)
    return None


def _another(reference: str, references: Sequence[str], objects: Collection[str], rng: random.Random) -> str | None:
    """The reference of another clip."""
    others = [each for each in references if words(each) != words(reference)]
    return rng.choice(others) if others else None


def _wrong_object(reference: str, references: Sequence[str], objects: Collection[str], rng: random.Random) -> str | None:
    """One object's name in place of another's, wherever it stands; a or an is put right."""
    there = [name for name in sorted(objects) if _mentions(name).search(reference)]
    absent = [name for name in sorted(objects) if name not in there]
    if not there or not absent:
        return None
    old, new = rng.choice(there), rng.choice(absent)

    def put(found: re.Match[str]) -> str:
        article = found["article"] or ""
        right = "an" if new[0] in "aeiou" else "a"
        name = f"{new}{found['plural']}"
        name = name.capitalize() if found["name"][0].isupper() else name
        return f"{article[0]}{right[1:]} {name}" if article else name

    return _mentions(old).sub(put, reference)


def _mentions(name: str) -> re.Pattern[str]:
    return re.compile(rf"{ARTICLE}\b(?P<name>{re.escape(name)})(?P<plural>s?)\b", re.IGNORECASE)


KINDS: dict[str, Make] = {
    "itself": _itself,
    "words shuffled": _shuffled,
    "another's": _another,
    "wrong object": _wrong_object,
}
"""What is put beside a reference -> how it is made."""
CANNOT = {
    "words shuffled": "too few words to shuffle",
    "another's": "no other reference",
    "wrong object": "names no object of the list",
}


def read_texts(file: Path | str | None = None) -> list[str]:
    """References out of a file: one per line, or the column ``reference`` of a CSV file; None for those that ship.

    Raises:
        UsageError: where it is not there, no text, or holds none.
    """
    if file is None:
        return _shipped("references.txt")
    path = Path(file)
    if not path.is_file():
        raise UsageError(
            f"there is no file of references {path}{hint_beside(path)}; give one reference per line, or a CSV file"
        )
    return _read(path)


def read_objects(file: Path | str | None = None) -> list[str]:
    """Names of objects out of a file, one per line; None for those that ship.

    Raises:
        UsageError: where it is not there, no text, or holds none.
    """
    if file is None:
        return _shipped("objects.txt")
    path = Path(file)
    if not path.is_file():
        raise UsageError(f"there is no list of objects {path}{hint_beside(path)}; give one name per line")
    return [each.lower() for each in _read(path)]


def _shipped(name: str) -> list[str]:
    return files(__package__).joinpath(name).read_text(encoding="utf-8").split("\n")[:-1]


def _column(text: str, path: Path) -> list[str]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        if "reference" not in (names := rows.fieldnames or ()):
            raise UsageError(f"{path} has no column reference (found: {', '.join(names) or 'nothing'})")
        return [row["reference"] or "" for row in rows]
    except csv.Error as error:
        raise UsageError(f"{path} is no CSV file ({error})") from None


def _read(path: Path) -> list[str]:
    """Lines, or a column; blanks at the ends and empty ones taken away, one that stands twice once."""
    if path.stat().st_size > MOST_BYTES:
        raise UsageError(f"{path} has {path.stat().st_size:,} bytes; at most {MOST_BYTES:,} are read")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not text in UTF-8; save it as plain text") from None
    told = _column(text, path) if path.suffix.lower() == ".csv" else text.splitlines()
    found = list(dict.fromkeys(" ".join(each.split()) for each in told if each.strip()))
    if not found:
        raise UsageError(f"{path} holds no text; give one per line")
    return found
