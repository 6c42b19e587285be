"""A study file: TOML in sections, read and checked before anything is opened."""

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, get_type_hints

from foveate.errors import UsageError, hint
from foveate.evaluation.study import TEXT_FILES, TOYKITCHEN, Scoring, Study
from foveate.toykitchen.words import COLOURS, KINDS, SURFACES
from foveate.typed_toml import path_in, read_toml, typed

TOY_OBJECTS = (*COLOURS, *KINDS, *SURFACES)
AS_TEXT = ("segment", "size")
"""Keys that take a number as well as a text."""


def read_study(file: Path | str) -> Study:
    """Read a study file.

    Args:
        file: TOML; relative paths in it are relative to its folder.

    Raises:
        UsageError: where it is not there, no TOML, or a key or value is wrong; the message names the file and the key.
    """
    file = Path(file)
    return read_toml(file, partial(study_of, folder=file.resolve().parent), what="study file", example="study.toml")


def study_of(given: Mapping[str, Any], *, folder: Path) -> Study:
    """A study out of sections and values as TOML has them.

    Args:
        given: sections are fields of Study.
        folder: what relative paths are relative to.

    Raises:
        UsageError: for a section or key that is not known or missing, or a value of a wrong type or out of its range.
    """
    types = get_type_hints(Study)
    homes = {key: name for name, type_ in types.items() if is_dataclass(type_) for key in get_type_hints(type_)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in types:
            home = f"; it belongs into [{homes[name]}]" if name in homes else hint(name, types)
            raise UsageError(f"there is no section or key {name!r}{home}; sections: {', '.join(SECTIONS)}")
        if name == "raters":
            values[name] = value
        elif is_dataclass(types[name]):
            values[name] = _section(types[name], name, value, folder)
        else:
            values[name] = typed(name, value, types[name], folder=folder)
    if "samples" not in values:
        raise UsageError("the section [samples] is missing: it names recordings or a data set")
    score: Scoring = values.get("score", Scoring())
    if values["samples"].dataset == TOYKITCHEN and not score.object_names:
        values["score"] = replace(score, object_names=TOY_OBJECTS)
    return Study(**values)


SECTIONS = ("samples", "show", "ask", "score", "compare", "raters")


def _section(type_: Any, section: str, given: Any, folder: Path) -> Any:
    if not isinstance(given, dict):
        raise UsageError(f"{section} is a section: write [{section}] on a line, and its keys below")
    types = get_type_hints(type_, include_extras=True)
    values = {}
    for name, value in given.items():
        if name not in types:
            raise UsageError(f"[{section}] has no key {name!r}{hint(name, types)}; its keys are in docs/study.md")
        try:
            values[name] = typed(name, _listed(name, value, types[name]), types[name], folder=folder)
        except UsageError as error:
            raise UsageError(f"[{section}] {error}") from error
    if "instructions" in values:
        values["instructions"] = tuple(
            str(path_in(folder, each, name="[ask] instructions")) if Path(each).suffix.lower() in TEXT_FILES else each
            for each in values["instructions"]
        )
    if section == "samples" and values.get("dataset") not in (None, "", TOYKITCHEN):
        values["dataset"] = str(path_in(folder, values["dataset"], name="[samples] dataset"))
    return type_(**values)


def _listed(name: str, value: Any, type_: Any) -> Any:
    """A value as its list has it: one alone stands for a list of one, and sizes may be numbers; seeds may be "100-119"."""
    if name == "seeds" and isinstance(value, str):
        return _range(value)
    if getattr(type_, "__origin__", None) is tuple and not isinstance(value, list):
        value = [value]
    if name in AS_TEXT:
        return [_text(each) for each in value] if isinstance(value, list) else _text(value)
    return value


def _text(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(int(value)) if isfinite(value) and value == int(value) else str(value)


def _range(text: str) -> list[int]:
    first, _, last = text.partition("-")
    if not (first.strip().isdecimal() and last.strip().isdecimal() and int(first) <= int(last)):
        raise UsageError(f'seeds is a list of whole numbers, or the first and the last such as "30150-30169", got {text!r}')
    if int(last) - int(first) > 100_000:
        raise UsageError(f"seeds {text} are more than 100,000 worlds")
    return list(range(int(first), int(last) + 1))
