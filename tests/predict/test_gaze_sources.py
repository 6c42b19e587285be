"""Gaze that was not measured: what stands in, and that it is told."""

from dataclasses import replace

import numpy as np
import pytest

from drawn import drawn_recording
from foveate.errors import UsageError
from foveate.gaze.correction import Correction, corrected
from foveate.predict import check_gaze, with_gaze
from foveate.recording.recording import Recording


def without_gaze() -> Recording:
    recording = drawn_recording()
    return replace(recording, loaders={name: load for name, load in recording.loaders.items() if name != "gaze"})


def test_center_is_the_middle_of_every_frame() -> None:
    recording = with_gaze(without_gaze(), "center")
    assert np.array_equal(recording.gaze.time_ns, recording.scene.time_ns)
    assert np.array_equal(recording.gaze.point_px, np.tile([100.0, 50.0], (60, 1)))
    assert recording.gaze.valid.all()
    source = recording.stream("gaze_source")
    assert source.notice == "gaze not measured: the middle of the frame stood in"
    assert (source.name, source.frames, source.frames_without) == ("center", 60, 0)


def test_measured_gaze_that_is_put_aside_is_told_and_does_not_show_through() -> None:
    measured = drawn_recording()
    measured = replace(
        measured, loaders={**measured.loaders, "fixations": lambda: pytest.fail("looked at"), "events": lambda: ()}
    )
    recording = with_gaze(measured, "center")
    assert recording.stream("gaze_source").notice.endswith("stood in, in place of the measured gaze")
    assert "fixations" not in recording.loaders
    assert recording.events == ()


def test_no_source_gives_back_the_same_recording() -> None:
    recording = drawn_recording()
    assert with_gaze(recording, None) is recording


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        pytest.param("centre", "no gaze source 'centre'; did you mean 'center'; allowed: center, or center:PRIOR", id="a typo"),
        pytest.param("attention", "no gaze source 'attention'; allowed: center.*; file:PATH", id="what comes later"),
        pytest.param("file", "--gaze file needs a path", id="a file without a path"),
        pytest.param("file:none.csv", "--gaze file:none.csv: there is no such file or folder", id="a file that is not there"),
        pytest.param("center:none.json", "the prior none.json cannot be read: No such file", id="a prior that is not there"),
    ],
)
def test_what_cannot_be_is_refused(spec: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        check_gaze(spec)
    with pytest.raises(UsageError, match=told):
        with_gaze(without_gaze(), spec)


def test_what_is_not_measured_is_not_corrected() -> None:
    with pytest.raises(UsageError, match="an offset or a drift is corrected of measured gaze"):
        corrected(with_gaze(without_gaze(), "center"), Correction(offset_px=(1.0, 2.0)))
