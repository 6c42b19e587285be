"""Pupil Cloud's tables: faithful folders made on the spot, real ones where they are, and every way that one is broken."""

import json
import os
import shutil

import numpy as np
import polars as pl
import pytest

from foveate.errors import RecordingError, VideoError
from foveate.recording import open_recording
from foveate.recording.info import facts
from shared_data import shared
from writers.pupil_cloud import (
    DISTORTION,
    FRAME_NS,
    GAZE_AFTER_NS,
    SAMPLE_NS,
    SECTIONS,
    SIZE,
    START_NS,
    frame_times,
    gaze_table,
    gaze_times,
    put_table,
    write_pupil_cloud,
)  # fmt: skip
from writers.video import number_of

VIDEO = f"{SECTIONS[0][:8]}_0.0-0.4.mp4"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A folder without video, to be copied and broken."""
    return write_pupil_cloud(tmp_path_factory.mktemp("cloud") / "walk-b2345e8e")


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """One with video."""
    return write_pupil_cloud(tmp_path_factory.mktemp("cloud") / "rec", device="invisible", videos=[VIDEO])


@pytest.fixture
def copy(tables, tmp_path):
    return shutil.copytree(tables, tmp_path / "rec")


# what is read


def test_real_invisible():
    recording = open_recording(shared("pupil_invisible_glassesvalidator"))
    told = facts(recording)
    assert (recording.format, recording.device) == ("pupil_cloud", "Pupil Invisible")
    assert (told["gaze_samples"], told["gaze_valid"], told["frames"], told["frames_with_video"]) == (3385, 3385, 516, 0)
    assert (told["width"], told["height"], told["fps"]) == (1088, 1080, pytest.approx(30, abs=0.2))
    gaze_ns = recording.gaze.time_ns
    assert (gaze_ns[-1] - gaze_ns[0]) / 1e9 == pytest.approx(16.94, abs=0.01)
    assert 3384 / ((gaze_ns[-1] - gaze_ns[0]) / 1e9) == pytest.approx(199.7, abs=0.1)
    assert recording.gaze.point_px[0].tolist() == [629.146, 647.936]
    assert (len(recording.stream("fixations")), len(recording.stream("blinks"))) == (17, 2)
    assert recording.camera.matrix[0, 0] == 758.4496713313719
    assert [event.name for event in recording.events] == ["recording.begin", "recording.end"]
    assert "there is no scene video: no view can be made" in told["warnings"]


def test_real_angles_are_those_of_the_camera():
    folder = shared("pupil_invisible_glassesvalidator")
    recording = open_recording(folder)
    told = pl.read_csv(folder / "gaze.csv").select("azimuth [deg]", "elevation [deg]").to_numpy() * [1, -1]
    assert np.abs(recording.camera.degrees(recording.gaze.point_px) - told).max() < 1e-4


def test_real_fixations_are_those_of_the_ids_in_gaze(tmp_path):
    folder = shared("pupil_invisible_glassesvalidator")
    for name in ("gaze.csv", "blinks.csv"):
        shutil.copy(folder / name, tmp_path / name)
    made, theirs = (open_recording(path).stream("fixations") for path in (tmp_path, folder))
    assert np.array_equal(made.start_ns, theirs.start_ns)
    assert np.array_equal(made.stop_ns[:-1], theirs.stop_ns[:-1])
    assert np.array_equal(made.number, theirs.number)
    assert np.abs(made.point_px - theirs.point_px).max() < 0.1


def test_real_with_few_files():
    recording = open_recording(shared("pupil_invisible_trampoline_01"))
    told = facts(recording)
    assert (recording.device, told["gaze_samples"], told["frames"]) == ("Pupil Invisible", 8567, None)
    assert told["duration_s"] == pytest.approx(42.96, abs=0.01)
    assert (len(recording.stream("blinks")), len(recording.stream("imu"))) == (38, 8346)
    assert "world_timestamps.csv is missing: it is not known when frames were seen" in told["warnings"]


@pytest.mark.parametrize(
    ("device", "name"), [("neon", "Pupil Labs Neon"), ("invisible", "Pupil Invisible")], ids=["neon", "invisible"]
)
def test_a_folder_without_video_has_gaze_in_pixels(tmp_path, device, name):
    recording = open_recording(write_pupil_cloud(tmp_path / "rec", device=device))
    told = facts(recording)
    assert recording.gaze.time_ns.tolist() == gaze_times(0, 100).tolist()
    assert recording.gaze.point_px[:3].tolist() == [[400, 300], [400.5, 300], [401, 300]]
    assert (recording.device, told["width"], told["height"], told["frames"]) == (name, *SIZE[device], 12)
    assert told["video_to_gaze_offset_ms"] == GAZE_AFTER_NS / 1e6
    assert told["warnings"] == [*recording.warnings, "there is no scene video: no view can be made"]
    with pytest.raises(RecordingError, match=r"has no scene stream .found: .*gaze.*Timeseries Data \+ Scene Video"):
        _ = recording.scene


def test_frames_have_the_times_of_world_timestamps(filmed):
    scene = open_recording(filmed).scene
    assert (scene.time_ns.tolist(), scene.size_px, scene.notes) == (frame_times(0, 12).tolist(), SIZE["invisible"], ())
    assert [number_of(image) for image in scene.frames([0, 5, 11])] == [0, 5, 11]
    assert facts(open_recording(filmed))["frames_with_video"] == 12


def test_the_video_may_bear_any_name(filmed, tmp_path):
    folder = shutil.copytree(filmed, tmp_path / "rec")
    (folder / VIDEO).rename(folder / "My walk (1).MP4")
    assert len(open_recording(folder).scene.time_ns) == 12


@pytest.mark.parametrize(("times", "frames"), [(15, 12), (9, 9)], ids=["more times", "more frames"])
def test_a_mismatch_of_frames_and_times_is_counted(filmed, tmp_path, times, frames):
    folder = shutil.copytree(filmed, tmp_path / "rec")
    put_table(folder / "world_timestamps.csv", {"section id": [SECTIONS[0]] * times, "timestamp [ns]": frame_times(0, times)})
    scene = open_recording(folder).scene
    assert len(scene.time_ns) == frames
    assert scene.notes == (f"{VIDEO} has 12 frames and {times} frame times: the first {frames} are used",)


def test_sections_are_parts(tmp_path):
    names = [f"{section[:8]}_{k}.mp4" for k, section in enumerate(SECTIONS)]
    folder = write_pupil_cloud(tmp_path / "rec", device="invisible", frames=(6, 4), samples=(50, 40), videos=names)
    recording = open_recording(folder)
    assert recording.scene.time_ns.tolist() == [*frame_times(0, 6), *frame_times(1, 4)]
    assert [number_of(image) for image in recording.scene.frames([0, 5, 6, 9])] == [0, 5, 6, 9]
    assert recording.gaze.time_ns.tolist() == [*gaze_times(0, 50), *gaze_times(1, 40)]
    assert recording.gaze.point_px[[49, 50], 1].tolist() == [300, 301]
    (folder / names[1]).unlink()
    recording = open_recording(folder)
    assert (len(recording.scene.time_ns), recording.scene.timed_frames) == (6, 10)
    assert recording.scene.notes == (f"{SECTIONS[1][:8]} (scene video) is missing: 4 timed frames have no video",)


def test_vendor_events(tables):
    recording = open_recording(tables)
    fixations, blinks = recording.stream("fixations"), recording.stream("blinks")
    first_ns = gaze_times(0, 1)[0]
    assert fixations.start_ns.tolist() == [first_ns, first_ns + 20 * SAMPLE_NS]
    assert fixations.stop_ns.tolist() == [first_ns + 10 * SAMPLE_NS, first_ns + 40 * SAMPLE_NS]
    assert (fixations.number.tolist(), fixations.point_px.tolist()) == ([1, 2], [[402.25, 300], [414.75, 300]])
    assert (blinks.start_ns - first_ns).tolist() == [10 * SAMPLE_NS]
    assert (blinks.stop_ns - first_ns).tolist() == [14 * SAMPLE_NS]
    assert blinks.point_px is None
    assert [(event.name, event.time_ns) for event in recording.events] == [
        ("recording.begin", START_NS), ("recording.end", START_NS + 10**10)
    ]  # fmt: skip


def test_no_fixations_are_none(copy):
    put_table(copy / "fixations.csv", {name: [] for name in pl.read_csv(copy / "fixations.csv").columns})
    assert len(open_recording(copy).stream("fixations")) == 0


@pytest.mark.parametrize("older", [False, True], ids=["newer", "older"])
def test_imu_under_both_names(tmp_path, older):
    imu = open_recording(write_pupil_cloud(tmp_path / "rec", older=older)).stream("imu")
    assert imu.values["gyro_y_deg_per_s"].tolist() == list(range(1, 31))
    assert imu.values["acceleration_z_m_per_s2"].tolist() == [9.80665] * 30
    assert imu.values["yaw_deg"][10] == pytest.approx(3)
    assert imu.values["quaternion_w"].tolist() == [1] * 30
    assert imu.notes == ()


def test_invisible_has_no_compass(filmed):
    imu = open_recording(filmed).stream("imu")
    assert "yaw_deg" not in imu.values
    assert imu.notes == ("imu.csv has no values of yaw_deg, quaternion_w, quaternion_x, quaternion_y, quaternion_z",)


@pytest.mark.parametrize("older", [False, True], ids=["newer", "older"])
def test_eye_state(tmp_path, older):
    state = open_recording(write_pupil_cloud(tmp_path / "rec", older=older)).stream("eye_state")
    assert state.values["pupil_diameter_right_mm"].tolist() == [4.5] * 10
    assert state.values["eye_ball_center_left_y_mm"].tolist() == [1] * 10
    assert state.values["optical_axis_left_z"].tolist() == [1] * 10
    assert ("eyelid_aperture_left_mm" in state.values) is not older


def test_older_exports_do_not_tell_whether_it_was_worn(tmp_path):
    gaze = open_recording(write_pupil_cloud(tmp_path / "rec", older=True)).gaze
    assert gaze.valid.all()
    assert gaze.notes == ("gaze.csv has no column 'worn': every sample counts as worn",)


@pytest.mark.parametrize(
    ("device", "key"), [("neon", "distortion_coefficients"), ("invisible", "dist_coefs")], ids=["neon", "invisible"]
)
def test_camera(tmp_path, device, key):
    folder = write_pupil_cloud(tmp_path / "rec", device=device)
    assert key in json.loads((folder / "scene_camera.json").read_text())
    camera = open_recording(folder).stream("camera")
    assert (camera.size_px, camera.distortion.tolist()) == (SIZE[device], DISTORTION)


# which device


def without(*names):
    return lambda folder: [(folder / name).unlink() for name in names]


@pytest.mark.parametrize(
    ("device", "change", "expected"),
    [
        pytest.param("neon", without("info.json"), "Pupil Labs Neon", id="eye state"),
        pytest.param("neon", without("info.json", "3d_eye_states.csv"), "Pupil Labs Neon", id="camera of neon"),
        pytest.param("invisible", without("info.json"), "Pupil Invisible", id="camera of invisible"),
        pytest.param("neon", without("info.json", "3d_eye_states.csv", "scene_camera.json"), "Pupil Labs Neon", id="compass"),
        pytest.param("invisible", without("info.json", "scene_camera.json"), "Pupil Invisible", id="no compass"),
        pytest.param(
            "invisible",
            without("info.json", "scene_camera.json", "imu.csv"),
            "Pupil Labs Neon or Pupil Invisible",
            id="nothing tells",
        ),
    ],
)
def test_device(tmp_path, device, change, expected):
    folder = write_pupil_cloud(tmp_path / "rec", device=device)
    change(folder)
    recording = open_recording(folder)
    assert (recording.format, recording.device) == ("pupil_cloud", expected)
    assert (facts(recording)["width"] is None) == (" or " in expected)


def test_a_folder_with_a_declaration_is_a_table(copy):
    (copy / "foveate.toml").write_text("[table]\n")
    with pytest.raises(RecordingError, match="cannot tell which file is the gaze"):
        open_recording(copy)


# what is odd, and counted


def edited(name: str, change):
    """Change the cells of a table, all text."""

    def edit(folder):
        table = pl.read_csv(folder / name, infer_schema=False)
        put_table(folder / name, {column: change(column, table[column].to_list()) for column in table.columns})

    return edit


def cells(column: str, new: dict[int, str]):
    """Replace some cells of a column."""
    return lambda name, old: [new.get(row, cell) if name == column else cell for row, cell in enumerate(old)]


def renamed(name: str, old: str, new: str):
    return lambda folder: (folder / name).write_text((folder / name).read_text().replace(old, new, 1))


def put(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes(content)


T = gaze_table([100])["timestamp [ns]"]
ODD = {
    "not worn": (cells("worn", {3: "0.0", 4: ""}), ~np.isin(np.arange(100), [3, 4]), 100, ()),
    "nan": (cells("gaze x [px]", {3: "NaN", 4: ""}), ~np.isin(np.arange(100), [3, 4]), 100, ()),
    "no number": (
        cells("gaze x [px]", {3: "soon", 4: "inf"}),
        ~np.isin(np.arange(100), [3, 4]),
        100,
        ("2 cells of 'gaze x [px]' hold no number ('soon'): taken as missing",),
    ),
    "no time": (cells("timestamp [ns]", {3: "", 4: "soon"}), None, 98, ("2 of 100 gaze samples have no time: left out",)),
    "late": (
        cells("timestamp [ns]", {3: str(T[4]), 4: str(T[3])}),
        None,
        100,
        ("gaze time ran backwards 1 times: samples sorted by time",),
    ),
    "double": (
        cells("timestamp [ns]", {3: str(T[2])}),
        None,
        99,
        ("1 gaze samples bear the time of another: the first of each time is used",),
    ),
}


@pytest.mark.parametrize(("change", "valid", "samples", "notes"), ODD.values(), ids=ODD.keys())
def test_odd_gaze_is_counted(copy, change, valid, samples, notes):
    edited("gaze.csv", change)(copy)
    gaze = open_recording(copy).gaze
    assert (len(gaze), gaze.notes) == (samples, notes)
    assert np.array_equal(gaze.valid, np.ones(samples, bool) if valid is None else valid)


def test_far_points_are_missing(copy):
    edited("gaze.csv", cells("gaze x [px]", {7: "1e300"}))(copy)
    gaze = open_recording(copy).gaze
    assert np.flatnonzero(~gaze.valid).tolist() == [7]
    assert "1 gaze points lie farther than" in gaze.notes[0]


@pytest.mark.parametrize("cell", ["", str(frame_times(0, 12)[3])], ids=["missing", "double"])
def test_an_odd_frame_time_is_repaired_and_counted(copy, cell):
    edited("world_timestamps.csv", cells("timestamp [ns]", {4: cell}))(copy)
    unseen = open_recording(copy).stream("unseen_scene")
    assert np.abs(unseen.time_ns - frame_times(0, 12)).max() <= FRAME_NS
    assert unseen.time_ns[[2, 5]].tolist() == frame_times(0, 12)[[2, 5]].tolist()
    assert np.all(np.diff(unseen.time_ns) > 0)
    assert unseen.notes == ("1 of 12 frame times ran backwards or stood still: put between their neighbours",)


def test_odd_rows_beside_gaze_are_counted(copy):
    edited("fixations.csv", cells("end timestamp [ns]", {1: "1"}))(copy)
    edited("events.csv", cells("timestamp [ns]", {0: ""}))(copy)
    edited("imu.csv", cells("timestamp [ns]", {0: "", 5: str(START_NS)}))(copy)
    recording = open_recording(copy)
    assert recording.stream("fixations").notes == ("1 of 2 rows of fixations.csv have no start or end in order: left out",)
    assert [event.name for event in recording.events] == ["recording.end"]
    assert "1 of 2 events have no time: left out" in recording.warnings
    assert recording.stream("imu").notes == (
        "1 of 30 rows of imu.csv have no time: left out", "rows of imu.csv are not in order of time: sorted"
    )  # fmt: skip


def test_info_that_cannot_be_read_is_told(copy):
    (copy / "info.json").write_text("[" * 100_000)
    recording = open_recording(copy)
    assert "info.json is not used: " in recording.notes[0]
    assert recording.device == "Pupil Labs Neon"


# what is broken


def linked(name: str):
    """A link out of the folder."""

    def link(folder):
        (folder / name).rename(folder.parent / name)
        os.symlink(folder.parent / name, folder / name)

    return link


def huge(name: str):
    return lambda folder: os.truncate(folder / name, 600 * 2**20)


def drop(name: str):
    return lambda folder: (folder / name).unlink()


def two_recordings(name, old):
    return ["another" if name == "recording id" and row % 2 else cell for row, cell in enumerate(old)]


def middle_of_nowhere(folder):
    told = json.loads((folder / "scene_camera.json").read_text())
    told["camera_matrix"][0][2] = 5000
    (folder / "scene_camera.json").write_text(json.dumps(told))


BACK = {row: str(time) for row, time in enumerate(T[::-1])}
STILL = {row: str(T[0]) for row in range(100)}
LONG_AGO = {row: str(10**15 + row * SAMPLE_NS) for row in range(100)}
BROKEN = {
    "empty": (put("gaze.csv", b""), "gaze", "gaze.csv is an empty file"),
    "no rows": (put("gaze.csv", b"timestamp [ns],gaze x [px],gaze y [px],worn\n"), "gaze", "has no gaze samples"),
    "no table": (put("gaze.csv", b"\x00\xff\xfe" * 999), "gaze", "gaze.csv (has no column|cannot be read)"),
    "cut header": (put("gaze.csv", b"section id,timestamp [n"), "gaze", "did you mean 'timestamp .n'"),
    "ragged": (put("gaze.csv", b"timestamp [ns],gaze x [px],gaze y [px]\n1,2,3,4,5\n"), "gaze", "gaze.csv cannot be read"),
    "cut in a name": (put("gaze.csv", b'"a\nb",worn\n1,2\n'), "gaze", r"no column .* \(found: a b, worn\)"),
    "wrong column": (renamed("gaze.csv", "gaze x [px]", "gazex [px]"), "gaze", "no column .* for x; did you mean 'gazex"),
    "wrong time": (renamed("gaze.csv", "timestamp [ns]", "timestamp [ms]"), "gaze", "did you mean 'timestamp .ms.'"),
    "words": (edited("gaze.csv", cells("worn", {3: "maybe"})), "gaze", "'worn' should hold 1, 0, true or false, found 'maybe'"),
    "backwards": (edited("gaze.csv", cells("timestamp [ns]", BACK)), "gaze", "gaze time runs backwards at 99 of 100"),
    "time stands": (edited("gaze.csv", cells("timestamp [ns]", STILL)), "gaze", "have only 1 different times"),
    "other time": (edited("gaze.csv", cells("timestamp [ns]", LONG_AGO)), "gaze", "do not overlap in time"),
    "time too large": (edited("gaze.csv", cells("timestamp [ns]", {3: "9" * 30})), "gaze", "is out of range"),
    "two recordings": (edited("gaze.csv", two_recordings), "gaze", "gaze.csv holds 2 recordings .another, b2345e8e"),
    "link": (linked("gaze.csv"), "gaze", "'gaze.csv' leads out of the recording's folder"),
    "link of imu": (linked("imu.csv"), "imu", "'imu.csv' leads out of the recording's folder"),
    "link of camera": (linked("scene_camera.json"), "camera", "leads out of the recording's folder"),
    "gigantic": (huge("gaze.csv"), "gaze", "gaze.csv has 600 MiB; at most 512 MiB"),
    "frame times": (renamed("world_timestamps.csv", "timestamp [ns]", "time"), "unseen_scene", "no column 'timestamp .ns.'"),
    "no frame times": (put("world_timestamps.csv", b"timestamp [ns]\n"), "unseen_scene", "has no frame times"),
    "camera": (put("scene_camera.json", b'{"camera_matrix": [[1, 2], [3]]}'), "camera", r"should hold camera_matrix \(3 x 3\)"),
    "camera json": (put("scene_camera.json", b"{"), "camera", "scene_camera.json is no JSON"),
    "camera list": (put("scene_camera.json", b"[1]"), "camera", "scene_camera.json should hold a JSON object, found a list"),
    "camera of another": (middle_of_nowhere, "camera", r"camera, \(5000, 613\) px, does not fit a Pupil Labs Neon"),
    "camera nan": (renamed("scene_camera.json", "889.7", "NaN"), "camera", "focal lengths not zero"),
    "fixations": (renamed("fixations.csv", "on x", "n x"), "fixations", "no column .* for x; did you mean 'fixatin x"),
    "imu": (put("imu.csv", b"a,b\n1,2\n"), "imu", "none of the columns of Pupil Cloud's imu.csv"),
    "imu without time": (put("imu.csv", b"timestamp [ns],gyro x [deg/s]\n,2\n"), "imu", "imu.csv has no row with a time"),
    "events": (renamed("events.csv", "name", "nam"), "events", "no column 'name' for name; did you mean 'nam'"),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "stream", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken(copy, break_it, stream, message):
    break_it(copy)
    recording = open_recording(copy, format="pupil_cloud")
    with pytest.raises(RecordingError, match=message) as caught:
        recording.stream(stream)
    assert "\n" not in str(caught.value)
    assert str(copy) in str(caught.value)


def test_most_fixations_broken(copy):
    put_table(copy / "fixations.csv", {
        "fixation id": range(9), "start timestamp [ns]": T[:9], "end timestamp [ns]": [0] * 9, "fixation x [px]": [1] * 9,
        "fixation y [px]": [1] * 9,
    })  # fmt: skip
    with pytest.raises(RecordingError, match="9 of 9 rows have no start, no end, or end before they start"):
        open_recording(copy).stream("fixations")


def with_second_video(folder):
    shutil.copy(folder / VIDEO, folder / f"{SECTIONS[0][:8]}_again.mp4")


def resized(folder):
    (folder / "info.json").write_text('{"module_serial_number": "1"}')


FILMED = {
    "two videos": (with_second_video, RecordingError, "cannot tell which video is the scene .found: .*again.mp4"),
    "other size": (resized, RecordingError, "is 1088x1080, but gaze of a Pupil Labs Neon holds for 1600x1200"),
    "no frame times": (drop("world_timestamps.csv"), RecordingError, "has no world_timestamps.csv"),
    "link": (linked(VIDEO), RecordingError, "leads out of the recording's folder"),
    "no video": (put(VIDEO, b"no video at all" * 99), VideoError, "is no video"),
}


@pytest.mark.parametrize(("break_it", "error", "message"), FILMED.values(), ids=FILMED.keys())
def test_broken_scene(filmed, tmp_path, break_it, error, message):
    folder = shutil.copytree(filmed, tmp_path / "rec")
    break_it(folder)
    with pytest.raises(error, match=message):
        _ = open_recording(folder).scene
    assert len(open_recording(folder).gaze) == 100
