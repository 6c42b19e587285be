"""foveate convert: whatever is opened comes back from the table bit by bit, and nothing is half-written."""

import errno
import os
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from drawn import drawn_recording
from foveate.clock import Span
from foveate.errors import RecordingError, UsageError
from foveate.geometry import Camera, Size
from foveate.recording import Event, GazeStream, Recording, open_recording
from foveate.recording.convert import convert
from foveate.recording.scene import ScenePart, VideoScene
from shared_data import shared
from writers.aria import write_aria
from writers.ego4d import write_ego4d
from writers.egoexo4d import write_take
from writers.egtea import write_session
from writers.hd_epic import write_hd_epic
from writers.neon import write_neon
from writers.pupil_cloud import write_pupil_cloud
from writers.pupil_core import write_pupil_core, write_pupil_export
from writers.table import write_table
from writers.tobii_g2 import write_tobii_g2
from writers.tobii_g3 import write_tobii_g3
from writers.video import number_of, write_clip

DEVICES: dict[str, tuple[Callable[[Path], Path], int, set[str]]] = {
    "neon": (lambda folder: write_neon(folder, version="2.5"), 2, {"imu", "eye_state", "fixations", "saccades", "blinks"}),
    "neon without the second video": (lambda folder: write_neon(folder, without_video=(2,)), 1, {"imu", "eye_state"}),
    "neon without any video": (lambda folder: write_neon(folder, without_video=(1, 2)), 0, {"imu", "eye_state"}),
    "pupil_cloud in two sections": (
        lambda folder: write_pupil_cloud(
            folder, frames=(12, 9), samples=(100, 70), videos=("f04c7b44_0.0-0.4.mp4", "0a1b2c3d_0.0-0.3.mp4")
        ),
        2,
        {"imu", "eye_state", "fixations", "blinks"},
    ),
    "pupil_cloud without video": (
        lambda folder: write_pupil_cloud(folder, device="invisible", videos=(None,)),
        0,
        {"imu", "fixations", "blinks"},
    ),
    "pupil_core": (lambda folder: write_pupil_core(folder, frames=(12, 8)), 2, set()),
    "pupil_core, exported, without video": (lambda folder: write_pupil_export(folder, video=False), 0, {"fixations", "blinks"}),
    "tobii_g3": (write_tobii_g3, 1, {"imu", "eye_state"}),
    "tobii_g3 without video": (lambda folder: write_tobii_g3(folder, video=False), 0, {"imu", "eye_state"}),
    "tobii_g2": (lambda folder: write_tobii_g2(folder, samples=(160, 120), frames=(60, 50)), 2, {"imu", "eye_state"}),
    "tobii_g2 without video": (lambda folder: write_tobii_g2(folder, frames=(None,)), 0, {"imu", "eye_state"}),
    "ego4d": (write_ego4d, 1, set()),
    "egoexo4d": (write_take, 1, set()),
    "egtea": (write_session, 1, {"fixations", "saccades"}),
    "hd_epic": (write_hd_epic, 1, {"held"}),
    "table": (write_table, 1, set()),
}
"""Name -> what writes such a folder, how many videos it has, and streams that it has beside gaze and events."""
UNTOLD = ("scene", "unseen_scene", "gaze", "camera", "about")
"""Streams that are compared apart, or that no table holds."""
TIME_NS = np.arange(6) * 5_000_000 + 2**60 + 1
"""A float64 could not hold them."""
TINY, THIRD = 5e-324, 1 / 3


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


def assert_same(told: Recording, true: Recording, *, video: bool = True) -> None:
    """Compare all that a table holds."""
    assert told.device == true.device
    cameras = [it.stream("camera") if "camera" in it.loaders else None for it in (told, true)]
    assert (cameras[0] is None) == (cameras[1] is None)
    for part in fields(Camera) if cameras[1] is not None else ():
        assert_equal(*(getattr(camera, part.name) for camera in cameras))
    frames = [it.stream("scene" if "scene" in it.loaders else "unseen_scene") for it in (told, true)]
    assert ("scene" in told.loaders) == ("scene" in true.loaders and video)
    assert frames[0].size_px == frames[1].size_px
    assert_equal(frames[0].time_ns, frames[1].time_ns)
    assert ("gaze" in told.loaders) == ("gaze" in true.loaders)
    if "gaze" in true.loaders:
        for name in ("time_ns", "point_px", "valid", "confidence"):
            assert_equal(getattr(told.gaze, name), getattr(true.gaze, name))
    for name in set(true.loaders) - set(UNTOLD):
        one, other = told.stream(name), true.stream(name)
        if name == "events":
            assert one == tuple(other)
        else:
            for part in fields(other):
                if part.name != "notes":
                    assert_equal(getattr(one, part.name), getattr(other, part.name))


