"""Hands, their sleeves, and the tools that they hold."""

from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.toykitchen.paint import Colour, Paint, ball_shade, ellipse, mix, round_shade, slope
from foveate.toykitchen.sprite import Sprite

ARM_PX = 1560
"""How long a forearm is drawn: beyond the frame, wherever the hand is."""
DARK: Colour = (40, 26, 20)
WHITE: Colour = (255, 255, 255)
SKINS: tuple[Colour, ...] = ((232, 184, 150), (198, 140, 104), (146, 96, 66), (96, 62, 44))
SLEEVES: tuple[Colour, ...] = ((86, 92, 104), (58, 66, 84), (122, 108, 92), (96, 110, 96), (150, 146, 140), (70, 58, 56))

Finger = Sequence[tuple[float, float]]

# Each finger from knuckle to tip; the grip is at the origin, the arm goes down.
FINGERS = MappingProxyType(
    {
        "open": (
            ((-44, 112), (-66, 62), (-80, 18)),
            ((-16, 98), (-26, 36), (-30, -16)),
            ((14, 98), (16, 32), (20, -22)),
            ((42, 112), (56, 58), (68, 14)),
            ((-46, 168), (-92, 140), (-124, 104)),
        ),
        "rest": (
            ((-42, 112), (-50, 66), (-52, 34)),
            ((-16, 100), (-18, 42), (-18, 6)),
            ((14, 100), (16, 42), (18, 4)),
            ((40, 112), (46, 66), (50, 32)),
            ((-44, 164), (-76, 132), (-86, 100)),
        ),
        "closed": (
            ((-34, 66), (-52, 26), (-34, 0)),
            ((-12, 54), (-24, 6), (-8, -18)),
            ((14, 54), (8, 2), (20, -20)),
            ((38, 66), (40, 20), (46, -2)),
            ((-40, 112), (-74, 72), (-56, 34)),
        ),
        "point": (
            ((36, 110), (44, 78), (26, 96)),
            ((14, 100), (22, 66), (6, 88)),
            ((-8, 98), (-2, 64), (-14, 88)),
            ((-34, 104), (-22, 44), (0, 0)),
            ((-44, 152), (-58, 118), (-26, 108)),
        ),
    }
)
PALM_Y = MappingProxyType({"open": 156.0, "rest": 156.0, "closed": 106.0, "point": 148.0})


def _finger(p: Paint, finger: Finger, skin: Colour) -> None:
    p.line(finger, 34, mix(skin, DARK, 0.42))
    p.line([(x - 1, y - 1) for x, y in finger], 28, skin)
    p.line([(x - 6, y - 1) for x, y in finger], 9, mix(skin, WHITE, 0.35), opacity=0.7, blur_px=2.5)
    x, y = finger[-1]
    p.fill(ellipse(x, y - 5, 8, 9), mix(skin, (255, 226, 220), 0.6), opacity=0.9)


def _hand(p: Paint, grip: str, skin: Colour) -> None:
    y = PALM_Y[grip]
    p.fill([(-37, y + 32), (39, y + 32), (46, y + 132), (-44, y + 132)], skin, shade=round_shade(46, low=0.55, high=1.06))
    p.fill(ellipse(0, y, 62, 72), mix(skin, DARK, 0.38))
    p.fill(ellipse(-1, y - 2, 58, 68), skin, shade=ball_shade(0, y, 96, low=0.6, high=1.1))
    for finger in FINGERS[grip]:
        _finger(p, finger, skin)


def _knife(p: Paint) -> None:
    p.fill([(54, 92), (-128, -88), (-150, -124), (-96, -92), (92, 62)], (120, 126, 134))
    p.fill([(58, 86), (-120, -92), (-146, -122), (-96, -94), (84, 66)], (222, 228, 234), shade=slope(-0.1, 0.1))
    p.line([(48, 90), (-128, -88)], 4, WHITE)
    p.line([(66, 74), (104, 110)], 34, (58, 40, 30))


def _spoon(p: Paint) -> None:
    p.line([(0, 0), (74, 96)], 17, (116, 78, 42))
    p.line([(-2, -2), (72, 92)], 8, (206, 160, 104))
    p.fill(ellipse(-10, -12, 30, 21, turn=48), (150, 104, 60))
    p.fill(ellipse(-12, -15, 21, 13, turn=48), (214, 172, 118))


