"""Head motion from the gyroscope, whose place on the glasses is found by what the eyes do."""

from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.gaze.fixation import window
from foveate.gaze.head_motion import HeadMotion
from foveate.recording.signals import Signals

GYROSCOPE = tuple(f"gyro_{axis}_deg_per_s" for axis in "xyz")
STILL_DEG_PER_S = 15.0
"""A head that turns more slowly than this nine tenths of the time is still: half of what fixations are told by."""
TURNING_DEG_PER_S = 10.0
"""Below this a head's turning tells little of how the gyroscope sits."""
FASTEST_DEG_PER_S = 200.0
"""Above this the eyes do not keep up."""
CALM_DEG_PER_S = 100.0
"""Gaze faster than this is a saccade, which tells nothing of the head."""
HALF_WINDOW_MS = 25.0
FEWEST, MOST = 200, 20_000
"""Samples that the alignment needs, and takes at most."""
SCALE_DEG_PER_S = 10.0
"""A sample that disagrees by this much counts a quarter."""
ROUNDS = 20
BLOCK_S, FOLDS = 5.0, 5
"""Every fifth block of time is told by what the others taught."""
LEAST_EXPLAINED = 0.1
"""Share by which the median speed of gaze must fall in blocks that taught nothing."""


def from_imu(imu: Signals, ray: NDArray[np.float64], time_ns: Times) -> tuple[HeadMotion | None, str]:
    """The turning of the scene camera by the gyroscope, where it explains how gaze moves.

    While the eyes rest on something, gaze moves in the frame as the world does, against the head. How the gyroscope sits to
    the camera is the rotation R for which gaze moves most nearly by ray x (R rate): robust least squares from the best of the
    24 rotations that map axes onto axes. So no maker's drawing is needed. It is used only if it also explains stretches of
    time that it was not fitted to. The gyroscope's constant error is its median.

    Args:
        imu: with a gyroscope.
        ray: (N, 3) unit vectors of valid gaze.
        time_ns: (N,) strictly increasing.

    Returns:
        The motion, or None, and a sentence on what was found.
    """
    if not set(GYROSCOPE) <= set(imu.values):
        return None, "the IMU has no gyroscope"
    rate = np.stack([imu.values[name] for name in GYROSCOPE], axis=1)
    kept = np.isfinite(rate).all(axis=1) & np.concatenate([[True], np.diff(imu.time_ns) > 0])
    at_ns, rate = imu.time_ns[kept], rate[kept]
    if len(at_ns) < 2 or len(time_ns) < 2:
        return None, "the IMU has no values"
    rate = rate - np.median(rate, axis=0)
    moved, seen, turn, block = _samples(ray, time_ns, HeadMotion(at_ns, rate, "imu"))
    explained = _explained(moved, seen, turn, block) if len(moved) >= FEWEST else 0.0
    if not explained >= LEAST_EXPLAINED:
        if np.percentile(np.linalg.norm(rate, axis=1), 90) < STILL_DEG_PER_S:
            return HeadMotion(at_ns, np.zeros_like(rate), "still"), "the head is almost still by the IMU: nothing is removed"
        told = f"explains {max(0.0, explained):.0%} of gaze's speed, where {LEAST_EXPLAINED:.0%} are asked for"
        few = f"{len(moved)} samples in which the head turns are too few to tell how the gyroscope sits"
        return None, f"the IMU is not used: {few if len(moved) < FEWEST else f'the turning of the head {told}'}"
    mount = _mount(moved, seen, turn)
    said = f"the head's turning is removed by the IMU: explains {explained:.0%} of gaze's speed while it turns"
    return HeadMotion(at_ns, rate @ mount.T, "imu"), said


