"""A small brush: filled shapes with shading, drawn at twice the size and averaged down to a sprite."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.toykitchen.sprite import Sprite

Colour = tuple[float, float, float]
"""RGB, 0 to 255."""
Shade = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]
"""Brightness factor at x, y."""
Path = Sequence[tuple[float, float]]

SHIFT = 4
"""Fractional bits of OpenCV's drawing coordinates."""
FINER = 2
"""How many times finer than the sprite we paint."""


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """A colour between two."""
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def ellipse(x: float, y: float, rx: float, ry: float, *, start: float = 0.0, stop: float = 360.0, turn: float = 0.0) -> Path:
    """Points along an ellipse; angles in degrees, clockwise from the right."""
    angle = np.radians(np.linspace(start, stop, 65))
    px, py = rx * np.cos(angle), ry * np.sin(angle)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return [(float(x + c * u - s * v), float(y + s * u + c * v)) for u, v in zip(px, py, strict=True)]


def bulge(profile: Sequence[tuple[float, float]], *, flat: float = 0.5) -> Path:
    """Outline of a round body from (y, radius) pairs top to bottom, closed by the lower half of its foot."""
    y, r = np.array(profile).T
    fine = np.linspace(y[0], y[-1], 40)
    order = 3 if len(profile) > 3 else len(profile) - 1
    coefficients = np.polyfit((y - y[0]) / (y[-1] - y[0]), r, order)
    radius = np.polyval(coefficients, (fine - y[0]) / (y[-1] - y[0]))
    right = [(float(q), float(p)) for p, q in zip(fine, radius, strict=True)]
    foot = ellipse(0, float(y[-1]), float(radius[-1]), float(radius[-1]) * flat, start=0, stop=180)
    left = [(-q, p) for q, p in reversed(right)]
    return right + list(foot) + left


def round_shade(radius: float, *, x: float = 0.0, low: float = 0.5, high: float = 1.15) -> Shade:
    """Light on an upright round body, from the upper left."""

    def shade(px: NDArray[np.float32], _: NDArray[np.float32]) -> NDArray[np.float32]:
        u = np.clip((px - x) / radius, -1, 1)
        light = np.sqrt(np.clip(1 - ((u + 0.38) / 1.42) ** 2, 0, 1))
        return np.asarray(low + (high - low) * light, dtype=np.float32)

    return shade


def ball_shade(x: float, y: float, radius: float, *, low: float = 0.45, high: float = 1.2) -> Shade:
    """Light on a ball, from the upper left."""

    def shade(px: NDArray[np.float32], py: NDArray[np.float32]) -> NDArray[np.float32]:
        u, v = (px - x) / radius, (py - y) / radius
        depth = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
        light = np.clip(-0.45 * u - 0.5 * v + 0.74 * depth, 0, 1)
        return np.asarray(low + (high - low) * light, dtype=np.float32)

    return shade


def slope(dx: float, dy: float, *, middle: float = 1.0) -> Shade:
    """Brightness that grows by dx and dy per 100 px."""

    def shade(px: NDArray[np.float32], py: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(middle + dx * px / 100 + dy * py / 100, dtype=np.float32)

    return shade


class Paint:
    """A transparent sheet in its own coordinates: origin inside, x right, y down, in world pixels."""

    def __init__(self, left: float, top: float, right: float, bottom: float) -> None:
        self.origin = (-left, -top)
        self.size = (round(right - left), round(bottom - top))
        shape = (self.size[1] * FINER, self.size[0] * FINER)
        self.color = np.zeros((*shape, 3), np.float32)
        self.alpha = np.zeros(shape, np.float32)

    def fill(
        self, points: Path, colour: Colour, *, shade: Shade | None = None, opacity: float = 1.0, blur_px: float = 0.0
    ) -> None:
        """Fill a closed shape."""

        def draw(mask: NDArray[np.uint8], cells: NDArray[np.int32]) -> None:
            cv2.fillPoly(mask, [cells], 255, cv2.LINE_AA, SHIFT)

        self._lay(points, draw, colour, shade=shade, opacity=opacity, blur_px=blur_px, grow=2)

    def line(
        self,
        points: Path,
        width: float,
        colour: Colour,
        *,
        shade: Shade | None = None,
        opacity: float = 1.0,
        blur_px: float = 0.0,
    ) -> None:
        """Draw a line with round ends."""
        thickness = max(1, round(width * FINER))

        def draw(mask: NDArray[np.uint8], cells: NDArray[np.int32]) -> None:
            cv2.polylines(mask, [cells], False, 255, thickness, cv2.LINE_AA, SHIFT)

        self._lay(points, draw, colour, shade=shade, opacity=opacity, blur_px=blur_px, grow=thickness + 2)

    def _lay(
        self,
        points: Path,
        draw: Callable[[NDArray[np.uint8], NDArray[np.int32]], None],
        colour: Colour,
        *,
        shade: Shade | None,
        opacity: float,
        blur_px: float,
        grow: int,
    ) -> None:
        """Paint what ``draw`` covers, touching only the part of the sheet around it."""
        cells = (np.asarray(points, dtype=np.float64) + self.origin) * FINER
        grow += round(3 * blur_px * FINER)
        height, width = self.alpha.shape
        x0, y0 = np.maximum(np.floor(cells.min(axis=0)).astype(int) - grow, 0)
        x1, y1 = np.minimum(np.ceil(cells.max(axis=0)).astype(int) + grow, (width, height))
        if x1 <= x0 or y1 <= y0:
            return
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        draw(mask, np.round((cells - 0.5 - (x0, y0)) * (1 << SHIFT)).astype(np.int32))
        if blur_px:
            mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), blur_px * FINER), dtype=np.uint8)
        part = (slice(y0, y1), slice(x0, x1))
        a = mask.astype(np.float32) * np.float32(opacity / 255)
        paint = np.asarray(colour, np.float32)
        if shade is not None:
            x = (np.arange(x0, x1) + 0.5) / FINER - self.origin[0]
            y = (np.arange(y0, y1) + 0.5) / FINER - self.origin[1]
            columns, rows = (np.asarray(axis, np.float32) for axis in np.meshgrid(x, y))
            paint = np.clip(np.multiply(paint, shade(columns, rows)[..., None]), 0, 255)
        self.color[part] += (paint - self.color[part]) * a[..., None]
        self.alpha[part] += (1 - self.alpha[part]) * a

    def rgba(self) -> NDArray[np.uint8]:
        """The sheet at sprite size, colour multiplied by alpha."""
        both = np.concatenate([self.color, self.alpha[..., None] * 255], axis=2)
        small = cv2.resize(both, self.size, interpolation=cv2.INTER_AREA)
        return np.asarray(np.clip(np.round(small), 0, 255), dtype=np.uint8)

    def sprite(self) -> Sprite:
        """The sheet as a sprite."""
        return Sprite(self.rgba(), self.origin)