def assert_equal(one: object, other: object) -> None:
    if isinstance(other, dict):
        assert list(one) == list(other)
        for name in other:
            assert_equal(one[name], other[name])
    elif isinstance(other, np.ndarray) and other.dtype.kind == "f":
        assert same_bits(*(np.where(np.isnan(it), np.nan, it) for it in (one, other)))
    elif isinstance(other, np.ndarray):
        assert same_bits(one, other)
    else:
        assert one == other


@pytest.mark.parametrize(("write", "videos", "streams"), DEVICES.values(), ids=DEVICES)
def test_a_device_s_folder_comes_back(tmp_path, write, videos, streams):
    true = open_recording(write(tmp_path / "rec"))
    assert streams <= set(true.loaders)
    done = convert(true, tmp_path / "out")
    told = open_recording(tmp_path / "out")
    assert told.format == "table"
    assert_same(told, true)
    assert told.warnings == ()
    assert (done.videos, done.rows["gaze"], {*done.rows} >= streams) == (videos, len(true.gaze), True)
    assert done.left_out in ((), ("about",), ("the times of 15 frames without video",))
    for made, part in zip(sorted((tmp_path / "out").glob("scene*")), true.scene.parts if videos else (), strict=True):
        assert made.read_bytes() == part.path.read_bytes()


def test_tables_alone(tmp_path):
    true = open_recording(write_neon(tmp_path / "rec"))
    done = convert(true, tmp_path / "out", video=False)
    assert (done.videos, done.frames, done.left_out) == (0, 35, ("the video",))
    told = open_recording(tmp_path / "out")
    assert_same(told, true, video=False)
    with pytest.raises(RecordingError, match=r"has no scene stream .*Name its video \(-D video=scene.mp4\)"):
        _ = told.scene
    assert not list((tmp_path / "out").glob("*.mp4"))


def test_aria_s_tables_alone(tmp_path):
    true = open_recording(write_aria(tmp_path / "rec"))
    with pytest.raises(RecordingError, match=r"keeps its frames in no video file.*leave them out .--no-video.*vrs_to_mp4"):
        convert(true, tmp_path / "out")
    assert convert(true, tmp_path / "out", video=False).left_out == ("the video",)
    told = open_recording(tmp_path / "out")
    assert told.stream("unseen_scene").size_px == true.scene.size_px
    assert same_bits(told.gaze.point_px, true.gaze.point_px)
    assert same_bits(told.stream("gaze_angles").values["yaw_rad"], true.stream("gaze_angles").yaw_rad)
    assert_equal(told.stream("gaze_angles").values["depth_m"], true.stream("gaze_angles").depth_m)


def test_frames_of_both_parts_come_from_their_own_video(tmp_path):
    convert(open_recording(write_neon(tmp_path / "rec", frames=(4, 3))), tmp_path / "out")
    told = open_recording(tmp_path / "out")
    assert [number_of(image) for image in told.scene.frames(range(7))] == list(range(7))
    assert tomllib.loads((tmp_path / "out" / "foveate.toml").read_text())["table"]["video"] == ["scene-1.mp4", "scene-2.mp4"]
    frames = pl.read_parquet(tmp_path / "out" / "frames.parquet")
    assert frames["video"].to_list() == ["scene-1.mp4"] * 4 + ["scene-2.mp4"] * 3


def test_a_converted_recording_can_be_converted_again(tmp_path):
    true = open_recording(write_neon(tmp_path / "rec"))
    convert(true, tmp_path / "one")
    convert(open_recording(tmp_path / "one"), tmp_path / "two")
    assert_same(open_recording(tmp_path / "two"), true)


def made(tmp_path: Path, **streams: object) -> Recording:
    """A recording of six frames whose streams are given."""
    clip = write_clip(tmp_path / "clip.mp4", frames=6)
    kept = {"scene": VideoScene([ScenePart(clip, TIME_NS)]), **streams}
    return Recording("made", "made", 'a "quoted" \\ dévice\x7f 👓', None, {name: lambda it=it: it for name, it in kept.items()})


