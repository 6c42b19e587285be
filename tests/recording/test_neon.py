"""Neon's native folder: a faithful one made on the spot, a real one where it is, and every way that one is broken."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from foveate.errors import RecordingError, VideoError
from foveate.recording import open_recording
from foveate.recording.info import facts
from foveate.recording.neon import SCENE
from shared_data import shared
from writers.neon import START_NS, frame_times, gaze_points, write_neon
from writers.video import number_of


@pytest.fixture(scope="module")
def neon(tmp_path_factory) -> Path:
    return write_neon(tmp_path_factory.mktemp("neon") / "walk")


def test_real_multi_part():
    recording = open_recording(shared("neon_multi_part"))
    told = facts(recording)
    assert (recording.format, len(recording.gaze), told["gaze_valid"]) == ("neon", 2659, 2659)
    assert (told["frames"], told["frames_with_video"], told["width"], told["height"]) == (812, 144, 1600, 1200)
    assert told["video_to_gaze_offset_ms"] == pytest.approx(1059.15, abs=0.01)
    assert any("ps2.mp4 is missing: 318 timed frames" in warning for warning in told["warnings"])
    assert any("ps3.mp4 is missing: 350 timed frames" in warning for warning in told["warnings"])
    assert [event.name for event in recording.events] == ["recording.begin", "recording.end"]


def test_real_parts_hold_the_same_samples_as_200hz(tmp_path):
    folder = shared("neon_multi_part")
    for file in folder.iterdir():
        if "200hz" not in file.name and file.suffix != ".mp4":
            shutil.copyfile(file, tmp_path / file.name)
    parts, whole = open_recording(tmp_path).gaze, open_recording(folder).gaze
    assert len(parts) == len(whole) == 2659
    assert np.abs(parts.time_ns - whole.time_ns).max() <= 128
    assert np.abs(parts.point_px - whole.point_px).max() < 0.01


def test_frames_of_all_parts_by_their_own_number(neon):
    scene = open_recording(neon).scene
    assert scene.time_ns.tolist() == [*frame_times(0, 20), *frame_times(1, 15)]
    assert (scene.timed_frames, scene.size_px, scene.notes) == (35, (64, 48), ())
    wanted = [0, 7, 19, 20, 27]
    assert [number_of(image) for image in scene.frames(wanted)] == wanted


def test_boxes_and_sizes_go_with_their_frames(neon):
    scene = open_recording(neon).scene
    boxes = [(0, 0, 10, 8), None, (4, 4, 20, 12)]
    sizes = [None, (16, 12), None]
    shapes = [image.shape for image in scene.frames([1, 19, 21], boxes_px=boxes, sizes_px=sizes)]
    assert shapes == [(8, 10, 3), (12, 16, 3), (12, 20, 3)]


@pytest.mark.parametrize("whole", [True, False], ids=["gaze_200hz", "parts"])
def test_gaze_is_read_once(tmp_path, whole):
    gaze = open_recording(write_neon(tmp_path / "rec", whole=whole)).gaze
    expected = np.concatenate([gaze_points(100, 0), gaze_points(70, 1)])
    assert np.array_equal(gaze.point_px, expected)
    assert gaze.time_ns[0] == START_NS + 50_000_000 - (88 if whole else 0)
    assert gaze.valid.all()
    assert gaze.notes == ()
    assert gaze.rate_hz == pytest.approx(200)


def test_a_line_feed_at_the_end_of_worn_is_no_sample(tmp_path):
    gaze = open_recording(write_neon(tmp_path / "rec", line_feed=True)).gaze
    assert (gaze.valid.sum(), gaze.notes) == (170, ())


def test_not_worn_is_not_valid(tmp_path):
    folder = write_neon(tmp_path / "rec")
    (folder / "worn_200hz.raw").write_bytes(b"\x00" * 60 + b"\xff" * 110)
    gaze = open_recording(folder).gaze
    assert gaze.valid.tolist() == [False] * 60 + [True] * 110
    assert gaze.confidence[[0, -1]].tolist() == [0, 1]


def test_without_worn_every_finite_point_is_valid(tmp_path):
    folder = write_neon(tmp_path / "rec")
    (folder / "worn_200hz.raw").unlink()
    gaze = open_recording(folder).gaze
    assert gaze.valid.all()
    assert gaze.confidence is None
    assert gaze.notes == ("worn_200hz.raw is missing: every sample counts as worn",)


def test_points_that_are_not_finite_are_missing(tmp_path):
    folder = write_neon(tmp_path / "rec", whole=False)
    points = gaze_points(100, 0)
    points[3] = np.nan
    points[4, 1] = np.inf
    points.tofile(folder / "gaze ps1.raw")
    points[5, 0] = 3e33
    points.tofile(folder / "gaze ps1.raw")
    gaze = open_recording(folder).gaze
    assert np.flatnonzero(~gaze.valid).tolist() == [3, 4, 5]
    assert np.isnan(gaze.point_px[[3, 4, 5]]).all()
    assert gaze.notes == ("2 gaze points lie farther than 100,000 px from the frame: taken as missing",)


def test_a_declared_item_type_is_used(tmp_path):
    folder = write_neon(tmp_path / "rec")
    values = np.zeros(170, np.dtype([("x", "<f4"), ("y", "<f4"), ("depth", "<f8")]))
    values["x"], values["y"] = np.arange(170), 7
    values.tofile(folder / "gaze_200hz.raw")
    (folder / "gaze.dtype").write_text('[\n("x", "float32"),\n("y", "float32"),\n("depth", "float64"),\n]\n')
    assert np.array_equal(open_recording(folder).gaze.point_px, np.stack([np.arange(170), np.full(170, 7)], axis=1))


def test_camera(neon):
    camera = open_recording(neon).stream("camera")
    assert camera.size_px == (1600, 1200)
    assert camera.matrix[0].tolist() == [889.7, 0, 817.1]
    assert len(camera.distortion) == 8


def test_missing_video_is_named(tmp_path):
    recording = open_recording(write_neon(tmp_path / "rec", without_video=[2]))
    assert (len(recording.scene.time_ns), recording.scene.timed_frames) == (20, 35)
    assert recording.warnings == (f"{SCENE} ps2.mp4 is missing: 15 timed frames have no video",)


def test_a_part_that_only_the_manifest_knows_is_named(tmp_path):
    folder = write_neon(tmp_path / "rec")
    for suffix in (".time", ".mp4"):
        (folder / f"{SCENE} ps2{suffix}").unlink()
    assert open_recording(folder).notes == (
        f"{SCENE} ps2.mp4 is in manifest.json but missing",
        f"{SCENE} ps2.time is in manifest.json but missing",
    )


def test_more_times_than_frames_are_counted(tmp_path):
    folder = write_neon(tmp_path / "rec")
    frame_times(0, 23).astype("<i8").tofile(folder / f"{SCENE} ps1.time")
    scene = open_recording(folder).scene
    assert len(scene.time_ns) == 35
    assert scene.notes == (f"{SCENE} ps1.mp4 has 20 frames and 23 frame times: the first 20 are used",)


def test_a_frame_time_out_of_order_is_repaired_and_counted(tmp_path):
    folder = write_neon(tmp_path / "rec")
    times = frame_times(0, 20)
    times[5] = times[4]
    times.astype("<i8").tofile(folder / f"{SCENE} ps1.time")
    scene = open_recording(folder).scene
    assert np.all(np.diff(scene.time_ns) > 0)
    assert scene.notes == ("1 of 35 frame times ran backwards or stood still: put between their neighbours",)


def test_a_late_gaze_sample_is_sorted_and_counted(tmp_path):
    folder = write_neon(tmp_path / "rec")
    times = np.fromfile(folder / "gaze_200hz.time", "<i8")
    times[[50, 51]] = times[[51, 50]]
    times.tofile(folder / "gaze_200hz.time")
    gaze = open_recording(folder).gaze
    assert gaze.notes == ("gaze time ran backwards 1 times: samples sorted by time",)
    assert gaze.point_px[50, 0] > gaze.point_px[51, 0]


def cut(name: str, by: int):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-by])


def put(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes(content)


def drop(*names: str):
    return lambda folder: [(folder / name).unlink() for name in names]


def ints(name: str, values):
    return lambda folder: np.asarray(values, "<i8").tofile(folder / name)


PS1, PS2 = f"{SCENE} ps1", f"{SCENE} ps2"
LONG_AGO = np.arange(170) * 5_000_000

BROKEN = {
    "cut gaze": (cut("gaze_200hz.raw", 3), "gaze", "gaze_200hz.raw has 1357 bytes, which is no multiple of its 8-byte"),
    "cut gaze times": (cut("gaze_200hz.time", 1), "gaze", "gaze_200hz.time has 1359 bytes"),
    "empty gaze": (put("gaze_200hz.raw", b""), "gaze", "has no gaze samples"),
    "gaze backwards": (ints("gaze_200hz.time", LONG_AGO[::-1]), "gaze", "gaze time runs backwards at 169 of 170"),
    "gaze time stands": (ints("gaze_200hz.time", [5] * 170), "gaze", "170 gaze samples have only 1 different times"),
    "gaze elsewhere": (ints("gaze_200hz.time", LONG_AGO), "gaze", "do not overlap in time"),
    "item type": (put("gaze.dtype", b"import os"), "gaze", "gaze.dtype is no list of"),
    "item of objects": (put("gaze.dtype", b'[("x", "O"), ("y", "O")]'), "gaze", "expected numbers only"),
    "item of nothing": (put("gaze.dtype", b"[]"), "gaze", "expected numbers only"),
    "item of no bytes": (put("gaze.dtype", b'[("x", "S0"), ("y", "S0")]'), "gaze", "expected numbers only"),
    "item names": (put("gaze.dtype", b'[("a", "float32")]'), "gaze", "expected x and y"),
    "cut frame times": (cut(f"{PS1}.time", 3), "scene", "ps1.time has 157 bytes"),
    "no frame times": (drop(f"{PS1}.time"), "scene", "ps1.mp4 has no frame times"),
    "frame times backwards": (ints(f"{PS1}.time", frame_times(0, 20)[::-1]), "scene", "at most 10% can be repaired"),
    "no video": (drop(f"{PS1}.mp4", f"{PS2}.mp4"), "scene", "has no scene stream .found: camera, events, eye_state"),
    "cut calibration": (cut("calibration.bin", 9), "camera", "calibration.bin has 794 bytes, expected 803"),
    "damaged calibration": (put("calibration.bin", b"\x01" * 803), "camera", "does not fit its own checksum"),
    "cut events": (cut("event.time", 8), "events", "has 2 names and event.time 1 times"),
    "no gaze": (
        drop(*(f"gaze{k}" for k in ("_200hz.raw", " ps1.raw", " ps2.raw"))),
        "gaze",
        "has no gaze stream .found: camera",
    ),
}


@pytest.mark.parametrize(("break_it", "stream", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken(tmp_path, break_it, stream, message):
    folder = write_neon(tmp_path / "rec")
    break_it(folder)
    recording = open_recording(folder)
    with pytest.raises(RecordingError, match=message) as caught:
        recording.stream(stream)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        pytest.param(cut(f"{PS1}.mp4", 1500), "ps1.mp4 has a video stream but no frame", id="cut"),
        pytest.param(put(f"{PS1}.mp4", b""), "ps1.mp4 is empty", id="empty"),
        pytest.param(put(f"{PS1}.mp4", b"no video at all" * 99), "ps1.mp4 is no video", id="text"),
    ],
)
def test_broken_video(tmp_path, break_it, message):
    folder = write_neon(tmp_path / "rec")
    break_it(folder)
    with pytest.raises(VideoError, match=message) as caught:
        _ = open_recording(folder).scene
    assert "\n" not in str(caught.value)


def test_a_video_that_lost_its_end_keeps_its_whole_frames_and_says_so(tmp_path):
    folder = write_neon(tmp_path / "rec")
    cut(f"{PS1}.mp4", 600)(folder)
    scene = open_recording(folder).scene
    assert 0 < len(scene.time_ns) - 15 < 20
    assert scene.timed_frames == 35
    assert "is cut short or damaged" in scene.notes[0]


def test_a_manifest_that_cannot_be_read_is_no_reason_to_fail(tmp_path):
    folder = write_neon(tmp_path / "rec")
    for content in ("{", "3", '[{"size": 3}]', json.dumps({"name": 1})):
        (folder / "manifest.json").write_text(content)
        assert open_recording(folder).notes == ()
