"""Project Aria: a faithful recording made on the spot, real ones where they are, and every way that one is broken."""

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveate.errors import FoveateError, MissingExtraError, RecordingError, UsageError, VideoError
from foveate.geometry import Affine, Box, Size
from foveate.recording import aria, open_recording, vrs, vrs_index
from foveate.recording.aria_calibration import read_calibration
from foveate.recording.aria_gaze import read_gaze
from foveate.recording.info import facts
from shared_data import shared
from writers.aria import CENTER_PX, FOCAL_PX, STORED_PX, calibration, gaze_angles, write_aria, write_gaze

FIRST_NS = 86_385_000_000
GENERAL = "mps/eye_gaze/general_eye_gaze.csv"
needs_vrs = pytest.mark.skipif(vrs.find_spec("pyvrs") is None, reason="the package vrs has no wheel for this system")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_aria(tmp_path_factory.mktemp("aria") / "walk", mark_px=(150, 250))


@pytest.fixture(scope="module")
def recording(folder):
    return open_recording(folder)


def seen_from(yaw: float, pitch: float, *, place_m=(0.0, 0.0, 0.0), depth_m=1.0) -> np.ndarray:
    """Where the equidistant camera of the writer sees a gaze: right and down of the centre by the angle from the axis."""
    ahead = np.array([np.tan(yaw), np.tan(pitch), 1.0])
    left, up, forward = ahead / np.linalg.norm(ahead) * depth_m - place_m
    angle = np.arctan2(np.hypot(left, up), forward)
    return CENTER_PX - FOCAL_PX * angle * np.array([left, up]) / np.hypot(left, up)


@needs_vrs
def test_gaze_is_projected_into_the_upright_frame(recording):
    gaze = recording.gaze
    expected = [seen_from(yaw, pitch) for yaw, pitch in gaze_angles(9)]
    assert np.abs(gaze.point_px - expected).max() < 0.001
    assert gaze.time_ns.tolist() == [FIRST_NS + 100_000_000 * index for index in range(9)]
    assert gaze.valid.all()
    assert gaze.notes == ("89% of the gaze samples tell no depth: projected at 1 m",)


@needs_vrs
def test_depth_matters_where_the_camera_sits_beside_the_eyes(tmp_path):
    place_m = (0.056, 0.007, 0.013)
    folder = write_aria(tmp_path / "rec", frames=1, place_m=place_m, build="DVT-L")
    for depth_m in (1.0, 3.5):
        gaze = open_recording(folder, format="aria", depth_m=depth_m).gaze
        angles = gaze_angles(9)
        expected = [seen_from(*angles[k], place_m=place_m, depth_m=2.0 if k == 2 else depth_m) for k in range(9)]
        assert np.abs(gaze.point_px - expected).max() < 0.001


@needs_vrs
def test_frames_are_upright(recording):
    scene = recording.scene
    assert scene.size_px == (STORED_PX, STORED_PX)
    assert np.abs(scene.time_ns - (FIRST_NS + np.arange(6) * 50_000_000)).max() == 0
    assert (scene.timed_frames, scene.notes) == (6, ())
    first, last = scene.frames([0, 5])
    assert (first[50, 650].tolist(), first[650, 650].tolist()) == ([30] * 3, [60] * 3)  # the darker half is on top
    assert abs(int(last[650, 650, 0]) - 160) <= 1


@needs_vrs
def test_rotate_crop_resize_and_back_within_half_a_pixel(recording):
    """The white square around the stored pixel (150, 250) is at (703 - 250, 150) upright."""
    box, size = Box(400, 100, 110, 105), Size(88, 84)
    (crop,) = recording.scene.frames([2], boxes_px=[box], sizes_px=[size])
    assert crop.shape == (84, 88, 3)
    white = np.clip(crop[..., 0].astype(np.float64) - 80, 0, None)  # the ground is 50
    y, x = (np.indices(white.shape) * white).sum(axis=(1, 2)) / white.sum()
    back = Affine.crop_and_resize(box, size).inverse(np.array([x + 0.5, y + 0.5])) - 0.5  # a map of corners, not of centres
    assert np.abs(back - [453, 150]).max() < 0.2


