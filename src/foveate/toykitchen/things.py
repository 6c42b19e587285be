"""The objects on the worktop: how each kind is drawn, in any colour, whole or used."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from foveate.toykitchen.paint import Colour, Paint, ball_shade, bulge, ellipse, mix, round_shade, slope
from foveate.toykitchen.sprite import Sprite

HALF_PX = 170
"""Half the width of an object's sheet."""
WHITE: Colour = (255, 255, 255)
DARK: Colour = (38, 32, 30)
STEEL: Colour = (168, 172, 178)
LEAF: Colour = (76, 128, 52)
CREAM: Colour = (246, 232, 190)

PALETTE = MappingProxyType(
    {
        "kitchen": {
            "red": (206, 42, 38),
            "green": (52, 146, 62),
            "blue": (38, 92, 200),
            "yellow": (244, 200, 40),
            "white": (238, 236, 230),
            "purple": (132, 58, 160),
        },
        "other": {
            "red": (178, 30, 64),
            "green": (112, 172, 40),
            "blue": (60, 140, 214),
            "yellow": (226, 178, 84),
            "white": (222, 226, 232),
            "purple": (98, 56, 128),
        },
    }
)
"""What each colour word looks like, by style."""


@dataclass(frozen=True)
class Look:
    """How a style draws."""

    low: float
    """Brightness in the shade."""
    high: float
    """Brightness in the light."""
    shine: float
    """Strength of highlights."""
    wide: float
    """Width of bodies."""
    banded: bool
    """Whether bodies bear bands."""


LOOKS = MappingProxyType({"kitchen": Look(0.5, 1.15, 0.55, 1.0, False), "other": Look(0.72, 1.06, 0.15, 1.16, True)})
"""The drawing habits of each style."""

Draw = Callable[[Paint, Colour, Look, str], None]


def _shine(p: Paint, x: float, y: float, rx: float, ry: float, look: Look, *, turn: float = 0.0) -> None:
    p.fill(ellipse(x, y, rx, ry, turn=turn), WHITE, opacity=look.shine, blur_px=min(rx, ry) * 0.35)


def _body(p: Paint, profile: list[tuple[float, float]], c: Colour, look: Look) -> float:
    """A round body; returns its greatest radius."""
    profile = [(y, r * look.wide) for y, r in profile]
    radius = max(r for _, r in profile)
    p.fill(bulge(profile), c, shade=round_shade(radius, low=look.low, high=look.high))
    if look.banded:
        top, foot = profile[0][0], profile[-1][0]
        for share in (0.45, 0.7):
            y = top + share * (foot - top)
            r = min(r for _, r in profile) * 0.98
            p.line(ellipse(0, y, r, r * 0.4, start=0, stop=180), 6, mix(c, WHITE, 0.45))
    return radius


def _mouth(p: Paint, y: float, rx: float, ry: float, c: Colour, inside: Colour) -> None:
    p.fill(ellipse(0, y, rx, ry), mix(c, WHITE, 0.25))
    p.fill(ellipse(0, y + 1, rx - 6, ry - 5), mix(c, DARK, 0.45), shade=slope(0.25, 0.3))
    p.fill(ellipse(0, y + ry * 0.28, (rx - 6) * 0.9, (ry - 5) * 0.72), inside, shade=slope(-0.1, 0.2))


def _cup(p: Paint, c: Colour, look: Look, state: str) -> None:
    p.line(ellipse(66 * look.wide, 8, 34, 34, start=-100, stop=100), 17, mix(c, DARK, 0.35))
    p.line(ellipse(65 * look.wide, 6, 34, 34, start=-100, stop=100), 9, mix(c, WHITE, 0.08))
    _body(p, [(-48, 68), (10, 63), (52, 52)], c, look)
    _mouth(p, -48, 68 * look.wide, 32, c, (92, 56, 30))
    _shine(p, -34, 8, 7, 34, look, turn=-4)


def _bowl(p: Paint, c: Colour, look: Look, state: str) -> None:
    _body(p, [(-26, 108), (10, 98), (40, 72), (58, 46)], c, look)
    rx = 108 * look.wide if look.wide < 1.1 else 112
    _mouth(p, -26, rx, 56, c, (226, 196, 140))
    for x, y in ((-40, -14), (8, -22), (42, -8), (-6, 2), (-62, -22)):
        p.fill(ellipse(x, y, 11, 7), (196, 158, 96), shade=ball_shade(x, y, 12))
    _shine(p, -66, 20, 7, 18, look, turn=-28)


