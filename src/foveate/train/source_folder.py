"""The folder of a published data set as a source of samples, split so that nobody stands on two sides."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from foveate.dataset import dataset_of, samples
from foveate.dataset.sample import Sample
from foveate.dataset.split import SHARES, leaks, split
from foveate.errors import DatasetError, UsageError
from foveate.train.source import SIDES, Part, recording_key

MOST_CLIPS = 64
"""Of one part: what is lost where a preparation is killed, and what stays in memory at once."""


@dataclass(frozen=True)
class Published:
    """Samples of a folder whose video is on this machine."""

    folder: str
    """Where its annotations are, absolute."""
    sides: tuple[str, ...] = SIDES
    """Those that are prepared."""
    name: str | None = None
    """A key of DATASETS; None to detect it."""
    videos: str | None = None
    """Where its videos are, where they are not under the folder."""
    tasks: tuple[str, ...] | None = None
    """None for all that it has."""
    shares: tuple[tuple[str, float], ...] | None = None
    """Side and its share; None for the data set's own split where that keeps people apart, else SHARES."""
    seed: int = 0
    """Of the split."""
    left_out: Counter[str] = field(default_factory=Counter, compare=False)

    def told(self) -> dict[str, Any]:
        """What makes it this one."""
        tasks, shares = self.tasks and list(self.tasks), self.shares and dict(self.shares)
        name = dataset_of(self.folder, name=self.name)[0]
        return {
            "name": name,
            "folder": self.folder,
            "videos": self.videos,
            "tasks": tasks,
            "sides": list(self.sides),
            "shares": shares,
            "seed": self.seed,
        }

    @property
    def split_by(self) -> str:
        """How recordings came to their sides."""
        return self._split[0]

    @cached_property
    def _all(self) -> list[Sample]:
        counter: Counter[str] = Counter()
        found = list(
            samples(self.folder, name=self.name, tasks=self.tasks, videos=self.videos, with_video=True, left_out=counter)
        )
        self.left_out.update(counter)
        if not found:
            why = "; ".join(f"{count} {reason}" for reason, count in counter.items()) or "no annotation speaks of any"
            raise DatasetError(f"{self.folder} has no sample that can be prepared: {why}")
        return found

    @cached_property
    def _split(self) -> tuple[str, dict[str, list[Sample]]]:
        """How it was split, and side -> its samples."""
        if self.shares is None and all(sample.side for sample in self._all):
            own: dict[str, list[Sample]] = defaultdict(list)
            for sample in self._all:
                own[sample.side].append(sample)
            if not leaks(own):
                return "the data set's own split", own
        shares = SHARES if self.shares is None else dict(self.shares)
        try:
            sides = split(self._all, seed=self.seed, shares=shares)
        except UsageError as error:
            raise UsageError(f"{error}; name fewer with --shares, such as --shares train=1") from error
        return f"participant and recording, seed {self.seed}", sides

    @cached_property
    def _of_recording(self) -> dict[tuple[str, str], list[Sample]]:
        """Side and recording -> its samples."""
        found: dict[tuple[str, str], list[Sample]] = defaultdict(list)
        for side in self.sides:
            for sample in self._split[1].get(side, []):
                found[side, recording_key(sample.recording)].append(sample)
        for side, chosen in self._split[1].items():
            if side not in self.sides:
                self.left_out[f"samples of the side {side}"] += len(chosen)
        return found

    def parts(self) -> list[Part]:
        """At most MOST_CLIPS samples of one recording each."""
        found = [
            Part(recording, side, first, len(some), _mark(some))
            for (side, recording), chosen in self._of_recording.items()
            for first in range(0, len(chosen), MOST_CLIPS)
            for some in [chosen[first : first + MOST_CLIPS]]
        ]
        if not found:
            there = ", ".join(f"{side} {len(chosen)}" for side, chosen in self._split[1].items())
            raise DatasetError(f"{self.folder} has no sample on the side {' or '.join(self.sides)} (there: {there})")
        return found

    def of(self, part: Part) -> list[Sample]:
        """The samples of a part."""
        chosen = self._of_recording[part.side, part.recording]
        return chosen[part.first : None if part.count is None else part.first + part.count]


def _mark(some: Sequence[Sample]) -> str:
    told = [(s.id, s.task, s.span.start_ns, s.span.stop_ns, s.instruction, s.reference, *s.choices) for s in some]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
