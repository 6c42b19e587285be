"""The offset between the clocks of gaze and video, on a drawn world whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.drift import drift
from foveate.gaze.offset import shift
from foveate.recording.recording import GazeStream, Recording
from foveate.toykitchen import World


def with_gaze(recording: Recording, gaze: GazeStream) -> Recording:
    return replace(recording, loaders={**recording.loaders, "gaze": lambda: gaze}, _streams={})


@pytest.mark.parametrize("early_ms", [0, 120, -200])
def test_an_injected_offset_is_found(early_ms: int) -> None:
    recording = World(11, duration_s=13).recording()
    moved = shift(recording.gaze, offset_ms=-early_ms)
    (lag,) = drift(with_gaze(recording, moved), windows=1).windows
    assert lag.offset_ms == pytest.approx(early_ms, abs=20)
    assert lag.interval_ms is not None
    assert lag.interval_ms[0] <= early_ms <= lag.interval_ms[1]


def test_gaze_that_tells_nothing_of_the_picture_is_not_estimable() -> None:
    recording = World(11, duration_s=7).recording()
    still = np.full_like(recording.gaze.point_px, 700.0) + np.random.default_rng(1).normal(0, 2, recording.gaze.point_px.shape)
    gaze = GazeStream(recording.gaze.time_ns, still, np.ones(len(still), dtype=bool))
    (lag,) = drift(with_gaze(recording, gaze), windows=1, window_s=6).windows
    assert (lag.offset_ms, lag.interval_ms) == (None, None)
    assert "too little movement" in lag.reason


def test_drift_wants_windows_that_can_tell() -> None:
    with pytest.raises(UsageError, match="at least 3 s"):
        drift(World(11, duration_s=1).recording(), window_s=1)
