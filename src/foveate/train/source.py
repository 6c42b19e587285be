"""Where the samples of a preparation come from: recording by recording, each on one side."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from foveate.dataset import dataset_of
from foveate.dataset.sample import Sample
from foveate.dataset.split import SHARES
from foveate.errors import UsageError, hint
from foveate.recording.recording import Recording

SIDES = tuple(SHARES)
TOY = "toykitchen"


@dataclass(frozen=True)
class Part:
    """Samples of one recording that are prepared as a whole or not at all."""

    recording: str
    """Names the recording among all of the data set."""
    side: str
    """train, validation or test."""
    first: int
    """Place of the first of them among the recording's samples."""
    count: int | None
    """How many; None for all from there, where they are not counted beforehand."""
    mark: str
    """Changes where the samples do."""

    @property
    def id(self) -> str:
        return f"{self.side} {self.recording} {self.first:05d}"


class Source(Protocol):
    """A data set that can be prepared."""

    @property
    def left_out(self) -> Counter[str]:
        """Reason -> samples that were left out before they were looked at."""
        ...

    @property
    def split_by(self) -> str:
        """How recordings came to their sides, in words."""
        ...

    def told(self) -> dict[str, Any]:
        """What makes it this one and no other, as JSON."""
        ...

    def parts(self) -> list[Part]:
        """All of it, in an order that does not change."""
        ...

    def of(self, part: Part) -> list[Sample]:
        """The samples of a part."""
        ...


def source(
    dataset: str,
    *,
    sides: Sequence[str] = SIDES,
    worlds: int = 40,
    name: str | None = None,
    videos: Path | None = None,
    tasks: Sequence[str] | None = None,
    shares: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Source:
    """A data set by its folder, or ``toykitchen`` (``toykitchen:VARIANT``).

    Args:
        dataset: what to prepare.
        sides: those that are prepared.
        worlds: of the toy kitchen: how many over these sides, by ``shares``.
        name: of a folder: a key of DATASETS.
        videos: of a folder: where its videos are.
        tasks: None for all.
        shares: side -> its share; None for the data set's own, or SHARES.
        seed: of the split.

    Raises:
        UsageError, DatasetError: for what does not fit.
    """
    for side in (*sides, *(shares or {})):
        if side not in SIDES:
            raise UsageError(f"there is no side {side!r}{hint(side, SIDES)}; there are: {', '.join(SIDES)}")
    from foveate.train.source_folder import Published
    from foveate.train.source_toykitchen import ToyKitchen

    kind, _, variant = dataset.partition(":")
    if kind == TOY:
        if worlds < 1:
            raise UsageError(f"--worlds must be 1 or more, got {worlds}")
        chosen = {side: (shares or SHARES).get(side, 0.0) for side in sides}
        total = sum(chosen.values())
        counts = {side: max(1, round(worlds * share / total)) for side, share in chosen.items() if share}
        return ToyKitchen.of_worlds(counts, variant=variant, tasks=tasks)
    folder = Path(dataset)
    if not folder.exists() and (near := hint(kind, [TOY])):
        raise UsageError(f"{dataset} does not exist{near}")
    dataset_of(folder, name=name)
    return Published(
        str(folder.absolute()),
        tuple(sides),
        name,
        None if videos is None else str(videos.absolute()),
        None if tasks is None else tuple(tasks),
        None if shares is None else tuple(shares.items()),
        seed,
    )


def source_of(told: Mapping[str, Any]) -> Source:
    """The source that ``told`` tells of, in a worker."""
    from foveate.train.source_folder import Published
    from foveate.train.source_toykitchen import ToyKitchen

    if told["name"] == TOY:
        return ToyKitchen({}, told["variant"], tuple(told["tasks"]), told["duration_s"])
    tasks, shares = told["tasks"] and tuple(told["tasks"]), told["shares"] and tuple(told["shares"].items())
    return Published(told["folder"], tuple(told["sides"]), told["name"], told["videos"], tasks, shares, told["seed"])


def recording_key(recording: Recording) -> str:
    """What tells a recording from all others of a data set."""
    return f"{recording.format} {recording.name}"
