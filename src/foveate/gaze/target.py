"""Where a model should have looked: the mass of a Gaussian around every gaze point on every visual patch.

Source: Gaze-VLM (arXiv 2510.21356), section 3.3: a heatmap of Gaussians around the gaze points (sigma 20 px; the paper does not
say of which frame size: here it is pixels of the scene frame), normalised to sum 1, then summed over each encoder patch. Here
no map is drawn: a Gaussian is separable, so its mass on a rectangle is a product of two differences of the normal distribution.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from foveate.errors import UsageError
from foveate.gaze.patches import Patches
from foveate.geometry import Camera, Points

LEAST_MASS = 0.01
"""Where less than this share of the gaze's mass lies on the patches, they say nothing about it."""
STRAIGHT_PX = 1e-6
"""Patch edges that stray less than this from a straight line along an axis are one."""
NODES = 16
"""Points of the Gauss-Legendre rule along each side of a patch that is no rectangle in the scene."""

ToScene = Callable[[Points], Points]
"""From pixels of an image to pixels of the scene frame, (..., 2) -> (..., 2)."""
Sigma = float | NDArray[np.float64]
"""In scene pixels: one number, or (N, 2) for x and y of every point."""


@dataclass(frozen=True)
class GazeTarget:
    """A probability per visual patch of what a model is shown, and whether it may be used."""

    probability: tuple[NDArray[np.float64], ...]
    """(rows, columns) for each block of patches; together they sum to 1; NaN where not valid."""
    valid: bool
    """False where there is no gaze point, or hardly any of its mass is on the patches: such a frame carries no loss."""

    @property
    def flat(self) -> NDArray[np.float64]:
        """(tokens,) in the model's order: block by block, row by row."""
        return np.concatenate([block.ravel() for block in self.probability])

    def of(self, kept: NDArray[np.bool_]) -> "GazeTarget":
        """The same for a model that leaves some of the tokens out, such as coarse ones where a finer image shows more.

        Args:
            kept: (tokens,) in the model's order.

        Returns:
            0 on what is left out, the rest scaled to sum 1; not valid where hardly anything is left.
        """
        if kept.shape != self.flat.shape:
            raise UsageError(
                f"a target of {len(self.flat)} tokens needs as many marks of which are kept, got shape {kept.shape}"
            )
        left = np.where(kept, self.flat, 0.0)
        valid = self.valid and float(left.sum()) >= LEAST_MASS
        ends = np.cumsum([block.size for block in self.probability])[:-1]
        parts = np.split(left / left.sum() if valid else np.full(len(left), np.nan), ends)
        return GazeTarget(tuple(part.reshape(b.shape) for part, b in zip(parts, self.probability, strict=True)), valid)


def target(
    points_px: Points, grid: tuple[int, int], frame_size_px: tuple[int, int], sigma_px: Sigma = 20.0
) -> NDArray[np.float64]:
    """The gaze distribution on a grid that covers a whole frame.

    Args:
        points_px: (N, 2) gaze points x, y in frame pixels; rows with NaN are no points.
        grid: (rows, columns).
        frame_size_px: (height, width).
        sigma_px: standard deviation of the Gaussians in frame pixels.

    Returns:
        (rows, columns) probabilities that sum to 1; all NaN where there is no point or its mass lies outside the frame.
    """
    height, width = frame_size_px
    return target_on(points_px, (Patches(*grid, (0.0, 0.0, float(width), float(height))),), sigma_px=sigma_px).probability[0]


def target_on(
    points_px: Points, patches: Sequence[Patches], *, sigma_px: Sigma = 20.0, to_scene: ToScene | None = None
) -> GazeTarget:
    """The gaze distribution on the visual patches of an image, whatever part of the scene it shows and however it is bent.

    Args:
        points_px: (N, 2) gaze points in scene pixels; rows with NaN are no points.
        patches: where the image's tokens lie on it; tiles and a thumbnail each get the mass that they show.
        sigma_px: standard deviation of the Gaussians in scene pixels.
        to_scene: from image pixels to scene pixels; None where the image is the scene frame.
    """
    return target_over(points_px, [(patches, to_scene)], sigma_px=sigma_px)


def target_over(
    points_px: Points, images: Sequence[tuple[Sequence[Patches], ToScene | None]], *, sigma_px: Sigma = 20.0
) -> GazeTarget:
    """The gaze distribution over several images of one frame, such as a crop and its surroundings; see ``target_on``."""
    points = np.asarray(points_px, dtype=np.float64).reshape(-1, 2)
    sigma = np.full((len(points), 2), sigma_px, dtype=np.float64)
    # NaN is allowed for single points, where a lens tells no degrees
    right = (sigma > 0) & (sigma < np.inf)
    if not (right.all() or (np.ndim(sigma_px) and (right | np.isnan(sigma)).all())):
        raise UsageError(f"sigma_px must be positive and finite, got {sigma_px}")
    known = np.isfinite(points * sigma).all(axis=1)
    if not known.all():
        points, sigma = points[known], sigma[known]
    blocks = [_mass(points, sigma, block, to_scene) for patches, to_scene in images for block in patches]
    if not blocks:
        raise UsageError("a gaze target needs at least one grid of patches")
    total = sum(float(block.sum()) for block in blocks)
    if not total >= LEAST_MASS * max(1, len(points)):
        return GazeTarget(tuple(np.full(block.shape, np.nan) for block in blocks), valid=False)
    return GazeTarget(tuple(block / total for block in blocks), valid=True)


