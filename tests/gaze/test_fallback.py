"""Frames without valid gaze."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.align import align
from foveate.gaze.fallback import fallback
from foveate.geometry import Size

MS = 1_000_000
FRAME = Size(200, 100)


def aim(gaze, frame_ms, **options):
    frame_ns = np.array(frame_ms) * MS
    return fallback(align(gaze, frame_ns, tolerance_ns=10 * MS), gaze, frame_size_px=FRAME, **options)


@pytest.mark.parametrize(
    ("options", "x", "source"),
    [
        pytest.param({}, [5, 5, 5, 100], ["measured", "held", "held", "center"], id="hold 500 ms, then the centre"),
        pytest.param({"then": "skip"}, [5, 5, 5, np.nan], ["measured", "held", "held", "skip"], id="then skip"),
        pytest.param({"hold_ns": 0}, [5, 100, 100, 100], ["measured", "center", "center", "center"], id="hold nothing"),
        pytest.param({"hold_ns": 200 * MS}, [5, 5, 100, 100], ["measured", "held", "center", "center"], id="hold 200 ms"),
    ],
)
def test_sources(make, options, x, source):
    got = aim(make([0, 700], [5, 5], lost=[1]), [0, 200, 500, 501], **options)
    assert got.source.tolist() == source
    assert np.array_equal(got.point_px[:, 0], x, equal_nan=True)


def test_a_point_is_held_from_between_frames_that_are_a_second_apart(make):
    gaze = make([0, 300, 600, 990, 1000], [1, 2, 3, 4, 5], lost=[3, 4])
    got = aim(gaze, [0, 1000, 2000])
    assert got.source.tolist() == ["measured", "held", "center"]
    assert got.point_px[1].tolist() == [3, 6]


def test_a_point_is_never_held_from_the_future(make):
    assert aim(make([300], [7]), [0]).source.tolist() == ["center"]


def test_counts_leave_out_what_did_not_happen(make):
    assert aim(make([0], [1]), [0, 100, 5000]).counts() == {"measured": 1, "held": 1, "center": 1}


def test_the_centre_of_the_frame(make):
    assert aim(make([0], [1], lost=[0]), [0]).point_px.tolist() == [[100, 50]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"then": "crop"}, "'center' or be left out .'skip'., got 'crop'", id="then"),
        pytest.param({"hold_ns": -1}, "must not be negative, got -1", id="hold"),
    ],
)
def test_options_that_are_not_allowed(make, options, message):
    with pytest.raises(UsageError, match=message):
        aim(make([0]), [0], **options)
