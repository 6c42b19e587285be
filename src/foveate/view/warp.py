"""The whole frame in one image, dense where the wearer looked and sparser with distance from it.

Source: GazeLLM (arXiv 2504.00221) proposes a deformed grid of patches, finer at the gaze, as future work, and gives no form.
Here the image is deformed instead, so that any model takes it: each axis by the linear law of cortical magnification
(geometry/magnification.py), which has a closed inverse; every pixel is the exact mean of its rectangle of the scene, so that
the sparse parts do not alias. The image is as large as the crop of the view ``gaze``, and that crop takes half of each side.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from foveate.errors import UsageError
from foveate.geometry import Box, Magnification, Warp
from foveate.view.extent import Extent
from foveate.view.fit import Fit
from foveate.view.view import Frame, Glimpse, ViewMaker

SHARE = 0.5
"""What part of each side of the image is given to what a crop would show."""
STEPS = 60
"""Of a bisection in the logarithm; each halves what is left of it."""


def make(*, size: Extent, fit: Fit, share: float = SHARE) -> ViewMaker:
    """A view that shows everything, and most of where the wearer looked.

    Args:
        size: of the image, where no budget makes it smaller, and of the region around gaze that gets its share.
        fit: to which size the image is held.
        share: what part of each side of the image that region takes when the gaze is in the middle; less near a border, and
            less where more would blow pixels up: nowhere does a pixel of the scene get more than one of the image.

    Raises:
        UsageError: for a share that is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise UsageError(f"the share of a warped image's sides must be between 0 and 1, got {share:g}")

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        crop = size.size_px(frame.size_px, frame.camera)
        image = fit(crop)
        x, y = (
            Magnification(float(np.clip(aim, 0, scene)), scene, length, half_density_px(scene, length, side, share))
            for aim, scene, length, side in zip(frame.aim_px, frame.size_px, image, crop, strict=True)
        )
        return (Glimpse(Box(0, 0, *frame.size_px), image, Warp(x, y)),)

    return ViewMaker("warp", uses_gaze=True, plan=plan, options=(("size", str(size)), ("share", f"{share:g}")))


@cache
def half_density_px(scene_px: int, image_px: int, fovea_px: int, share: float) -> float:
    """The distance at which an axis' density falls to a half, so that the fovea takes its share of the image.

    Args:
        scene_px: length of the frame's axis.
        image_px: length of the image's axis.
        fovea_px: how much of the frame's axis, about its middle, ...
        share: ... is to take this part of the image's.

    Returns:
        Pixels; more than the share asks for where the density would else exceed 1 with the gaze at a border, and infinite (an
        even grid) where the fovea is that part of the frame anyway or the image is no smaller than the frame.
    """
    if fovea_px >= share * scene_px or image_px >= scene_px:
        return float("inf")

    def its_share(half: float) -> bool:
        return bool(np.log1p(fovea_px / 2 / half) <= share * np.log1p(scene_px / 2 / half))

    def no_denser_than_the_scene(half: float) -> bool:
        return bool(half * np.log1p(scene_px / half) >= image_px)

    return max(_least(its_share), _least(no_denser_than_the_scene))


def _least(holds: Callable[[float], bool]) -> float:
    """The least number of pixels from which on something holds."""
    low, high = -20.0, 40.0  # powers of two
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(2.0**middle) else (middle, high)
    return float(2.0**high)