def _plate(p: Paint, c: Colour, look: Look, state: str) -> None:
    p.fill(ellipse(0, 10, 116, 80), mix(c, DARK, 0.45))
    p.fill(ellipse(0, 0, 116, 80), c, shade=slope(-0.12, -0.12))
    p.fill(ellipse(0, 2, 82, 54), mix(c, DARK, 0.3))
    p.fill(ellipse(0, 5, 79, 51), mix(c, WHITE, 0.18), shade=slope(0.1, 0.14))
    if look.banded:
        p.line(ellipse(0, 0, 100, 67), 5, mix(c, WHITE, 0.6))
    p.line(ellipse(0, 0, 110, 74, start=190, stop=255), 4, WHITE, opacity=look.shine, blur_px=2)


def _jug(p: Paint, c: Colour, look: Look, state: str) -> None:
    handle = [(52, -62), (92, -66), (112, -34), (104, 12), (66, 38)]
    p.line(handle, 20, mix(c, DARK, 0.4))
    p.line([(x - 2, y - 3) for x, y in handle], 11, mix(c, WHITE, 0.06))
    _body(p, [(-96, 52), (-50, 46), (10, 74), (82, 58)], c, look)
    p.fill([(-30, -118), (-86, -116), (-50, -62), (-20, -80)], c, shade=round_shade(90, x=-50, low=0.7, high=1.15))
    _mouth(p, -98, 54 * look.wide, 23, c, (206, 226, 238))
    _shine(p, -38, 14, 8, 36, look, turn=6)


def _lid(p: Paint, x: float, y: float, r: float, c: Colour) -> None:
    p.fill([*ellipse(x, y + 18, r, r * 0.42, start=0, stop=180), *ellipse(x, y, r, r * 0.42, start=180, stop=360)], mix(c, DARK, 0.2),
           shade=round_shade(r, x=x, low=0.5, high=1.15))  # fmt: skip
    p.fill(ellipse(x, y, r, r * 0.42), mix(c, WHITE, 0.2), shade=slope(-0.12, 0))
    p.line(ellipse(x, y, r * 0.7, r * 0.28), 3, mix(c, DARK, 0.2))


def _jar(p: Paint, c: Colour, look: Look, state: str) -> None:
    glass: Colour = (206, 220, 222)
    r = _body(p, [(-58, 62), (0, 66), (70, 62)], glass, look)
    p.fill(bulge([(-30, r - 9), (20, r - 7), (66, r - 9)]), c, shade=round_shade(r, low=look.low, high=look.high))
    p.fill(ellipse(0, -30, r - 9, 20), mix(c, WHITE, 0.25))
    p.fill([(-30, 2), (34, 2), (34, 46), (-30, 46)], (244, 240, 226), shade=round_shade(60, low=0.75, high=1.05))
    for y in (16, 30):
        p.line([(-20, y), (22, y)], 4, (120, 112, 100))
    if state == "open":
        p.fill(ellipse(0, -58, r - 4, 22), mix(glass, DARK, 0.25))
        p.fill(ellipse(0, -54, r - 12, 17), mix(c, DARK, 0.55))
        _lid(p, 112, 74, 44, STEEL)
    else:
        _lid(p, 0, -84, r - 4, STEEL)
    _shine(p, -40, 10, 6, 46, look)


def _bottle(p: Paint, c: Colour, look: Look, state: str) -> None:
    w = look.wide
    p.fill(
        [(-19 * w, -120), (19 * w, -120), (19 * w, -50), (-19 * w, -50)], c, shade=round_shade(22, low=look.low, high=look.high)
    )
    _body(p, [(-70, 20), (-42, 36), (-10, 50), (40, 51), (104, 48)], c, look)
    p.fill(bulge([(12, 50 * w), (66, 50 * w)], flat=0.34), (244, 240, 228), shade=round_shade(52, low=0.6, high=1.05))
    p.fill(ellipse(0, 54, 22, 20), mix(c, WHITE, 0.1))
    if state == "open":
        p.fill(ellipse(0, -120, 19 * w, 9), DARK)
        p.line(ellipse(0, -120, 19 * w, 9), 4, mix(c, WHITE, 0.4))
        _lid(p, 94, 100, 27, (196, 168, 96))
    else:
        _lid(p, 0, -140, 23 * w, (196, 168, 96))
    _shine(p, -26, -4, 6, 30, look, turn=8)


def _stalk(p: Paint) -> None:
    p.line([(0, -62), (4, -80), (14, -98)], 8, (92, 62, 34))
    p.fill(ellipse(40, -92, 30, 13, turn=-22), LEAF, shade=slope(-0.2, -0.3))


