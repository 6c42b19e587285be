"""Glasses 2: a faithful project made on the spot, a real one where it is, and every way that one is broken."""

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest

from foveate.errors import FoveateError, RecordingError, VideoError
from foveate.recording import open_recording
from foveate.recording.info import facts
from foveate.recording.tobii_g2_clock import agreeing, on_clock
from foveate.recording.tobii_rows import check_count
from shared_data import shared
from writers.tobii_g2 import LOST, RECORDING, frame_us, gaze_us, packets_of, point, tslv, write_tobii_g2
from writers.tobii_g3 import SIZE, write_lines
from writers.video import number_of

SEEN = [index for index in range(160) if index not in LOST]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return write_tobii_g2(tmp_path_factory.mktemp("g2") / "raoscyb")


def segment_of(project: Path, number: int = 1) -> Path:
    return project / "recordings" / RECORDING / "segments" / str(number)


def without_video(tmp_path: Path, **changed) -> Path:
    return write_tobii_g2(tmp_path / "project", frames=(None,), **changed)


@pytest.mark.parametrize(
    "below", ["", "recordings/gzz7stc", "recordings/gzz7stc/segments/1"], ids=["project", "recording", "segment"]
)
def test_real_glassesviewer(below):
    recording = open_recording(shared("tobii_g2_glassesviewer") / below)
    told = facts(recording)
    assert (recording.format, recording.name) == ("tobii_g2", "gzz7stc")
    assert (told["gaze_samples"], told["gaze_valid"]) == (1424, 1331)
    assert (told["frames"], told["frames_with_video"], told["width"], told["height"]) == (None, 0, 1920, 1080)
    assert recording.gaze.time_ns[[0, 1, -1]].tolist() == [484_678_568_000, 484_698_548_000, 513_402_034_000]
    assert recording.gaze.point_px[0] == pytest.approx([0.5234 * 1920, 0.41 * 1080])
    assert recording.stream("about").participant == "Roy005"
    assert recording.device == "Tobii Pro Glasses 2 (TG02G-010105956192)"
    for warning in (
        "segment 1: fullstream.mp4 is missing",
        "gaze is in pixels of 1920x1080, the frame size of its calibration",
    ):
        assert warning in told["warnings"]


def test_real_packets_are_all_read():
    """17221 packets: 45 pts, 44 vts, 56 evts, 33 sync port changes; 1424 samples of gp, gp3 and six of the eyes; the head."""
    recording = open_recording(shared("tobii_g2_glassesviewer"))
    imu, eyes = recording.stream("imu"), recording.stream("eye_state")
    assert len(imu) == 2966 + 2685
    assert len(eyes) == 1424
    assert len(recording.events) == 33
    assert 45 + 44 + 56 + len(recording.events) + len(imu) + 8 * len(eyes) == 17221
    assert np.isfinite(eyes.values["pupil_diameter_left_mm"]).sum() + np.isfinite(
        eyes.values["pupil_diameter_right_mm"]
    ).sum() == pytest.approx(2644, abs=1)
    assert imu.notes == ()
    assert recording.camera.matrix[0].tolist() == pytest.approx([1136.65, 0, 921.131], abs=1e-3)
    assert recording.camera.distortion.tolist() == pytest.approx([0.07946, -0.32173, -4.6e-05, -0.000503, 0.314716], abs=1e-5)


def test_real_clocks_are_tied():
    """Every vts packet of the real recording gives the same offset, so a frame at vts 0 is seen at ts 485478112."""
    with gzip.open(segment_of(shared("tobii_g2_glassesviewer")) / "livedata.json.gz") as opened:
        packets = [json.loads(line) for line in opened]
    ties, stray = agreeing(np.array([(packet["ts"] * 1000, packet["vts"] * 1000) for packet in packets if "vts" in packet]))
    assert (len(ties), stray) == (44, 0)
    assert on_clock(ties, np.array([0, 40_000_000])).tolist() == [485_478_112_000, 485_518_112_000]


