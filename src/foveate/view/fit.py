"""To which size a region of the scene is resampled; what a token budget comes down to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from foveate.geometry import Box, Size


class Fit(Protocol):
    """Tells sizes of images from those of their regions; never larger than the region."""

    def __call__(self, region_px: Size) -> Size:
        """Size of the image of a region, where a frame is shown as one image."""
        ...

    def together(self, regions_px: Sequence[Size], shares: Sequence[float]) -> tuple[Size, ...]:
        """Sizes of the images of one frame that is shown as several; all of them together cost what one may.

        Args:
            regions_px: size of each region.
            shares: what part of the cost each may take; they sum to 1.
        """
        ...


class NestedFit(Fit, Protocol):
    """A Fit that also knows images which lie one within the other, as the view ``foveated`` takes them."""

    def nested(self, boxes_px: Sequence[Box], frame_px: Size) -> tuple[Size, ...]:
        """Sizes of images of one frame of which each holds the one before; all of them together cost what one may.

        They are about as long as each other, and never longer than the first region, which is then shown as it is.

        Args:
            boxes_px: where they lie, the innermost first.
            frame_px: size of the frame.
        """
        ...


@dataclass(frozen=True)
class Native:
    """Keeps every pixel."""

    def __call__(self, region_px: Size) -> Size:
        return region_px

    def together(self, regions_px: Sequence[Size], shares: Sequence[float]) -> tuple[Size, ...]:
        return tuple(regions_px)

    def nested(self, boxes_px: Sequence[Box], frame_px: Size) -> tuple[Size, ...]:
        return as_long_as(max(boxes_px[0].size_px), boxes_px)


@dataclass(frozen=True)
class LongestSide:
    """Shrinks regions whose longest side exceeds a limit, keeping their shape."""

    limit_px: float
    """Of the image; of several images of a frame each may have its share of the pixels."""

    def __call__(self, region_px: Size) -> Size:
        scale = min(1.0, self.limit_px / max(region_px))
        return Size(max(1, round(region_px[0] * scale)), max(1, round(region_px[1] * scale)))

    def together(self, regions_px: Sequence[Size], shares: Sequence[float]) -> tuple[Size, ...]:
        # a share of the pixels is its root of the side
        return tuple(LongestSide(self.limit_px * share**0.5)(region) for region, share in zip(regions_px, shares, strict=True))

    def nested(self, boxes_px: Sequence[Box], frame_px: Size) -> tuple[Size, ...]:
        return as_long_as(min(max(boxes_px[0].size_px), self.limit_px / len(boxes_px) ** 0.5), boxes_px)


def as_long_as(longest_px: float, boxes_px: Sequence[Box]) -> tuple[Size, ...]:
    """Sizes of the images of regions, none longer than a limit."""
    return tuple(LongestSide(longest_px)(box.size_px) for box in boxes_px)


native = Native()
"""Every pixel is kept."""


def longest_side(limit_px: float) -> Fit:
    """Shrink regions whose longest side exceeds a limit, keeping their shape."""
    return LongestSide(limit_px)
