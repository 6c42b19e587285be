"""Neon beside gaze: IMU, eye state, fixations, saccades, blinks, un-worn time, and a folder without any video."""

import json
import shutil

import numpy as np
import pytest

from foveate.errors import RecordingError
from foveate.gaze.quality import measure
from foveate.recording import open_recording
from foveate.recording.info import facts
from foveate.recording.neon import SCENE
from shared_data import shared
from writers.neon import START_NS, frame_times, write_neon
from writers.neon_streams import MS, eye_rows, imu_rows, packet

G = 9.80665


def gaze_ns(part: int, samples: int) -> np.ndarray:
    return frame_times(part, 5)[0] + 50 * MS + 5 * MS * np.arange(samples)


def test_real_streams_beside_gaze():
    recording = open_recording(shared("neon_multi_part"))
    imu, eyes = recording.stream("imu"), recording.stream("eye_state")
    assert (len(imu), len(imu.values), imu.notes) == (539 + 864 + 1043, 10, ())
    acceleration = np.stack([imu.values[f"acceleration_{axis}_m_per_s2"] for axis in "xyz"], axis=1)
    assert np.median(np.linalg.norm(acceleration, axis=1)) == pytest.approx(G, rel=0.03)
    turn = np.stack([imu.values[f"quaternion_{k}"] for k in "wxyz"], axis=1)
    assert np.abs(np.linalg.norm(turn, axis=1) - 1).max() < 0.001
    assert np.median(np.diff(imu.time_ns[:539])) == pytest.approx(9.3 * MS, abs=2 * MS)
    assert (len(eyes), len(eyes.values), eyes.notes) == (639 + 847 + 1173, 14, ())
    assert 1.5 < np.median(eyes.values["pupil_diameter_left_mm"]) < 8
    assert np.median(eyes.values["eye_ball_center_left_x_mm"]) < 0 < np.median(eyes.values["eye_ball_center_right_x_mm"])
    assert np.abs(eyes.time_ns - recording.gaze.time_ns).max() <= 128


def test_real_without_its_only_video(tmp_path):
    for file in shared("neon_multi_part").iterdir():
        if file.suffix != ".mp4":
            shutil.copyfile(file, tmp_path / file.name)
    told = facts(open_recording(tmp_path))
    assert (told["frames"], told["frames_with_video"], told["width"], told["height"]) == (812, 0, 1600, 1200)
    assert told["video_to_gaze_offset_ms"] == pytest.approx(1059.15, abs=0.01)
    assert "there is no scene video: no view can be made" in told["warnings"]


@pytest.mark.parametrize("version", ["2.3", "2.5"], ids=["packets", "items"])
def test_imu(tmp_path, version):
    imu = open_recording(write_neon(tmp_path / "rec", version=version)).stream("imu")
    rows = np.concatenate([imu_rows(50, 0), imu_rows(35, 1)]).astype(float)
    assert imu.time_ns.tolist() == [*gaze_ns(0, 100)[::2], *gaze_ns(1, 70)[::2]]
    assert list(imu.values) == [
        *(f"gyro_{k}_deg_per_s" for k in "xyz"),
        *(f"acceleration_{k}_m_per_s2" for k in "xyz"),
        *(f"quaternion_{k}" for k in "wxyz"),
    ]
    found = np.stack(list(imu.values.values()), axis=1)
    assert np.array_equal(found, rows * [1, 1, 1, G, G, G, 1, 1, 1, 1])
    assert imu.notes == ()


@pytest.mark.parametrize(("version", "fields"), [("2.3", 14), ("2.5", 20)])
def test_eye_state(tmp_path, version, fields):
    eyes = open_recording(write_neon(tmp_path / "rec", version=version)).stream("eye_state")
    assert eyes.time_ns.tolist() == [*gaze_ns(0, 100), *gaze_ns(1, 70)]
    found = np.stack(list(eyes.values.values()), axis=1)
    assert np.array_equal(found, np.concatenate([eye_rows(100, 0, fields), eye_rows(70, 1, fields)]))
    named = {"pupil_diameter_right_mm": 7, "eye_ball_center_left_z_mm": 3, "optical_axis_right_x": 11}
    named |= {"eyelid_angle_bottom_left_rad": 15, "eyelid_aperture_right_mm": 19} if fields == 20 else {}
    assert {name: eyes.values[name][0] for name in named} == named


def test_fixations_saccades_and_blinks_of_all_parts(tmp_path):
    recording = open_recording(write_neon(tmp_path / "rec", version="2.5"))
    starts = [int(gaze_ns(part, 1)[0]) for part in (0, 1)]
    fixations, saccades, blinks = (recording.stream(name) for name in ("fixations", "saccades", "blinks"))
    assert fixations.start_ns.tolist() == [start + after * MS for start in starts for after in (0, 240)]
    assert fixations.stop_ns.tolist() == [start + after * MS for start in starts for after in (200, 340)]
    assert fixations.point_px.tolist() == [[100, 50], [30.5, 40.25]] * 2
    assert (saccades.start_ns - starts).tolist() == [200 * MS] * 2
    assert saccades.point_px is None
    assert (blinks.start_ns.tolist(), blinks.stop_ns.tolist()) == ([starts[0] + 50 * MS], [starts[0] + 100 * MS])
    assert measure(recording).blinks.found == 1