@pytest.mark.parametrize("below", ["", f"recordings/{RECORDING}", f"recordings/{RECORDING}/segments/1"])
def test_a_project_a_recording_or_a_segment(project, below):
    recording = open_recording(project / below)
    gaze = recording.gaze
    assert (recording.name, recording.path, recording.notes) == (RECORDING, project / below, ())
    assert recording.device == "Tobii Pro Glasses 2 (TG02G-010105956192)"
    about = recording.stream("about")
    assert (about.name, about.participant, about.created) == ("Recording011", "Roy005", "2019-03-20T13:25:47+0000")
    assert gaze.notes == ()
    assert gaze.time_ns.tolist() == [gaze_us(1, index) * 1000 for index in range(160)]
    assert np.flatnonzero(gaze.valid).tolist() == SEEN
    assert np.allclose(gaze.point_px[SEEN], [np.array(point(1, index)) * SIZE for index in SEEN])
    assert np.isnan(gaze.point_px[LOST.start : LOST.stop]).all()


def test_vts_puts_the_frames_on_the_clock_of_gaze(project):
    scene = open_recording(project).scene
    assert (scene.size_px, scene.timed_frames, scene.notes) == (SIZE, 60, ())
    assert scene.time_ns.tolist() == [frame_us(1, index) * 1000 for index in range(60)]
    assert [number_of(image) for image in scene.frames([0, 9, 20])] == [0, 9, 20]
    assert facts(open_recording(project))["video_to_gaze_offset_ms"] == pytest.approx(-799.544)


def test_segments_follow_each_other(tmp_path):
    project = write_tobii_g2(tmp_path / "project", samples=(160, 100), frames=(60, 30))
    recording = open_recording(project)
    assert len(recording.gaze) == 260
    assert recording.gaze.time_ns[160] == gaze_us(2, 0) * 1000
    assert recording.scene.time_ns[[0, 59, 60, 89]].tolist() == [
        time * 1000 for time in (frame_us(1, 0), frame_us(1, 59), frame_us(2, 0), frame_us(2, 29))
    ]
    assert [number_of(image) for image in recording.scene.frames([5, 60, 65])] == [5, 7, 12]
    assert recording.warnings == ()
    second = open_recording(segment_of(project, 2))
    assert (second.name, len(second.gaze), len(second.scene.time_ns), second.warnings) == (f"{RECORDING}-2", 100, 30, ())
    assert np.allclose(second.gaze.point_px[0], np.array(point(2, 0)) * SIZE)


def test_ten_segments_are_in_the_order_of_their_numbers(tmp_path):
    project = without_video(tmp_path)
    for number in range(2, 12):
        folder = segment_of(project, number)
        folder.mkdir()
        write_lines(folder / "livedata.json.gz", packets_of(number, 3))
    gaze = open_recording(project).gaze
    assert gaze.time_ns[160::3].tolist() == [gaze_us(number, 0) * 1000 for number in range(2, 12)]


def test_a_segment_without_video_is_named(tmp_path):
    project = write_tobii_g2(tmp_path / "project", samples=(160, 100), frames=(60, None))
    recording = open_recording(project)
    assert recording.notes == ("segment 2: fullstream.mp4 is missing",)
    assert (len(recording.scene.time_ns), len(recording.gaze)) == (60, 260)


def test_a_segment_that_was_copied_alone(tmp_path, project):
    (tmp_path / "card").mkdir()
    for name in ("livedata.json.gz", "fullstream.mp4"):
        (tmp_path / "card" / name).write_bytes((segment_of(project) / name).read_bytes())
    recording = open_recording(tmp_path / "card")
    assert (recording.name, recording.device, recording.camera) == ("card", "Tobii Pro Glasses 2", None)
    assert recording.notes == ("recording.json is missing: the names are not known",)
    assert recording.scene.time_ns[0] == frame_us(1, 0) * 1000


def test_several_recordings_in_a_project(tmp_path):
    project = write_tobii_g2(without_video(tmp_path), frames=(None,), recording="zi4xmt2")
    with pytest.raises(RecordingError, match=r"is a project of 2 recordings; open one of them: .*gzz7stc, .*zi4xmt2") as caught:
        open_recording(project)
    assert "\n" not in str(caught.value)
    assert open_recording(project / "recordings" / "zi4xmt2").name == "zi4xmt2"


def test_the_camera_is_scaled_to_the_video(project, tmp_path):
    native, small = open_recording(without_video(tmp_path)).camera, open_recording(project).camera
    assert native.matrix.tolist() == [[1136.5, 0, 921.125], [0, 1136.25, 548.25], [0, 0, 1]]
    assert native.distortion.tolist() == pytest.approx([0.0625, -0.3125, -0.0005, -0.00025, 0.3125], abs=1e-9)
    assert (native.size_px, small.size_px) == ((1920, 1080), SIZE)
    assert np.allclose(small.degrees([[20.0, 10.0]]), native.degrees([[600.0, 300.0]]))


