"""Gaze that was not measured: what stands in, and that it is told."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_recording
from foveate.description.api import describe
from foveate.description.description import explained
from foveate.description.write import write
from foveate.errors import UsageError
from foveate.gaze.correction import Correction, corrected
from foveate.predict import files_of, with_gaze
from foveate.recording.recording import Recording
from foveate.report.html import description_page


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
    assert recording.stream("gaze_source").notice.endswith("stood in for the measured gaze")
    assert "fixations" not in recording.loaders
    assert recording.events == ()


def test_no_source_gives_back_the_same_recording() -> None:
    recording = drawn_recording()
    assert with_gaze(recording, None) is recording


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        pytest.param("centre", "no gaze source 'centre'; did you mean 'center'; allowed: center, or center:PRIOR", id="a typo"),
        pytest.param("attention", "allowed: a run folder, builtin, hf:ID-OR-FOLDER", id="attention without a model"),
        pytest.param("file", "--gaze file needs a path", id="a file without a path"),
        pytest.param("file:none.csv", "--gaze file:none.csv: there is no such file or folder", id="a file that is not there"),
        pytest.param("center:none.json", "the prior none.json cannot be read: No such file", id="a prior that is not there"),
    ],
)
def test_what_cannot_be_is_refused(spec: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        files_of(spec)
    with pytest.raises(UsageError, match=told):
        with_gaze(without_gaze(), spec)


def test_every_output_bears_it(tmp_path: Path) -> None:
    description = describe(without_gaze(), model="mock", gaze="center", segment="3")
    assert description.notice == "toy model; gaze not measured: the middle of the frame stood in"
    assert description.totals.frames_by_source == {"predicted": 6}
    assert {frame.aim_px for span in description.spans for frame in span.frames} == {(100.0, 50.0)}
    write(description, tmp_path, also={"report.html": description_page(description, with_gaze(without_gaze(), "center"))})
    for file in tmp_path.iterdir():
        assert re.search(r"(?i)gaze not measured.{0,8}: .{0,4}the middle of the frame stood in", file.read_text()), file.name
    told = json.loads((tmp_path / "description.json").read_text())
    assert told["recording"]["gaze_source"]["spec"] == "center"
    rows = list(csv.DictReader((tmp_path / "description.csv").read_text().splitlines()))
    assert [(row["measured"], row["predicted"]) for row in rows] == [("0", "3"), ("0", "3")]


def test_a_toy_and_a_prediction_are_two_notices() -> None:
    both = "toy model; gaze not measured: the predictions in a; b.csv stood in"
    assert explained(both) == [
        ("toy model", "these answers say nothing about the real world"),
        ("gaze not measured", "the predictions in a; b.csv stood in"),
    ]
    assert explained(None) == []


def test_what_is_not_measured_is_not_corrected() -> None:
    with pytest.raises(UsageError, match="an offset or a drift is corrected of measured gaze"):
        corrected(with_gaze(without_gaze(), "center"), Correction(offset_px=(1.0, 2.0)))