@needs_vrs
def test_the_camera_is_that_of_the_upright_frame(recording):
    camera = recording.camera
    assert (camera.model, camera.size_px) == ("fisheye624", (STORED_PX, STORED_PX))
    assert camera.matrix.tolist() == [[FOCAL_PX, 0, CENTER_PX], [0, FOCAL_PX, CENTER_PX], [0, 0, 1]]
    assert camera.degrees(np.array([[CENTER_PX + FOCAL_PX * np.radians(20), CENTER_PX]])) == pytest.approx(np.array([[20, 0]]))


@needs_vrs
def test_camera_and_gaze_agree_on_a_lens_without_symmetry(tmp_path):
    lens = [0.4, -0.5, 0.24, 0.99, -1.57, 0.6, -4e-4, -7e-3, -6e-3, -2e-4, 2e-3, -2e-4]
    recording = open_recording(write_aria(tmp_path / "rec", frames=1, distortion=lens))
    yaw, pitch = gaze_angles(9).T
    ray = np.stack([-np.tan(yaw), -np.tan(pitch), np.ones(9)], axis=1)
    assert np.abs(recording.gaze.point_px - recording.camera.pixels(ray)).max() < 0.001


@pytest.mark.parametrize(
    ("side_px", "focal_px", "center_px"),
    [
        pytest.param(2880, 1200.0, 1439.5, id="full"),
        pytest.param(1408, 600.0, (1439.5 - 32 + 0.5) / 2 - 0.5, id="half, after 32 px were cut off all around"),
        pytest.param(704, 300.0, (1439.5 - 32 + 0.5) / 4 - 0.5, id="quarter"),
    ],
)
def test_a_calibration_is_brought_to_the_size_of_the_frames(side_px, focal_px, center_px):
    tag = calibration("DVT-S", (0.0, 0.0, 0.0), [0.0] * 12)
    found = read_calibration(tag, Size(side_px, side_px), source=Path("rec.vrs"))
    assert found.camera.matrix.tolist() == [[focal_px, 0, center_px], [0, focal_px, center_px], [0, 0, 1]]
    (point,) = found.pixels(np.array([[0.0, np.tan(0.2), 1.0]]))
    assert point == pytest.approx([center_px, center_px - 0.2 * focal_px], abs=0.001)


def test_frames_of_a_size_that_the_device_does_not_make():
    tag = calibration("DVT-S", (0.0, 0.0, 0.0), [0.0] * 12)
    with pytest.raises(RecordingError, match="frames of 1400x1400 are not made of the calibration's 2880x2880"):
        read_calibration(tag, Size(1400, 1400), source=Path("rec.vrs"))


@needs_vrs
def test_gaze_past_the_lens_is_not_valid_and_counted(tmp_path):
    folder = write_aria(tmp_path / "rec", frames=1)
    rows = (folder / GENERAL).read_text().splitlines()
    rows[1] = rows[1].replace("-0.4,", "1.2,", 1)
    rows[3] = rows[3].replace(rows[3].split(",")[1], "nan", 1)
    rows[4] = rows[4].replace(rows[4].split(",")[1], "2.5", 1)
    (folder / GENERAL).write_text("\n".join(rows))
    gaze = open_recording(folder).gaze
    assert np.flatnonzero(~gaze.valid).tolist() == [0, 2, 3]
    assert np.isnan(gaze.point_px[[0, 2, 3]]).all()
    assert gaze.notes[:2] == (
        "2 of 9 gaze samples have no yaw and pitch that look ahead: missing",
        "1 of 9 gaze samples look past the RGB camera's field: not valid",
    )


@needs_vrs
@pytest.mark.parametrize(
    ("name", "gaze"),
    [
        pytest.param("recording.vrs", "mps_recording_vrs/eye_gaze/personalized_eye_gaze.csv", id="as the service names it"),
        pytest.param("recording.vrs", "eye_gaze/eyegaze.csv", id="beside the file, old columns"),
        pytest.param("", "general_eye_gaze.csv", id="in the folder itself"),
    ],
)
def test_a_file_or_its_folder_opens(tmp_path, name, gaze):
    folder = write_aria(tmp_path / "rec", frames=1, gaze=gaze)
    assert len(open_recording(folder / name).gaze) == 9


