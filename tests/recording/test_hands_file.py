"""Hands that a detector found, for a recording that tracks none."""

from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_recording
from foveate.description.describe import telling
from foveate.errors import RecordingError
from foveate.geometry import Box
from foveate.model.mock import MockModel
from foveate.recording.hands import hand_boxes
from foveate.recording.hands_file import with_hands

START = 5_000_000_000


def test_boxes_alone_are_enough(tmp_path: Path) -> None:
    file = tmp_path / "boxes.csv"
    file.write_text(f"time_ns,left_px,top_px,width_px,height_px\n{START},10,20,30,40\n{START + 10**9},,,,\n")
    recording = with_hands(drawn_recording(), file)
    assert hand_boxes(recording, np.array([START, START + 10**9])) == [(Box(10, 20, 30, 40),), ()]
    job = telling(drawn_recording(), MockModel(), view="hands", size="20", hands=file, fps=10, segment="1")
    first = next(iter(job.spans()))
    assert first.frames[0].notes == ()
    assert first.frames[5].notes == ("no hand known: the gaze crop",)


def test_the_file_takes_the_place_of_hands_that_were_read_already(tmp_path: Path) -> None:
    file = tmp_path / "boxes.csv"
    file.write_text(f"time_ns,left_px,top_px,width_px,height_px\n{START},10,20,30,40\n")
    own = with_hands(drawn_recording(), file)
    assert len(own.stream("hands")) == 1
    file.write_text(f"time_ns,left_px,top_px,width_px,height_px\n{START},10,20,30,40\n{START + 10**9},1,2,3,4\n")
    assert len(with_hands(own, file).stream("hands")) == 2
    assert len(own.stream("hands")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("time_ns,left_px\n1,2\n", "has no column 'top_px' .*found: time_ns, left_px", id="columns"),
        pytest.param(None, "boxes.csv", id="not-there"),
        pytest.param("time_ns,left_px,top_px,width_px,height_px\n2,1,1,1,1\n1,1,1,1,1\n", "run backwards", id="order"),
    ],
)
def test_a_file_that_does_not_fit_is_told_at_once(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "boxes.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(RecordingError, match=message):
        with_hands(drawn_recording(), file)
