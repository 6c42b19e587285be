"""Glasses 3: a faithful folder made on the spot, a real one where it is, and every way that one is broken."""

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest

from foveate.errors import FoveateError, RecordingError, VideoError
from foveate.recording import open_recording
from foveate.recording.info import facts
from shared_data import shared
from writers.tobii_g3 import FPS, LOST, SIZE, gaze_line, point, second, write_lines, write_tobii_g3
from writers.video import number_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_tobii_g3(tmp_path_factory.mktemp("g3") / "20220728T161118Z")


def without_video(tmp_path: Path) -> Path:
    return write_tobii_g3(tmp_path / "rec", video=False)


def test_real_calibration_1():
    recording = open_recording(shared("tobii_g3_calibration_1"))
    told = facts(recording)
    assert (recording.format, told["gaze_samples"], told["gaze_valid"]) == ("tobii_g3", 6547, 6135)
    assert told["duration_s"] == pytest.approx(65.58, abs=0.005)
    assert told["gaze_rate_hz"] == pytest.approx(99.82, abs=0.01)
    assert recording.gaze.time_ns[[0, 1, -1]].tolist() == [6_684_000, 16_710_000, 65_585_314_000]
    assert recording.gaze.point_px[0] == pytest.approx([0.5722 * 1920, 0.5182 * 1080])
    unknown = ("frames", "fps", "video_to_gaze_offset_ms")
    assert [told[key] for key in (*unknown, "frames_with_video", "width", "height")] == [None, None, None, 0, 1920, 1080]
    for warning in (
        "recording.g3 is missing: the scene camera's calibration and the names are not known",
        "scenevideo.mp4 is missing",
        "gaze is in pixels of 1920x1080, the frame size of every Glasses 3",
    ):
        assert warning in told["warnings"]
    assert len(recording.events) == 18
    assert (recording.events[0].name, recording.events[0].time_ns) == ("syncport out 1", 114_832_000)
    imu, eyes = recording.stream("imu"), recording.stream("eye_state")
    assert (len(imu), len(eyes)) == (7476, 6547)
    assert imu.values["acceleration_y_m_per_s2"][0] == pytest.approx(9.6157458)
    assert imu.values["gyro_z_deg_per_s"][0] == pytest.approx(-0.7103572)
    assert eyes.values["pupil_diameter_right_mm"][0] == pytest.approx(4.593)
    assert recording.camera is None
    assert recording.warnings == tuple(dict.fromkeys(recording.warnings)), "each warning once"


def test_gaze_is_in_pixels_of_the_video(folder):
    recording = open_recording(folder)
    gaze = recording.gaze
    assert gaze.notes == ()
    assert gaze.time_ns.tolist() == [round(second(index) * 1e9) for index in range(120)]
    seen = [index for index in range(120) if index not in LOST]
    assert np.flatnonzero(gaze.valid).tolist() == seen
    assert np.allclose(gaze.point_px[seen], [np.array(point(index)) * SIZE for index in seen])
    assert np.isnan(gaze.point_px[LOST.start : LOST.stop]).all()
    assert recording.notes == ()


def test_frames_lie_on_the_clock_of_gaze(folder):
    scene = open_recording(folder).scene
    assert (scene.size_px, scene.timed_frames) == (SIZE, 28)
    assert scene.time_ns.tolist() == [round(index / FPS * 1e9) for index in range(28)]
    assert [number_of(image) for image in scene.frames([0, 5, 27])] == [0, 5, 27]


def test_a_video_that_starts_after_its_containers_zero_keeps_that_clock(tmp_path):
    import av

    folder = write_tobii_g3(tmp_path / "rec")
    original = tmp_path / "original.mp4"
    (folder / "scenevideo.mp4").rename(original)
    with av.open(str(original)) as source, av.open(str(folder / "scenevideo.mp4"), "w") as late:
        stream = late.add_stream_from_template(source.streams.video[0])
        shift = round(0.24 / source.streams.video[0].time_base)
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                late.mux(packet)
    scene = open_recording(folder).scene
    assert scene.time_ns[0] == pytest.approx(240_000_000, abs=100_000)
    assert scene.notes == ("scenevideo.mp4 begins 0.240 s after its container's zero, from which gaze is taken to count",)


