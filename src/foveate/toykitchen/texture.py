"""Procedural materials: fields of brightness, made once per process and tinted by each world."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""(height, width), mean about 1."""

FIELD_PX = (1200, 2200)
"""Height and width of every field."""


def noise(rng: np.random.Generator, cells: tuple[int, int], *, octaves: int = 4, shape: tuple[int, int] = FIELD_PX) -> Field:
    """Smooth noise in about [-1, 1]: random grids of growing fineness, each half as strong as the one before."""
    total = np.zeros(shape, np.float32)
    weight = 0.0
    for octave in range(octaves):
        grid = rng.uniform(-1, 1, (cells[0] * 2**octave + 2, cells[1] * 2**octave + 2)).astype(np.float32)
        total += cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC) * np.float32(0.5**octave)
        weight += 0.5**octave
    return np.asarray(total * np.float32(1.6 / weight), dtype=np.float32)


def _wood(rng: np.random.Generator) -> Field:
    y = np.arange(FIELD_PX[0], dtype=np.float32)[:, None]
    bend = noise(rng, (5, 3), octaves=3) * 34
    grain = np.sin((y + bend) * 0.11) * 0.5 + noise(rng, (160, 6), octaves=2) * 0.8
    planks = (((y // 200).astype(int) * 37) % 11 - 5) * np.float32(0.016)
    seam = np.where((y % 200) < 4, -0.3, 0).astype(np.float32)
    return np.asarray(1 + 0.085 * grain + planks + seam, dtype=np.float32)


def _stone(rng: np.random.Generator) -> Field:
    veins = 1 - np.abs(noise(rng, (4, 7), octaves=5))
    speckle = noise(rng, (150, 270), octaves=2)
    return np.asarray(1.0 - 0.2 * np.clip(veins - 0.82, 0, 1) / 0.18 + 0.05 * speckle, dtype=np.float32)


def _granite(rng: np.random.Generator) -> Field:
    return np.asarray(1 + 0.16 * noise(rng, (240, 440), octaves=2) + 0.07 * noise(rng, (30, 55), octaves=3), dtype=np.float32)


def _linen(rng: np.random.Generator) -> Field:
    y, x = np.mgrid[: FIELD_PX[0], : FIELD_PX[1]].astype(np.float32)
    weave = np.sin(x * 0.55) * 0.5 + np.sin(y * 0.55) * 0.5
    folds = noise(rng, (3, 5), octaves=2)
    check = ((x // 130).astype(int) % 2 + (y // 130).astype(int) % 2) * np.float32(-0.07)
    return np.asarray(1.05 + 0.05 * weave + 0.07 * folds + check, dtype=np.float32)


def _concrete(rng: np.random.Generator) -> Field:
    return np.asarray(1 + 0.1 * noise(rng, (6, 10), octaves=6), dtype=np.float32)


def _tiles(rng: np.random.Generator) -> Field:
    y, x = np.mgrid[: FIELD_PX[0], : FIELD_PX[1]].astype(int)
    row = y // 110
    shift = x + (row % 2) * 110
    shade = rng.normal(0, 0.035, (40, 40)).astype(np.float32)[row % 40, (shift // 220) % 40]
    grout = (y % 110 < 7) | (shift % 220 < 7)
    edge = (y % 110 < 13) | (shift % 220 < 13)
    return np.asarray(np.where(grout, 0.8, np.where(edge, 1.07, 1 + shade)), dtype=np.float32)


def _brick(rng: np.random.Generator) -> Field:
    return np.asarray(
        np.where(_tiles(rng) < 0.81, 1.3, _tiles(rng)) * (1 + 0.12 * noise(rng, (40, 70), octaves=3)), dtype=np.float32
    )


def _plaster(rng: np.random.Generator) -> Field:
    return np.asarray(1 + 0.05 * noise(rng, (8, 14), octaves=5), dtype=np.float32)


MATERIALS = {
    "wood": _wood,
    "stone": _stone,
    "granite": _granite,
    "linen": _linen,
    "concrete": _concrete,
    "tiles": _tiles,
    "brick": _brick,
    "plaster": _plaster,
}
"""Every material by name."""


@lru_cache(maxsize=16)
def material(name: str) -> Field:
    """A material's brightness; read-only."""
    field = MATERIALS[name](np.random.default_rng(sorted(MATERIALS).index(name)))
    field.setflags(write=False)
    return field
