"""What a judge is asked: a rubric file of criteria with a scale, pinned by its hash."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from foveate.errors import UsageError, hint, hint_beside

RUBRICS = {"default": "correctness, completeness and freedom from hallucination, each from 1 to 10"}
"""Name of the file in ``rubrics/`` -> what it asks for."""
NAME = re.compile(r"[a-z][a-z0-9_]*")
RESERVED = ("why", "better")
"""Keys of a judge's answer that are no criterion."""
MOST_BYTES = 100_000
HIGHEST = 1000
"""No grade is above it."""
KINDS = {str: "a text", int: "a whole number", list: "[[criterion]] tables"}


@dataclass(frozen=True)
class Criterion:
    """One thing that is graded."""

    name: str
    """Of its score, which is called judge_NAME: lower-case letters, digits and underscores."""
    asks: str
    """The question."""
    low_means: str
    """What the lowest grade says."""
    high_means: str
    """What the highest grade says; it is the best."""


@dataclass(frozen=True)
class Rubric:
    """What a judge is asked of every description."""

    name: str
    """A key of RUBRICS, or the file's name."""
    role: str
    """Who the judge is and what counts."""
    low: int
    """Lowest grade."""
    high: int
    """Highest grade."""
    compare: str
    """The question that is asked of two descriptions."""
    criteria: tuple[Criterion, ...]
    """What is graded, in the file's order."""
    text: str
    """The file as it was read."""

    @property
    def sha256(self) -> str:
        """Of the file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_rubric(name: Path | str = "default") -> Rubric:
    """A rubric: a key of RUBRICS, or a TOML file.

    Raises:
        UsageError: where there is none, or something in it is missing, unknown or of the wrong kind.
    """
    if str(name) in RUBRICS:
        text = files(__package__).joinpath(f"rubrics/{name}.toml").read_text(encoding="utf-8")
        return rubric_of(text, str(name))
    path = Path(name)
    if not path.is_file():
        raise UsageError(
            f"there is no rubric {path}{hint(str(name), RUBRICS) or hint_beside(path)}; give a .toml file or one of: "
            f"{', '.join(RUBRICS)}"
        )
    if path.stat().st_size > MOST_BYTES:
        raise UsageError(f"the rubric {path} has {path.stat().st_size:,} bytes; at most {MOST_BYTES:,} are read")
    try:
        return rubric_of(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError:
        raise UsageError(f"the rubric {path} is not text in UTF-8; save it as plain text") from None


def rubric_of(text: str, name: str) -> Rubric:
    """A rubric out of the text of its file.

    Raises:
        UsageError: where something in it is missing, unknown or of the wrong kind.
    """
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"the rubric {name} is no TOML ({error})") from None
    where = f"the rubric {name}"
    known = _fields(told, {"role": str, "low": int, "high": int, "compare": str, "criterion": list}, where)
    if not 0 <= known["low"] < known["high"] <= HIGHEST:
        raise UsageError(f"{where} grades from low to high, both from 0 to {HIGHEST}; got {known['low']} to {known['high']}")
    told_criteria = known.pop("criterion")
    criteria = tuple(_criterion(each, f"criterion {number} of {where}") for number, each in enumerate(told_criteria, start=1))
    names = [each.name for each in criteria]
    if twice := sorted({each for each in names if names.count(each) > 1}):
        raise UsageError(f"{where} has two criteria of the name {twice[0]}")
    return Rubric(name=name, text=text, criteria=criteria, **known)


def _criterion(told: Any, where: str) -> Criterion:
    if not isinstance(told, dict):
        raise UsageError(f"{where} must be a table; write [[criterion]] and its keys below")
    kinds = {each.name: each.type for each in fields(Criterion)}
    known = _fields(told, kinds, where)
    if not NAME.fullmatch(known["name"]) or known["name"] in RESERVED:
        raise UsageError(
            f"{where} is called {known['name']!r}; a name has lower-case letters, digits and underscores, and is not "
            f"{' or '.join(RESERVED)}"
        )
    return Criterion(**known)


def _fields(told: Mapping[str, Any], kinds: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The keys of a table, each there and of its kind; texts without blanks around them, nothing empty."""
    for key in told:
        if key not in kinds:
            raise UsageError(f"{where} has an unknown key {key!r}{hint(key, kinds)}; allowed: {', '.join(kinds)}")
    if missing := [key for key in kinds if key not in told]:
        raise UsageError(f"{where} has no {missing[0]}; it needs: {', '.join(kinds)}")
    for key, value in told.items():
        if type(value) is not kinds[key]:
            raise UsageError(f"{key} of {where} must be {KINDS[kinds[key]]}, got {value!r:.60}")
        if value in ("", []) or (isinstance(value, str) and not value.strip()):
            raise UsageError(f"{key} of {where} is empty")
    return {key: value.strip() if isinstance(value, str) else value for key, value in told.items()}
