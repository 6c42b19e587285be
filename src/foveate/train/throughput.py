"""How many clips a second a training sees, and how much of its time it waits for them."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

Batch = TypeVar("Batch", bound=Mapping[str, Any])
"""What a ``Collator`` makes: ``ids`` names its clips."""


class Throughput:
    """Counts clips, and seconds between and within the steps of a loop."""

    def __init__(self) -> None:
        self.clips = 0
        """That were handed over."""
        self.waited_s = 0.0
        """Until a batch was there."""
        self.worked_s = 0.0
        """From a batch until the next was asked for."""

    def over(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The same batches, with the time between them measured."""
        coming = iter(batches)
        while True:
            began_s = time.perf_counter()
            batch = next(coming, None)
            ready_s = time.perf_counter()
            self.waited_s += ready_s - began_s
            if batch is None:
                return
            self.clips += len(batch["ids"])
            yield batch
            self.worked_s += time.perf_counter() - ready_s

    @property
    def clips_per_s(self) -> float:
        """0 before the first."""
        spent_s = self.waited_s + self.worked_s
        return self.clips / spent_s if spent_s else 0.0

    @property
    def waiting(self) -> float:
        """Share of the time spent waiting for data, in [0, 1]."""
        spent_s = self.waited_s + self.worked_s
        return self.waited_s / spent_s if spent_s else 0.0

    def __str__(self) -> str:
        return f"{self.clips_per_s:.1f} clips/s, {self.waiting:.0%} of the time waiting for data"