def test_without_video_and_calibration_the_size_is_the_devices(tmp_path):
    project = without_video(tmp_path)
    (segment_of(project) / "et.tslv.gz").unlink()
    recording = open_recording(project)
    assert np.allclose(recording.gaze.point_px[0], np.array(point(1, 0)) * (1920, 1080))
    assert recording.gaze.notes == ("gaze is in pixels of 1920x1080, the frame size of every Glasses 2",)


def test_events_imu_and_eyes(project):
    recording = open_recording(project)
    assert [(event.name, event.time_ns - gaze_us(1, 0) * 1000, event.text) for event in recording.events] == [
        ("task", 200_000_000, "pour the tea"),
        ("syncport out 1", 300_000_000, ""),
    ]
    imu, eyes = recording.stream("imu"), recording.stream("eye_state")
    assert (len(imu), len(eyes)) == (28, 160)
    assert imu.values["acceleration_y_m_per_s2"][0] == -10.146
    assert np.isnan(imu.values["gyro_x_deg_per_s"][0])
    assert np.isfinite(imu.values["gyro_x_deg_per_s"]).sum() == 7
    assert eyes.values["pupil_diameter_right_mm"][0] == 5.44
    assert eyes.values["gaze_origin_right_x_mm"][0] == -27.72
    assert np.flatnonzero(np.isnan(eyes.values["gaze_point_z_mm"])).tolist() == list(LOST)


def test_glasses_that_were_not_calibrated_are_told(tmp_path):
    project = without_video(tmp_path)
    (segment_of(project) / "segment.json").write_text('{"seg_calibrated": false}')
    assert "segment 1 was recorded without calibrating the glasses to the wearer" in open_recording(project).notes


def test_the_recordings_own_count_is_compared(tmp_path):
    project = without_video(tmp_path)
    packets(lambda found: found[:-200])(segment_of(project))
    assert open_recording(project).gaze.notes[0].startswith("recording.json tells of 160 gaze samples, livedata.json.gz has 1")


def test_clocks_that_drift_are_tied_in_proportion(tmp_path):
    """The video's clock runs 0.1% fast: after 16 frames it is 640 us ahead."""
    project = write_tobii_g2(tmp_path / "project")
    packets(lambda found: [{**packet, "vts": round(packet["vts"] * 1.001)} if "vts" in packet else packet for packet in found])(
        segment_of(project)
    )
    offset = open_recording(project).scene.time_ns / 1000 - [frame_us(1, index) for index in range(60)]
    assert offset[0] == 0
    assert offset[8] == pytest.approx(-320, abs=1)
    assert offset[[32, 59]] == pytest.approx(-1280, abs=2)


def packets(change):
    """The device's packets of a segment, changed by a function of the list."""
    return lambda segment: write_lines(segment / "livedata.json.gz", change(packets_of(1, 160)))


def put(name: str, content: bytes):
    return lambda segment: (segment / name).write_bytes(content)


def replaced(kind: str, **values):
    """The fourth packet of a kind with other values; a value of ... is left out."""

    def change(found: list) -> list:
        index = [place for place, packet in enumerate(found) if kind in packet][3 if kind == "gp" else 1]
        packet = {**found[index], **values}
        return [*found[:index], {key: value for key, value in packet.items() if value is not ...}, *found[index + 1 :]]

    return packets(change)


def packed() -> bytes:
    return gzip.compress("".join(json.dumps(packet) + "\n" for packet in packets_of(1, 160)).encode())


