"""Where the head, and the camera on it, points: after gaze, with lag."""

import numpy as np
from numpy.typing import NDArray

from foveate.geometry import Points
from foveate.toykitchen.parameters import CENTER_PX, SCENE_PX, Parameters
from foveate.toykitchen.sprite import Matrix


def _sway(rng: np.random.Generator, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slow movement of unit size that never repeats within a recording."""
    periods, phases = rng.uniform([2.1, 3.7, 7.9], [3.3, 6.1, 13.0]), rng.uniform(0, 2 * np.pi, 3)
    return np.asarray(np.sin(2 * np.pi * time_s[:, None] / periods + phases) @ [0.25, 0.5, 0.6], dtype=np.float64)


def _lagged(values: NDArray[np.float64], step_s: float, lag_s: float) -> NDArray[np.float64]:
    """Two first-order lags in series."""
    from scipy.signal import lfilter, lfilter_zi

    keep = np.exp(-2 * step_s / lag_s)
    b, a = [1 - keep], [1, -keep]
    zi = lfilter_zi(b, a)
    for _ in range(2):
        values, _ = lfilter(b, a, values, zi=zi * values[0])
    return np.asarray(values)


class HeadPath:
    """The camera's map from world to scene pixels at any time."""

    def __init__(
        self, gaze_px: Points, time_s: NDArray[np.float64], rng: np.random.Generator, parameters: Parameters, *, fixed: bool
    ) -> None:
        """Follow world points of gaze (N, 2) at evenly spaced times (N,); a fixed camera does not."""
        n = len(time_s)
        self._time_s = time_s
        self._pose = np.zeros((n, 4))  # x, y, roll in degrees, zoom
        self._pose[:] = (*CENTER_PX, parameters.camera_roll_deg, parameters.camera_zoom)
        self._shift = np.array(parameters.camera_offset_px)
        if fixed:
            return
        step_s = float(time_s[1] - time_s[0])
        for axis in (0, 1):
            offset = parameters.head_gain[axis] * (gaze_px[:, axis] - CENTER_PX[axis])
            self._pose[:, axis] += _lagged(offset, step_s, parameters.head_lag_s) + 7 * _sway(rng, time_s)
        turned = (self._pose[:, 0] - CENTER_PX[0]) / 260
        self._pose[:, 2] += parameters.head_roll_deg * (0.7 * turned + 0.5 * _sway(rng, time_s))
        self._pose[:, 3] *= 1 + parameters.head_zoom * _sway(rng, time_s)

    def at(self, time_s: float) -> Matrix:
        """World to scene pixels at a time, (2, 3)."""
        return np.asarray(self.many(np.array([time_s]))[0], dtype=np.float64)

    def many(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """World to scene pixels at times, (N,) -> (N, 2, 3)."""
        x, y, roll, zoom = (np.interp(time_s, self._time_s, self._pose[:, i]) for i in range(4))
        c, s = zoom * np.cos(np.radians(roll)), zoom * np.sin(np.radians(roll))
        linear = np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], -2)
        center = np.array(SCENE_PX) / 2 + self._shift
        shift = center - np.einsum("nij,nj->ni", linear, np.stack([x, y], -1))
        return np.asarray(np.concatenate([linear, shift[..., None]], axis=2), dtype=np.float64)