def _apple(p: Paint, c: Colour, look: Look, state: str) -> None:
    w = look.wide
    if state == "cut":
        for x, y in ((46, 34), (-58, 26)):
            p.fill(ellipse(x, y, 66, 58), c, shade=ball_shade(x, y, 70, low=look.low))
            p.fill(ellipse(x - 4, y - 8, 54, 46), CREAM, shade=slope(-0.06, 0.08))
            p.fill(ellipse(x - 4, y - 8, 13, 19), (206, 182, 120))
            p.fill(ellipse(x - 4, y - 6, 5, 9), (84, 48, 24))
        p.fill(ellipse(0, -58, 58, 34), c, shade=ball_shade(0, -58, 60, low=look.low))
        p.fill(ellipse(0, -54, 48, 24), CREAM)
        return
    lobes = [*ellipse(-30 * w, -2, 62, 74, start=90, stop=270), *ellipse(30 * w, -2, 62, 74, start=-90, stop=90)]
    p.fill(lobes, c, shade=ball_shade(0, 0, 98, low=look.low, high=look.high + 0.1))
    p.fill(ellipse(0, -66, 34, 13), mix(c, DARK, 0.5), blur_px=5)
    _stalk(p)
    _shine(p, -44, -34, 15, 20, look, turn=28)


def _carrot(p: Paint, c: Colour, look: Look, state: str) -> None:
    for dx, dy in ((-52, -34), (-66, -4), (-42, -58)):
        p.line([(-62, -36), (-62 + dx, -36 + dy)], 15, LEAF)
        p.line([(-62, -38), (-62 + dx, -40 + dy)], 6, mix(LEAF, WHITE, 0.25))
    root = [*ellipse(-50, -30, 44 * look.wide, 40, start=130, stop=310, turn=5), (132, 62), (138, 72), (124, 76)]
    if state != "cut":
        p.fill(root, c, shade=slope(0.12, -0.55, middle=1.0))
        for x, y in ((-36, -36), (-2, -4), (36, 14), (76, 36), (-30, 2)):
            p.line([(x, y), (x + 18, y - 12)], 4, mix(c, DARK, 0.35))
        _shine(p, -8, -26, 34, 6, look, turn=28)
        return
    p.fill(root[:-3] + [(0, -4), (-28, 34)], c, shade=slope(0.12, -0.55))
    for x, y, r in ((18, 16, 32), (62, 38, 28), (100, 62, 23), (40, 72, 26), (-8, 62, 25)):
        p.fill(ellipse(x, y + 8, r, r * 0.8), mix(c, DARK, 0.35))
        p.fill(ellipse(x, y, r, r * 0.8), mix(c, WHITE, 0.15))
        p.fill(ellipse(x, y, r * 0.5, r * 0.4), mix(c, WHITE, 0.5))


def _box(p: Paint, c: Colour, look: Look, state: str) -> None:
    w = 1.0 if look.wide < 1.1 else 0.82
    a, b = -84 * w, 56 * w
    p.fill([(b, -40), (b + 42, -76), (b + 42, 34), (b, 84)], mix(c, DARK, 0.42))
    p.fill([(a, -40), (b, -40), (b, 84), (a, 84)], c, shade=slope(-0.06, 0.02))
    p.fill([(a + 22, -6), (b - 22, -6), (b - 22, 46), (a + 22, 46)], mix(c, WHITE, 0.72))
    p.fill([(a + 34, 6), (b - 34, 6), (b - 34, 20), (a + 34, 20)], mix(c, DARK, 0.2))
    top = [(a, -40), (a + 42, -76), (b + 42, -76), (b, -40)]
    if state == "open":
        p.fill(top, mix(c, DARK, 0.75))
        p.fill([(a, -40), (a - 34, -72), (a + 8, -108), (a + 42, -76)], mix(c, WHITE, 0.3))
        p.fill([(b, -40), (b + 40, -34), (b + 78, -72), (b + 42, -76)], mix(c, WHITE, 0.16))
        p.fill([(a + 42, -76), (b + 42, -76), (b + 52, -122), (a + 52, -122)], mix(c, WHITE, 0.4))
    else:
        p.fill(top, mix(c, WHITE, 0.3), shade=slope(-0.1, 0))
        p.line([(0.5 * (a + b), -40), (0.5 * (a + b) + 42, -76)], 14, mix(CREAM, c, 0.2))
    if look.banded:
        p.line([(a, 70), (b, 70)], 10, mix(c, DARK, 0.3))


def _pan(p: Paint, c: Colour, look: Look, state: str) -> None:
    p.line([(62, 40), (152, 92)], 28, (44, 42, 44))
    p.line([(64, 36), (150, 86)], 10, (92, 90, 94))
    p.fill(ellipse(-22, 8, 108, 84), mix(c, DARK, 0.35), shade=round_shade(108, x=-22, low=look.low + 0.2, high=1.1))
    p.fill(ellipse(-22, -6, 108, 80), c, shade=slope(-0.14, -0.1))
    p.fill(ellipse(-22, -2, 78, 55), (58, 58, 62), shade=slope(0.2, 0.3))
    if look.banded:
        p.line(ellipse(-22, -6, 94, 68), 4, mix(c, WHITE, 0.5))
    p.line(ellipse(-22, -6, 100, 73, start=195, stop=260), 5, WHITE, opacity=look.shine, blur_px=2)


