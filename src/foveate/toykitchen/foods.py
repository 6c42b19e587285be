"""Things to eat, whole and cut."""

from foveate.toykitchen.look import CREAM, DARK, LEAF, WHITE, Look, shine
from foveate.toykitchen.paint import Colour, Paint, ball_shade, ellipse, mix, slope


def _stalk(p: Paint) -> None:
    p.line([(0, -62), (4, -80), (14, -98)], 8, (92, 62, 34))
    p.fill(ellipse(40, -92, 30, 13, turn=-22), LEAF, shade=slope(-0.2, -0.3))


def apple(p: Paint, c: Colour, look: Look, state: str) -> None:
    """An apple, whole or in halves."""
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
    shine(p, -44, -34, 15, 20, look, turn=28)


def carrot(p: Paint, c: Colour, look: Look, state: str) -> None:
    """A carrot, whole or in slices."""
    for dx, dy in ((-52, -34), (-66, -4), (-42, -58)):
        p.line([(-62, -36), (-62 + dx, -36 + dy)], 15, LEAF)
        p.line([(-62, -38), (-62 + dx, -40 + dy)], 6, mix(LEAF, WHITE, 0.25))
    root = [*ellipse(-50, -30, 44 * look.wide, 40, start=130, stop=310, turn=5), (132, 62), (138, 72), (124, 76)]
    if state != "cut":
        p.fill(root, c, shade=slope(0.12, -0.55, middle=1.0))
        for x, y in ((-36, -36), (-2, -4), (36, 14), (76, 36), (-30, 2)):
            p.line([(x, y), (x + 18, y - 12)], 4, mix(c, DARK, 0.35))
        shine(p, -8, -26, 34, 6, look, turn=28)
        return
    p.fill(root[:-3] + [(0, -4), (-28, 34)], c, shade=slope(0.12, -0.55))
    for x, y, r in ((18, 16, 32), (62, 38, 28), (100, 62, 23), (40, 72, 26), (-8, 62, 25)):
        p.fill(ellipse(x, y + 8, r, r * 0.8), mix(c, DARK, 0.35))
        p.fill(ellipse(x, y, r, r * 0.8), mix(c, WHITE, 0.15))
        p.fill(ellipse(x, y, r * 0.5, r * 0.4), mix(c, WHITE, 0.5))


def bread(p: Paint, c: Colour, look: Look, state: str) -> None:
    """A loaf, whole or in slices."""
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
    shine(p, -30, -54, 60, 6, look)
