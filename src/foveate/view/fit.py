"""To which size a region of the scene is resampled; what a token budget comes down to."""

from collections.abc import Callable

from foveate.geometry import Size

Fit = Callable[[Size], Size]
"""Size of a region of the scene -> size of its image."""


def native(region_px: Size) -> Size:
    """Keep every pixel."""
    return region_px


def longest_side(limit_px: int) -> Fit:
    """Shrink regions whose longest side exceeds a limit, keeping their shape."""

    def fit(region_px: Size) -> Size:
        scale = min(1.0, limit_px / max(region_px))
        return Size(max(1, round(region_px[0] * scale)), max(1, round(region_px[1] * scale)))

    return fit
