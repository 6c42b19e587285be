"""The code book: the labels that a coder chooses from, ``unclear`` always among them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_type_hints

from foveate.errors import UsageError, hint
from foveate.typed_toml import read_toml, typed

UNCLEAR = "unclear"
"""The label that every code book has: the coder looked and could not tell, or nothing else fits."""
LONGEST_NAME = 60
MOST_LABELS = 100
EXAMPLE = 'a code book is TOML with two sections or more such as: [[label]] name = "cut" (docs/codes.md)'


@dataclass(frozen=True)
class Label:
    """One thing to choose."""

    name: str
    """What tables call it."""
    description: str = ""
    """When to choose it, in a sentence."""
    examples: tuple[str, ...] = ()
    """Cases of it."""
    words: tuple[str, ...] = ()
    """Words by which the sentence of a model that understands only its own prompts is mapped to it."""


@dataclass(frozen=True)
class CodeBook:
    """What coders are asked, and what they choose from."""

    labels: tuple[Label, ...]
    """In the order of the file; ``unclear`` is the last where the file does not name it."""
    title: str = ""
    """What pages are headed with."""
    question: str = ""
    """What is to be judged; empty for the usual question of spans or of fixations."""

    def __post_init__(self) -> None:
        names = [folded(label.name) for label in self.labels]
        for label in self.labels:
            _check_name(label.name)
            if names.count(folded(label.name)) > 1:
                raise UsageError(f"the label {label.name!r} stands in the code book twice; name each once")
        if len(set(names) - {UNCLEAR}) < 2:
            one = next((label.name for label in self.labels if folded(label.name) != UNCLEAR), None)
            came = "no label" if one is None else f"one label only, {one!r}"
            raise UsageError(f"there is {came} beside {UNCLEAR!r}, and nothing to choose; {EXAMPLE}")
        if len(self.labels) > MOST_LABELS:
            raise UsageError(f"a code book has at most {MOST_LABELS} labels, got {len(self.labels)}")
        if UNCLEAR not in names:
            object.__setattr__(self, "labels", (*self.labels, Label(UNCLEAR, "none of the others, or it cannot be seen")))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    @property
    def id(self) -> str:
        """Eight letters that tell it from any other."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode("utf-8", "backslashreplace")).hexdigest()[:8]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as ``book_of`` reads it."""
        told: dict[str, Any] = {"title": self.title, "question": self.question}
        told["label"] = [{name: value for name, value in asdict(label).items() if value} for label in self.labels]
        for label in told["label"]:
            label |= {name: list(value) for name, value in label.items() if isinstance(value, tuple)}
        return told


def folded(name: str) -> str:
    """A name without the differences that do not count: case, and how its words are joined."""
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


def read_book(file: Path) -> CodeBook:
    """Read a code book.

    Args:
        file: TOML with ``title`` and ``question`` (both may be left out) and a section ``[[label]]`` for every label, each with
            ``name``, and where wanted ``description``, ``examples`` and ``words``.

    Raises:
        UsageError: where it is not there, no TOML, or a key, label or value is wrong; the message names the file.
    """
    return read_toml(file, book_of, what="code book", example="labels.toml")


def book_of(given: Mapping[str, Any]) -> CodeBook:
    """A code book out of keys and values as TOML has them.

    Raises:
        UsageError: for a key that is not known, or a value of a wrong type.
    """
    _check_keys(given, ("title", "question", "label"), where="a code book")
    sections = given.get("label", [])
    if isinstance(sections, dict):
        raise UsageError("[label] is one section; write [[label]], in two brackets, before every label")
    if not isinstance(sections, list) or not all(isinstance(section, dict) for section in sections):
        raise UsageError(f"label must be sections, each headed [[label]]; {EXAMPLE}")
    head = {name: typed(name, given[name], str, folder=Path()).strip() for name in ("title", "question") if name in given}
    return CodeBook(tuple(_label(section, number) for number, section in enumerate(sections, start=1)), **head)


def _label(section: Mapping[str, Any], number: int) -> Label:
    where = f"label {number}"
    _check_keys(section, tuple(Label.__dataclass_fields__), where=where)
    if "name" not in section:
        raise UsageError(f"{where} has no name; {EXAMPLE}")
    types = get_type_hints(Label)
    values: dict[str, Any] = {
        name: typed(f"{name} of {where}", value, types[name], folder=Path()) for name, value in section.items()
    }
    return Label(**{name: _stripped(value) for name, value in values.items()})


def _stripped(value: Any) -> Any:
    """Texts without blanks around, and with their lines joined: each stands within a line of the prompt."""
    if isinstance(value, str):
        return " ".join(value.split())
    return tuple(word for word in map(_stripped, value) if word)


def _check_keys(given: Mapping[str, Any], known: Sequence[str], *, where: str) -> None:
    for name in given:
        if name not in known:
            raise UsageError(f"{where} has no key {name!r}{hint(name, known)}; its keys are: {', '.join(known)}")


def _check_name(name: str) -> None:
    if not name:
        raise UsageError("a label has an empty name; give each a word or a few")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"a label's name is a line of at most {LONGEST_NAME} letters, got {name!r}")
    if not name[0].isalnum():
        raise UsageError(f"a label's name begins with a letter or a digit, got {name!r}")
