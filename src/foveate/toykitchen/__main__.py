"""Draw a contact sheet of a toy kitchen: ``python -m foveate.toykitchen --seed 3 -o sheet.png``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S
from foveate.geometry import Size, box_around
from foveate.recording.recording import Event, Image
from foveate.toykitchen.parameters import VARIANTS
from foveate.toykitchen.world import World

CELL_PX = 360
STRIP_PX = 26
CROP_PX = Size(448, 448)
INK = (255, 226, 60)


def cell(world: World, event: Event) -> Image:
    """A narrated instant: the whole scene with the crop around gaze drawn on it, and the crop."""
    time_ns = event.time_ns + round(0.55 * event.span.duration_s * NS_PER_S) if event.span else event.time_ns
    x, y = world.true_gaze_px(time_ns)
    box = box_around((float(x), float(y)), CROP_PX, world.scene_px)
    scale = CELL_PX / world.scene_px.width_px
    full, crop = (world.frame(time_ns, Size(CELL_PX, CELL_PX), part) for part in (None, box))
    first = (round(box.left_px * scale), round(box.top_px * scale))
    last = (round((box.left_px + box.width_px) * scale), round((box.top_px + box.height_px) * scale))
    cv2.rectangle(full, first, last, INK, 2, cv2.LINE_AA)
    cv2.circle(full, (round(x * scale), round(y * scale)), 5, INK, -1, cv2.LINE_AA)
    strip: NDArray[np.uint8] = np.full((STRIP_PX, 2 * CELL_PX, 3), 250, np.uint8)
    told = f"{time_ns / NS_PER_S:5.1f} s  {event.text}"
    cv2.putText(strip, told, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (20, 20, 20), 1, cv2.LINE_AA)
    return np.concatenate([np.concatenate([full, crop], axis=1), strip])


def sheet(world: World, *, columns: int = 2, rows: int = 2) -> Image:
    """The first narrated actions of a world, (height, width, 3)."""
    cells = [cell(world, event) for event in world.narrations[: columns * rows]]
    blank = np.full_like(cells[0], 250)
    cells += [blank] * (columns * rows - len(cells))
    return np.concatenate([np.concatenate(cells[i : i + columns], axis=1) for i in range(0, len(cells), columns)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options, write the picture."""
    parser = argparse.ArgumentParser(prog="python -m foveate.toykitchen", description="Draw a contact sheet of a toy kitchen.")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--variant", choices=tuple(VARIANTS), default="kitchen")
    parser.add_argument("--columns", type=int, default=2)
    parser.add_argument("--rows", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, default=Path("sheet.png"))
    options = parser.parse_args(arguments)
    picture = sheet(World(options.seed, variant=options.variant), columns=options.columns, rows=options.rows)
    if not cv2.imwrite(str(options.output), picture[..., ::-1]):
        parser.error(f"{options.output} cannot be written")
    print(options.output)


if __name__ == "__main__":
    main()
