"""What the lens models share: where they fold over, and their inverse."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from foveate.geometry.plane import Points

Values = NDArray[np.float64]


def fold(growth: Callable[[Values], Values], *, upto: float, step: float = 1e-4) -> float:
    """The radius up to which a radial model grows; ``upto`` where it always does.

    Args:
        growth: undistorted radii (N,) -> distorted ones (N,).
        upto: greatest radius that is looked at.
        step: how densely.
    """
    radius = np.linspace(0.0, upto, round(upto / step) + 1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        falls = ~(np.diff(growth(radius)) > 0)
    return float(radius[int(np.argmax(falls))]) if falls.any() else upto


def straighten(bent: Points, *, bend: Callable[[Points], Points], growth: Callable[[Values], Values], limit: float) -> Points:
    """Undo a lens: the radius from a table, then Newton's method. The caller checks what comes out by bending it again.

    Args:
        bent: (N, 2) distorted coordinates.
        bend: undistorted (N, 2) -> distorted (N, 2).
        growth: its radial part, (N,) -> (N,).
        limit: greatest undistorted radius.

    Returns:
        (N, 2) undistorted coordinates; NaN beyond the limit.
    """
    table = np.linspace(0.0, limit, 4001)
    radius = np.hypot(bent[:, 0], bent[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = growth(table)  # a rational lens may grow without bound right at the limit
    guess = np.interp(radius, grown, table)
    straight = bent * np.where(radius > 0, guess / np.where(radius > 0, radius, 1.0), 1.0)[:, None]
    step = 1e-6
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for _ in range(12):
            error = bend(straight) - bent
            by_x = (bend(straight + [step, 0]) - bend(straight - [step, 0])) / (2 * step)
            by_y = (bend(straight + [0, step]) - bend(straight - [0, step])) / (2 * step)
            area = by_x[:, 0] * by_y[:, 1] - by_x[:, 1] * by_y[:, 0]
            move_x = (error[:, 0] * by_y[:, 1] - error[:, 1] * by_y[:, 0]) / area
            move_y = (by_x[:, 0] * error[:, 1] - by_x[:, 1] * error[:, 0]) / area
            straight = straight - np.stack([move_x, move_y], axis=1)
            if not np.any(np.hypot(move_x, move_y) > 1e-12):
                break
        inside = np.hypot(straight[:, 0], straight[:, 1]) <= limit
    mapped: Points = np.where(inside[:, None], straight, np.nan)
    return mapped


def angles_of(ray: Points) -> Points:
    """Rays (N, 3) as vectors in the image plane whose length is the angle from the axis in radians, (N, 2)."""
    across = np.hypot(ray[:, 0], ray[:, 1])
    angle = np.arctan2(across, ray[:, 2])
    # on the axis the angle is 0 in front, and has no direction behind
    factor = np.where(across > 0, angle / np.where(across > 0, across, 1.0), np.where(ray[:, 2] > 0, 0.0, np.nan))
    vector: Points = ray[:, :2] * factor[:, None]
    return vector


def rays_of(vector: Points) -> Points:
    """The inverse of ``angles_of``: unit vectors, (N, 2) -> (N, 3)."""
    angle = np.hypot(vector[:, 0], vector[:, 1])
    across = np.sinc(angle / np.pi)[:, None] * vector  # sin(angle) / angle, 1 at the axis
    ray: Points = np.concatenate([across, np.cos(angle)[:, None]], axis=1)
    return ray
