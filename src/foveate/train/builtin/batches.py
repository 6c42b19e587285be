"""Batches of drawn clips: which, seen through which view, and the words that are right."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.model.builtin import INSTRUCTIONS
from foveate.train.builtin.architecture import ANSWER, END, FRAME, IMAGE, TOKEN_PX
from foveate.train.builtin.clips import PICTURES, SEEN, SIDES_PX, SMALL_PX, TAKES, Shard, open_shard

PROMPT_OF_TASK = {"activity": "activity", "future": "next"}
EQUAL_VIEWS = ("gaze", "center", "random", "full", "warp", "mass", "hands", "mark")
"""The views of one picture a frame that cost the same; every one gets the same share of a batch's clips."""
IGNORED = -100


@dataclass(frozen=True)
class Batch:
    """Clips of one number of frames of one size."""

    pictures: tuple[NDArray[np.uint8], ...]
    """(B, frames, side, side, 3) for each picture of a frame; no frames where the model is asked without images."""
    prompt: NDArray[np.int64]
    """(L,) tokens of the prompt, the same for all: instruction and places of images."""
    answers: NDArray[np.int64]
    """(B, A) tokens of the answers, END at the end, then IGNORED."""
    task: str
    """activity or future."""
    views: tuple[str, ...]
    """(B,) view of each clip."""
    texts: tuple[str, ...]
    """(B,) what is right to say."""


@dataclass(frozen=True)
class Plan:
    """What kind of batch to make."""

    task: str
    frames: int
    """0 for none."""
    size: int
    """Clips."""
    views: tuple[str, ...] = EQUAL_VIEWS
    """Evenly mixed; all with pictures of the same sizes."""

    @property
    def sides_px(self) -> tuple[int, ...]:
        """Of each picture of a frame, as the model is shown it."""
        first = self.views[0]
        if first in EQUAL_VIEWS:
            return (SMALL_PX,)
        return tuple(SIDES_PX[name] for name in PICTURES.get(first, (first,)))


class ClipPool:
    """All drawn clips."""

    def __init__(self, paths: Sequence[Path], tokenizer: Any) -> None:
        self.shards: list[Shard] = [open_shard(path) for path in paths]
        self._tokenizer = tokenizer
        self._table = {(task, view): self._rows(task, view) for task in PROMPT_OF_TASK for view in (*TAKES, *SEEN)}

    def _rows(self, task: str, view: str) -> NDArray[np.int64]:
        """(C, 2) shard and clip of those of a task that have pictures of a view."""
        return np.array(
            [
                (number, clip)
                for number, shard in enumerate(self.shards)
                for clip, name in enumerate(shard.task)
                if name == task and shard.first[clip] + shard.frames[clip] <= len(shard.pictures[view])
            ],
            dtype=np.int64,
        )

    def draw(self, plan: Plan, rng: np.random.Generator) -> Batch:
        """A batch of clips at random, with small shifts of the crops."""
        views = [str(view) for view in rng.choice(plan.views, plan.size)]
        tables = [self._table[plan.task, view] for view in views]
        rows = np.stack([table[rng.integers(0, len(table))] for table in tables])
        return self.batch(plan, rows, views, rng)

    def in_order(self, task: str, view: str, *, size: int, limit: int) -> list[Batch]:
        """Batches of the first clips of a task, unshifted, for validation."""
        rows = self._table[task, view][:limit]
        frames = 3 if task == "activity" else 5
        return [
            self.batch(Plan(task, frames, len(part), (view,)), part, [view] * len(part), None)
            for part in (rows[start : start + size] for start in range(0, len(rows), size))
        ]

    def batch(self, plan: Plan, rows: NDArray[np.int64], views: Sequence[str], rng: np.random.Generator | None) -> Batch:
        """The batch of given clips; the last frames of each where fewer are wanted than it has."""
        sides = plan.sides_px
        made = tuple(np.empty((len(rows), plan.frames, side, side, 3), dtype=np.uint8) for side in sides)
        texts = []
        for i, ((number, clip), view) in enumerate(zip(rows, views, strict=True)):
            shard = self.shards[number]
            texts.append(shard.text[clip])
            stop, there = shard.first[clip] + shard.frames[clip], int(shard.frames[clip])
            for name, side, pixels in zip(PICTURES.get(view, (view,)), sides, made, strict=True):
                for k in range(plan.frames):
                    # A clip with fewer frames than wanted begins with its first one several times.
                    frame = stop - min(plan.frames - k, there)
                    pixels[i, k] = _shifted(shard.pictures[name][frame], side, rng)
        return Batch(made, self._prompt(plan, sides), self._answers(texts), plan.task, tuple(views), tuple(texts))

    def _prompt(self, plan: Plan, sides: tuple[int, ...]) -> NDArray[np.int64]:
        images = "".join(f"{FRAME}{IMAGE * (side // TOKEN_PX) ** 2}" for side in sides) * plan.frames
        text = f"{images}{INSTRUCTIONS[PROMPT_OF_TASK[plan.task]]}{ANSWER}"
        return np.array(self._tokenizer(text)["input_ids"], dtype=np.int64)

    def _answers(self, texts: Sequence[str]) -> NDArray[np.int64]:
        tokens = self._tokenizer([f"{text}{END}" for text in texts])["input_ids"]
        answers = np.full((len(texts), max(map(len, tokens))), IGNORED, dtype=np.int64)
        for row, found in zip(answers, tokens, strict=True):
            row[: len(found)] = found
        return answers


def _shifted(picture: NDArray[np.uint8], side: int, rng: np.random.Generator | None) -> NDArray[np.uint8]:
    """A square of a picture that may have a margin: in the middle, or anywhere with ``rng``."""
    spare = len(picture) - side
    down, right = (spare // 2, spare // 2) if rng is None else rng.integers(0, spare + 1, 2)
    return picture[down : down + side, right : right + side]