def test_bands_and_depth_are_kept(folder):
    angles = aria.open_path(folder).stream("gaze_angles")
    yaw, pitch = gaze_angles(9).T
    assert np.allclose(angles.yaw_band_rad, np.stack([yaw - 0.03, yaw + 0.03], axis=1))
    assert np.allclose(angles.pitch_band_rad, np.stack([pitch - 0.03, pitch + 0.03], axis=1))
    assert np.flatnonzero(np.isfinite(angles.depth_m)).tolist() == [2]


def test_the_personal_gaze_is_used_and_the_others_named(tmp_path):
    folder = write_aria(tmp_path / "rec", frames=0)
    write_gaze(folder / "mps/eye_gaze/personalized_eye_gaze.csv", 5)
    recording = open_recording(folder)
    assert recording.notes == (f"gaze is that of mps/eye_gaze/personalized_eye_gaze.csv; there is also {GENERAL}",)
    assert len(recording.stream("gaze_angles").time_ns) == 5
    declared = open_recording(folder, format="aria", gaze=GENERAL)
    assert (len(declared.stream("gaze_angles").time_ns), declared.stream("gaze_angles").source.name) == (9, Path(GENERAL).name)


def test_gaze_without_the_vrs_is_angles_and_says_so(tmp_path):
    recording = open_recording(write_aria(tmp_path / "rec", frames=0))
    told = facts(recording)
    assert (told["gaze_samples"], told["frames_with_video"]) == (None, 0)
    assert (
        "general_eye_gaze.csv has 9 gaze samples from 86.385 s to 87.185 s, yaw and pitch: without the calibration in the "
        "recording's .vrs they are no pixels" in told["warnings"]
    )
    with pytest.raises(
        RecordingError, match=r"has no gaze stream .found: gaze_angles.\. Gaze of Aria is yaw and pitch; for its"
    ):
        _ = recording.gaze


TWO_EYES = {
    "yaw_rads_cpf": 0.0, "pitch_rads_cpf": 0.1,
    "left_yaw_rads_cpf": -np.arctan(0.03 / 0.5), "right_yaw_rads_cpf": np.arctan(0.03 / 0.5),
    "left_pitch_rads_cpf": 0.0, "right_pitch_rads_cpf": 0.0,
    "tx_left_eye_cpf": 0.03, "ty_left_eye_cpf": 0.0, "tz_left_eye_cpf": 0.0,
    "tx_right_eye_cpf": -0.03, "ty_right_eye_cpf": 0.0, "tz_right_eye_cpf": 0.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "depth_m"),
    [
        pytest.param({}, 0.5, id="both eyes look at a point half a metre away"),
        pytest.param({"left_yaw_rads_cpf": 0.2, "right_yaw_rads_cpf": -0.2}, np.nan, id="apart"),
        pytest.param({"left_yaw_rads_cpf": 0.0, "right_yaw_rads_cpf": 0.0}, np.nan, id="parallel"),
        pytest.param({"left_yaw_rads_cpf": -0.001, "right_yaw_rads_cpf": 0.001}, np.nan, id="farther than 10 m"),
    ],
)
def test_gen2_depth_is_where_the_eyes_meet(tmp_path, change, depth_m):
    row = {"tracking_timestamp_us": 1130889351, **TWO_EYES, **change}
    (tmp_path / "general_eye_gaze.csv").write_text(",".join(row) + "\n" + ",".join(str(value) for value in row.values()) + "\n")
    angles = open_recording(tmp_path).stream("gaze_angles")
    assert angles.depth_m == pytest.approx([depth_m], nan_ok=True)
    assert (angles.time_ns.tolist(), angles.pitch_rad.tolist(), angles.yaw_band_rad) == ([1130889351000], [0.1], None)


def test_yaw_between_two_eyes(tmp_path):
    """The eyes' rays cross at (0.2, ., 1): seen from between them that is a yaw of atan(0.2)."""
    row = {
        "tracking_timestamp_us": 5, "pitch_rads_cpf": 0.1, "depth_m": 1.02,
        "left_yaw_rads_cpf": np.arctan(0.2 - 0.0315), "right_yaw_rads_cpf": np.arctan(0.2 + 0.0315),
    }  # fmt: skip
    (tmp_path / "generalized_gaze.csv").write_text(",".join(row) + "\n" + ",".join(str(value) for value in row.values()) + "\n")
    angles = open_recording(tmp_path).stream("gaze_angles")
    assert (np.tan(angles.yaw_rad), angles.depth_m) == (pytest.approx([0.2]), pytest.approx([1.02]))