def test_what_the_manifest_tells(folder):
    recording = open_recording(folder)
    about = recording.stream("about")
    assert (recording.name, recording.device) == ("20220728T161118Z", "Tobii Pro Glasses 3 (TG03G-010200450191)")
    assert (about.name, about.participant, about.firmware) == ("Recording 12", "1401", "1.14.3+nudelsoppa")
    assert about.created == "2022-07-28T16:11:18.317077Z"


def test_the_camera_is_scaled_to_the_video(folder, tmp_path):
    native = open_recording(without_video(tmp_path)).camera
    assert native.size_px == (1920, 1080)
    assert native.matrix.tolist() == [[911.37, 0.25, 963.65], [0, 912.08, 554.26], [0, 0, 1]]
    assert native.distortion.tolist() == [-0.05, 0.03, -0.0003, 0.0005, 0.007]
    small = open_recording(folder).camera
    assert small.size_px == SIZE
    assert np.allclose(small.degrees([[20.0, 10.0]]), native.degrees([[600.0, 300.0]]))


def test_events_by_time_and_tag(folder):
    events = open_recording(folder).events
    assert [(event.name, event.time_ns, event.text) for event in events] == [
        ("syncport out 1", 114_832_000, ""),
        ("pause", 400_000_000, ""),
        ("task", 500_000_000, '{"step": 2}'),
    ]


def test_imu_without_the_magnetometer(folder):
    imu = open_recording(folder).stream("imu")
    assert len(imu) == 96
    assert imu.values["acceleration_z_m_per_s2"][:6].tolist() == [0, 1, 2, 3, 5, 6]
    assert imu.notes == ()


@pytest.mark.parametrize("name", ["imudata.gz", "eventdata.gz"])
def test_a_sensor_without_a_sample(tmp_path, name):
    folder = without_video(tmp_path)
    (folder / name).write_bytes(gzip.compress(b""))
    assert len(open_recording(folder).stream({"imudata.gz": "imu", "eventdata.gz": "events"}[name])) == 0


def test_broken_lines_of_every_stream_are_told(tmp_path):
    folder = without_video(tmp_path)
    for name in ("imudata.gz", "eventdata.gz"):
        whole = gzip.decompress((folder / name).read_bytes())
        (folder / name).write_bytes(gzip.compress(b"a line that is no JSON\n" + whole))
    recording = open_recording(folder)
    assert (len(recording.stream("imu")), len(recording.events)) == (96, 3)
    for name in ("1 of 4 lines of eventdata.gz", "1 of 121 lines of imudata.gz"):
        assert any(warning.startswith(name) for warning in recording.warnings)


def test_an_eye_that_was_not_seen_is_missing(folder):
    eyes = open_recording(folder).stream("eye_state").values
    assert np.flatnonzero(np.isnan(eyes["pupil_diameter_right_mm"][:40])).tolist() == [0, 10, 20, 30]
    assert np.isnan(eyes["gaze_point_x_mm"][LOST.start])
    assert eyes["gaze_direction_left_z"][0] == 0.9872
    assert eyes["gaze_point_x_mm"][7] == 57


def test_without_video_gaze_has_the_calibrations_pixels(tmp_path):
    recording = open_recording(without_video(tmp_path))
    assert np.allclose(recording.gaze.point_px[0], np.array(point(0)) * (1920, 1080))
    assert recording.warnings == (
        "scenevideo.mp4 is missing",
        "gaze is in pixels of 1920x1080, the frame size of its calibration",
    )
    with pytest.raises(RecordingError, match=r"has no scene stream .*A Glasses 3 folder has recording.g3, scenevideo.mp4"):
        _ = recording.scene


def test_the_manifest_names_the_files(tmp_path):
    folder = write_tobii_g3(tmp_path / "rec")
    (folder / "gazedata.gz").rename(folder / "eyes.gz")
    edit(folder, lambda told: told["gaze"].update(file="eyes.gz", samples=130))
    gaze = open_recording(folder).gaze
    assert len(gaze) == 120
    assert gaze.notes == ("recording.g3 tells of 130 gaze samples, eyes.gz has 120",)


def test_old_firmware_without_imu_is_no_loss(tmp_path):
    folder = write_tobii_g3(tmp_path / "rec")
    (folder / "imudata.gz").unlink()
    assert open_recording(folder).notes == ("imudata.gz is missing",)
    edit(folder, lambda told: told.pop("imu"))
    recording = open_recording(folder)
    assert recording.notes == ()
    assert "imu" not in recording.loaders


