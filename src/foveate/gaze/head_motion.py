"""How the head, and the scene camera on it, turns; and gaze with that turning taken out."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.errors import UsageError
from foveate.geometry import Points


@dataclass(frozen=True)
class HeadMotion:
    """Angular velocity of the scene camera. What lies at ray r of a still world moves by r x rate."""

    time_ns: Times
    """(M,) strictly increasing."""
    rate_deg_per_s: NDArray[np.float64]
    """(M, 3) about the camera's own axes: x right, y down, z forward."""
    source: str
    """imu, flow, or still: the IMU says that the head hardly turned."""

    def __post_init__(self) -> None:
        if self.rate_deg_per_s.shape != (len(self.time_ns), 3) or not np.isfinite(self.rate_deg_per_s).all():
            raise UsageError(
                f"head motion needs finite rates (M, 3) for its {len(self.time_ns)} times, got {self.rate_deg_per_s.shape}"
            )
        if np.any(np.diff(self.time_ns) <= 0):
            raise UsageError("the times of head motion must increase strictly")

    @cached_property
    def _turned_deg(self) -> NDArray[np.float64]:
        """(M, 3) the integral of the rate up to each time."""
        step_s = np.diff(self.time_ns)[:, None] / NS_PER_S
        steps = (self.rate_deg_per_s[1:] + self.rate_deg_per_s[:-1]) / 2 * step_s
        return np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])

    def turned_deg(self, time_ns: Times) -> NDArray[np.float64]:
        """The integral of the rate at any times, (N,) -> (N, 3); before the first and after the last rate nothing is added."""
        if len(self.time_ns) < 2:
            return np.zeros((len(time_ns), 3))
        start_ns = self.time_ns[0]  # float64 holds these differences exactly, but not nanoseconds since 1970
        at, known = (np.asarray(times - start_ns, dtype=np.float64) for times in (time_ns, self.time_ns))
        return np.stack([np.interp(at, known, self._turned_deg[:, axis]) for axis in range(3)], axis=1)


def unrolled(ray: NDArray[np.float64], time_ns: Times, head: HeadMotion | None) -> Points:
    """The path of gaze over a still world in degrees right and down, unrolled onto a plane, (N, 3) -> (N, 2).

    Each step is the angle from one ray to the next, less how far the world moved there because the head turned. Steps add up,
    so distances are true over a fixation or a saccade, and mean nothing over minutes: what is looked at twice is not at the
    same place.

    Args:
        ray: (N, 3) unit vectors of gaze in the camera (x right, y down, z forward).
        time_ns: (N,).
        head: its turning; None where it is not known, and gaze is followed as it moves in the frame.
    """
    if not len(ray):
        return np.empty((0, 2))
    middle = ray[1:] + ray[:-1]
    middle = middle / np.linalg.norm(middle, axis=1, keepdims=True)
    step = np.degrees(np.diff(ray, axis=0))
    if head is not None:
        step = step - np.cross(middle, np.diff(head.turned_deg(time_ns), axis=0))
    x, y, z = middle.T
    level = np.hypot(x, z)
    right = np.stack([z, np.zeros_like(x), -x], axis=1) / level[:, None]
    down = np.stack([-x * y, level**2, -y * z], axis=1) / level[:, None]
    steps = np.stack([np.sum(step * right, axis=1), np.sum(step * down, axis=1)], axis=1)
    azimuth, elevation = np.arctan2(ray[0, 0], ray[0, 2]), np.arctan2(ray[0, 1], np.hypot(ray[0, 0], ray[0, 2]))
    path: Points = np.degrees([[azimuth, elevation]]) + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    return path
