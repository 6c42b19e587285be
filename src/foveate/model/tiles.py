"""Families that cut an image into tiles, and enlarge a small one to do so: a small image is given as one tile instead.

SmolVLM scales every image up to many tiles, so that a 448 px image costs as much as a whole frame; InternVL gives a
448 x 336 image twelve; LLaVA-OneVision pads a 448 px image to four. One tile is what the vision encoder takes at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.geometry import Size

TOLERANCE = 1.25
"""An image up to this much longer than a tile still goes as one: 448 px to SmolVLM2-2.2B's 384 px."""


@dataclass(frozen=True)
class Tiling:
    """How images are given to a processor."""

    options: dict[str, Any] = field(default_factory=dict)
    """Options of the processor's call."""
    longest_px: int | None = None
    """Longer images are scaled down to this before; None for no such limit."""
    note: str | None = None
    """What was done, for Answer.notes."""


@dataclass(frozen=True)
class Tiler:
    """What is known of one processor's tiles."""

    tile_px: int | None
    """Side of a tile; None where the family does not tile."""
    switch: str | None
    """Name of the option that tiles; None where only the size decides."""
    one_tile: bool = False
    """Whether every image goes as one tile, however large: in training each has one grid of tokens."""

    @classmethod
    def of(cls, processor: Any) -> "Tiler":
        """Learn from a processor whether it tiles, and how large a tile is."""
        image_processor = processor.image_processor
        if getattr(image_processor, "do_image_splitting", False):
            return cls(_side_px(image_processor.max_image_size), "do_image_splitting")
        own_options = getattr(processor, "images_kwargs", None) or {}
        if getattr(image_processor, "crop_to_patches", False) or own_options.get("crop_to_patches"):
            return cls(_side_px(image_processor.size), "crop_to_patches")
        if getattr(image_processor, "image_grid_pinpoints", None):
            return cls(min(min(grid) for grid in image_processor.image_grid_pinpoints), None)
        return cls(None, None)

    def tiles(self, *, several: bool) -> bool:
        """Whether a large image of a prompt with one or several is cut into tiles; LLaVA-OneVision cuts a lone image only."""
        return self.tile_px is not None and (self.switch is not None or not several)

    def tiling(self, sizes_px: Sequence[Size]) -> Tiling:
        """How to give the images of one prompt: as one tile each where all are about as small as one."""
        if self.one_tile and self.switch is not None:
            return Tiling({self.switch: False}, None, "tiling off: every image goes as one tile")
        if self.tile_px is None or not self.tiles(several=len(sizes_px) > 1) or not sizes_px:
            return Tiling()
        longest_px = max(max(size) for size in sizes_px)
        if longest_px > self.tile_px * TOLERANCE:
            return Tiling()
        if self.switch is not None:
            return Tiling(
                {self.switch: False}, None, f"tiling off: images up to {longest_px} px go as one tile of {self.tile_px} px"
            )
        if longest_px <= self.tile_px:
            return Tiling()
        return Tiling({}, self.tile_px, f"images up to {longest_px} px scaled to one tile of {self.tile_px} px")


def shrink(image: NDArray[np.uint8], longest_px: int | None) -> NDArray[np.uint8]:
    """An image (H, W, 3) scaled down so that its longer side is at most so long."""
    height_px, width_px = image.shape[:2]
    if longest_px is None or max(height_px, width_px) <= longest_px:
        return image
    scale = longest_px / max(height_px, width_px)
    size_px = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    return np.asarray(cv2.resize(image, size_px, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _side_px(size: Any) -> int | None:
    for key in ("longest_edge", "height", "shortest_edge"):
        side = size.get(key) if isinstance(size, dict) else getattr(size, key, None)
        if side:
            return int(side)
    return None