def gaze_of(point: np.ndarray, confidence: np.ndarray | None = None) -> GazeStream:
    return GazeStream(TIME_NS, point, np.isfinite(point).all(axis=1), confidence)


MATRIX = np.array([[700.1, THIRD, 32 + THIRD], [0.0, 1e2, 24.0], [0.0, 0.0, 1.0]])
CAMERAS = {
    "radial_tangential": Camera(MATRIX, np.array([-0.1, THIRD, 1e-17, -0.0, 1e22]), Size(64, 48)),
    "kannala_brandt": Camera(MATRIX, np.array([THIRD, -1e-300, 2.0, 0.0]), Size(64, 48), "kannala_brandt", field_deg=71.3),
    "fisheye624": Camera(MATRIX, np.linspace(-THIRD, THIRD, 12), Size(1408, 1408), "fisheye624", field_deg=THIRD),
    "no distortion": Camera(MATRIX, np.empty(0), Size(64, 48)),
}
WALK = np.stack([np.linspace(THIRD, 60, 6), np.linspace(-5, 50, 6) ** 3 / 7], axis=1)
GAZES = {
    "whole": gaze_of(WALK),
    "gaps and confidence": gaze_of(
        np.where(np.arange(6)[:, None] % 2, WALK, np.nan), np.array([0.0, TINY, THIRD, 0.5, np.nextafter(1, 0), 1.0])
    ),
    "never seen": gaze_of(np.full((6, 2), np.nan)),
    "point of an invalid sample": GazeStream(TIME_NS, WALK, np.arange(6) > 2),
}
EVENTS = (
    Event("", None, int(TIME_NS[0])),
    Event("cut", Span(int(TIME_NS[1]), int(TIME_NS[1]) + 1), int(TIME_NS[1]), 'C "cuts",\nthe 🧅.'),
    Event("cut", None, int(TIME_NS[1]), "1"),
)


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_every_camera_keeps_all_its_digits(tmp_path, camera):
    true = made(tmp_path, gaze=GAZES["whole"], camera=camera, events=EVENTS)
    assert convert(true, tmp_path / "out").camera
    assert_same(open_recording(tmp_path / "out"), true)


@pytest.mark.parametrize("gaze", GAZES.values(), ids=GAZES)
def test_gaze_keeps_all_its_bits(tmp_path, gaze):
    true = made(tmp_path, gaze=gaze)
    convert(true, tmp_path / "out")
    assert_same(open_recording(tmp_path / "out"), true)


def test_other_programs_find_plain_columns(tmp_path):
    convert(made(tmp_path, gaze=GAZES["gaps and confidence"], events=EVENTS), tmp_path / "out")
    gaze = pq.read_table(tmp_path / "out" / "gaze.parquet")
    assert {name: str(gaze.schema.field(name).type) for name in gaze.column_names} == {
        "time_ns": "int64", "x_px": "double", "y_px": "double", "valid": "bool", "confidence": "double",
    }  # fmt: skip
    events = pq.read_table(tmp_path / "out" / "events.parquet").to_pylist()
    assert events[0] == {"start_ns": int(TIME_NS[0]), "stop_ns": None, "name": "", "text": ""}


def test_the_video_of_a_converted_recording_opens_with_its_tables(tmp_path):
    true = open_recording(write_tobii_g3(tmp_path / "rec"))
    convert(true, tmp_path / "out")
    told = open_recording(tmp_path / "out" / "scene.mp4", frames="frames.parquet", gaze="gaze.parquet", camera=true.camera)
    assert same_bits(told.scene.time_ns, true.scene.time_ns)
    assert same_bits(told.gaze.point_px, true.gaze.point_px)
    assert told.stream("camera") is true.camera


def test_what_a_killed_run_left_is_replaced(tmp_path):
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part" / "half.mp4").write_bytes(b"half")
    convert(made(tmp_path), tmp_path / "out")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clip.mp4", "out"]
    assert not (tmp_path / "out" / "half.mp4").exists()


def test_a_video_alone(tmp_path):
    done = convert(made(tmp_path), tmp_path / "out")
    told = open_recording(tmp_path / "out")
    assert (done.rows, done.camera, "gaze" in told.loaders) == ({}, False, False)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["foveate.toml", "frames.parquet", "scene.mp4"]
    assert same_bits(told.scene.time_ns, TIME_NS)


