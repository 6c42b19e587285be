"""Gaze streams with known answers."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from foveate.recording.recording import GazeStream

MakeGaze = Callable[..., GazeStream]


def make(
    time_ms: Sequence[float],
    x_px: Sequence[float] | float = 0.0,
    *,
    lost: Sequence[int] = (),
    confidence=None,
    start_ns: int = 0,
) -> GazeStream:
    """Samples at times in ms; x as given, y twice as much; the samples at the indices ``lost`` are not valid and NaN."""
    x = np.broadcast_to(np.asarray(x_px, dtype=np.float64), len(time_ms)).copy()
    point = np.stack([x, 2 * x], axis=1)
    valid = np.ones(len(time_ms), dtype=np.bool_)
    valid[list(lost)] = False
    point[~valid] = np.nan
    time_ns = start_ns + np.round(np.asarray(time_ms, dtype=np.float64) * 1e6).astype(np.int64)
    return GazeStream(time_ns, point, valid, None if confidence is None else np.asarray(confidence, dtype=np.float64))


@pytest.fixture(name="make")
def make_fixture() -> MakeGaze:
    return make