def _sponge(p: Paint) -> None:
    p.fill([(-92, -8), (30, -66), (62, -6), (-58, 58)], (118, 88, 40))
    p.fill([(-92, -24), (30, -80), (62, -22), (-58, 40)], (240, 150, 60), shade=slope(-0.05, -0.15))
    for x, y in ((-60, -16), (-30, -36), (0, -50), (20, -34), (-20, -6), (-44, 12), (34, -24), (-10, -30), (8, -12)):
        p.fill(ellipse(x, y, 5, 4), (176, 98, 30))


def _held_lid(p: Paint) -> None:
    p.fill(ellipse(-16, 14, 60, 36), (92, 96, 104))
    p.fill(ellipse(-16, 4, 60, 36), (186, 190, 198), shade=slope(-0.2, -0.1))
    p.line(ellipse(-16, 4, 42, 24), 4, (120, 124, 132))


TOOLS = MappingProxyType(
    {
        "knife": (_knife, (70.0, 40.0)),
        "spoon": (_spoon, (72.0, 92.0)),
        "sponge": (_sponge, (6.0, -6.0)),
        "lid": (_held_lid, (4.0, 14.0)),
    }
)
"""Tool -> how it is drawn, and where the closed hand holds it."""
HAND_SCALE = 0.86
"""Size of a hand beside the objects."""
FINGER_PX = 17
"""Half a finger's width."""


def skin_box_px(grip: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of fingers, palm and wrist in the hand's own coordinates; tools and sleeves left out."""
    dx, dy = TOOLS[grip][1] if grip in TOOLS else (0.0, 0.0)
    bare = "closed" if grip in TOOLS else grip
    tips = np.concatenate([np.array(finger) for finger in FINGERS[bare]])
    left, top = tips.min(axis=0) - FINGER_PX
    return dx + min(left, -62), dy + top, dx + max(tips[:, 0].max() + FINGER_PX, 62), dy + PALM_Y[bare] + 118


def cuff_px(grip: str) -> tuple[float, float]:
    """Where the sleeve starts, in the hand's own coordinates."""
    dx, dy = TOOLS[grip][1] if grip in TOOLS else (0.0, 0.0)
    return dx, dy + PALM_Y["closed" if grip in TOOLS else grip] + 118


@lru_cache(maxsize=64)
def hand_sprite(grip: str, skin: int) -> Sprite:
    """A right hand with what it holds; drawn once per process."""
    sheet = (-190.0, -150.0, 190.0, 340.0)
    paint = Paint(*sheet)
    if grip not in TOOLS:
        _hand(paint, grip, SKINS[skin])
        return _with_shadow(paint.rgba(), paint.origin)
    draw, (x, y) = TOOLS[grip]
    draw(paint)
    hand = Paint(*sheet)
    hand.origin = (190 + x, 150 + y)
    _hand(hand, "closed", SKINS[skin])
    over, under = hand.rgba().astype(np.uint16), paint.rgba().astype(np.uint16)
    both = over + under * (255 - over[..., 3:]) // 255
    return _with_shadow(both.astype(np.uint8), paint.origin)


@lru_cache(maxsize=16)
def sleeve_sprite(sleeve: int) -> Sprite:
    """A forearm from the cuff (its origin) down; drawn once per process."""
    p, colour = Paint(-150, -40, 150, ARM_PX), SLEEVES[sleeve]
    p.fill([(-60, 0), (62, 0), (104, ARM_PX + 40), (-100, ARM_PX + 40)], colour, shade=round_shade(88, low=0.5, high=1.16))
    p.fill([(-66, -10), (68, -10), (70, 38), (-68, 38)], mix(colour, WHITE, 0.2), shade=round_shade(70, low=0.5, high=1.12))
    for fold in range(110, 1200, 190):
        p.line([(-60, fold), (-6, fold + 26), (52, fold + 6)], 9, mix(colour, (0, 0, 0), 0.6), opacity=0.35, blur_px=5)
    return _with_shadow(p.rgba(), p.origin)


def _with_shadow(rgba: NDArray[np.uint8], origin: tuple[float, float]) -> Sprite:
    moved = np.zeros_like(rgba[..., 3])
    moved[16:, 20:] = rgba[:-16, :-20, 3]
    soft = cv2.GaussianBlur(moved, (0, 0), 14)
    shadow = (soft * 0.42).astype(np.uint16)
    result = rgba.copy()
    result[..., 3] = np.minimum(rgba[..., 3] + shadow * (255 - rgba[..., 3].astype(np.uint16)) // 255, 255)
    return Sprite(result, origin)
