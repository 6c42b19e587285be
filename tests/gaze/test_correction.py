"""A recording with its gaze corrected: points, times, what moves with them, and what is said."""

from dataclasses import replace

import numpy as np
import pytest

from drawn import drawn_recording
from foveate.clock import NS_PER_MS
from foveate.errors import RecordingError, UsageError
from foveate.gaze.clock_error import ClockError, Estimate
from foveate.gaze.correction import Correction, corrected
from foveate.recording.eye_events import EyeEvents
from foveate.recording.info import facts

LATE = ClockError((), "test", 0, Estimate(-40, -45, -35), 0.0, None)
NOTHING = ClockError((), "test", 0, Estimate(3, -5, 11), 0.0, None)


def test_nothing_asked_for_is_the_same_recording() -> None:
    recording = drawn_recording()
    assert corrected(recording, Correction()) is recording


def test_an_offset_moves_the_points_and_is_told() -> None:
    recording = drawn_recording()
    moved = corrected(recording, Correction(offset_px=(3, -4)))
    assert np.allclose(moved.gaze.point_px - recording.gaze.point_px, (3, -4), equal_nan=True)
    assert moved.gaze.time_ns.tolist() == recording.gaze.time_ns.tolist()
    assert moved.scene is recording.scene
    assert "gaze moved by 3 px right and -4 px down" in facts(moved)["warnings"]
    assert moved.stream("correction").to_dict()["offset_px"] == (3, -4)


@pytest.mark.parametrize(
    ("error", "moved_ms", "said"),
    [
        pytest.param(LATE, -40, "gaze times corrected: gaze is stamped 40", id="late"),
        pytest.param(NOTHING, 0, "gaze times left as they are: ", id="nothing"),
    ],
)
def test_times_of_the_eye_tracker_move_together(error: ClockError, moved_ms: float, said: str) -> None:
    plain = drawn_recording()
    blinks = EyeEvents(np.array([10**9]), np.array([2 * 10**9]), np.array([1]))
    plain = replace(plain, loaders={**plain.loaders, "blinks": lambda: blinks})
    moved = corrected(plain, Correction(fix_drift=True), error=error)
    assert set(moved.gaze.time_ns - plain.gaze.time_ns) == {moved_ms * NS_PER_MS}
    assert moved.stream("blinks").start_ns.tolist() == [10**9 + moved_ms * NS_PER_MS]
    assert moved.stream("blinks").stop_ns.tolist() == [2 * 10**9 + moved_ms * NS_PER_MS]
    assert said in moved.gaze.notes[-1]
    assert moved.stream("correction").to_dict()["clock_error"]["lag_ms"]["value"] == error.lag_ms.value


def test_a_drift_that_is_not_estimable_corrects_nothing_and_says_so() -> None:
    plain = drawn_recording()  # without any mark that could be tracked
    moved = corrected(plain, Correction(fix_drift=True))
    assert moved.gaze.time_ns.tolist() == plain.gaze.time_ns.tolist()
    assert "gaze times left as they are: not estimable" in moved.gaze.notes[-1]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        pytest.param({"offset_px": (1, 2), "offset_deg": (1, 2)}, "in pixels or in degrees, not both", id="both"),
        pytest.param({"offset_px": (float("nan"), 0)}, "must be finite, got", id="nan"),
    ],
)
def test_offsets_that_fit_nothing(asked: dict[str, tuple[float, float]], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Correction(**asked)


def test_streams_that_are_missing_are_named() -> None:
    plain = drawn_recording()
    with pytest.raises(RecordingError, match="has no gaze stream"):
        corrected(replace(plain, loaders={"scene": plain.loaders["scene"]}, _streams={}), Correction(offset_px=(1, 1)))