NOTED = {
    "no time": (replaced("gp", ts=...), 159, "1 of .* lines of livedata.json.gz are broken: left out"),
    "time in words": (replaced("gp", ts="soon"), 159, "1 of .* lines of livedata.json.gz are broken: left out"),
    "time is NaN": (replaced("gp", ts=float("nan")), 159, "1 of .* lines of livedata.json.gz are broken: left out"),
    "time is huge": (replaced("gp", ts=10**300), 159, "1 of .* lines of livedata.json.gz are broken: left out"),
    "no status": (replaced("gp", s=...), 159, "1 of .* lines of livedata.json.gz are broken: left out"),
    "status in words": (replaced("gp", s="fine"), 159, "1 of .* lines of livedata.json.gz are broken: left out"),
    "no point": (replaced("gp", gp="here"), 160, "1 of 160 gaze points are no pair of numbers: not valid"),
    "late": (replaced("gp", ts=gaze_us(1, 1) + 7), 160, "gaze time ran backwards 1 times: samples sorted by time"),
    "double": (replaced("gp", ts=gaze_us(1, 2)), 159, "1 gaze samples bear the time of another"),
    "cut": (put("livedata.json.gz", packed()[:-400]), None, "livedata.json.gz is cut short: its first"),
    "wrong checksum": (put("livedata.json.gz", packed()[:-8] + b"\0" * 8), 160, "livedata.json.gz is damaged: its first"),
    "stray vts": (replaced("vts", vts=5_000_000), 160, "segment 1: 1 of 3 packets 'vts' contradict the others: not used"),
    "broken calibration": (put("et.tslv.gz", b"x"), 160, "the frame size of every Glasses 2"),
}


@pytest.mark.parametrize(("break_it", "samples", "note"), NOTED.values(), ids=NOTED.keys())
def test_what_is_broken_is_counted(tmp_path, break_it, samples, note):
    project = without_video(tmp_path)
    break_it(segment_of(project))
    recording = open_recording(project)
    assert len(recording.gaze) == samples if samples else 20 < len(recording.gaze) < 160
    with pytest.raises(AssertionError, match=note):
        raise AssertionError("\n".join(recording.warnings))


@pytest.mark.parametrize("status", [1, 2, 4, 16, 0.5, -1], ids=str)
def test_any_status_but_zero_is_not_valid(tmp_path, status):
    project = without_video(tmp_path)
    replaced("gp", s=status)(segment_of(project))
    gaze = open_recording(project).gaze
    assert not gaze.valid[3]
    assert np.isfinite(gaze.point_px[3]).all(), "the point that came is kept"


def test_a_stray_tie_moves_no_frame(tmp_path):
    project = write_tobii_g2(tmp_path / "project")
    replaced("vts", vts=5_000_000)(segment_of(project))
    scene = open_recording(project).scene
    assert scene.time_ns.tolist() == [frame_us(1, index) * 1000 for index in range(60)]


def backwards(found: list) -> list:
    gaze = [packet for packet in found if "gp" in packet]
    return gaze[::-1]


