"""The objects on the worktop: how each kind is drawn, in any colour, whole or used."""

from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType

import cv2
import numpy as np

from foveate.toykitchen import foods, vessels
from foveate.toykitchen.look import LOOKS, PALETTE, Look
from foveate.toykitchen.paint import Colour, Paint
from foveate.toykitchen.sprite import Sprite

HALF_PX = 170
"""Half the width of an object's sheet."""

Draw = Callable[[Paint, Colour, Look, str], None]


THINGS: dict[str, Draw] = {
    "cup": vessels.cup,
    "bowl": vessels.bowl,
    "plate": vessels.plate,
    "jug": vessels.jug,
    "jar": vessels.jar,
    "bottle": vessels.bottle,
    "apple": foods.apple,
    "carrot": foods.carrot,
    "box": vessels.box,
    "pan": vessels.pan,
    "bread": foods.bread,
    "cloth": vessels.cloth,
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
    solid = thing_sprite(kind, "white", state, style).rgba[..., 3]
    low = np.zeros((2 * HALF_PX + 80, 2 * HALF_PX + 80), np.uint8)
    squashed = cv2.resize(solid, (2 * HALF_PX, HALF_PX + 60), interpolation=cv2.INTER_AREA)
    low[150 : 150 + HALF_PX + 60, 52 : 52 + 2 * HALF_PX] = squashed
    soft = cv2.GaussianBlur(low, (0, 0), 11)
    rgba = np.zeros((*low.shape, 4), np.uint8)
    rgba[..., 3] = (soft * 0.5).astype(np.uint8)
    return Sprite(rgba, (HALF_PX + 40.0, HALF_PX + 40.0))