def _samples(
    ray: NDArray[np.float64], time_ns: Times, head: HeadMotion
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Where the head turns: velocity and ray of gaze, the gyroscope's rate, (S, 3) each in degrees, and the block of time."""
    before, after = window(time_ns, half_window_ms=HALF_WINDOW_MS)
    within = (before < after) & (time_ns[before] >= head.time_ns[0]) & (time_ns[after] <= head.time_ns[-1])
    before, after, at = before[within], after[within], np.flatnonzero(within)
    step_s = ((time_ns[after] - time_ns[before]) / NS_PER_S)[:, None]
    moved = np.degrees(ray[after] - ray[before]) / step_s
    turned = head.turned_deg(time_ns)
    turn = (turned[after] - turned[before]) / step_s
    speed = np.linalg.norm(turn, axis=1)
    told = (np.linalg.norm(moved, axis=1) < CALM_DEG_PER_S) & (speed > TURNING_DEG_PER_S) & (speed < FASTEST_DEG_PER_S)
    chosen = np.flatnonzero(told)
    chosen = chosen[:: max(1, -(-len(chosen) // MOST))]
    block = (time_ns[at[chosen]] - time_ns[0]) // round(BLOCK_S * NS_PER_S)
    return moved[chosen], ray[at[chosen]], turn[chosen], block


def _explained(
    moved: NDArray[np.float64], ray: NDArray[np.float64], turn: NDArray[np.float64], block: NDArray[np.int64]
) -> float:
    """Share by which the median speed of gaze falls, each block told by the others; 0 where there is one block only."""
    left = np.full(len(moved), np.nan)
    for fold in range(FOLDS):
        asked = block % FOLDS == fold
        if asked.any() and not asked.all():
            mount = _mount(moved[~asked], ray[~asked], turn[~asked])
            left[asked] = np.linalg.norm(_apart(moved[asked], ray[asked], turn[asked], mount), axis=1)
    told = np.isfinite(left)
    return float(1 - np.median(left[told]) / np.median(np.linalg.norm(moved[told], axis=1))) if told.any() else 0.0


def _apart(
    moved: NDArray[np.float64], ray: NDArray[np.float64], turn: NDArray[np.float64], mount: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What a mount leaves unexplained, (S, 3)."""
    return moved - np.cross(ray, turn @ mount.T)


def _mount(moved: NDArray[np.float64], ray: NDArray[np.float64], turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation (3, 3) from the gyroscope's axes to the camera's that explains gaze best."""

    def weight(mount: NDArray[np.float64]) -> NDArray[np.float64]:
        off = np.linalg.norm(_apart(moved, ray, turn, mount), axis=1)
        return np.asarray(1 / (1 + (off / SCALE_DEG_PER_S) ** 2))

    best = max(_axes_onto_axes(), key=lambda mount: float(np.sum(weight(mount))))
    for _ in range(ROUNDS):
        # turning the mount by a small d changes ray x (mount turn) by ray x (d x (mount turn))
        slope = -_cross_matrix(ray) @ _cross_matrix(turn @ best.T)
        weighted = slope * weight(best)[:, None, None] ** 2
        normal = np.einsum("sij,sik->jk", weighted, slope) + 1e-6 * len(ray) * np.eye(3)
        small = np.linalg.solve(normal, np.einsum("sij,si->j", weighted, _apart(moved, ray, turn, best)))
        best = _rotation(small) @ best
    return best


def _cross_matrix(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrices (S, 3, 3) of v x."""
    x, y, z = vector.T
    none = np.zeros_like(x)
    return np.stack([np.stack(row, axis=-1) for row in ((none, -z, y), (z, none, -x), (-y, x, none))], axis=1)


def _rotation(turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation about a vector by its length in radians (Rodrigues)."""
    angle = float(np.linalg.norm(turn))
    if angle < 1e-12:
        return np.eye(3)
    (cross,) = _cross_matrix(turn[None] / angle)
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def _axes_onto_axes() -> list[NDArray[np.float64]]:
    """The 24 rotations that map axes onto axes."""
    signed = [
        np.diag(signs) @ np.eye(3)[list(order)] for order in permutations(range(3)) for signs in product((1.0, -1.0), repeat=3)
    ]
    return [each for each in signed if np.linalg.det(each) > 0]
