"""The room without its objects: wall, window, shelf, worktop, and the surfaces that things are put on."""

from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.recording.recording import Image
from foveate.toykitchen.paint import Colour, Paint, ellipse, mix, round_shade, slope
from foveate.toykitchen.parameters import WORLD_PX
from foveate.toykitchen.sprite import Sprite, placed
from foveate.toykitchen.texture import material

WALL_PX = 560
"""Where the wall meets the worktop."""
EDGE_PX = 1730
"""The worktop's front edge."""

TOPS: dict[str, tuple[tuple[str, Colour], ...]] = {
    "kitchen": (
        ("wood", (196, 152, 104)),
        ("wood", (150, 106, 70)),
        ("stone", (206, 202, 194)),
        ("granite", (120, 120, 124)),
        ("linen", (198, 188, 166)),
        ("granite", (178, 166, 148)),
    ),
    "other": (
        ("concrete", (150, 152, 150)),
        ("linen", (150, 160, 172)),
        ("stone", (96, 100, 106)),
        ("concrete", (190, 176, 160)),
        ("plaster", (214, 196, 172)),
    ),
}
"""Worktops by style: material and colour."""
WALLS: dict[str, tuple[tuple[str, Colour], ...]] = {
    "kitchen": (
        ("tiles", (226, 228, 222)),
        ("tiles", (172, 196, 196)),
        ("plaster", (222, 210, 186)),
        ("tiles", (214, 200, 176)),
    ),
    "other": (
        ("brick", (164, 108, 88)),
        ("brick", (206, 204, 200)),
        ("plaster", (132, 150, 140)),
        ("concrete", (176, 180, 186)),
    ),
}
"""Walls by style: material and colour."""
LIGHTS = MappingProxyType(
    {"kitchen": ((1.0, 1.0, 1.0), (1.03, 1.0, 0.94), (0.96, 0.99, 1.04)), "other": ((1.06, 0.98, 0.88), (0.92, 0.97, 1.06))}
)
"""Colour of the light by style."""


def _painted(target: NDArray[np.float32], name: str, colour: Colour, rng: np.random.Generator) -> None:
    field = material(name)
    height, width = target.shape[:2]
    dy = int(rng.integers(0, field.shape[0] - height + 1)) if field.shape[0] > height else 0
    turned = field[::-1] if rng.random() < 0.5 else field
    target[:] = turned[dy : dy + height, :width, None] * np.asarray(colour, np.float32)


def _window(room: Image, x: float, rng: np.random.Generator) -> None:
    p = Paint(-190, -250, 190, 190)
    p.fill([(-184, -250), (184, -250), (184, 176), (-184, 176)], (236, 234, 226))
    p.fill([(-164, -250), (164, -250), (164, 156), (-164, 156)], (176, 212, 240), shade=slope(0.0, -0.08))
    for _ in range(7):
        cx = rng.uniform(-150, 150)
        p.fill(
            ellipse(cx, 170, rng.uniform(40, 80), rng.uniform(60, 130), start=180, stop=360),
            (96, 146, 92),
            shade=slope(-0.1, -0.2),
        )
    p.fill([(-164, 156), (164, 156), (164, 240), (-164, 240)], (236, 234, 226))
    p.fill([(-8, -250), (8, -250), (8, 156), (-8, 156)], (226, 222, 212))
    p.fill([(-190, 168), (190, 168), (190, 190), (-190, 190)], (204, 200, 190))
    p.sprite().lay(room, placed(x, 300))


def _shelf(room: Image, x: float, rng: np.random.Generator) -> None:
    p = Paint(-330, -170, 330, 60)
    p.fill([(-320, 24), (320, 24), (320, 50), (-320, 50)], (60, 44, 30), opacity=0.35, blur_px=8)
    p.fill([(-320, 0), (320, 0), (320, 22), (-320, 22)], (140, 100, 66), shade=slope(0, 0.6))
    for place in range(-260, 280, 92):
        tone = mix((120, 116, 108), (206, 200, 188), float(rng.random()))
        high, wide = rng.uniform(70, 150), rng.uniform(26, 36)
        p.fill([(place - wide, -high), (place + wide, -high), (place + wide, 0), (place - wide, 0)], tone,
               shade=round_shade(wide, x=place, low=0.6, high=1.1))  # fmt: skip
        p.fill(ellipse(place, -high, wide, wide * 0.3), mix(tone, (40, 34, 30), 0.4))
    p.sprite().lay(room, placed(x, 420))


