"""What a job is made of: items, what one attempt at an item came to, and the count of them all."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from foveate.errors import JobError

Json = Any
"""Plain JSON: dict with str keys, list, str, int, finite float, bool, None."""


@dataclass(frozen=True)
class Item:
    """One piece of work that is finished as a whole or not at all."""

    id: str
    """Names it for good: the same piece of work has the same id in every run."""
    payload: Json = None
    """What the work needs to know, as JSON."""


Work = Callable[[Item, Path], Json]
"""(item, an empty folder for files that are to be kept) -> result as JSON."""
MakeWork = Callable[[Any], Work]
"""settings -> work; called once in every worker process, so it must be a function of a module (or a partial of one)."""

State = Literal["done", "failed", "quarantined", "retry", "died", "late", "again", "halt", "gone"]


@dataclass(frozen=True)
class Outcome:
    """What one attempt at an item came to; a line of the journal."""

    item: str
    """The item's id."""
    state: State
    """done, failed, quarantined: decided. retry: may pass next time. died, late: took its process with it, and is tried again.
    again: put back, whatever it was. halt, gone: the disk refuses, or who the work asks answers nobody, so the whole job stops;
    never in a journal."""
    result: Json = None
    """Where done: what the work returned."""
    files: tuple[str, ...] = ()
    """Where done: files in the item's folder, relative to it, sorted, with forward slashes."""
    reason: str = ""
    """Where not done: one line."""
    trace: str = ""
    """The traceback of an error that nobody foresaw."""
    seconds: float = 0.0
    """Wall time of the attempt."""

    def json(self) -> bytes:
        """As one line of JSON, without what is empty."""
        fields = {
            name: value for name in FIELDS if (value := getattr(self, name)) or (name == "result" and self.state == "done")
        }
        return to_json(fields)

    @staticmethod
    def from_json(text: bytes) -> "Outcome":
        """What `json` wrote."""
        fields = json.loads(text)
        return Outcome(**{**fields, "files": tuple(fields.get("files", ()))})


FIELDS = tuple(Outcome.__dataclass_fields__)


@dataclass(frozen=True)
class Task:
    """What an engine must know to work on items."""

    make_work: MakeWork
    """Makes the work, once per worker."""
    settings: Json
    """Its argument."""
    retry_on: tuple[type[Exception], ...] = (ConnectionError, TimeoutError)
    """Errors that may pass when tried again."""
    timeout_s: float | None = None
    """Longest time for one attempt; its process is then killed."""
    start_timeout_s: float = 1800.0
    """Longest time for `make_work`, which may load or fetch a model."""


class Engine(Protocol):
    """Works on items somewhere, at most `slots` at a time; knows nothing of journals, order or retries."""

    slots: int

    def submit(self, item: Item, folder: Path) -> None:
        """Begin with an item; `folder` exists, is empty and is for its files."""
        ...

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Sleep until an attempt ends or the time has passed; what has ended."""
        ...

    def close(self) -> None:
        """Stop at once, whatever is under way."""
        ...


@dataclass(frozen=True)
class Tally:
    """How far a job is."""

    done: int = 0
    """Items with a result."""
    failed: int = 0
    """Items that raised an error which trying again would not mend."""
    quarantined: int = 0
    """Items that failed, hung or killed their worker too often."""
    left: int = 0
    """Items not decided yet."""
    time_left_s: float | None = None
    """Estimate from the mean time of the items so far; None before the first."""

    def __str__(self) -> str:
        counts = f"{self.done} done, {self.failed} failed, {self.quarantined} quarantined, {self.left} left"
        return counts if self.time_left_s is None or not self.left else f"{counts} (about {self.time_left_s:.0f} s)"


@dataclass(frozen=True)
class Failure:
    """An item without a result."""

    item: str
    """Which."""
    state: str
    """failed or quarantined."""
    reason: str
    """Why, in one line."""


@dataclass(frozen=True)
class Report:
    """What a job has come to."""

    tally: Tally
    """Counts; their sum is the number of items."""
    failures: tuple[Failure, ...] = ()
    """In the order of the items."""
    damaged_lines: int = 0
    """Lines of the journal whose checksum is wrong; their items are done again."""

    def __str__(self) -> str:
        return "\n".join([str(self.tally), *(f"{bad.state}: {bad.item}: {bad.reason}" for bad in self.failures)])


def to_json(value: Json) -> bytes:
    """One line of JSON, readable in any language; keys stay in their order.

    Raises:
        TypeError, ValueError: where the value is not plain JSON, NaN and infinity included.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, as in file names that are not UTF-8
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def as_json(value: Any, what: str) -> Json:
    """The value as JSON gives it back: tuples are lists, keys are strings."""
    try:
        return json.loads(to_json(dict(value) if isinstance(value, Mapping) else value))
    except (TypeError, ValueError) as error:
        raise JobError(f"{what} must be plain JSON (got {value!r:.80}): {error}") from error