def test_what_a_table_cannot_hold_is_told(tmp_path):
    neon = open_recording(write_neon(tmp_path / "rec", frames=(20, 15), without_video=(2,)))
    assert convert(replace(neon, loaders={**neon.loaders, "who": list}), tmp_path / "out").left_out == (
        "the times of 15 frames without video",
        "who",
    )


def test_a_stream_that_cannot_be_read_is_left_out_and_told(tmp_path):
    folder = write_pupil_cloud(tmp_path / "rec")
    (folder / "blinks.csv").write_text("who,are\nyou,?\n")
    done = convert(open_recording(folder), tmp_path / "out")
    assert ["blinks, which cannot be read" in line for line in done.left_out] == [True]
    assert "no column 'blink id'" in done.left_out[0]
    assert "blinks" not in open_recording(tmp_path / "out").loaders


def test_a_link_shares_the_video(tmp_path):
    folder = write_table(tmp_path / "rec")
    (folder / "scene.mp4").rename(tmp_path / "real.mp4")
    (folder / "scene.mp4").symlink_to(tmp_path / "real.mp4")
    convert(open_recording(folder, video="scene.mp4"), tmp_path / "out", link=True)
    assert not (tmp_path / "out" / "scene.mp4").is_symlink()
    assert (tmp_path / "out" / "scene.mp4").samefile(tmp_path / "real.mp4")


def test_a_link_that_cannot_be(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(RecordingError, match=r"cross-device link\): a hard link needs both on one disk.*leave --link out"):
        convert(open_recording(write_table(tmp_path / "rec")), tmp_path / "out", link=True)
    assert [file.name for file in tmp_path.iterdir()] == ["rec"]


@pytest.mark.parametrize(("module", "name"), [(shutil, "copyfile"), (pq, "write_table")], ids=["video", "table"])
@pytest.mark.parametrize("empty", [True, False], ids=["into an empty folder", "into a new folder"])
def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, module, name, empty):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if empty:
        (tmp_path / "out").mkdir()
    recording = open_recording(write_table(tmp_path / "rec"))
    monkeypatch.setattr(module, name, full)
    with pytest.raises(OSError, match=r"No space left on device: '.*out'"):
        convert(recording, tmp_path / "out")
    assert sorted(file.name for file in tmp_path.iterdir()) == (["out", "rec"] if empty else ["rec"])
    assert not empty or not list((tmp_path / "out").iterdir())


