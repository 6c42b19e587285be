"""Frames with what is in every patch: what the vision transformer learns its first features from.

A vision transformer that is told the sentence only takes very long to find out where in the picture it comes from. The toy
kitchen knows what every patch shows, which is 64 answers a frame, each beside its pixels.
"""

from collections.abc import Iterator
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S
from foveate.geometry import Box, Points, Size, box_around
from foveate.toykitchen import SCENE_PX, World
from foveate.toykitchen.hands import PALM_Y, TOOLS
from foveate.toykitchen.layer import Layer
from foveate.toykitchen.room import surface_sprite
from foveate.toykitchen.sprite import Sprite, inverse, placed
from foveate.toykitchen.words import COLOURS, KINDS

FRAME_PX = 96
GRID = 8
"""Patches on a side."""
FRAMES_PER_WORLD = 80
WHAT = ("room", "board", "tray", "mat", "passage", "sleeve", "stream", "foam", *PALM_Y, *TOOLS, *KINDS)
"""What a patch can show: the room, a surface, a hand by its grip, an effect, or a thing by its kind."""
NO_COLOUR = len(COLOURS)


def draw_patches(path: Path, *, seeds: range, processes: int) -> Path:
    """Draw frames and their patches into ``frames.npy``, ``what.npy`` and ``colour.npy``, unless they are there."""
    if not (path / "colour.npy").exists():
        path.mkdir(parents=True, exist_ok=True)
        with get_context("spawn").Pool(processes) as pool:
            drawn = pool.map(_draw_world, seeds, chunksize=4)
        for name, arrays in zip(("frames", "what", "colour"), zip(*drawn, strict=True), strict=True):
            np.save(path / f"{name}.npy", np.concatenate(arrays))
    return path


def _draw_world(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    import cv2

    cv2.setNumThreads(1)
    world, rng = World(seed), np.random.default_rng([seed, 2])
    frames, whats, colours = [], [], []
    for time_ns in rng.integers(0, int(world.duration_s * NS_PER_S), FRAMES_PER_WORLD):
        box = _box(world, int(time_ns), rng)
        frames.append(world.frame(int(time_ns), Size(FRAME_PX, FRAME_PX), box))
        what, colour = patches(world, int(time_ns), box)
        whats.append(what)
        colours.append(colour)
    return np.stack(frames), np.stack(whats), np.stack(colours)


def _box(world: World, time_ns: int, rng: np.random.Generator) -> Box:
    """Around the gaze, anywhere, or the whole frame."""
    kind = rng.random()
    if kind < 0.2:
        return Box(0, 0, *SCENE_PX)
    side = round(float(rng.uniform(420, 520)))
    x, y = world.true_gaze_px(time_ns) + rng.normal(0, 60, 2) if kind < 0.7 else rng.uniform(0, SCENE_PX[0], 2)
    return box_around((float(x), float(y)), Size(side, side), SCENE_PX)


def patches(world: World, time_ns: int, box: Box) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """What is at the middle of every patch and its colour, (GRID**2,) each: indices into WHAT and COLOURS (or NO_COLOUR)."""
    steps = (np.arange(GRID) + 0.5) / GRID
    points = np.stack(
        [box.left_px + np.tile(steps, GRID) * box.width_px, box.top_px + np.repeat(steps, GRID) * box.height_px], axis=1
    )
    points = _through(inverse(world.head.at(time_ns / NS_PER_S)), points)
    what, colour = np.zeros(GRID**2, np.uint8), np.full(GRID**2, NO_COLOUR, np.uint8)
    for name, layer in _named(world, time_ns):
        solid = _solid(layer.sprite, _through(inverse(layer.matrix), points))
        thing = world.script.things[int(name.split()[1])] if name.startswith("thing") else None
        what[solid] = WHAT.index(thing.kind if thing else name)
        colour[solid] = COLOURS.index(thing.colour) if thing else NO_COLOUR
    return what, colour


def _named(world: World, time_ns: int) -> Iterator[tuple[str, Layer]]:
    """Surfaces and layers, the hindmost first, by their names in WHAT; things keep their number."""
    for place, surface in world.script.surfaces.items():
        x, y = world.script.places_px[place]
        yield surface, Layer(surface, _surface(surface, world.style), placed(x, y + 18))
    for layer in world.layers(time_ns):
        if layer.name.endswith("sleeve"):
            yield "sleeve", layer
        elif layer.name.endswith("hand"):
            yield world.motion.grips[layer.name.split()[0]].at(time_ns / NS_PER_S), layer
        elif layer.name.startswith("passage"):
            yield "passage", layer
        elif layer.name:
            yield layer.name, layer


@cache
def _surface(name: str, style: str) -> Sprite:
    return surface_sprite(name, style)


def _through(matrix: NDArray[np.float64], points: Points) -> Points:
    mapped: Points = points @ matrix[:, :2].T + matrix[:, 2]
    return mapped


def _solid(sprite: Sprite, points: Points) -> NDArray[np.bool_]:
    """Which points of a sprite's own coordinates are solid."""
    height, width = sprite.rgba.shape[:2]
    column, row = (np.floor(points + sprite.origin_px)).astype(int).T
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    alpha = sprite.rgba[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1), 3]
    return np.asarray(inside & (alpha > 150), dtype=np.bool_)