@pytest.mark.parametrize(
    ("told", "moved", "note"),
    [
        pytest.param({"app_version": "2.9.30-prod"}, [12.5, -7.25], "lack the wearer's gaze offset: moved", id="before 2.9.31"),
        pytest.param({"app_version": "2.10.1-prod"}, [0, 0], None, id="since, and no text's order"),
        pytest.param({"app_version": "2.9.31"}, [0, 0], None, id="from 2.9.31 on"),
        pytest.param({}, [0, 0], None, id="no version"),
        pytest.param({"app_version": "2.9.30", "gaze_offset": [0.0, 0.0]}, [0, 0], None, id="nothing set"),
        pytest.param({"app_version": "2.9.30", "gaze_offset": [1.0]}, [0, 0], None, id="no pair"),
        pytest.param(None, [0, 0], "info.json cannot be read", id="no info"),
    ],
)
def test_fixations_of_older_programs_get_the_gaze_offset(tmp_path, told, moved, note):
    """gaze_offset counts up, pixels count down."""
    folder = write_neon(tmp_path / "rec", version="2.5")
    info = json.loads((folder / "info.json").read_text())
    (folder / "info.json").write_text("" if told is None else json.dumps({**info, "gaze_offset": [12.5, 7.25], **told}))
    recording = open_recording(folder)
    fixations = recording.stream("fixations")
    assert (fixations.point_px[:2] - [[100, 50], [30.5, 40.25]]).tolist() == [moved] * 2
    assert [text for text in recording.warnings if "offset" in text] == [] if note is None else note in fixations.notes[0]


def test_format_2_3_has_no_eye_events(tmp_path):
    recording = open_recording(write_neon(tmp_path / "rec"))
    assert not {"fixations", "saccades", "blinks"} & set(recording.loaders)


def test_time_in_which_nobody_wore_them(tmp_path):
    folder = write_neon(tmp_path / "rec", frames=(20,), samples=(100,), version="2.5")
    (folder / "worn_200hz.raw").write_bytes(b"\xff" * 60 + b"\x00" * 40)
    quality = measure(open_recording(folder))
    assert (quality.loss.not_worn, quality.loss.marked, quality.loss.valid) == (40, 0, 60)
    assert quality.unworn_s == pytest.approx(0.2)


def test_no_video_at_all_is_told(tmp_path):
    recording = open_recording(write_neon(tmp_path / "rec", without_video=[1, 2]))
    told = facts(recording)
    assert (told["frames"], told["frames_with_video"], told["width"], told["gaze_samples"]) == (35, 0, 1600, 170)
    assert told["video_to_gaze_offset_ms"] == pytest.approx(50, abs=0.001)
    assert f"{SCENE} ps2.mp4 is missing: 15 timed frames have no video" in told["warnings"]
    assert measure(recording).frames.timed == 35
    with pytest.raises(RecordingError, match=r"has no scene stream .found: camera, events"):
        _ = recording.scene


def test_frame_times_of_an_unseen_scene_are_repaired_and_counted(tmp_path):
    folder = write_neon(tmp_path / "rec", without_video=[1, 2])
    times = frame_times(0, 20)
    times[5] = times[4]
    times.astype("<i8").tofile(folder / f"{SCENE} ps1.time")
    unseen = open_recording(folder).stream("unseen_scene")
    assert np.all(np.diff(unseen.time_ns) > 0)
    assert unseen.notes[-1] == "1 of 35 frame times ran backwards or stood still: put between their neighbours"


def test_a_cut_imu_keeps_its_whole_packets(tmp_path):
    folder = write_neon(tmp_path / "rec", frames=(20,), samples=(100,))
    file = folder / "extimu ps1.raw"
    file.write_bytes(file.read_bytes()[:-10])
    imu = open_recording(folder).stream("imu")
    assert len(imu) == 49
    assert imu.notes[0].startswith("extimu ps1.raw was cut: after 49 packets, ")
    assert imu.notes[1] == "extimu ps1.raw has 49 samples and 50 times: the first 49 are used"


def put(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes(content)


BROKEN = {
    "packets of noise": ("2.3", put("extimu ps1.raw", b"\x05\x00\x0a\xff\xff\xff\x7f"), "imu", "inside of a number"),
    "a group": ("2.3", put("extimu ps1.raw", b"\x03\x00\x13\x01\x02"), "imu", "inside of a number"),
    "no instants": ("2.3", lambda folder: (folder / "eye_state ps1.time").unlink(), "eye_state", "ps1.time is missing"),
    "cut items": ("2.5", put("imu ps1.raw", b"\x00" * 47), "imu", "no multiple of its 48-byte items"),
    "imu fields": ("2.5", put("imu.dtype", b'[("a", "int32")]'), "imu", "expected gyro_x and gyro_y"),
    "fixation fields": ("2.5", put("fixations.dtype", b'[("event_type", "int32")]'), "fixations", "expected start_timestamp"),
    "blinks that end first": (
        "2.5",
        put("blinks ps1.raw", np.array([(4, 9, 5)] * 3, "<i4,<i8,<i8").tobytes()),
        "blinks",
        "3 of 3 rows have no start",
    ),
}


@pytest.mark.parametrize(("version", "break_it", "stream", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_streams(tmp_path, version, break_it, stream, message):
    folder = write_neon(tmp_path / "rec", version=version)
    break_it(folder)
    with pytest.raises(RecordingError, match=message) as caught:
        open_recording(folder).stream(stream)
    assert "\n" not in str(caught.value)


def test_packets_leave_out_zeros():
    """What the writer makes is as long as the real ones: 71 bytes, 66 with one number left out."""
    row = imu_rows(2, 0)
    assert [len(packet(START_NS, values)) - 2 for values in row] == [66, 71]
