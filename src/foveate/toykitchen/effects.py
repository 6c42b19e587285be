"""What an action leaves in the picture (stream, foam), and what passes before the eye."""

from functools import lru_cache

import numpy as np

from foveate.toykitchen.paint import Paint, ball_shade, ellipse, round_shade, slope
from foveate.toykitchen.sprite import Sprite

WHITE = (255.0, 255.0, 255.0)


@lru_cache(maxsize=16)
def effect_sprite(name: str) -> Sprite:
    """What an action leaves in the picture: ``stream`` (origin at the mouth) or ``foam``."""
    p = Paint(-150, -150, 150, 260)
    if name == "stream":
        p.fill(ellipse(0, 176, 66, 34), (20, 20, 20), opacity=0.3, blur_px=9)
        p.fill(
            [(-46, 96), (46, 96), (38, 172), *ellipse(0, 172, 38, 18, start=0, stop=180), (-38, 172)],
            (206, 226, 234),
            opacity=0.8,
        )
        p.fill(
            [(-42, 126), (42, 126), (38, 172), *ellipse(0, 172, 38, 18, start=0, stop=180), (-38, 172)],
            (86, 170, 226),
            opacity=0.9,
        )
        p.fill(ellipse(0, 126, 42, 17), (140, 206, 244))
        p.line(ellipse(0, 96, 46, 18), 5, (240, 248, 250))
        p.fill([(-9, 0), (11, 0), (9, 128), (-5, 128)], (96, 178, 232), shade=round_shade(14, low=0.8, high=1.2))
        p.line([(-2, 4), (0, 122)], 4, WHITE, opacity=0.8)
        p.fill(ellipse(1, 126, 20, 8), WHITE, opacity=0.7)
    else:
        rng = np.random.default_rng(7)
        for _ in range(26):
            x, y, r = rng.normal(20, 46), rng.normal(18, 26), rng.uniform(7, 17)
            p.fill(ellipse(x, y, r, r), (178, 206, 226), opacity=0.85)
            p.fill(
                ellipse(x - 1, y - 2, r * 0.86, r * 0.86),
                (240, 248, 255),
                opacity=0.9,
                shade=ball_shade(x, y, r * 1.2, low=0.8, high=1.05),
            )
    return p.sprite()


@lru_cache(maxsize=16)
def occluder_sprite(name: str) -> Sprite:
    """What passes before the eye: a hanging ``towel``, a swinging cupboard ``door``, a ``bag``."""
    rng = np.random.default_rng(3)
    p = Paint(-340, -520, 340, 520)
    if name == "towel":
        edge = [(-210, -500), (210, -500), (232, 430), (120, 470), (10, 438), (-110, 474), (-226, 436)]
        p.fill(edge, (214, 206, 190), shade=slope(-0.05, 0))
        for fold in (-150, -60, 30, 120):
            p.line([(fold, -500), (fold + 16, -100), (fold + 4, 440)], 46, (150, 140, 124), opacity=0.5, blur_px=14)
        for stripe in (300, 340, 380):
            p.line([(-226, stripe), (0, stripe + 14), (228, stripe)], 14, (84, 112, 140))
    elif name == "door":
        p.fill([(-300, -500), (300, -500), (300, 500), (-300, 500)], (120, 88, 60))
        p.fill([(-290, -492), (290, -492), (290, 492), (-290, 492)], (168, 128, 90), shade=slope(-0.04, -0.02))
        p.fill([(-210, -410), (210, -410), (210, 410), (-210, 410)], (140, 104, 72))
        p.fill([(-198, -400), (210, -400), (210, 410), (-198, 410)], (176, 138, 98), shade=slope(0.05, 0.02))
        for _ in range(40):
            x, y = rng.uniform(-280, 280), rng.uniform(-480, 300)
            p.line([(x, y), (x + rng.normal(0, 5), y + 150)], 3, (110, 78, 50), opacity=0.35)
        p.line([(-250, -40), (-250, 60)], 20, (70, 70, 74))
        p.line([(-253, -38), (-253, 58)], 8, (180, 182, 188))
    else:
        p.fill([(-220, -240), (220, -240), (250, 400), (-250, 400)], (184, 150, 110), shade=slope(-0.08, -0.02))
        p.fill([(120, -240), (220, -240), (250, 400), (140, 400)], (146, 114, 80))
        p.line(ellipse(0, -240, 110, 130, start=180, stop=360), 22, (120, 92, 62))
        p.fill([(-120, 0), (60, 0), (60, 140), (-120, 140)], (228, 216, 190))
    return p.sprite()


OCCLUDERS = ("towel", "door", "bag", "arm")
"""What can pass: the last is another person's arm, a hand sprite."""