numbers = st.one_of(st.floats(), st.integers(-(2**70), 2**70), st.sampled_from(["", "x", "nan", "-inf", "1e400", " 7 "]))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.one_of(st.integers(0, 2**60), numbers), numbers, numbers, numbers), max_size=5))
def test_any_numbers_end_in_angles_or_one_error(cells):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "eyegaze.csv"
        lines = ["tracking_timestamp_us,yaw_rads_cpf,pitch_rads_cpf,depth_m", *(",".join(map(str, row)) for row in cells)]
        file.write_text("\n".join(lines) + "\n")
        try:
            angles = read_gaze(file)
        except RecordingError:
            return
    assert 0 < len(angles.time_ns) <= len(cells)
    point_m = angles.points_m(depth_m=1.0)
    assert (np.isnan(point_m[:, 0]) == np.isnan(angles.yaw_rad)).all()
    assert (np.isnan(angles.yaw_rad) == np.isnan(angles.pitch_rad)).all()
    assert not (angles.depth_m <= 0).any()
    seen = np.isfinite(point_m).all(axis=1)
    assert (point_m[seen, 2] >= 0).all()


def test_speech_is_events(tmp_path):
    folder = write_aria(tmp_path / "rec", frames=0)
    (folder / "speech.csv").write_text(
        "startTime_ns,endTime_ns,written,confidence\n5000,9000,what,0.9\n1000,2000,and,0.1\n3,,x,0\n"
    )
    events = open_recording(folder).events
    assert [(event.name, event.time_ns, event.span.stop_ns, event.text) for event in events] == [
        ("speech", 1000, 2000, "and"),
        ("speech", 5000, 9000, "what"),
    ]


@pytest.fixture
def bare(monkeypatch):
    """As if the package vrs were not installed."""
    monkeypatch.setattr(vrs, "find_spec", lambda name: None)


def test_without_the_package_only_images_fail_and_by_name(folder, bare):
    recording = aria.open_path(folder)
    told = facts(recording)
    assert (told["frames"], told["width"], told["gaze_samples"], told["gaze_valid"]) == (6, STORED_PX, 9, 9)
    assert np.abs(recording.scene.time_ns - (FIRST_NS + np.arange(6) * 50_000_000)).max() == 0
    assert np.abs(recording.gaze.point_px - [seen_from(yaw, pitch) for yaw, pitch in gaze_angles(9)]).max() < 0.001
    assert recording.camera.size_px == (STORED_PX, STORED_PX)
    with pytest.raises(
        MissingExtraError, match=r"vrs, which reads the images of recording.vrs,.* pip install 'foveate\[aria\]'"
    ):
        next(recording.scene.frames([0]))


@needs_vrs
def test_the_index_tells_what_the_package_does(folder):
    ours = vrs_index.read_facts(folder / "recording.vrs", "214")
    theirs = vrs.read_image_stream(folder / "recording.vrs", "214")
    assert_same_facts(ours, theirs)


def assert_same_facts(ours, theirs):
    assert ours["time_s"] == theirs.time_s.tolist()
    assert tuple(ours["places"]) == theirs.places
    assert tuple(ours["streams"]) == theirs.streams
    assert (ours["tags"], ours["format"], ours["lost"]) == (theirs.tags, theirs.format, 0)
    assert (ours["config"]["image_width"], ours["config"]["image_height"]) == theirs.stored_px


def cut_to(share: float):
    return lambda data: data[: int(len(data) * share)]