BROKEN = {
    "empty": (put("livedata.json.gz", b""), "gaze", "livedata.json.gz has no gaze samples"),
    "not gzipped": (put("livedata.json.gz", b"x" * 99), "gaze", "livedata.json.gz is not gzipped"),
    "no gaze in it": (packets(lambda found: [packet for packet in found if "gp" not in packet]), "gaze", "has no gaze samples"),
    "backwards": (packets(backwards), "gaze", "gaze time runs backwards at 159 of 160"),
    "standing": (
        packets(lambda found: [{**packet, "ts": 5} for packet in found]), "gaze", "160 gaze samples have only 1 different times"
    ),
    "bomb": (put("livedata.json.gz", gzip.compress(b"\0" * 2**25)), "gaze", "has a line longer than 65536 bytes"),
    "bomb of packets": (
        put("livedata.json.gz", gzip.compress(b'{"ts":1,"s":0,"gp":[0.5,0.5]}' + b" " * 50_000 + b"\n") * 1000),
        "gaze", "unpacks to more than|have only 1 different times",
    ),
    "calibration is no gzip": (put("et.tslv.gz", b"x"), "camera", "et.tslv.gz cannot be read"),
    "calibration is cut": (put("et.tslv.gz", gzip.compress(tslv())[:40]), "camera", "et.tslv.gz"),
    "no calibration": (put("et.tslv.gz", gzip.compress(tslv()[:30])), "camera", "has no calibration of the scene camera"),
    "calibration is NaN": (
        put("et.tslv.gz", gzip.compress(tslv().replace(b"\x00\x10\x8e\x44", b"\xff\xff\xff\xff"))), "camera", "are not finite"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "stream", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken(tmp_path, break_it, stream, message):
    project = without_video(tmp_path)
    break_it(segment_of(project))
    recording = open_recording(project)
    with pytest.raises(RecordingError, match=message) as caught:
        recording.stream(stream)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_video_without_vts_is_on_no_clock(tmp_path):
    project = write_tobii_g2(tmp_path / "project")
    packets(lambda found: [packet for packet in found if "vts" not in packet])(segment_of(project))
    with pytest.raises(RecordingError, match=r"has no packet 'vts' in livedata.json.gz"):
        _ = open_recording(project).scene


def test_segments_with_clocks_of_their_own(tmp_path):
    project = write_tobii_g2(tmp_path / "project", samples=(160, 100), frames=(None, None))
    write_lines(segment_of(project, 2) / "livedata.json.gz", packets_of(1, 100))
    with pytest.raises(RecordingError, match=r"segments/2 starts before the segment that it follows has ended.* one by one"):
        _ = open_recording(project).gaze


def test_a_segment_without_packets(tmp_path):
    project = write_tobii_g2(tmp_path / "project")
    (segment_of(project) / "livedata.json.gz").unlink()
    recording = open_recording(project)
    assert recording.notes == ("segment 1: livedata.json.gz is missing",)
    with pytest.raises(RecordingError, match=r"has no gaze stream .*A segment of the Glasses 2 has livedata.json.gz"):
        _ = recording.gaze


def test_a_broken_video_is_named(tmp_path):
    project = write_tobii_g2(tmp_path / "project")
    (segment_of(project) / "fullstream.mp4").write_bytes(b"no video at all" * 99)
    with pytest.raises(VideoError, match=r"fullstream.mp4 is no video"):
        _ = open_recording(project).gaze


def link(path: str):
    def change(project: Path) -> None:
        outside = project.parent / "outside"
        (project / path).rename(outside)
        (project / path).symlink_to(outside)

    return change


def wearer_elsewhere(project: Path) -> None:
    file = project / "recordings" / RECORDING / "recording.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "rec_participant": "../../elsewhere"}))


OUTSIDE = {
    "link to packets": link(f"recordings/{RECORDING}/segments/1/livedata.json.gz"),
    "link to video": link(f"recordings/{RECORDING}/segments/1/fullstream.mp4"),
    "link to segment": link(f"recordings/{RECORDING}/segments/1"),
    "link to recording": link(f"recordings/{RECORDING}"),
    "link to names": link(f"recordings/{RECORDING}/recording.json"),
    "link to wearers": link("participants"),
    "wearer elsewhere": wearer_elsewhere,
}


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("lead_out", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_nothing_outside_of_the_project_is_read(tmp_path, lead_out):
    project = write_tobii_g2(tmp_path / "project", frames=(3,), samples=(5,))
    lead_out(project)
    with pytest.raises(RecordingError, match="leads out of the recording's folder; only files inside of it are read"):
        open_recording(project)


def test_flipped_bits_end_in_a_typed_error_or_a_recording(tmp_path):
    whole, rng = packed(), np.random.default_rng(7)
    project = without_video(tmp_path)
    for _ in range(25):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
        (segment_of(project) / "livedata.json.gz").write_bytes(data)
        try:
            recording = open_recording(project)
            told = recording.gaze
        except FoveateError:
            continue
        assert len(told) == 160 or recording.warnings


@pytest.mark.parametrize("stream", ["gaze", "eye_state", "imu"])
def test_more_samples_than_a_recording_has(tmp_path, monkeypatch, stream):
    monkeypatch.setitem(check_count.__kwdefaults__, "most", 20)
    recording = open_recording(without_video(tmp_path))
    with pytest.raises(RecordingError, match=r"with more than 20 (gaze )?samples is none"):
        recording.stream(stream)


def test_names_are_data(tmp_path):
    project = without_video(tmp_path)
    system = {"hu_serial": "../../TG02\n\x1b[31m" + "x" * 900}
    (project / "recordings" / RECORDING / "sysinfo.json").write_text(json.dumps(system))
    device = open_recording(project).device
    assert device.startswith("Tobii Pro Glasses 2 (../../TG02 [31mxx")
    assert device.isprintable()
    assert len(device) < 250


def test_files_that_were_unpacked_already_are_read(tmp_path, project):
    unpacked = write_tobii_g2(tmp_path / "raoscyb")
    for file in unpacked.rglob("*.gz"):
        file.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
        file.unlink()
    recording, other = open_recording(unpacked), open_recording(project)
    assert recording.gaze.point_px.tobytes() == other.gaze.point_px.tobytes()
    assert recording.gaze.time_ns.tobytes() == other.gaze.time_ns.tobytes()
    assert recording.camera.matrix.tolist() == other.camera.matrix.tolist()
    assert recording.warnings == other.warnings
    assert open_recording(segment_of(unpacked)).format == "tobii_g2"
