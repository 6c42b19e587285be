"""Clips for a tiny model, made on the spot: a bright square that the answer names, and gaze on it."""

from typing import Any

import numpy as np

from foveate.gaze.patches import whole

SIDE_PX = 112
CORNERS = ("top left", "top right", "bottom left", "bottom right")


def clip(number: int, *, grid: int, frames: int = 2, without_gaze: tuple[int, ...] = ()) -> dict[str, Any]:
    """An item as ShardDataset has them.

    Args:
        number: decides where the square is.
        grid: rows and columns of the model's visual tokens of an image.
        frames: of the clip.
        without_gaze: which of them have none.
    """
    rng = np.random.default_rng(number)
    corner = number % 4
    images = [np.full((SIDE_PX, SIDE_PX, 3), 20, np.uint8) + rng.integers(0, 9, (SIDE_PX, SIDE_PX, 3), np.uint8)] * frames
    half = SIDE_PX // 2
    target = np.zeros((grid, grid), np.float32)
    rows, columns = (slice(half * part, half * part + half) for part in divmod(corner, 2))
    for image in images:
        image[rows, columns] += 200
    target[slice(corner // 2 * grid // 2, (corner // 2 + 1) * grid // 2), (corner % 2) * grid // 2] = 2 / grid
    valid = [frame not in without_gaze for frame in range(frames)]
    return {
        "images": images,
        "time_s": [float(frame) for frame in range(frames)],
        "prompt": "Where?",
        "reference": "ab" if corner < 2 else "b a ab"[: 2 + corner],
        "id": f"clip-{number}",
        "gaze_target": [target.ravel() if each else np.full(grid * grid, np.nan, np.float32) for each in valid],
        "gaze_valid": valid,
        "patches": [whole((grid, grid), (SIDE_PX, SIDE_PX))] * frames,
    }


class Clips(list[dict[str, Any]]):
    """Some of them: a torch Dataset is anything with a length and items."""

    def __init__(self, numbers: range, *, grid: int = 4, **options: Any) -> None:
        super().__init__(clip(number, grid=grid, frames=1 + number % 2, **options) for number in numbers)
