"""--gaze as a user types it: every command that takes it says that gaze was not measured."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_recording
from foveate.predict import with_gaze
from foveate.recording.recording import GazeStream
from foveate.report.render import render
from foveate.video import Video
from writers.table import write_table
from writers.video import write_clip

NOTICE = "gaze not measured: the middle of the frame stood in"


@pytest.mark.parametrize(
    "flag", [pytest.param(["--gaze", "center"], id="a gaze source"), pytest.param(["--view", "full"], id="full")]
)
def test_a_video_alone_is_described(flag: list[str], tmp_path: Path, foveate) -> None:
    write_clip(tmp_path / "walk.mp4", frames=20)
    code, said, err = foveate(
        "describe", tmp_path / "walk.mp4", "--model", "mock", *flag, "-o", tmp_path / "out", "--size", "32"
    )
    assert code == 0, err
    assert (NOTICE in said) is (flag[0] == "--gaze")


def test_a_video_alone_is_told_what_to_do(tmp_path: Path, foveate) -> None:
    write_clip(tmp_path / "walk.mp4", frames=20)
    code, _, err = foveate("describe", tmp_path / "walk.mp4", "--model", "mock", "-o", tmp_path / "out")
    assert code == 2
    assert "has no gaze stream (found: scene)" in err
    assert "--gaze center" in err


@pytest.mark.parametrize(
    ("command", "options"),
    [
        pytest.param("ask", ["What is held?", "--at", "0.3", "--model", "mock", "--size", "32"], id="ask"),
        pytest.param("render", ["-o", "out.mp4", "--size", "32"], id="render"),
        pytest.param("view", ["-o", "out.png", "--views", "gaze", "--size", "32"], id="view"),
        pytest.param("describe", ["-o", "out", "--model", "mock", "--size", "32"], id="describe"),
    ],
)
def test_every_command_says_it_where_gaze_was_measured(
    command: str, options: list[str], tmp_path: Path, foveate, monkeypatch: pytest.MonkeyPatch
) -> None:
    rec = write_table(tmp_path / "rec")
    monkeypatch.chdir(tmp_path)
    code, said, _ = foveate(command, rec, *options, "--gaze", "center")
    assert code == 0
    assert f"{NOTICE} for the measured gaze" in " ".join(said.split())
    code, said, _ = foveate(command, rec, *options, *(["--overwrite"] if command == "describe" else []))
    assert code == 0
    assert "not measured" not in said


@pytest.mark.parametrize("what", ["overlay", "crop", "side-by-side"])
def test_every_frame_of_a_video_bears_a_plate(what: str, tmp_path: Path) -> None:
    drawn = drawn_recording(seconds=0.5)
    time_ns = drawn.scene.time_ns
    gaze = GazeStream(time_ns, np.tile([100.0, 50.0], (len(time_ns), 1)), np.ones(len(time_ns), dtype=bool))
    measured = replace(drawn, loaders={**drawn.loaders, "gaze": lambda: gaze})
    videos = []
    for name, recording in (("without", measured), ("with", with_gaze(measured, "center"))):
        done = render(recording, tmp_path / f"{name}.mp4", what=what, size_px=64)
        videos.append(list(Video(done.path).frames(range(done.frames))))
    for without, bearing in zip(*videos, strict=True):
        changed = np.abs(without.astype(int) - bearing).max(axis=2)
        assert changed[1:6, 1:20].mean() > 8
        assert changed[-6:, -20:].mean() < 8


def test_a_source_that_is_not_there_is_told_before_the_recording_is_opened(tmp_path: Path, foveate) -> None:
    code, _, err = foveate("describe", tmp_path / "none", "--gaze", "file:none.csv")
    assert (code, "none.csv: there is no such file" in err) == (2, True)
