"""Pupil Core: faithful folders of Capture and of Player made on the spot, and every way that they are broken."""

import os
import shutil

import msgpack
import numpy as np
import polars as pl
import pytest

from foveate.errors import RecordingError, VideoError
from foveate.recording import open_recording
from foveate.recording.info import facts
from writers.pupil_core import (
    DISTORTION,
    START_S,
    confidences,
    frame_seconds,
    gaze_data,
    gaze_seconds,
    gaze_table,
    lens,
    pack,
    shares,
    write_pupil_core,
    write_pupil_export,
)  # fmt: skip
from writers.video import SIZE, number_of


def ns(seconds) -> list[int]:
    return np.round(np.asarray(seconds) * 1e9).astype(np.int64).tolist()


def pixels(samples: int) -> np.ndarray:
    """What ``shares`` are from the top left."""
    return (shares(samples) * [1, -1] + [0, 1]) * np.array(SIZE)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """A folder of Capture, with an export in it."""
    folder = write_pupil_core(tmp_path_factory.mktemp("core") / "2024_01_01" / "000")
    write_pupil_export(folder / "exports" / "000")
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A folder of Capture without its video, to be copied and broken."""
    return write_pupil_core(tmp_path_factory.mktemp("core") / "rec", video=False)


@pytest.fixture
def copy(plain, tmp_path):
    return shutil.copytree(plain, tmp_path / "rec")


@pytest.fixture
def export(plain, tmp_path):
    """An export without video inside of a recording without video."""
    return write_pupil_export(shutil.copytree(plain, tmp_path / "rec") / "exports" / "001", video=False)


# what is read


@pytest.mark.parametrize("where", [".", "exports/000"], ids=["capture", "player"])
def test_gaze_counts_from_the_bottom(filmed, where):
    recording = open_recording(filmed / where)
    gaze = recording.gaze
    assert (recording.format, recording.device) == ("pupil_core", "Pupil Core")
    assert gaze.time_ns.tolist() == ns(gaze_seconds(100))
    assert np.allclose(gaze.point_px, pixels(100))
    assert np.allclose(gaze.point_px[:, 1], 36)
    assert gaze.valid.tolist() == (confidences(100) >= 0.6).tolist()
    assert np.array_equal(gaze.confidence, confidences(100))
    assert gaze.notes == ("10 of 100 gaze samples have a confidence below 0.6: not valid",)


@pytest.mark.parametrize("where", [".", "exports/000"], ids=["capture", "player"])
def test_frames_have_the_times_of_world_timestamps(filmed, where):
    scene = open_recording(filmed / where).scene
    assert (scene.time_ns.tolist(), scene.size_px, scene.notes) == (ns(frame_seconds(20)), SIZE, ())
    assert [number_of(image) for image in scene.frames([0, 7, 19])] == [0, 7, 19]


@pytest.mark.parametrize("where", [".", "exports/000"], ids=["capture", "player"])
def test_annotations_are_events(filmed, where):
    assert [(event.name, event.time_ns) for event in open_recording(filmed / where).events] == [("grasps", ns(START_S + 0.5))]


def test_fixations_and_blinks_of_player(filmed):
    recording = open_recording(filmed / "exports" / "000")
    fixations, blinks = recording.stream("fixations"), recording.stream("blinks")
    assert fixations.start_ns.tolist() == ns(START_S + np.array([0.1, 0.5]))
    assert (fixations.stop_ns - fixations.start_ns).tolist() == [200_500_000, 160_000_000]
    assert (fixations.point_px.tolist(), fixations.number.tolist()) == ([[16, 36], [32, 12]], [1, 2])
    assert (blinks.start_ns.tolist(), blinks.stop_ns.tolist()) == (ns([START_S + 0.3]), ns([START_S + 0.4]))


def test_camera_of_the_frame_size(filmed):
    for folder in (filmed, filmed / "exports" / "000"):
        camera = open_recording(folder).camera
        assert (camera.size_px, camera.matrix[0, 0], camera.distortion.tolist()) == (SIZE, 794.3, DISTORTION[0])


def test_names_tell_more_than_000(filmed):
    assert open_recording(filmed).name == "2024_01_01-000"
    assert open_recording(filmed / "exports" / "000").name == "2024_01_01-000-exports-000"


def test_parts_of_the_world_video(tmp_path):
    scene = open_recording(write_pupil_core(tmp_path / "rec", frames=(6, 4))).scene
    assert scene.time_ns.tolist() == [*ns(frame_seconds(6)), *ns(frame_seconds(4, part=1))]
    assert [number_of(image) for image in scene.frames([0, 5, 6, 9])] == [0, 5, 6, 9]


def test_older_columns_and_times_as_csv(tmp_path):
    recording = open_recording(write_pupil_export(tmp_path / "rec", older=True, times="csv"))
    assert recording.scene.time_ns.tolist() == ns(frame_seconds(20))
    assert recording.gaze.time_ns.tolist() == ns(gaze_seconds(100))


def test_an_export_shows_what_player_drew_unless_it_has_no_video(filmed, tmp_path):
    note = "the video of an export shows what Player drew into it: remove it, to use the recording's own"
    recording = open_recording(filmed / "exports" / "000")
    assert recording.notes == (note,)
    folder = shutil.copytree(filmed, tmp_path / "001")
    for name in ("world.mp4", "world_timestamps.npy"):
        (folder / "exports" / "000" / name).unlink()
    recording = open_recording(folder / "exports" / "000")
    assert (recording.notes, len(recording.scene.time_ns)) == ((), 20)
    assert np.allclose(recording.gaze.point_px, pixels(100))


def test_without_video_the_lens_tells_the_size(plain):
    recording = open_recording(plain)
    told = facts(recording)
    assert np.allclose(recording.gaze.point_px, pixels(100))
    assert (told["width"], told["height"], told["frames"], told["frames_with_video"]) == (64, 48, 20, 0)
    assert (told["gaze_samples"], told["gaze_valid"], told["video_to_gaze_offset_ms"]) == (100, 90, 10)
    with pytest.raises(RecordingError, match="has no scene stream"):
        _ = recording.scene


def test_where_nothing_tells_the_size_gaze_has_no_pixels(copy):
    (copy / "world.intrinsics").unlink()
    told = facts(open_recording(copy))
    assert (told["width"], told["gaze_samples"], told["gaze_valid"], told["gaze_rate_hz"]) == (None, 100, 0, 125)
    assert any("declare frame_size" in warning for warning in told["warnings"])
    gaze = open_recording(copy, format="pupil_core", frame_size="128x96").gaze
    assert np.allclose(gaze.point_px, 2 * pixels(100))


def test_without_frame_times(copy):
    (copy / "world_timestamps.npy").unlink()
    told = facts(open_recording(copy))
    assert (told["frames"], told["gaze_valid"]) == (None, 90)
    assert "world_timestamps.npy is missing: it is not known when frames were seen" in told["warnings"]


@pytest.mark.parametrize(("declared", "valid"), [(0.4, 95), ("0.99", 0), (0, 100)], ids=["0.4", "text", "all"])
def test_confidence_is_declarable(plain, declared, valid):
    for format in (None, "pupil_core"):
        assert open_recording(plain, format=format, min_confidence=declared).gaze.valid.sum() == valid


def test_what_core_does_not_take_is_declared_of_a_table(plain):
    with pytest.raises(RecordingError, match="cannot tell which file is the video"):
        open_recording(plain, min_confidence=0.5, x="norm_pos_x", y="norm_pos_y")


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        pytest.param({"min_confidence": 1.5}, r"min_confidence should be in \[0, 1\], got 1.5", id="confidence"),
        pytest.param({"min_confidence": "high"}, r"min_confidence should be in \[0, 1\], got 'high'", id="word"),
        pytest.param({"frame_size": "1280"}, "frame_size should be such as 1280x720, got '1280'", id="size"),
        pytest.param({"min_confidenc": 1}, "did you mean 'min_confidence'", id="spelling"),
    ],
)
def test_wrong_declarations(plain, declared, message):
    with pytest.raises(RecordingError, match=message):
        open_recording(plain, format="pupil_core", **declared)


def test_a_declared_size_must_be_the_videos(filmed):
    with pytest.raises(RecordingError, match=r"frame_size is declared .*10.*, but the video has .*64"):
        _ = open_recording(filmed, format="pupil_core", frame_size="10x10").gaze


def test_a_wide_lens(copy):
    (copy / "world.intrinsics").write_bytes(lens("fisheye"))
    camera = open_recording(copy).camera
    assert (camera.model, camera.distortion.tolist()) == ("kannala_brandt", DISTORTION[0][:4])


@pytest.mark.parametrize("kind", ["dummy", "fish", 3], ids=str)
def test_a_lens_that_is_not_known_is_told(copy, kind):
    (copy / "world.intrinsics").write_bytes(lens(kind))
    recording = open_recording(copy)
    assert recording.camera is None
    assert f"world.intrinsics tells a '{kind}' lens, which is not used" in recording.notes[0]
    assert np.allclose(recording.gaze.point_px, pixels(100))


def test_recorded_without_calibration(copy):
    (copy / "gaze.pldata").write_bytes(b"")
    recording = open_recording(copy)
    assert facts(recording)["gaze_samples"] is None
    with pytest.raises(RecordingError, match=r"has no gaze stream.*calibrate it in Pupil Player, export it"):
        _ = recording.gaze


def test_an_exported_table_beside_the_recorded_gaze_wins(copy):
    pl.DataFrame(gaze_table(60)).write_csv(copy / "gaze_positions.csv")
    recording = open_recording(copy)
    assert len(recording.gaze) == 60
    assert recording.notes == ("gaze.pldata is not used: gaze_positions.csv beside it is",)


def test_a_folder_with_a_declaration_is_a_table(copy):
    (copy / "foveate.toml").write_text("[table]\n")
    with pytest.raises(RecordingError, match="cannot tell which file is the video"):
        open_recording(copy)


def test_before_version_1_16(tmp_path):
    (tmp_path / "pupil_data").write_bytes(b"x")
    with pytest.raises(RecordingError, match=r"Open it once in Pupil Player 1\.16 or newer"):
        open_recording(tmp_path)


# what is odd, and counted


def data(change=lambda data: data):
    """Rewrite gaze.pldata with changed data, and its times gone."""

    def write(folder):
        (folder / "gaze.pldata").write_bytes(pack(change(gaze_data(100))))
        (folder / "gaze_timestamps.npy").unlink()

    return write


def with_cells(key: str, cells: dict):
    """Other values under a key of some data."""
    changed = {k: {key: value} for k, value in cells.items()}
    return data(lambda found: [(topic, datum | changed.get(k, {})) for k, (topic, datum) in enumerate(found)])


def reordered(order):
    return data(lambda data: [data[k] for k in order])


def cut(name: str, by: int):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-by])


def put(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes(content)


def append(name: str, content: bytes):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + content)


def npy(name: str, values):
    return lambda folder: np.save(folder / name, np.asarray(values))


UNSURE = "10 of 100 gaze samples have a confidence below 0.6: not valid"
LATE = [*range(10), *(k + d for k in range(10, 90, 2) for d in (1, 0)), *range(90, 100)]
ODD = {
    "times beside": (npy("gaze_timestamps.npy", gaze_seconds(100) + 0.1), 100, 90, (UNSURE,)),
    "fewer times": (
        npy("gaze_timestamps.npy", gaze_seconds(90)), 100, 90,
        ("gaze_timestamps.npy has 90 times for 100 samples: those in gaze.pldata are used", UNSURE),
    ),
    "nan time": (with_cells("timestamp", {3: float("nan")}), 99, 89, ("1 of 100 gaze samples have no time: left out", None)),
    "time is text": (with_cells("timestamp", {3: "soon"}), 99, 89, ("1 of 100 gaze samples have no time: left out", None)),
    "endless time": (with_cells("timestamp", {3: 1e300}), 99, 89, ("1 of 100 gaze samples have no time: left out", None)),
    "nan point": (with_cells("norm_pos", {3: [float("nan"), 0.5]}), 100, 89, (UNSURE,)),
    "no point": (with_cells("norm_pos", {3: None, 4: [1], 5: ["a", "b"]}), 100, 87, (UNSURE,)),
    "no confidence": (
        with_cells("confidence", {3: None}), 100, 89, ("11 of 100 gaze samples have a confidence below 0.6: not valid",)
    ),
    "pairs late": (
        reordered(LATE), 100, 90, ("40 gaze samples came late, by up to 8 ms: sorted by time", UNSURE),
    ),
    "double": (
        data(lambda data: data[:50] + data[49:]), 100, 90,
        (None, "1 gaze samples bear the time of another: the first of each time is used"),
    ),
    "far": (with_cells("norm_pos", {3: [1e9, 0.5]}), 100, 89, (UNSURE, None)),
    "a datum is broken": (
        data(lambda data: [*data[:3], ("gaze", [1]), *data[4:]]), 99, 89,
        ("1 of 100 data of gaze.pldata are broken: left out", None),
    ),
    "cut": (
        cut("gaze.pldata", 10), 99, 90,
        (
            f"gaze.pldata is cut or damaged: after 99 data, {len(pack(gaze_data(100)[99:])) - 10} bytes are left out",
            "gaze_timestamps.npy has 100 times for 99 samples: those in gaze.pldata are used", None,
        ),
    ),
    "claims too much": (
        append("gaze.pldata", b"\xdd\xff\xff\xff\xff"), 100, 90,
        ("gaze.pldata is cut or damaged: after 100 data, 5 bytes are left out", UNSURE),
    ),
    "too deep": (
        append("gaze.pldata", b"\x91" * 5000), 100, 90,
        ("gaze.pldata is cut or damaged: after 100 data, 5000 bytes are left out", UNSURE),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "samples", "valid", "notes"), ODD.values(), ids=ODD.keys())
def test_odd_gaze_is_counted(copy, change, samples, valid, notes):
    change(copy)
    gaze = open_recording(copy).gaze
    assert (len(gaze), int(gaze.valid.sum())) == (samples, valid)
    assert len(gaze.notes) == len(notes)
    assert all(expected in (None, told) for told, expected in zip(gaze.notes, notes, strict=True))
    assert np.all(np.diff(gaze.time_ns) > 0)


def test_times_corrected_beside_the_samples_are_used(copy):
    np.save(copy / "gaze_timestamps.npy", gaze_seconds(100) + 0.1)
    assert open_recording(copy).gaze.time_ns.tolist() == ns(gaze_seconds(100) + 0.1)


def test_an_odd_frame_time_is_repaired_and_counted(copy):
    times = frame_seconds(20)
    times[4] = np.nan
    np.save(copy / "world_timestamps.npy", times)
    unseen = open_recording(copy).stream("unseen_scene")
    assert np.abs(unseen.time_ns - ns(frame_seconds(20))).max() <= 40_000_000
    assert unseen.notes == ("1 of 20 frame times ran backwards or stood still: put between their neighbours",)


def test_broken_annotations_are_counted(copy):
    good = ("annotation", {"label": "grasps", "timestamp": START_S})
    (copy / "annotation.pldata").write_bytes(pack([good, ("annotation", {"label": "when?"}), ("annotation", 3)]))
    recording = open_recording(copy)
    assert [event.name for event in recording.events] == ["grasps"]
    assert "2 annotations are broken or have no time: left out" in recording.warnings


# what is broken


class Evil:
    """An array of objects is unpickled, unless forbidden."""

    def __reduce__(self):
        return os.mkdir, ("evil",)


def linked(name: str):
    """A link out of the folder."""

    def link(folder):
        (folder / name).rename(folder.parent.parent / name)
        os.symlink(folder.parent.parent / name, folder / name)

    return link


def huge(name: str, size: int):
    return lambda folder: os.truncate(folder / name, size)


def npy_header(shape: str):
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


RESET = np.concatenate([gaze_seconds(50), gaze_seconds(50) - 300_000])
BROKEN = {
    "no data": (data(lambda data: []), "gaze", "has no gaze stream"),
    "text": (put("gaze.pldata", b"no data at all"), "gaze", "gaze.pldata has no gaze samples"),
    "zeros": (huge("gaze.pldata", 100 * 2**20), "gaze", r"[0-9]+ of the first [0-9]+ data are not what Pupil Capture"),
    "too large": (huge("gaze.pldata", 20 * 2**30), "gaze", "gaze.pldata has 20 GiB"),
    "backwards": (reordered(range(99, -1, -1)), "gaze", "gaze time runs backwards at 99 of 100"),
    "time stands": (with_cells("timestamp", dict.fromkeys(range(100), START_S)), "gaze", "only 1 different times"),
    "clock set anew": (npy("gaze_timestamps.npy", RESET), "gaze", "the clock jumps back by 300000.4 s: it was set anew"),
    "other time": (npy("gaze_timestamps.npy", gaze_seconds(100) + 900), "gaze", "do not overlap in time"),
    "confidence": (with_cells("confidence", {3: 96}), "gaze", "confidence runs from 0 to 96, expected 0 to 1"),
    "endless times": (npy("gaze_timestamps.npy", [1e30] * 100), "gaze", r"the time 1e\+30 s is out of range"),
    "times of objects": (npy("gaze_timestamps.npy", [Evil()] * 100), "gaze", "gaze_timestamps.npy is no NumPy file of numbers"),
    "times of text": (npy("gaze_timestamps.npy", ["a"] * 100), "gaze", "gaze_timestamps.npy holds <U1"),
    "times in two rows": (npy("gaze_timestamps.npy", np.zeros((50, 2))), "gaze", r"of shape \(50, 2\), expected seconds"),
    "times cut": (cut("gaze_timestamps.npy", 300), "gaze", "gaze_timestamps.npy is no NumPy file"),
    "times claim too much": (put("gaze_timestamps.npy", npy_header("(999999999999,)")), "gaze", "is no NumPy file of numbers"),
    "times claim nonsense": (put("gaze_timestamps.npy", npy_header("(-1,)")), "gaze", "is no NumPy file of numbers"),
    "times without end": (put("gaze_timestamps.npy", npy_header("(").replace(b"}", b" ")), "gaze", "is no NumPy file"),
    "times gigantic": (huge("gaze_timestamps.npy", 600 * 2**20), "gaze", "gaze_timestamps.npy has 600 MiB; at most 512 MiB"),
    "no frame times": (npy("world_timestamps.npy", [np.nan] * 3), "unseen_scene", "world_timestamps.npy has no frame times"),
    "empty frame times": (put("world_timestamps.npy", b""), "unseen_scene", "world_timestamps.npy is no NumPy file"),
    "lens": (put("world.intrinsics", b"\xc1"), "camera", "world.intrinsics is no msgpack"),
    "lens is a list": (put("world.intrinsics", msgpack.packb([1])), "camera", "should hold a msgpack map, found a tuple"),
    "lens too large": (huge("world.intrinsics", 2**22), "camera", "world.intrinsics has 4194304 bytes"),
    "lens without matrix": (put("world.intrinsics", msgpack.packb({"(64, 48)": {}})), "camera", "no camera .'camera_matrix'"),
    "lens of text": (
        put("world.intrinsics", msgpack.packb({"(64, 48)": {"camera_matrix": "x", "dist_coefs": [0]}})), "camera", "no camera"
    ),
    "link": (linked("gaze.pldata"), "gaze", "'gaze.pldata' leads out of the recording's folder"),
    "link of times": (linked("gaze_timestamps.npy"), "gaze", "leads out of the recording's folder"),
    "link of frame times": (linked("world_timestamps.npy"), "unseen_scene", "leads out of the recording's folder"),
    "link of lens": (linked("world.intrinsics"), "camera", "leads out of the recording's folder"),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "stream", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_capture(copy, break_it, stream, message):
    break_it(copy)
    recording = open_recording(copy)
    with pytest.raises(RecordingError, match=message) as caught:
        recording.stream(stream)
    assert "\n" not in str(caught.value)
    assert str(copy) in str(caught.value)
    assert not os.path.exists("evil")


def table(**columns):
    """gaze_positions.csv with other columns; None drops one."""
    rows = {name: values for name, values in (gaze_table(100) | columns).items() if values is not None}
    return lambda folder: pl.DataFrame(rows, strict=False).write_csv(folder / "gaze_positions.csv")


BROKEN_EXPORT = {
    "empty": (put("gaze_positions.csv", b""), "gaze", "gaze_positions.csv is an empty file"),
    "no rows": (table(**{name: [] for name in gaze_table(1)}), "gaze", "gaze_positions.csv has no gaze samples"),
    "no table": (put("gaze_positions.csv", b"\x00\xff" * 999), "gaze", "gaze_positions.csv (has no column|cannot be read)"),
    "spelling": (
        table(norm_pos_x=None, norm_posx=[0.5] * 100),
        "gaze",
        "no column 'norm_pos_x' .*did you mean 'norm_posx'",
    ),
    "no confidence": (table(confidence=None), "gaze", "no column 'confidence'"),
    "no time": (table(gaze_timestamp=None), "gaze", "no column 'gaze_timestamp' for time"),
    "endless time": (table(gaze_timestamp=[1e30] * 100), "gaze", "is out of range"),
    "confidence": (table(confidence=[-1] * 100), "gaze", "confidence runs from -1 to 0, expected 0 to 1"),
    "gigantic": (huge("gaze_positions.csv", 600 * 2**20), "gaze", "gaze_positions.csv has 600 MiB"),
    "link": (linked("gaze_positions.csv"), "gaze", "'gaze_positions.csv' leads out of the recording's folder"),
    "fixations": (put("fixations.csv", b"id,start_timestamp\n1,2\n"), "fixations", "fixations.csv has no column 'duration'"),
    "annotations": (put("annotations.csv", b"timestamp,lable\n1,2\n"), "events", "no column 'label' .*did you mean 'lable'"),
}


@pytest.mark.parametrize(("break_it", "stream", "message"), BROKEN_EXPORT.values(), ids=BROKEN_EXPORT.keys())
def test_broken_export(export, break_it, stream, message):
    break_it(export)
    recording = open_recording(export)
    with pytest.raises(RecordingError, match=message) as caught:
        recording.stream(stream)
    assert "\n" not in str(caught.value)
    assert str(export) in str(caught.value)


def test_odd_export_is_counted(export):
    columns = gaze_table(100)
    time, x, sure = (columns[name].astype(str).tolist() for name in ("gaze_timestamp", "norm_pos_x", "confidence"))
    time[3], x[4], sure[5] = "", "nan", "-nan"
    table(gaze_timestamp=time, norm_pos_x=x, confidence=sure)(export)
    gaze = open_recording(export).gaze
    assert (len(gaze), int(gaze.valid.sum())) == (99, 87)
    assert gaze.notes == (
        "1 of 100 gaze samples have no time: left out",
        "11 of 99 gaze samples have a confidence below 0.6: not valid",
    )


FILMED = {
    "no frame times": (lambda folder: (folder / "world_timestamps.npy").unlink(), RecordingError, "mp4 has no frame times"),
    "link": (linked("world.mp4"), RecordingError, "'world.mp4' leads out of the recording's folder"),
    "cut": (cut("world.mp4", 3000), VideoError, "world.mp4"),
    "empty": (put("world.mp4", b""), VideoError, "world.mp4 is empty"),
}


@pytest.mark.parametrize(("break_it", "error", "message"), FILMED.values(), ids=FILMED.keys())
def test_broken_scene(filmed, tmp_path, break_it, error, message):
    folder = shutil.copytree(filmed, tmp_path / "above" / "000")
    break_it(folder)
    with pytest.raises(error, match=message):
        _ = open_recording(folder).scene


def test_more_times_than_frames_are_counted(filmed, tmp_path):
    folder = shutil.copytree(filmed, tmp_path / "000")
    np.save(folder / "world_timestamps.npy", frame_seconds(23))
    scene = open_recording(folder).scene
    assert (len(scene.time_ns), scene.timed_frames) == (20, 23)
    assert scene.notes == ("world.mp4 has 20 frames and 23 frame times: the first 20 are used",)
