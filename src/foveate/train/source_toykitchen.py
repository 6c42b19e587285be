"""Worlds of the toy kitchen as a source of samples."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from foveate.dataset.sample import Sample
from foveate.dataset.toykitchen import (
    TASK_SAMPLES,
    TEST_SEEDS,
    THIRD_PERSON_SEEDS,
    TRAIN_SEEDS,
    UNINFORMATIVE_SEEDS,
    UNSEEN_SEEDS,
    VALIDATION_SEEDS,
    toykitchen_samples,
)
from foveate.errors import UsageError, hint
from foveate.toykitchen import VARIANTS
from foveate.train.source import TOY, Part

USUAL = "kitchen"
TOY_TEST_SEEDS = {
    USUAL: TEST_SEEDS,
    "other": UNSEEN_SEEDS,
    "uninformative": UNINFORMATIVE_SEEDS,
    "third_person": THIRD_PERSON_SEEDS,
}
"""Variant -> the worlds to test on."""


@dataclass(frozen=True)
class ToyKitchen:
    """Worlds of the toy kitchen; which of them stand on which side is fixed (``foveate.dataset.toykitchen``)."""

    worlds: Mapping[str, int]
    """Side -> how many."""
    variant: str = USUAL
    """A key of VARIANTS."""
    tasks: tuple[str, ...] = tuple(TASK_SAMPLES)
    duration_s: float = 60.0
    """Of a world."""
    left_out: Counter[str] = field(default_factory=Counter, compare=False)
    split_by: str = "the seeds of worlds"

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            near = hint(self.variant, VARIANTS)
            raise UsageError(f"there is no toy kitchen {self.variant!r}{near}; there are: {', '.join(VARIANTS)}")
        if strange := [task for task in self.tasks if task not in TASK_SAMPLES]:
            raise UsageError(f"the toy kitchen has no samples of the task {strange[0]!r}; it has: {', '.join(TASK_SAMPLES)}")
        for side, count in self.worlds.items():
            if not 0 <= count <= len(self._seeds[side]):
                raise UsageError(f"the toy kitchen has 0 to {len(self._seeds[side])} worlds on the side {side}, got {count}")

    @property
    def _seeds(self) -> dict[str, range]:
        return {"train": TRAIN_SEEDS, "validation": VALIDATION_SEEDS, "test": TOY_TEST_SEEDS[self.variant]}

    @classmethod
    def of_worlds(cls, worlds: Mapping[str, int], *, variant: str, tasks: Sequence[str] | None) -> "ToyKitchen":
        """With the usual variant and all tasks where none is named."""
        return cls(worlds, variant or USUAL, tuple(tasks or TASK_SAMPLES))

    def told(self) -> dict[str, Any]:
        """What makes it this one: more worlds are the same preparation, gone on with."""
        return {"name": TOY, "variant": self.variant, "tasks": list(self.tasks), "duration_s": self.duration_s}

    def parts(self) -> list[Part]:
        """A part per world."""
        return [Part(str(seed), side, 0, None, "") for side, count in self.worlds.items() for seed in self._seeds[side][:count]]

    def of(self, part: Part) -> list[Sample]:
        """All samples of a world."""
        seeds = [int(part.recording)]
        return list(toykitchen_samples(seeds, variant=self.variant, tasks=self.tasks, duration_s=self.duration_s))
