"""Clips for a tiny model, made on the spot: a bright square that the answer tells the place of, and gaze on it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from foveate.gaze.patches import whole
from foveate.train.controls import FrameTarget
from foveate.train.shard import About, Clip, ClipImage, write_shard
from foveate.train.shards import INDEX, INDEX_FORMAT, as_item

SIDE_PX = 112
GRID = 4
"""Rows and columns of visual tokens of an image of that side, by the tiny Qwen2.5-VL."""
ANSWERS = ("ab", "b a", "a b o", "bb a ab")
"""For each corner; of different lengths."""


def clip(number: int, *, side: str = "train", gaze: bool = True) -> Clip:
    """One or two frames, the square in the corner ``number % 4``; with gaze the last frame has it always, the first mostly."""
    corner = number % 4
    down, right = divmod(corner, 2)
    half = SIDE_PX // 2
    target = np.zeros((GRID, GRID), np.float32)
    target[down * 2 : down * 2 + 2, right * 2] = 0.5
    images = []
    frames = 1 + number // 4 % 2
    for frame in range(frames):
        image = np.random.default_rng([number, frame]).integers(0, 30, (SIDE_PX, SIDE_PX, 3), np.uint8)
        image[down * half : (down + 1) * half, right * half : (right + 1) * half] += 200
        valid = gaze and (frame == frames - 1 or number % 3 > 0)
        told = FrameTarget(
            whole((GRID, GRID), (SIDE_PX, SIDE_PX)),
            (SIDE_PX, SIDE_PX),
            target.ravel() if valid else np.full(GRID * GRID, np.nan, np.float32),
            valid,
        )
        images.append(ClipImage(image, float(frame), told, np.empty((0, 2))))
    about = About(f"clip-{number}", "drawn", "", "activity", "", side, "Where?", ANSWERS[corner], 0, 10**9)
    return Clip(about, tuple(images))


def items(numbers: Sequence[int], *, gaze: bool = True) -> list[dict[str, Any]]:
    """Clips as a ShardDataset gives them; a list is a torch Dataset too."""
    made = [clip(number, gaze=gaze) for number in numbers]
    return [as_item(each, [image.target for image in each.images]) for each in made]


def write_shards(folder: Path, *, gaze: bool = True, **sides: Sequence[int]) -> Path:
    """A folder as ``foveate prepare`` makes it: side -> numbers of its clips."""
    (folder / "shards").mkdir(parents=True)
    listed = []
    for side, numbers in sides.items():
        file = f"shards/{side}.safetensors"
        made = write_shard(
            folder / file, [clip(number, side=side, gaze=gaze) for number in numbers], encoding=lambda size: "png"
        )
        listed.append({"file": file, "side": side, "recording": "drawn", **made})
    index = {"format": INDEX_FORMAT, "model": "hf:tiny", "counts": {"clips": sum(each["clips"] for each in listed)}}
    (folder / INDEX).write_text(json.dumps(index | {"shards": listed}), encoding="utf-8")
    return folder
