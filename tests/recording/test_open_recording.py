"""Detecting formats, and paths that are no recordings."""

import sys
from importlib import import_module
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

import foveate.recording
from foveate.errors import RecordingError
from foveate.recording import FORMATS, open_recording
from writers.neon import write_neon
from writers.table import write_table


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_keeps_its_contract(name, tmp_path):
    module = import_module(FORMATS[name])
    assert isinstance(module.LOOKS_FOR, str)
    assert isinstance(module.DECLARABLE, tuple)
    assert module.detect(tmp_path) is False


@pytest.mark.parametrize(("write", "expected"), [(write_neon, "neon"), (write_table, "table")], ids=["neon", "table"])
def test_detected(tmp_path, write, expected):
    folder = write(tmp_path / "rec")
    recording = open_recording(str(folder))
    assert (recording.format, recording.name, recording.path) == (expected, "rec", folder)
    assert open_recording(folder, format=expected).format == expected


def test_opening_loads_nothing_and_touching_loads_once(tmp_path):
    recording = open_recording(write_neon(tmp_path / "rec"))
    (tmp_path / "rec" / "gaze_200hz.raw").unlink()
    (tmp_path / "rec" / "gaze_200hz.time").unlink()
    assert recording.gaze is recording.gaze


def missing(tmp_path):
    write_table(tmp_path / "recording1")
    return tmp_path / "recordin1"


def empty_folder(tmp_path):
    (tmp_path / "rec").mkdir()
    return tmp_path / "rec"


def empty_file(tmp_path):
    (tmp_path / "rec.mp4").touch()
    return tmp_path / "rec.mp4"


def other_file(tmp_path):
    (tmp_path / "notes.docx").write_text("hello")
    return tmp_path / "notes.docx"


def other_folder(tmp_path):
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "holiday.jpg").write_text("hello")
    return tmp_path / "rec"


def two_videos(tmp_path):
    folder = write_table(tmp_path / "rec")
    (folder / "other.mp4").write_bytes(b"x")
    return folder


def one_above(tmp_path):
    write_neon(tmp_path / "rec" / "2024-10-10")
    return tmp_path / "rec"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(missing, r"recordin1 does not exist; did you mean .*recording1", id="missing"),
        pytest.param(empty_folder, "is an empty folder", id="empty folder"),
        pytest.param(empty_file, "is an empty file", id="empty file"),
        pytest.param(other_file, r"notes.docx is no recording.*Give the folder as it came off the device", id="other file"),
        pytest.param(
            other_folder,
            r"found: holiday.jpg\). Give the folder .* formats: neon, .*, table .foveate info --formats",
            id="other folder",
        ),
        pytest.param(
            two_videos,
            r"videos: other.mp4, scene.mp4; tables: gaze.csv\); say which are meant: -D video=other.mp4 -D gaze=gaze.csv$",
            id="two videos",
        ),
        pytest.param(one_above, r"is no recording itself, but holds one: open .*2024-10-10", id="one folder up"),
    ],
)
def test_no_recording(tmp_path, make, message):
    with pytest.raises(RecordingError, match=message) as caught:
        open_recording(make(tmp_path))
    assert "\n" not in str(caught.value)


def test_unknown_format(tmp_path):
    with pytest.raises(RecordingError, match=r"there is no format 'neno'; did you mean 'neon'; allowed: neon, .*table"):
        open_recording(tmp_path, format="neno")


def test_neon_takes_no_declaration(tmp_path):
    with pytest.raises(RecordingError, match="the format neon takes no 'x'; it takes: nothing"):
        open_recording(write_neon(tmp_path / "rec"), format="neon", x="x")


def test_others_bring_formats_by_entry_point(tmp_path, monkeypatch):
    (tmp_path / "rec.eye").write_text("eyes")
    theirs = SimpleNamespace(
        LOOKS_FOR="a file .eye",
        DECLARABLE=(),
        detect=lambda path: path.suffix == ".eye",
        open_path=lambda path: SimpleNamespace(format="eye", path=path),
    )
    monkeypatch.setitem(sys.modules, "their_format", theirs)
    points = [EntryPoint(name="eye", value="their_format", group=foveate.recording.ENTRY_POINTS)]
    monkeypatch.setattr(foveate.recording, "entry_points", lambda group: points if group == "foveate.recordings" else [])
    assert open_recording(tmp_path / "rec.eye").format == "eye"
