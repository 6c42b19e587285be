"""What a style of drawing has in common: colours, light, highlights, bodies, rims and lids."""

from dataclasses import dataclass
from types import MappingProxyType

from foveate.toykitchen.paint import Colour, Paint, bulge, ellipse, mix, round_shade, slope

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


def shine(p: Paint, x: float, y: float, rx: float, ry: float, look: Look, *, turn: float = 0.0) -> None:
    """A highlight."""
    p.fill(ellipse(x, y, rx, ry, turn=turn), WHITE, opacity=look.shine, blur_px=min(rx, ry) * 0.35)


def body(p: Paint, profile: list[tuple[float, float]], c: Colour, look: Look) -> float:
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


def mouth(p: Paint, y: float, rx: float, ry: float, c: Colour, inside: Colour) -> None:
    """The rim of a vessel, and what is inside."""
    p.fill(ellipse(0, y, rx, ry), mix(c, WHITE, 0.25))
    p.fill(ellipse(0, y + 1, rx - 6, ry - 5), mix(c, DARK, 0.45), shade=slope(0.25, 0.3))
    p.fill(ellipse(0, y + ry * 0.28, (rx - 6) * 0.9, (ry - 5) * 0.72), inside, shade=slope(-0.1, 0.2))


def lid(p: Paint, x: float, y: float, r: float, c: Colour) -> None:
    """A round lid seen from above."""
    rim = [*ellipse(x, y + 18, r, r * 0.42, start=0, stop=180), *ellipse(x, y, r, r * 0.42, start=180, stop=360)]
    p.fill(rim, mix(c, DARK, 0.2), shade=round_shade(r, x=x, low=0.5, high=1.15))
    p.fill(ellipse(x, y, r, r * 0.42), mix(c, WHITE, 0.2), shade=slope(-0.12, 0))
    p.line(ellipse(x, y, r * 0.7, r * 0.28), 3, mix(c, DARK, 0.2))