def edit(folder: Path, change) -> None:
    told = json.loads((folder / "recording.g3").read_text())
    change(told)
    (folder / "recording.g3").write_text(json.dumps(told))


def put(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes(content)


def lines(*changed, name: str = "gazedata.gz"):
    """The device's lines, some of them replaced by a function of the list."""

    def change(folder: Path) -> None:
        found = [json.dumps(gaze_line(index)) for index in range(120)]
        for replace in changed:
            replace(found)
        (folder / name).write_bytes(gzip.compress("\n".join(found).encode() + b"\n"))

    return change


def at(index: int, line) -> object:
    return lambda found: found.__setitem__(index, line if isinstance(line, str) else json.dumps(line))


def timed(index: int, time) -> object:
    return at(index, {**gaze_line(index), "timestamp": time})


def pointed(index: int, gaze2d) -> object:
    return at(index, {**gaze_line(index), "data": {"gaze2d": gaze2d}})


def packed() -> bytes:
    return gzip.compress("".join(json.dumps(gaze_line(index)) + "\n" for index in range(120)).encode())


NOTED = {
    "text between": (lines(at(3, "hello, this is no JSON")), 119, "1 of 120 lines of gazedata.gz are broken: left out"),
    "half a line": (lines(at(3, '{"type":"gaze","timestamp":0.0')), 119, "1 of 120 lines of gazedata.gz are broken"),
    "lists": (lines(at(3, "[" + "1," * 40 + "1]")), 119, "1 of 120 lines of gazedata.gz are broken: left out"),
    "deep": (lines(at(3, "[" * 30_000)), 119, "1 of 120 lines of gazedata.gz are broken: left out"),
    "no time": (lines(at(3, {"type": "gaze", "data": {}})), 119, "1 of 120 lines"),
    "time in words": (lines(timed(3, "0.03")), 119, "1 of 120 lines"),
    "time is NaN": (lines(timed(3, float("nan"))), 119, "1 of 120 lines"),
    "time is endless": (lines(timed(3, float("inf"))), 119, "1 of 120 lines"),
    "time is huge": (lines(at(3, '{"type":"gaze","timestamp":1' + "0" * 400 + ',"data":{}}')), 119, "1 of 120 lines"),
    "no data": (lines(at(3, {"type": "gaze", "timestamp": 0.03, "data": None})), 119, "1 of 120 lines"),
    "point in words": (lines(pointed(3, ["a", "b"])), 120, "1 of 120 gaze points are no pair of numbers: not valid"),
    "point of three": (lines(pointed(3, [0.1, 0.2, 0.3])), 120, "1 of 120 gaze points are no pair of numbers: not valid"),
    "late": (lines(timed(3, second(1) + 0.001)), 120, "gaze time ran backwards 1 times: samples sorted by time"),
    "double": (lines(timed(3, second(2))), 119, "1 gaze samples bear the time of another"),
    "cut": (put("gazedata.gz", packed()[:-200]), None, "gazedata.gz is cut short: its first"),
    "no checksum": (put("gazedata.gz", packed()[:-8]), 120, "gazedata.gz is cut short: its first 120 lines are used"),
    "wrong checksum": (put("gazedata.gz", packed()[:-8] + b"\0" * 8), 120, "gazedata.gz is damaged: its first 120 lines"),
    "more behind": (put("gazedata.gz", packed() + b"and more"), 120, "gazedata.gz is damaged: its first 120 lines"),
    "manifest": (put("recording.g3", b"{"), 120, "recording.g3 is not used: .*is no JSON"),
    "manifest is a list": (
        put("recording.g3", b"[]"),
        120,
        "recording.g3 is not used: .*should hold a JSON object, found a list",
    ),
}


@pytest.mark.parametrize(("break_it", "samples", "note"), NOTED.values(), ids=NOTED.keys())
def test_what_is_broken_is_counted(tmp_path, break_it, samples, note):
    folder = without_video(tmp_path)
    break_it(folder)
    recording = open_recording(folder)
    assert len(recording.gaze) == samples if samples else 20 < len(recording.gaze) < 120
    with pytest.raises(AssertionError, match=note):
        raise AssertionError("\n".join(recording.warnings))


def test_a_point_that_is_not_finite_is_missing(tmp_path):
    folder = without_video(tmp_path)
    lines(pointed(3, [float("nan"), 0.5]), pointed(4, [0.5, float("inf")]))(folder)
    gaze = open_recording(folder).gaze
    assert np.flatnonzero(~gaze.valid[:10]).tolist() == [3, 4]
    assert np.isnan(gaze.point_px[[3, 4]]).all()


def backwards(found: list) -> None:
    found[:] = [json.dumps(gaze_line(index)) for index in reversed(range(120))]


def standing(found: list) -> None:
    found[:] = [json.dumps({**gaze_line(index), "timestamp": 1.5}) for index in range(120)]


def without(*path: str):
    def change(told: dict) -> None:
        for name in path[:-1]:
            told = told[name]
        del told[path[-1]]

    return lambda folder: edit(folder, change)


def calibrated(**values):
    return lambda folder: edit(folder, lambda told: told["scenecamera"]["camera-calibration"].update(values))


def bomb(line: bytes, mib: int):
    return put("gazedata.gz", gzip.compress(line * (mib * 2**20 // len(line)), 9))


BROKEN = {
    "empty": (put("gazedata.gz", b""), "gaze", "gazedata.gz has no gaze samples"),
    "empty inside": (put("gazedata.gz", gzip.compress(b"")), "gaze", "gazedata.gz has no gaze samples"),
    "cut at once": (put("gazedata.gz", packed()[:15]), "gaze", "gazedata.gz has no gaze samples"),
    "not gzipped": (put("gazedata.gz", b"type,gaze\n" * 99), "gaze", "gazedata.gz is not gzipped"),
    "backwards": (lines(backwards), "gaze", "gaze time runs backwards at 119 of 120"),
    "standing": (lines(standing), "gaze", "120 gaze samples have only 1 different times"),
    "a table": (put("gazedata.gz", gzip.compress(b"time,x,y,and so on and on\n" * 2000)), "gaze", "are not what the device"),
    "bomb of zeros": (bomb(b"\0", 64), "gaze", "gazedata.gz has a line longer than 65536 bytes"),
    "bomb of line feeds": (bomb(b"\n", 32), "gaze", "1001 of the first 1001 lines are not what the device writes"),
    "bomb of braces": (bomb(b"{}\n", 32), "gaze", "1001 of the first 1001 lines are not what the device writes"),
    "bomb of samples": (
        bomb(json.dumps(gaze_line(1)).encode() + b" " * 50_000 + b"\n", 32),
        "gaze",
        "unpacks to more than 16777216: it is no recording"
    ),
    "events are no gzip": (put("eventdata.gz", b"x" * 99), "events", "eventdata.gz is not gzipped"),
    "imu is no gzip": (put("imudata.gz", b"x" * 99), "imu", "imudata.gz is not gzipped"),
    "no gaze": (lambda folder: (folder / "gazedata.gz").unlink(), "gaze", "has no gaze stream .found: about, camera"),
    "no focal length": (without("scenecamera", "camera-calibration", "focal-length"), "camera", "has an incomplete camera"),
    "focal length of zero": (calibrated(**{"focal-length": [0, 900]}), "camera", "its focal lengths are 0 and 900"),
    "calibration is NaN": (calibrated(skew=float("nan")), "camera", "its values are not finite"),
    "huge resolution": (calibrated(resolution=[1e9, 1e9]), "camera", "its resolution is 0x0"),
    "distortion of two": (calibrated(**{"radial-distortion": [0, 1]}), "camera", "incomplete camera-calibration"),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "stream", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken(tmp_path, break_it, stream, message):
    folder = without_video(tmp_path)
    break_it(folder)
    recording = open_recording(folder)
    with pytest.raises(RecordingError, match=message) as caught:
        recording.stream(stream)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def link(name: str):
    def change(folder: Path) -> None:
        outside = folder.parent / "outside"
        (folder / name).rename(outside)
        (folder / name).symlink_to(outside)

    return change


def named(what: str, name: str):
    return lambda folder: edit(folder, lambda told: told[what].update(file=name))


OUTSIDE = {
    "link to gaze": link("gazedata.gz"),
    "link to video": link("scenevideo.mp4"),
    "link to manifest": link("recording.g3"),
    "link to folder": link("meta"),
    "dots": named("gaze", "../outside.gz"),
    "absolute": named("scenecamera", "/etc/passwd"),
    "meta": lambda folder: edit(folder, lambda told: told.update({"meta-folder": "../.."})),
}


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("lead_out", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_nothing_outside_of_the_folder_is_read(tmp_path, lead_out):
    folder = write_tobii_g3(tmp_path / "rec")
    lead_out(folder)
    with pytest.raises(RecordingError, match="leads out of the recording's folder; only files inside of it are read"):
        open_recording(folder)


def test_a_name_that_is_no_path(tmp_path):
    folder = write_tobii_g3(tmp_path / "rec")
    edit(folder, lambda told: told["gaze"].update(file="a\0b"))
    with pytest.raises(RecordingError, match="is no path"):
        open_recording(folder)


def test_a_broken_video_is_named(tmp_path):
    folder = write_tobii_g3(tmp_path / "rec")
    (folder / "scenevideo.mp4").write_bytes(b"no video at all" * 99)
    with pytest.raises(VideoError, match=r"scenevideo.mp4 is no video"):
        _ = open_recording(folder).gaze


def test_gaze_of_another_recording_does_not_overlap(tmp_path):
    folder = write_tobii_g3(tmp_path / "rec")
    write_lines(folder / "gazedata.gz", [{**gaze_line(index), "timestamp": 900 + index / 100} for index in range(50)])
    with pytest.raises(RecordingError, match=r"gaze \(900.000 s to 900.490 s\) and video .* do not overlap in time"):
        _ = open_recording(folder).gaze


def test_the_size_of_a_huge_manifest_is_told(tmp_path):
    folder = without_video(tmp_path)
    with (folder / "recording.g3").open("wb") as opened:
        opened.truncate(2**30)
    assert "has 1073741824 bytes" in open_recording(folder).notes[0]


def test_flipped_bits_end_in_a_typed_error_or_a_recording(tmp_path):
    whole, rng = packed(), np.random.default_rng(7)
    folder = without_video(tmp_path)
    for _ in range(40):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
        (folder / "gazedata.gz").write_bytes(data)
        try:
            recording = open_recording(folder)
            told = recording.gaze
        except FoveateError:
            continue
        assert len(told) == 120 or recording.warnings


PACKED = ("gazedata.gz", "eventdata.gz", "imudata.gz")


@pytest.mark.parametrize("renamed", [True, False], ids=["without .gz", "under its old name"])
def test_files_that_were_unpacked_already_are_read(tmp_path, renamed):
    packed, folder = (write_tobii_g3(tmp_path / name, manifest=renamed) for name in ("packed", "rec"))
    for name in PACKED:
        unpacked = gzip.decompress((folder / name).read_bytes())
        (folder / name).unlink()
        (folder / (name.removesuffix(".gz") if renamed else name)).write_bytes(unpacked)
    recording, other = open_recording(folder), open_recording(packed)
    assert recording.gaze.point_px.tobytes() == other.gaze.point_px.tobytes()
    assert recording.events == other.events
    for name in ("imu", "magnetometer", "eye_state"):
        assert len(recording.stream(name)) == len(other.stream(name)) > 0
    assert recording.warnings == other.warnings


def test_a_folder_is_known_by_unpacked_gaze_alone(tmp_path):
    (tmp_path / "gazedata").write_text("".join(json.dumps(gaze_line(index)) + "\n" for index in range(50)))
    assert (open_recording(tmp_path).format, len(open_recording(tmp_path).gaze)) == ("tobii_g3", 50)


def test_magnetometer(tmp_path):
    field = open_recording(write_tobii_g3(tmp_path / "rec")).stream("magnetometer")
    assert [float(values[0]) for values in field.values.values()] == [-231, 133, 278]
    assert list(field.values) == [f"magnetic_field_{axis}_ut" for axis in "xyz"]
    assert (len(field), field.time_ns[0]) == (24, round((0.004052 + 4 / 120) * 1e6) * 1000)


def test_real_magnetometer():
    field = open_recording(shared("tobii_g3_calibration_1")).stream("magnetometer")
    assert (len(field), field.notes) == (616, ())
    assert np.median(np.diff(field.time_ns)) == pytest.approx(0.102e9, rel=0.02)
