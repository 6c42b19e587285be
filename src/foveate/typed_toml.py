"""Files of TOML that a user writes; their values as the types that a dataclass declares, and back."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from foveate.errors import UsageError, hint, hint_beside

Made = TypeVar("Made")

MOST_BYTES = 200_000
LARGEST = 2**63 - 1
"""Of TOML's whole numbers; Python's have no end, which a float has."""
WORDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", Path: "a path"}


@dataclass(frozen=True)
class Within:
    """What a number may be."""

    least: float | None = None
    """It, or more."""
    above: float | None = None
    """More than it."""
    most: float | None = None
    """It, or less."""
    below: float | None = None
    """Less than it."""

    def holds(self, value: float) -> bool:
        """NaN and infinity are never within."""
        return (
            isfinite(value)
            and (self.least is None or value >= self.least)
            and (self.above is None or value > self.above)
            and (self.most is None or value <= self.most)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        bounds = {"at least": self.least, "more than": self.above, "at most": self.most, "less than": self.below}
        return " and ".join(f"{words} {bound:.10g}" for words, bound in bounds.items() if bound is not None)


def read_toml(file: Path, make: Callable[[dict[str, Any]], Made], *, what: str, example: str) -> Made:
    """What a file says, as what it is to be.

    Args:
        file: to read.
        make: keys and values -> what is wanted of them; the file stands before what it refuses.
        what: what such a file is called, in messages.
        example: how one may be named.

    Raises:
        UsageError: where it is not there, a folder, too long, not to be read or no TOML, or is refused.
    """
    given = _read(file, what=what, example=example)
    try:
        return make(given)
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error


def _read(file: Path, *, what: str, example: str) -> dict[str, Any]:
    try:
        if file.is_dir():
            raise UsageError(f"{file} is a folder; name the {what} itself, such as {file / example}")
        if file.stat().st_size > MOST_BYTES:
            raise UsageError(f"{file} has more than {MOST_BYTES:,} bytes; a {what} is a page of TOML")
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"there is no {what} {file}{hint_beside(file)}") from error
    except OSError as error:
        raise UsageError(f"the {what} {file} cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # of the TOML, of its letters, or of a number of thousands of digits
        raise UsageError(f"{file} is no TOML: {error}") from error


def typed(name: str, value: Any, type_: Any, *, folder: Path) -> Any:  # noqa: PLR0911, PLR0912  # one for each kind of type
    """A value of TOML as the type of its field.

    Args:
        name: of its key, for messages.
        value: as tomllib reads it.
        type_: str, bool, int, float, Path, a Literal of texts, ``Annotated[number, Within(...)]``, a tuple of any length of
            these, a dict of texts to these, or one of these or None.
        folder: what relative paths are relative to.

    Raises:
        UsageError: where it is of another type, or not within.
    """
    inner = get_args(type_)
    if type(None) in inner:  # a value or None, and TOML has no None
        return typed(name, value, inner[0], folder=folder)
    origin = get_origin(type_)
    if origin is Annotated:
        number = typed(name, value, inner[0], folder=folder)
        if not inner[1].holds(number):
            finite = "" if isfinite(number) else "finite and "
            raise UsageError(f"{name} must be {finite}{inner[1]}, got {value}")
        return number
    if origin is Literal:
        if value not in inner:
            raise UsageError(f"{name} cannot be {_told(value)}{hint(str(value), inner)}; it is one of: {', '.join(inner)}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise UsageError(f"{name} must be a list in brackets, got {_told(value)}")
        return tuple(typed(f"an entry of {name}", each, inner[0], folder=folder) for each in value)
    if origin is dict:
        if not isinstance(value, dict):
            raise UsageError(f"{name} must be a table, such as {{ a = 1 }}, got {_told(value)}")
        return {key: typed(f"{key} of {name}", each, inner[1], folder=folder) for key, each in value.items()}
    if type_ is Path and isinstance(value, str) and value:
        return path_in(folder, value, name=name)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise UsageError(f"{name} is a number of {len(hex(value)) - 2} hexadecimal digits; TOML's whole numbers have 64 bits")
    if type_ is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type_:
        raise UsageError(f"{name} must be {WORDS[type_]}, got {_told(value)}")
    return value


def path_in(folder: Path, text: str, *, name: str) -> Path:
    """A path that counts from a folder, in full; ``~`` is somebody's home.

    Raises:
        UsageError: where it can be none: nobody of that name, a loop of links, a letter that paths do not have.
    """
    try:
        return (folder / Path(text).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{name} is no path, {_told(text)}: {error}; write where it lies") from error


def toml_value(value: Any) -> str:
    """A value as TOML; JSON's texts, numbers, true and false are TOML's too."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(str(value) if isinstance(value, Path) else value)


def _told(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str | bool | int | float | list) else str(value)