def test_what_would_not_come_back_is_refused(tmp_path):
    doubled = GazeStream(np.repeat(TIME_NS[::2], 2), WALK, np.ones(6, dtype=np.bool_))
    with pytest.raises(RecordingError, match=r"its gaze would not come back from a table as it is.*\(it would be another\)"):
        convert(made(tmp_path, gaze=doubled), tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


def test_what_a_table_would_refuse_is_told(tmp_path):
    later = GazeStream(TIME_NS + 10**12, WALK, np.ones(6, dtype=np.bool_))
    with pytest.raises(RecordingError, match=r"its gaze would not come back .*\(.*gaze .* and video .* do not overlap in time"):
        convert(made(tmp_path, gaze=later), tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


def test_places_that_are_refused(tmp_path, monkeypatch):
    recording = open_recording(write_table(tmp_path / "rec"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("dear")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for place, message in {
        tmp_path / "full": "is there already and not an empty folder",
        tmp_path / "full" / "mine.txt": "is there already and not an empty folder",
        Path("."): "cannot be replaced by a new folder",
        tmp_path / "rec" / "table": "lies inside of the recording",
    }.items():
        with pytest.raises(UsageError, match=message):
            convert(recording, place)
    assert (tmp_path / "full" / "mine.txt").read_text() == "dear"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["full", "here", "rec"]


def test_nothing_at_all(tmp_path):
    with pytest.raises(RecordingError, match="made has nothing that a table could hold"):
        convert(Recording("made", "made", "none", None, {}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_frames_that_are_in_no_video_file(tmp_path):
    with pytest.raises(RecordingError, match=r"keeps its frames in no video file.*vrs_to_mp4"):
        convert(drawn_recording(), tmp_path / "out")


def test_real_neon(tmp_path):
    true = open_recording(shared("neon_multi_part"))
    done = convert(true, tmp_path / "out", link=False)
    assert (done.videos, done.frames, done.rows["gaze"]) == (1, 144, 2659)
    assert done.left_out == ("the times of 668 frames without video",)
    assert_same(open_recording(tmp_path / "out"), true)


REAL = (
    "pupil_invisible_glassesvalidator",
    "pupil_invisible_trampoline_01",
    "tobii_g3_calibration_1",
    "tobii_g2_glassesviewer",
)


@pytest.mark.parametrize("name", REAL)
def test_real_recordings_without_video(tmp_path, name):
    true = open_recording(shared(name))
    convert(true, tmp_path / "out")
    assert_same(open_recording(tmp_path / "out"), true)


SCENE = 'video = ["a.mp4", "b.mp4"]\nframes = "frames.csv"\n'
WRONG = {
    "two videos without frames": ('video = ["a.mp4", "b.mp4"]\n', "several videos need frames, a table"),
    "a video twice": ('video = ["a.mp4", "a.mp4"]\nframes = "frames.csv"\n', "video names a file twice: a.mp4, a.mp4"),
    "a video that is a number": ("video = [1]\n", "video should be text, got 1"),
    "no videos": ("video = []\n", r"video should be text, got \[\]"),
    "a part outside": ('video = ["a.mp4", "../b.mp4"]\nframes = "f.csv"\n', r"'../b.mp4' leads out of the recording"),
    "frames outside": ('video = "a.mp4"\nframes = "/f.csv"\n', "'/f.csv' leads out of the recording"),
    "rows of another video": (
        SCENE,
        r"frames.csv has frames of c.mp4, which is not declared",
        "video,time_ns\nc.mp4,1\n",
    ),
    "a video without rows": (SCENE, r"frames.csv has no frames of b.mp4; it needs a row", "video,time_ns\na.mp4,0\n"),
    "a row without time": (SCENE, r"frames.csv: row 2 has no time", "video,time_ns\na.mp4,0\nb.mp4,\n"),
    "no column of times": (SCENE, r"frames.csv has no column 'time_ns' for time", "video,when\na.mp4,0\n"),
    "two videos, no column of videos": (SCENE, r"frames.csv has no column 'video' for video", "time_ns\n0\n1\n"),
    "camera as text": ('camera = "wide"\n', r"camera should be a Camera, or the section \[camera\]"),
    "camera without matrix": ("[camera]\nwidth_px = 4\n", r"\[camera\] lacks matrix, distortion, height_px; it needs"),
    "camera misspelt": ("[camera]\nmatrx = 4\n", r"\[camera\] has 'matrx', which is not known; did you mean 'matrix'"),
    "camera of no size": ("[camera]\nmatrix=1\ndistortion=1\nwidth_px=0\nheight_px=4\n", r"for frames of 0 x 4 px; both are"),
    "camera of a ragged matrix": (
        "[camera]\nmatrix=[[1,0],[1]]\ndistortion=[]\nwidth_px=4\nheight_px=4\n",
        r"\[camera\] is no calibration: ",
    ),
    "camera of an unknown model": (
        "[camera]\nmodel='omni'\nmatrix=[[1,0,0],[0,1,0],[0,0,1]]\ndistortion=[]\nwidth_px=4\nheight_px=4\n",
        r"no calibration: there is no camera model 'omni'; allowed: radial_tangential",
    ),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_wrong_frames_and_cameras(tmp_path, case):
    toml, message, *frames = case
    for name in ("a.mp4", "b.mp4"):
        write_clip(tmp_path / name, frames=1)
    (tmp_path / "frames.csv").write_text(frames[0] if frames else "time_ns\n0\n")
    (tmp_path / "foveate.toml").write_text("[table]\n" + toml)
    with pytest.raises(RecordingError, match=message) as caught:
        _ = open_recording(tmp_path).scene
    assert "\n" not in str(caught.value)


def test_frame_times_in_seconds_of_one_video(tmp_path):
    folder = write_table(tmp_path / "rec", toml='frames = "frames.csv"\ngaze = "gaze.csv"')
    (folder / "frames.csv").write_text("time_s\n" + "".join(f"{0.5 + index / 20}\n" for index in range(20)))
    assert np.array_equal(open_recording(folder).scene.time_ns, 500_000_000 + np.arange(20) * 50_000_000)