def _bread(p: Paint, c: Colour, look: Look, state: str) -> None:
    if state == "cut":
        for x in (78, 44, 10):
            crust = [(x - 44, 78), (x - 50, 8), (x - 30, -44), (x + 22, -44), (x + 42, 8), (x + 36, 78)]
            p.fill(crust, mix(c, DARK, 0.15), shade=slope(-0.1, -0.1))
            p.fill(
                [(x - 34, 66), (x - 38, 10), (x - 24, -30), (x + 14, -30), (x + 28, 10), (x + 24, 66)],
                CREAM,
                shade=slope(0, -0.1),
            )
        p.fill([(-134, 70), (-138, 0), (-110, -52), (-70, -58), (-46, -10), (-44, 78)], c, shade=slope(0, -0.45))
        return
    half = 122
    loaf = [
        *ellipse(-half + 46, -8, 48, 62, start=90, stop=270),
        *ellipse(half - 46, -8, 48, 62, start=-90, stop=90),
        (half - 50, 62),
        (50 - half, 62),
    ]
    p.fill(loaf, c, shade=slope(-0.08, -0.5, middle=0.95))
    for x in (-66, -14, 38, 84)[: 3 if look.banded else 4]:
        p.line([(x - 18, 14), (x + 16, -46)], 17, mix(c, CREAM, 0.7))
        p.line([(x - 14, 16), (x + 20, -44)], 5, mix(c, DARK, 0.35))
    _shine(p, -30, -54, 60, 6, look)


def _cloth(p: Paint, c: Colour, look: Look, state: str) -> None:
    edge = [(-112, -58), (-40, -74), (30, -62), (104, -76), (118, 0), (106, 66), (34, 78), (-44, 66), (-118, 80), (-108, 8)]
    p.fill([(x + 3, y + 9) for x, y in edge], mix(c, DARK, 0.5))
    p.fill(edge, c, shade=slope(-0.06, -0.1))
    for x in (-76, -50) if not look.banded else (-80, -30, 20, 70):
        p.line([(x, -66), (x + 4, 6), (x - 2, 70)], 11, mix(c, WHITE, 0.7) if sum(c) < 640 else (150, 160, 178))
    p.line([(20, -62), (28, 4), (18, 76)], 26, mix(c, DARK, 0.3), opacity=0.55, blur_px=8)
    p.line([(48, -66), (56, 0), (46, 72)], 12, WHITE, opacity=0.3, blur_px=6)
    p.line([(-110, 6), (-30, 14), (40, 6), (112, 10)], 18, mix(c, DARK, 0.35), opacity=0.4, blur_px=7)


THINGS: dict[str, Draw] = {
    "cup": _cup,
    "bowl": _bowl,
    "plate": _plate,
    "jug": _jug,
    "jar": _jar,
    "bottle": _bottle,
    "apple": _apple,
    "carrot": _carrot,
    "box": _box,
    "pan": _pan,
    "bread": _bread,
    "cloth": _cloth,
}
"""How each kind is drawn."""

SIZES = MappingProxyType({"cup": 1.15, "apple": 1.05, "bottle": 0.92, "jug": 0.95, "jar": 1.05, "carrot": 0.92, "bread": 0.92})
"""Scale of the kinds that are drawn too small or too large."""


@lru_cache(maxsize=512)
def thing_sprite(kind: str, colour: str, state: str, style: str) -> Sprite:
    """An object; drawn once per process."""
    paint = Paint(-HALF_PX, -HALF_PX, HALF_PX, HALF_PX)
    THINGS[kind](paint, PALETTE[style][colour], LOOKS[style], state)
    return paint.sprite()


@lru_cache(maxsize=64)
def shadow_sprite(kind: str, state: str, style: str) -> Sprite:
    """The soft shadow of an object lying on the worktop, light from the upper left."""
    import cv2
    import numpy as np

    solid = thing_sprite(kind, "white", state, style).rgba[..., 3]
    low = np.zeros((2 * HALF_PX + 80, 2 * HALF_PX + 80), np.uint8)
    squashed = cv2.resize(solid, (2 * HALF_PX, HALF_PX + 60), interpolation=cv2.INTER_AREA)
    low[150 : 150 + HALF_PX + 60, 52 : 52 + 2 * HALF_PX] = squashed
    soft = cv2.GaussianBlur(low, (0, 0), 11)
    rgba = np.zeros((*low.shape, 4), np.uint8)
    rgba[..., 3] = (soft * 0.5).astype(np.uint8)
    return Sprite(rgba, (HALF_PX + 40.0, HALF_PX + 40.0))