def with_bytes(place: int, value: bytes):
    return lambda data: data[:place] + value + data[place + len(value) :]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        pytest.param(cut_to(0.0005), "cannot be read as VRS", id="header cut"),
        pytest.param(with_bytes(0, b"Mission!"), "does not start as a VRS file does", id="another file"),
        pytest.param(with_bytes(24, bytes(8)), "has no index: it was never finished", id="no index"),
        pytest.param(with_bytes(32, b"\xff" * 7), "cannot be read as VRS", id="description far away"),
        pytest.param(with_bytes(80, b"\xff" * 4), "claims 4294967295 bytes", id="huge record"),
        pytest.param(with_bytes(112, b"\xff" * 4), "cannot be read as VRS", id="many streams"),
    ],
)
def test_without_the_package_a_damaged_file_is_told(tmp_path, folder, bare, broken, message):
    (tmp_path / "recording.vrs").write_bytes(broken((folder / "recording.vrs").read_bytes()))
    with pytest.raises(RecordingError, match=message) as caught:
        _ = aria.open_path(tmp_path).scene
    assert "pip install 'foveate[aria]'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_the_package_a_cut_file_counts_what_is_lost(tmp_path, folder, bare):
    (tmp_path / "recording.vrs").write_bytes(cut_to(0.6)((folder / "recording.vrs").read_bytes()))
    scene = aria.open_path(tmp_path).scene
    assert 0 < len(scene.time_ns) < 6
    assert f"cut short or damaged: {6 - len(scene.time_ns)} of its records are lost" in scene.notes[0]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_without_the_package_no_bytes_are_too_strange(folder, data):
    whole = bytearray((folder / "recording.vrs").read_bytes())
    for place in data.draw(st.lists(st.integers(0, min(len(whole), 3000) - 1), min_size=1, max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "recording.vrs"
        file.write_bytes(whole)
        with suppress(ValueError):
            assert len(vrs_index.read_facts(file, "214")["time_s"]) <= 6


# the real ones


@needs_vrs
def test_real_index_tells_what_the_package_does():
    file = shared("aria") / "gen1/aria_everyday_activities_test_data" / "recording.vrs"
    ours = vrs_index.read_facts(file, "214")
    assert_same_facts(ours, vrs.read_image_stream(file, "214"))
    assert (len(ours["streams"]), len(ours["time_s"])) == (9, 8)


def test_real_without_the_package(bare):
    told = facts(open_recording(shared("aria") / "gen1/aria_everyday_activities_test_data"))
    assert (told["frames"], told["width"], told["gaze_samples"], told["gaze_valid"]) == (8, 1408, 4, 4)


@needs_vrs
def test_real_aea():
    """Gaze pixels are those of projectaria-tools 2.3.0 at a depth of 1 m, on the upright frame."""
    recording = open_recording(shared("aria") / "gen1/aria_everyday_activities_test_data")
    told = facts(recording)
    assert (told["frames"], told["width"], told["height"], told["gaze_samples"], told["gaze_valid"]) == (8, 1408, 1408, 4, 4)
    expected = [(962.544493, 713.637495), (856.342534, 731.480076), (787.726549, 730.755829), (731.518222, 736.854393)]
    assert np.abs(recording.gaze.point_px - expected).max() < 0.001
    assert recording.scene.time_ns[[0, 7]].tolist() == [86385246037, 86735213662]
    (image,) = recording.scene.frames([0], boxes_px=[Box(640, 640, 128, 128)])
    assert image.shape == (128, 128, 3)
    assert len(recording.events) == 13


@pytest.mark.parametrize(
    ("name", "samples", "first"),
    [
        pytest.param("gen1/mps_sample/eye_gaze/eyegaze.csv", 123, (0.894797, 0.039713, np.nan), id="old columns"),
        pytest.param(
            "gen1/mps_sample/eye_gaze/generalized_eye_gaze.csv", 123, (0.894797, 0.039713, np.nan), id="newer columns"
        ),
        pytest.param(
            "gen1/mps_sample/eye_gaze_vergence/generalized_gaze.csv", 123, (0.787797, -0.020561, 1.598124), id="vergence"
        ),
        pytest.param("gen2/mps_sample/eye_gaze/general_eye_gaze.csv", 5, (0.077784, -0.365525, 0.587162), id="gen 2"),
        pytest.param(
            "gen2/mps_sample/eye_gaze/personalized_eye_gaze.csv", 5, (0.055957, -0.247608, 0.566442), id="gen 2 personal"
        ),
    ],
)
def test_real_gaze_files(name, samples, first):
    """Yaw, pitch and depth are those that projectaria-tools 2.3.0 reads."""
    file = shared("aria") / name
    angles = open_recording(file.parent, format="aria", gaze=file.name).stream("gaze_angles")
    assert len(angles.time_ns) == samples
    assert (angles.yaw_rad[0], angles.pitch_rad[0], angles.depth_m[0]) == pytest.approx(first, abs=1e-5, nan_ok=True)


# broken ones


def text(name: str, content: str):
    return lambda folder: (folder / name).write_text(content)


def rows(change):
    def apply(folder):
        lines = (folder / GENERAL).read_text().splitlines()
        (folder / GENERAL).write_text("\n".join(change(lines)) + "\n")

    return apply


def at(column: int, value: str):
    def apply(lines):
        cells = [line.split(",") for line in lines[1:]]
        for row in cells:
            row[column] = value
        return [lines[0], *(",".join(row) for row in cells)]

    return rows(apply)


def out_of_the_folder(folder):
    (folder / GENERAL).rename(folder.parent / "elsewhere.csv")
    (folder / GENERAL).symlink_to(folder.parent / "elsewhere.csv")


BROKEN_GAZE = {
    "empty": (text(GENERAL, ""), "general_eye_gaze.csv is an empty file"),
    "header only": (rows(lambda lines: lines[:1]), "has no gaze samples"),
    "no time column": (rows(lambda lines: [line.partition(",")[2] for line in lines]), "has no column 'tracking_timestamp_us'"),
    "no yaw": (rows(lambda lines: [lines[0].replace("yaw_rads_cpf", "yaw", 1), *lines[1:]]), "no column 'yaw_rads_cpf'"),
    "no pitch": (rows(lambda lines: [lines[0].replace("pitch_rads_cpf", "p", 1), *lines[1:]]), "no column 'pitch_rads_cpf'"),
    "times are words": (at(0, "now"), "has no gaze samples"),
    "times are gigantic": (at(0, "9" * 30), "out of range"),
    "binary": (lambda folder: (folder / GENERAL).write_bytes(bytes(range(256)) * 9), "cannot be read|has no column"),
    "leads out of the folder": (out_of_the_folder, "leads out of the recording's folder"),
}


@pytest.mark.parametrize(("break_it", "message"), BROKEN_GAZE.values(), ids=BROKEN_GAZE.keys())
def test_broken_gaze(tmp_path, break_it, message):
    folder = write_aria(tmp_path / "rec", frames=0)
    break_it(folder)
    with pytest.raises(RecordingError, match=message) as caught:
        open_recording(folder).stream("gaze_angles")
    assert "\n" not in str(caught.value)


def bytes_of(change):
    return lambda folder: (folder / "recording.vrs").write_bytes(change((folder / "recording.vrs").read_bytes()))


def tagged(change):
    """A calibration with one of its values changed; as long as before, for the file's own lengths."""

    def apply(folder):
        tag = calibration("DVT-S", (0.0, 0.0, 0.0), [0.0] * 12)
        changed = change(tag)
        assert len(changed) == len(tag) != changed
        stored = (folder / "recording.vrs").read_bytes()
        (folder / "recording.vrs").write_bytes(stored.replace(tag.encode(), changed.encode()))

    return apply


BROKEN_VRS = {
    "text": (bytes_of(lambda stored: b"no recording at all" * 99), "scene", "cannot be read as VRS"),
    "header alone": (bytes_of(lambda stored: stored[:80]), "scene", "recording.vrs"),
    "no image left": (bytes_of(lambda stored: stored[:3000]), "scene", "recording.vrs"),
    "description far away": (
        bytes_of(lambda stored: stored[:32] + b"\xff" * 7 + b"\x7f" + stored[40:]), "scene", "hold no image that can be read",
    ),
    "records of no length": (bytes_of(lambda stored: stored[:20] + bytes(4) + stored[24:]), "scene", "read as VRS"),
    "another camera": (
        bytes_of(lambda stored: stored.replace((214).to_bytes(4, "little"), (211).to_bytes(4, "little"))),
        "scene", "no images of the RGB camera .stream 214-1; found: 211-1",
    ),
    "calibration cut": (tagged(lambda tag: tag[:-9] + " " * 9), "gaze", "tag calib_json. cannot be used"),
    "no RGB camera": (tagged(lambda tag: tag.replace("camera-rgb", "camera-rgg")), "gaze", "KeyError: 'camera-rgb'"),
    "another lens": (tagged(lambda tag: tag.replace("ThinPrism", "FatPrisms")), "gaze", "no camera model for .FisheyeRadTanF"),
    "focal length 0": (tagged(lambda tag: tag.replace("1200.0", "0000.0").replace("0000.0", "0.0000")), "gaze", "not zero"),
    "another generation": (tagged(lambda tag: tag.replace("DVT-S", "EVT-X")), "gaze", "for Aria Gen 1 only"),
    "another origin": (tagged(lambda tag: tag.replace('"camera-slam-left", "Type"', '"camera-slam-best", "Type"')),
                       "gaze", "its origin is 'camera-slam-best'"),
}  # fmt: skip


@needs_vrs
@pytest.mark.parametrize(("break_it", "stream", "message"), BROKEN_VRS.values(), ids=BROKEN_VRS.keys())
def test_broken_vrs(tmp_path, break_it, stream, message):
    folder = write_aria(tmp_path / "rec", frames=1)
    break_it(folder)
    with pytest.raises(FoveateError, match=message) as caught:
        open_recording(folder).stream(stream)
    assert "\n" not in str(caught.value)


@needs_vrs
def test_a_vrs_that_lost_its_end_keeps_its_whole_frames_and_says_so(tmp_path):
    folder = write_aria(tmp_path / "rec", frames=3)
    bytes_of(lambda stored: stored[:-100])(folder)
    scene = open_recording(folder).scene
    assert len(scene.time_ns) == 2
    assert scene.notes == ("recording.vrs is cut short or damaged: 1 of its records are lost, of all its streams",)


@needs_vrs
def test_a_damaged_image_is_named(tmp_path):
    folder = write_aria(tmp_path / "rec", frames=2)
    stored = (folder / "recording.vrs").read_bytes()
    second = stored.rindex(b"\xff\xd8\xff\xe0")
    (folder / "recording.vrs").write_bytes(stored[: second + 300] + bytes(len(stored) - second - 300))
    frames = open_recording(folder).scene.frames([0, 1])
    assert next(frames).shape == (STORED_PX, STORED_PX, 3)
    with pytest.raises(VideoError, match="image 1 is damaged"):
        next(frames)
    (folder / "recording.vrs").write_bytes(stored[:second] + bytes(len(stored) - second))
    with pytest.raises(VideoError, match="image 1 is no JPEG"):
        next(open_recording(folder).scene.frames([1]))


@needs_vrs
def test_images_other_than_jpeg_are_refused(tmp_path):
    with pytest.raises(RecordingError, match="stored as 'png'; only JPEG is read"):
        _ = open_recording(write_aria(tmp_path / "rec", frames=1, image_format="png")).scene


@needs_vrs
def test_a_reader_that_dies_or_hangs_is_told(folder, tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    monkeypatch.setattr(vrs, "CHILD", child)
    child.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(RecordingError, match="recording.vrs kills its reader .SIGSEGV" if sys.platform != "win32" else "kills"):
        _ = open_recording(folder).scene
    monkeypatch.setattr(vrs, "PATIENCE_S", 0.2)
    child.write_text("import time\ntime.sleep(60)")
    with pytest.raises(RecordingError, match=r"recording.vrs hangs its reader .no answer in 0.2 s"):
        _ = open_recording(folder).scene


@needs_vrs
def test_gaze_of_another_recording_is_refused(tmp_path):
    folder = write_aria(tmp_path / "rec", frames=1)
    at(0, "5000000")(folder)
    rows(lambda lines: lines[:2])(folder)
    with pytest.raises(RecordingError, match=r"do not overlap in time. Copy the gaze that was made of this recording"):
        _ = open_recording(folder).gaze


@pytest.mark.parametrize("depth_m", ["far", 0, -1, "nan", 1e9])
def test_a_depth_that_cannot_be(folder, depth_m):
    with pytest.raises(UsageError, match="is no distance; give metres"):
        open_recording(folder, format="aria", depth_m=depth_m)


def test_a_gaze_file_that_is_not_there(folder):
    with pytest.raises(RecordingError, match=r"has no gaze file 'other.csv' .found: mps/eye_gaze/general_eye_gaze.csv"):
        open_recording(folder, format="aria", gaze="other.csv")


def test_two_recordings_in_a_folder(tmp_path):
    for name in ("a.vrs", "b.vrs"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(RecordingError, match=r"holds 2 recordings .a.vrs, b.vrs.; open one of them"):
        open_recording(tmp_path)
