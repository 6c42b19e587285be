"""The offset between the clocks of gaze and video, on a drawn world whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from foveate.clock import NS_PER_MS
from foveate.errors import UsageError
from foveate.gaze.drift import clock_error, drift, watched
from foveate.gaze.offset import shift
from foveate.gaze.watched import Window
from foveate.recording.recording import GazeStream, Recording
from foveate.toykitchen import World

WIDTH_PX = 1440
NO_MOVEMENT = "too little movement that gaze and picture share"
NO_FIXATIONS = "too few fixations while the picture can be followed"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return World(11, duration_s=100).recording(fps=15)  # half the frames do, and are half the work


@pytest.fixture(scope="module")
def windows(recording: Recording) -> list[Window]:
    return watched(recording, windows=8, window_s=12)


def test_windows_are_spread_over_the_recording(recording: Recording, windows: list[Window]) -> None:
    assert [len(window.frame_ns) for window in windows] == [180] * 8
    assert windows[0].frame_ns[0] == recording.scene.time_ns[0]
    assert windows[-1].frame_ns[-1] >= recording.scene.time_ns[-2]


def test_the_picture_is_followed_at_any_point(windows: list[Window]) -> None:
    world = World(11, duration_s=100)
    at_s = windows[0].frame_ns[30:60] / 1e9
    maps = world.head.many(at_s)
    true = maps[:, :, :2] @ np.linalg.solve(maps[0, :, :2], [300.0, 500.0] - maps[0, :, 2]) + maps[:, :, 2]
    path = windows[0].path_at(np.array([300.0, 500.0]), slice(30, 60))
    assert np.abs(path - (true - true[0])).max() < 3


@pytest.mark.parametrize("early_ms", [0, 120, -200])
def test_a_constant_lag_is_found_and_no_drift_with_it(recording: Recording, windows: list[Window], early_ms: int) -> None:
    found = clock_error(shift(recording.gaze, offset_ms=-early_ms), windows, WIDTH_PX)
    assert found.lag_ms is not None
    assert found.lag_ms.value == pytest.approx(early_ms, abs=12)
    assert found.lag_ms.low - 10 <= early_ms <= found.lag_ms.high + 10
    assert found.ms_per_min is not None
    assert found.ms_per_min.is_zero
    assert found.kind == ("lag" if early_ms else "none")


@pytest.mark.parametrize("ms_per_min", [120, -120])
def test_a_drift_is_found_and_corrected_to_20_ms(recording: Recording, windows: list[Window], ms_per_min: float) -> None:
    gaze = recording.gaze
    true_ms = ms_per_min * gaze.time_ns / 60e9  # 200 ms in all
    early = replace(gaze, time_ns=gaze.time_ns - np.round(true_ms * NS_PER_MS).astype(np.int64))
    found = clock_error(early, windows, WIDTH_PX)
    assert found.kind == "drift"
    assert found.retimed(early.time_ns) / NS_PER_MS == pytest.approx(gaze.time_ns / NS_PER_MS, abs=20)
    corrected = clock_error(replace(early, time_ns=found.retimed(early.time_ns)), windows, WIDTH_PX)
    assert corrected.kind == "none"


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        pytest.param(lambda p: np.full_like(p, 700) + np.random.default_rng(1).normal(0, 2, p.shape), NO_FIXATIONS, id="still"),
        pytest.param(lambda p: np.full_like(p, 700), NO_FIXATIONS, id="dead"),
        pytest.param(lambda p: 1440 - p, NO_MOVEMENT, id="mirrored"),
    ],
)
def test_gaze_that_tells_nothing_of_the_picture_is_not_estimable(recording, windows, point, reason: str) -> None:
    moved = np.nan_to_num(point(recording.gaze.point_px), nan=700.0)
    found = clock_error(GazeStream(recording.gaze.time_ns, moved, recording.gaze.valid), windows, WIDTH_PX)
    assert found.kind == "not estimable"
    assert {reason} & {window.reason for window in found.windows}


def test_a_recording_shorter_than_a_window_has_one() -> None:
    found = drift(World(11, duration_s=1).recording())
    assert [window.reason for window in found.windows] == [NO_FIXATIONS]


def test_drift_wants_windows_that_can_tell(recording: Recording) -> None:
    with pytest.raises(UsageError, match="at least 3 s"):
        drift(recording, window_s=1)