def sigma_of_degrees(points_px: Points, camera: Camera, sigma_deg: float) -> NDArray[np.float64]:
    """A standard deviation in degrees as pixels at each point, (N, 2) -> (N, 2); NaN beyond the camera's field."""
    if not (np.isfinite(sigma_deg) and sigma_deg > 0):
        raise UsageError(f"sigma_deg must be positive and finite, got {sigma_deg}")
    angle = camera.degrees(points_px)
    step = 0.05  # degrees: small enough for a lens to be linear
    level = np.cos(np.radians(angle[:, 1:]))  # a degree of azimuth is shorter above and below the horizon
    sides = []
    for across in (np.array([1.0, 0.0]) / level, np.broadcast_to([0.0, 1.0], angle.shape)):
        ahead, behind = camera.from_degrees(angle + step * across), camera.from_degrees(angle - step * across)
        sides.append(np.linalg.norm(ahead - behind, axis=1) / (2 * step))
    return np.asarray(np.stack(sides, axis=1) * sigma_deg, dtype=np.float64)


def _mass(points: Points, sigma: NDArray[np.float64], block: Patches, to_scene: ToScene | None) -> NDArray[np.float64]:
    """Sum over points of the mass on each patch, (rows, columns)."""
    x, y = block.x_edges_px, block.y_edges_px
    if to_scene is None:
        return _between(points, sigma, x, y)
    # corners of the patches and the middles of their sides: (2 rows + 1, 2 columns + 1, 2)
    finer = np.stack(np.meshgrid(_halved(x), _halved(y)), axis=-1)
    lattice = to_scene(finer)
    if _straight(lattice[..., 0], 0) and _straight(lattice[..., 1], 1):
        return _between(points, sigma, lattice[0, ::2, 0], lattice[::2, 0, 1])
    if _straight(lattice[..., 0], 1) and _straight(lattice[..., 1], 0):  # turned by 90 degrees: image rows are scene columns
        return _between(points, sigma, lattice[::2, 0, 0], lattice[0, ::2, 1]).T
    return _by_quadrature(points, sigma, x, y, to_scene)


def _halved(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(np.arange(2 * len(edges) - 1) / 2, np.arange(len(edges)), edges)


def _straight(coordinate: NDArray[np.float64], axis: int) -> bool:
    return bool(np.ptp(coordinate, axis=axis).max() < STRAIGHT_PX)


def _between(
    points: Points, sigma: NDArray[np.float64], x_edges: NDArray[np.float64], y_edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mass between edges that run along the scene's axes, in whichever direction."""
    x = ndtr((x_edges[:, None] - points[:, 0]) / sigma[:, 0])  # (columns + 1, N)
    y = ndtr((y_edges[:, None] - points[:, 1]) / sigma[:, 1])
    mass: NDArray[np.float64] = np.abs(y[1:] - y[:-1]) @ np.abs(x[1:] - x[:-1]).T  # (rows, N) @ (N, columns)
    return mass


def _by_quadrature(
    points: Points, sigma: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], to_scene: ToScene
) -> NDArray[np.float64]:
    """Mass on patches whose sides are not along the scene's axes: the density at nodes in each, times their share of area."""
    node, weight = np.polynomial.legendre.leggauss(NODES)
    across = (x[:-1, None] + x[1:, None]) / 2 + np.diff(x)[:, None] / 2 * node  # (columns, nodes)
    down = (y[:-1, None] + y[1:, None]) / 2 + np.diff(y)[:, None] / 2 * node
    share = np.multiply.outer(np.diff(y)[:, None] / 2 * weight, np.diff(x)[:, None] / 2 * weight)  # (rows, n, columns, n)
    at = np.stack(np.broadcast_arrays(across[None, None], down[:, :, None, None]), axis=-1)
    step = 1e-3
    to_right = (to_scene(at + [step, 0.0]) - to_scene(at - [step, 0.0])) / (2 * step)
    to_below = (to_scene(at + [0.0, step]) - to_scene(at - [0.0, step])) / (2 * step)
    area = np.abs(to_right[..., 0] * to_below[..., 1] - to_right[..., 1] * to_below[..., 0])
    scene = to_scene(at)
    mass = np.zeros((len(y) - 1, len(x) - 1))
    for point, width in zip(points, sigma, strict=True):
        density = np.exp(-0.5 * (((scene - point) / width) ** 2).sum(axis=-1)) / (2 * np.pi * width.prod())
        mass += (density * area * share).sum(axis=(1, 3))
    return mass
