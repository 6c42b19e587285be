"""Things that hold something, and the cloth."""

from foveate.toykitchen.look import CREAM, DARK, STEEL, WHITE, Look, body, lid, mouth, shine
from foveate.toykitchen.paint import Colour, Paint, ball_shade, bulge, ellipse, mix, round_shade, slope


def cup(p: Paint, c: Colour, look: Look, state: str) -> None:
    """A mug of coffee, its handle to the right."""
    p.line(ellipse(66 * look.wide, 8, 34, 34, start=-100, stop=100), 17, mix(c, DARK, 0.35))
    p.line(ellipse(65 * look.wide, 6, 34, 34, start=-100, stop=100), 9, mix(c, WHITE, 0.08))
    body(p, [(-48, 68), (10, 63), (52, 52)], c, look)
    mouth(p, -48, 68 * look.wide, 32, c, (92, 56, 30))
    shine(p, -34, 8, 7, 34, look, turn=-4)


def bowl(p: Paint, c: Colour, look: Look, state: str) -> None:
    """A bowl of porridge."""
    body(p, [(-26, 108), (10, 98), (40, 72), (58, 46)], c, look)
    rx = 108 * look.wide if look.wide < 1.1 else 112
    mouth(p, -26, rx, 56, c, (226, 196, 140))
    for x, y in ((-40, -14), (8, -22), (42, -8), (-6, 2), (-62, -22)):
        p.fill(ellipse(x, y, 11, 7), (196, 158, 96), shade=ball_shade(x, y, 12))
    shine(p, -66, 20, 7, 18, look, turn=-28)


def plate(p: Paint, c: Colour, look: Look, state: str) -> None:
    """An empty plate."""
    p.fill(ellipse(0, 10, 116, 80), mix(c, DARK, 0.45))
    p.fill(ellipse(0, 0, 116, 80), c, shade=slope(-0.12, -0.12))
    p.fill(ellipse(0, 2, 82, 54), mix(c, DARK, 0.3))
    p.fill(ellipse(0, 5, 79, 51), mix(c, WHITE, 0.18), shade=slope(0.1, 0.14))
    if look.banded:
        p.line(ellipse(0, 0, 100, 67), 5, mix(c, WHITE, 0.6))
    p.line(ellipse(0, 0, 110, 74, start=190, stop=255), 4, WHITE, opacity=look.shine, blur_px=2)


def jug(p: Paint, c: Colour, look: Look, state: str) -> None:
    """A jug of water with spout and handle."""
    handle = [(52, -62), (92, -66), (112, -34), (104, 12), (66, 38)]
    p.line(handle, 20, mix(c, DARK, 0.4))
    p.line([(x - 2, y - 3) for x, y in handle], 11, mix(c, WHITE, 0.06))
    body(p, [(-96, 52), (-50, 46), (10, 74), (82, 58)], c, look)
    p.fill([(-30, -118), (-86, -116), (-50, -62), (-20, -80)], c, shade=round_shade(90, x=-50, low=0.7, high=1.15))
    mouth(p, -98, 54 * look.wide, 23, c, (206, 226, 238))
    shine(p, -38, 14, 8, 36, look, turn=6)


def jar(p: Paint, c: Colour, look: Look, state: str) -> None:
    """A jar with its lid on, or beside it."""
    glass: Colour = (206, 220, 222)
    r = body(p, [(-58, 62), (0, 66), (70, 62)], glass, look)
    p.fill(bulge([(-30, r - 9), (20, r - 7), (66, r - 9)]), c, shade=round_shade(r, low=look.low, high=look.high))
    p.fill(ellipse(0, -30, r - 9, 20), mix(c, WHITE, 0.25))
    p.fill([(-30, 2), (34, 2), (34, 46), (-30, 46)], (244, 240, 226), shade=round_shade(60, low=0.75, high=1.05))
    for y in (16, 30):
        p.line([(-20, y), (22, y)], 4, (120, 112, 100))
    if state == "open":
        p.fill(ellipse(0, -58, r - 4, 22), mix(glass, DARK, 0.25))
        p.fill(ellipse(0, -54, r - 12, 17), mix(c, DARK, 0.55))
        lid(p, 112, 74, 44, STEEL)
    else:
        lid(p, 0, -84, r - 4, STEEL)
    shine(p, -40, 10, 6, 46, look)


def bottle(p: Paint, c: Colour, look: Look, state: str) -> None:
    """A bottle with its cap on, or beside it."""
    w = look.wide
    p.fill(
        [(-19 * w, -120), (19 * w, -120), (19 * w, -50), (-19 * w, -50)], c, shade=round_shade(22, low=look.low, high=look.high)
    )
    body(p, [(-70, 20), (-42, 36), (-10, 50), (40, 51), (104, 48)], c, look)
    p.fill(bulge([(12, 50 * w), (66, 50 * w)], flat=0.34), (244, 240, 228), shade=round_shade(52, low=0.6, high=1.05))
    p.fill(ellipse(0, 54, 22, 20), mix(c, WHITE, 0.1))
    if state == "open":
        p.fill(ellipse(0, -120, 19 * w, 9), DARK)
        p.line(ellipse(0, -120, 19 * w, 9), 4, mix(c, WHITE, 0.4))
        lid(p, 94, 100, 27, (196, 168, 96))
    else:
        lid(p, 0, -140, 23 * w, (196, 168, 96))
    shine(p, -26, -4, 6, 30, look, turn=8)


def box(p: Paint, c: Colour, look: Look, state: str) -> None:
    """A cardboard box, closed or open."""
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


def pan(p: Paint, c: Colour, look: Look, state: str) -> None:
    """A frying pan, its handle to the lower right."""
    p.line([(62, 40), (152, 92)], 28, (44, 42, 44))
    p.line([(64, 36), (150, 86)], 10, (92, 90, 94))
    p.fill(ellipse(-22, 8, 108, 84), mix(c, DARK, 0.35), shade=round_shade(108, x=-22, low=look.low + 0.2, high=1.1))
    p.fill(ellipse(-22, -6, 108, 80), c, shade=slope(-0.14, -0.1))
    p.fill(ellipse(-22, -2, 78, 55), (58, 58, 62), shade=slope(0.2, 0.3))
    if look.banded:
        p.line(ellipse(-22, -6, 94, 68), 4, mix(c, WHITE, 0.5))
    p.line(ellipse(-22, -6, 100, 73, start=195, stop=260), 5, WHITE, opacity=look.shine, blur_px=2)


def cloth(p: Paint, c: Colour, look: Look, state: str) -> None:
    """A creased cloth."""
    edge = [(-112, -58), (-40, -74), (30, -62), (104, -76), (118, 0), (106, 66), (34, 78), (-44, 66), (-118, 80), (-108, 8)]
    p.fill([(x + 3, y + 9) for x, y in edge], mix(c, DARK, 0.5))
    p.fill(edge, c, shade=slope(-0.06, -0.1))
    for x in (-76, -50) if not look.banded else (-80, -30, 20, 70):
        p.line([(x, -66), (x + 4, 6), (x - 2, 70)], 11, mix(c, WHITE, 0.7) if sum(c) < 640 else (150, 160, 178))
    p.line([(20, -62), (28, 4), (18, 76)], 26, mix(c, DARK, 0.3), opacity=0.55, blur_px=8)
    p.line([(48, -66), (56, 0), (46, 72)], 12, WHITE, opacity=0.3, blur_px=6)
    p.line([(-110, 6), (-30, 14), (40, 6), (112, 10)], 18, mix(c, DARK, 0.35), opacity=0.4, blur_px=7)