def _hob(room: Image, x: float) -> None:
    p = Paint(-190, -120, 190, 120)
    p.fill([(-180, -90), (180, -90), (186, 100), (-186, 100)], (34, 34, 38), shade=slope(-0.1, -0.1, middle=1.1))
    for cx in (-86, 86):
        for r in (64, 46, 28):
            p.line(ellipse(cx, 6, r, r * 0.62), 5, (86, 84, 88))
    p.sprite().lay(room, placed(x, 655))


def surface_sprite(name: str, style: str) -> Sprite:
    """A board, tray or mat to put things on."""
    p = Paint(-190, -160, 190, 160)
    dx = 12 if style == "kitchen" else -12
    p.fill([(-164, -106), (172, -106), (176, 130), (-166, 130)], (24, 18, 14), opacity=0.45, blur_px=8)
    if name == "board":
        p.fill([(-166, -112), (166, -112), (166, 118), (-166, 118)], (142, 92, 48))
        p.fill([(-166, -118), (166, -118), (166, 106), (-166, 106)], (222, 168, 104), shade=slope(-0.03, -0.03))
        for y in range(-104, 104, 18):
            p.line([(-160, y), (-40, y + dx * 0.5), (60, y - dx * 0.4), (160, y + 3)], 3, (184, 126, 70), opacity=0.7)
        p.fill(ellipse(138, -92, 13, 11), (96, 62, 34))
    elif name == "tray":
        p.fill([(-168, -118), (168, -118), (168, 116), (-168, 116)], (92, 98, 106))
        p.fill([(-162, -112), (162, -112), (162, 108), (-162, 108)], (206, 212, 218))
        p.fill([(-140, -94), (140, -94), (140, 90), (-140, 90)], (150, 158, 166), shade=slope(0.12, 0.1))
        p.line([(-140, 90), (-140, -94), (140, -94)], 6, (104, 112, 120))
        for x in (-154, 154):
            p.line([(x, -26), (x, 26)], 10, (70, 74, 80))
    else:
        p.fill([(-168, -116), (168, -116), (168, 114), (-168, 114)], (52, 96, 104))
        for x in range(-156, 168, 24):
            p.fill([(x - 6, -116), (x + 6, -116), (x + 6, 114), (x - 6, 114)], (226, 150, 60) if x % 48 else (232, 220, 190))
        for y in range(-108, 114, 10):
            p.line([(-166, y), (166, y)], 2, (36, 60, 66), opacity=0.5)
        for y in range(-112, 114, 12):
            for x in (-168, 168):
                p.line([(x, y), (x * 1.07, y)], 3, (226, 214, 186))
    return p.sprite()


def paint_room(rng: np.random.Generator, style: str, surfaces: tuple[tuple[str, float, float], ...]) -> Image:
    """The room as one picture of WORLD_PX, (height, width, 3).

    Args:
        rng: its own generator.
        style: a key of TOPS.
        surfaces: name and place of every surface.
    """
    width, height = WORLD_PX
    canvas = np.empty((height, width, 3), np.float32)
    _painted(canvas[:WALL_PX], *WALLS[style][rng.integers(len(WALLS[style]))], rng)
    _painted(canvas[WALL_PX:EDGE_PX], *TOPS[style][rng.integers(len(TOPS[style]))], rng)
    _painted(canvas[EDGE_PX:], "plaster", mix((96, 84, 72), (176, 180, 178), float(rng.random())), rng)
    shade = np.ones((height, 1, 1), np.float32)
    shade[WALL_PX - 14 : WALL_PX + 70, 0, 0] = np.concatenate([np.linspace(1, 0.7, 14), np.linspace(0.68, 1, 70)])
    shade[EDGE_PX - 8 : EDGE_PX + 130, 0, 0] = np.concatenate([np.full(8, 1.12), np.linspace(0.45, 0.9, 130)])
    side = np.linspace(1.1, 0.86, width, dtype=np.float32)[None, :, None]
    light = np.asarray(LIGHTS[style][rng.integers(len(LIGHTS[style]))], np.float32)
    canvas *= shade
    canvas *= side * light
    room = np.asarray(cv2.convertScaleAbs(canvas), dtype=np.uint8)
    places = rng.permutation([420.0, 1100.0, 1780.0])
    _window(room, float(places[0]), rng)
    _shelf(room, float(places[1]), rng)
    if style == "kitchen":
        _hob(room, 130.0 if rng.random() < 0.5 else 2070.0)
    for name, x, y in surfaces:
        surface_sprite(name, style).lay(room, placed(x, y + 18))
    return room
