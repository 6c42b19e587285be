"""A video and a table: every way to declare one, what is recognised without, and every way that one is wrong."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveate.clock import Span
from foveate.errors import RecordingError, VideoError
from foveate.recording import columns, open_recording
from foveate.recording.columns import NS_PER_UNIT
from shared_data import shared
from writers.table import FRAMES, SAMPLES, samples, write_gaze, write_table
from writers.video import SIZE, number_of

TOYKITCHEN = """
device = "toykitchen"
video = "scene.mp4"
gaze = "gaze.csv"
time = "time_ns"
time_unit = "ns"
x = "x_px"
y = "y_px"
valid = "valid"
coordinates = "pixels"
origin = "top-left"
events = "events.csv"
"""
FRAME_NS = 40_000_000


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    return write_table(tmp_path_factory.mktemp("plain") / "rec")


def again(plain: Path, folder: Path, *, name: str = "gaze.csv", values: dict | None = None, toml: str | None = None) -> Path:
    """A folder with the clip of another and its own table."""
    folder.mkdir(exist_ok=True)
    (folder / "scene.mp4").hardlink_to(plain / "scene.mp4")
    write_gaze(folder / name, values)
    if toml is not None:
        (folder / "foveate.toml").write_text(f"[table]\n{toml}\n")
    return folder


def expected_px() -> np.ndarray:
    return np.stack([samples()["x_px"], samples()["y_px"]], axis=1)


def test_real_mobile_gaze_mapping():
    recording = open_recording(
        shared("mobileGazeMapping"),
        gaze="gazeData_world.tsv",
        frame_index="frame_idx",
        x="norm_pos_x",
        y="norm_pos_y",
        coordinates="normalised",
        origin="top-left",
        confidence="confidence",
    )
    gaze, scene = recording.gaze, recording.scene
    assert (len(gaze), len(scene.time_ns), scene.size_px) == (100, 50, (1920, 1080))
    assert gaze.point_px[0].tolist() == pytest.approx([0.5098 * 1920, 0.0529 * 1080])
    # two samples per frame of 40 ms: one at the frame, one half-way to the next
    assert np.array_equal(gaze.time_ns[::2], scene.time_ns)
    assert gaze.rate_hz == pytest.approx(50)
    assert gaze.notes == (
        "'frame_idx' is the clock: the samples of a frame (2 on average) are spread over its interval in their order",
    )


def test_real_mobile_gaze_mapping_on_its_own_clock_says_what_to_declare():
    with pytest.raises(RecordingError, match=r"92.458 s to 94.438 s.*do not overlap.*start_offset_s = -92.458"):
        _ = open_recording(shared("mobileGazeMapping"), time="timestamp", time_unit="ms", origin="top-left").gaze


def test_toykitchen_s_declaration(tmp_path):
    valid = (np.arange(SAMPLES) % 10 != 3).astype(int)
    values = samples() | {"valid": valid}
    values["x_px"] = np.where(valid, values["x_px"], np.nan)
    events = 'start_ns,stop_ns,name,text\n80000000,200000000,cut,"C cuts the red onion, slowly."\n0,40000000,reach,C reaches.\n'
    recording = open_recording(write_table(tmp_path / "kitchen_7", values, toml=TOYKITCHEN, events=events))
    assert (recording.format, recording.device, recording.name) == ("table", "toykitchen", "kitchen_7")
    assert (len(recording.gaze), int(recording.gaze.valid.sum())) == (SAMPLES, int(valid.sum()))
    assert np.array_equal(recording.gaze.time_ns, samples()["time_ns"])
    assert np.array_equal(recording.gaze.point_px[valid == 1], expected_px()[valid == 1])
    assert [(event.name, event.span, event.text) for event in recording.events] == [
        ("reach", Span(0, FRAME_NS), "C reaches."),
        ("cut", Span(2 * FRAME_NS, 5 * FRAME_NS), "C cuts the red onion, slowly."),
    ]
    assert recording.warnings == ()
    assert [number_of(image) for image in recording.scene.frames([0, 3, 19])] == [0, 3, 19]


HALF = np.array(SIZE) / 2
STATED = {"video": "scene.mp4", "x": "a", "y": "b"}
WAYS = {
    "csv, ns": ("g.csv", lambda s: {"t": s["time_ns"], "a": s["x_px"], "b": s["y_px"]}, {"time": "t", "time_unit": "ns"}),
    "tsv, us": (
        "g.tsv",
        lambda s: {"t": s["time_ns"] // 1000, "a": s["x_px"], "b": s["y_px"]},
        {"time": "t", "time_unit": "us"},
    ),
    "semicolons, ms": (
        "g.eu.csv",
        lambda s: {"t": s["time_ns"] / 1e6, "a": s["x_px"], "b": s["y_px"]},
        {"time": "t", "time_unit": "ms"},
    ),
    "parquet, s": (
        "g.parquet",
        lambda s: {"t": s["time_ns"] / 1e9, "a": s["x_px"], "b": s["y_px"]},
        {"time": "t", "time_unit": "s"},
    ),
    "normalised": (
        "g.csv",
        lambda s: {"t": s["time_ns"], "a": s["x_px"] / SIZE[0], "b": s["y_px"] / SIZE[1]},
        {"time": "t", "time_unit": "ns", "coordinates": "normalised"},
    ),
    "normalised from below": (
        "g.csv",
        lambda s: {"t": s["time_ns"], "a": s["x_px"] / SIZE[0], "b": 1 - s["y_px"] / SIZE[1]},
        {"time": "t", "time_unit": "ns", "coordinates": "normalised", "origin": "bottom-left"},
    ),
    "pixels from below": (
        "g.csv",
        lambda s: {"t": s["time_ns"], "a": s["x_px"], "b": SIZE[1] - s["y_px"]},
        {"time": "t", "time_unit": "ns", "coordinates": "pixels", "origin": "bottom-left"},
    ),
    "another start": (
        "g.csv",
        lambda s: {"t": s["time_ns"] + 7_000_000_000, "a": s["x_px"], "b": s["y_px"]},
        {"time": "t", "time_unit": "ns", "start_offset_s": -7},
    ),
    "frame index": (
        "g.csv",
        lambda s: {"f": np.arange(SAMPLES) // 8, "a": s["x_px"], "b": s["y_px"]},
        {"frame_index": "f"},
    ),
    "frame index from one": (
        "g.csv",
        lambda s: {"f": np.arange(SAMPLES) // 8 + 1, "a": s["x_px"], "b": s["y_px"]},
        {"frame_index": "f", "first_index": 1},
    ),
}


@pytest.mark.parametrize(("name", "values", "declared"), WAYS.values(), ids=WAYS.keys())
def test_every_way_to_declare_gives_the_same_gaze(plain, tmp_path, name, values, declared):
    folder = again(plain, tmp_path / "rec", name=name, values=values(samples()))
    gaze = open_recording(folder, gaze=name, **STATED, **declared).gaze
    assert np.abs(gaze.time_ns - samples()["time_ns"]).max() <= 1
    assert np.allclose(gaze.point_px, expected_px())
    assert gaze.valid.all()


def test_integer_nanoseconds_keep_every_digit(plain, tmp_path):
    start = 1_728_546_105_870_000_001
    folder = again(plain, tmp_path / "rec", values=samples() | {"time_ns": samples()["time_ns"] + start})
    with pytest.raises(RecordingError, match=r"start_offset_s = -1728546105\.870"):
        _ = open_recording(folder).gaze
    time_ns, there = columns.times(pl.Series("t", [str(start), " 7 ", "x", None]), unit="ns", source=folder)
    assert (time_ns[:2].tolist(), there.tolist()) == ([start, 7], [True, True, False, False])


def test_a_bare_folder_is_recognised_and_says_so(plain):
    recording = open_recording(plain)
    assert np.array_equal(recording.gaze.point_px, expected_px())
    assert recording.warnings == (
        "assumed that scene.mp4 is the video",
        "assumed that gaze.csv is the gaze",
        "assumed of gaze.csv: x is 'x_px', y is 'y_px', coordinates is 'pixels', time is 'time_ns'",
    )


@pytest.mark.parametrize(("unit", "scale"), [pytest.param(unit, scale, id=unit) for unit, scale in NS_PER_UNIT.items()])
def test_a_unit_is_told_by_the_length_of_the_video(plain, tmp_path, unit, scale):
    values = {"timestamp": samples()["time_ns"] / scale, "x": samples()["x_px"], "y": samples()["y_px"]}
    gaze = open_recording(again(plain, tmp_path / "rec", values=values)).gaze
    assert np.abs(gaze.time_ns - samples()["time_ns"]).max() <= 1
    assert f"assumed that 'timestamp' is in {unit}: only so is the table about as long as the video" in gaze.notes
    assert "assumed that points are pixels, from their range" in gaze.notes


def test_a_video_alone_has_no_gaze_and_says_what_to_declare(plain):
    recording = open_recording(plain / "scene.mp4")
    assert (recording.name, len(recording.scene.time_ns)) == ("scene", FRAMES)
    with pytest.raises(
        RecordingError, match=r"has no gaze stream \(found: scene\). Name the table that has it .-D gaze=gaze.csv., or do"
    ):
        _ = recording.gaze


def test_a_video_with_gaze_declared(plain, tmp_path, monkeypatch):
    write_gaze(tmp_path / "elsewhere.csv")
    assert len(open_recording(plain / "scene.mp4", gaze="gaze.csv").gaze) == SAMPLES
    assert len(open_recording(plain / "scene.mp4", gaze=str(tmp_path / "elsewhere.csv")).gaze) == SAMPLES
    monkeypatch.chdir(tmp_path)
    assert len(open_recording(plain / "scene.mp4", gaze="elsewhere.csv").gaze) == SAMPLES


def test_keywords_win_over_the_toml(plain, tmp_path):
    folder = again(plain, tmp_path / "rec", toml='device = "one"\nx = "no"\ny = "no"')
    recording = open_recording(folder, device="two", x="x_px", y="y_px")
    assert (recording.device, len(recording.gaze)) == ("two", SAMPLES)


def test_a_toml_elsewhere_may_name_any_file(plain, tmp_path):
    (tmp_path / "mine.toml").write_text(f'[table]\nvideo = "{plain / "scene.mp4"}"\ngaze = "{plain / "gaze.csv"}"\n')
    assert len(open_recording(tmp_path / "mine.toml").gaze) == SAMPLES


def test_rows_that_cannot_be_used_are_counted(plain, tmp_path):
    values = {key: value.tolist() for key, value in samples().items()} | {"confidence": np.full(SAMPLES, 0.9)}
    values["time_ns"][5] = None
    values["time_ns"][9] = values["time_ns"][8]
    values["x_px"][20] = None
    values["confidence"][30:33] = 0.1
    folder = again(plain, tmp_path / "rec", values=values)
    gaze = open_recording(folder, min_confidence=0.5).gaze
    assert (len(gaze), int(gaze.valid.sum())) == (SAMPLES - 2, SAMPLES - 2 - 1 - 3)
    assert "1 of 160 gaze samples have no time: left out" in gaze.notes
    assert "1 gaze samples bear the time of another: the first of each time is used" in gaze.notes
    assert "3 samples have a confidence below 0.5: not valid" in gaze.notes


def test_zero_of_an_invalid_sample_is_missing_and_other_points_are_kept(plain, tmp_path):
    values = samples() | {"valid": np.ones(SAMPLES, dtype=int)}
    values["valid"][[3, 4]] = 0
    values["x_px"][3] = values["y_px"][3] = 0
    gaze = open_recording(again(plain, tmp_path / "rec", values=values)).gaze
    assert np.isnan(gaze.point_px[3]).all()
    assert np.array_equal(gaze.point_px[4], expected_px()[4])
    assert np.flatnonzero(~gaze.valid).tolist() == [3, 4]


def test_frames_that_the_video_has_not_are_counted(plain, tmp_path):
    values = {"frame": np.arange(SAMPLES) // 8 + 2, "x_px": samples()["x_px"], "y_px": samples()["y_px"]}
    gaze = open_recording(again(plain, tmp_path / "rec", values=values)).gaze
    assert len(gaze) == SAMPLES - 16
    assert "16 of 160 gaze samples name no frame of the video: left out" in gaze.notes


def without(name: str) -> dict:
    return {key: value for key, value in samples().items() if key != name}


WRONG_TABLES = {
    "no such column": (
        {},
        {"x": "x_pix", "y": "y_px"},
        "has no column 'x_pix' for x; did you mean 'x_px'.*found: time_ns, x_px",
    ),
    "no points": ({"x_px": None}, {}, "no column is known as a gaze point; declare x and y .found: time_ns, y_px"),
    "no clock": ({"time_ns": None}, {}, "no column is known as a clock; declare time"),
    "one of two": ({}, {"x": "x_px"}, "declare both or neither"),
    "either origin": ({"norm_pos_x": 0.5, "norm_pos_y": 0.5, "x_px": None, "y_px": None}, {}, "declare origin: top-left or"),
    "words": ({"x_px": "left"}, {}, "column 'x_px' holds no numbers .it holds 'left'"),
    "decimal comma": ({"x_px": "0,5"}, {}, "holds no numbers .it holds '0,5'"),
    "no times": ({"time_ns": None, "time": None, "time_ms": ""}, {}, "column 'time_ms' holds no numbers"),
    "backwards": ({"time_ns": samples()["time_ns"][::-1]}, {}, "gaze time runs backwards at 159 of 160 samples"),
    "one time": ({"time_ns": 7}, {}, "160 gaze samples have only 1 different times"),
    "wrong unit": (
        {},
        {"time": "time_ns", "time_unit": "s"},
        "with 'time_ns' in s, gaze samples are 5e.06 s apart, which no tracker does",
    ),
    "out of range": ({"time_s": 1e15}, {"time": "time_s"}, "the time 1e.15 s is out of range; is the unit 's' right"),
    "no unit": ({"t": np.arange(SAMPLES) * 77.7}, {"time": "t"}, "in no unit is about the video's 0.76 s; declare time_unit"),
    "another clock": ({"time_ns": samples()["time_ns"] + 10**12}, {}, "do not overlap in time.*start_offset_s = -1000.000"),
    "pixels declared": (
        {"across": 0.5, "down": 0.25},
        {"x": "across", "y": "down", "coordinates": "pixels"},
        "which is normalised, but coordinates is declared 'pixels'",
    ),
    "normalised declared": (
        {},
        {"x": "x_px", "y": "y_px", "coordinates": "normalised"},
        "which is pixels, but coordinates is declared 'normalised'",
    ),
    "no frame index": ({}, {"frame_index": "time_ns"}, "is it the frame index"),
    "validity words": ({"valid": "maybe"}, {}, "column 'valid' should hold 1, 0, true or false, found 'maybe'"),
    "confidence in %": ({"confidence": 99.0}, {}, "runs from 99 to 99; a confidence is in"),
    "no confidence": ({}, {"min_confidence": 0.5}, "min_confidence is declared, but no confidence column"),
}


@pytest.mark.parametrize(("changes", "declared", "message"), WRONG_TABLES.values(), ids=WRONG_TABLES.keys())
def test_wrong_table(plain, tmp_path, changes, declared, message):
    values = {key: value for key, value in {**samples(), **changes}.items() if value is not None}
    values = {key: np.full(SAMPLES, value) if np.ndim(value) == 0 else value for key, value in values.items()}
    folder = again(plain, tmp_path / "rec", values=values)
    with pytest.raises(RecordingError, match=message) as caught:
        _ = open_recording(folder, **declared).gaze
    assert "\n" not in str(caught.value)


WRONG_DECLARATIONS = {
    "unknown name": ({"timeunit": "ms"}, "takes no 'timeunit'; did you mean 'time_unit'"),
    "unknown unit": ({"time": "time_ns", "time_unit": "min"}, "time_unit is 'min', allowed are ns, us, ms, s"),
    "unknown origin": ({"origin": "centre"}, "origin is 'centre', allowed are top-left, bottom-left"),
    "no file": ({"gaze": "eyes.csv"}, "has no gaze file 'eyes.csv' .found: gaze.csv"),
    "no video": ({"video": "eyes.mp4"}, "has no video file 'eyes.mp4' .found: scene.mp4"),
    "no number": ({"start_offset_s": "soon"}, "start_offset_s should be a number, got 'soon'"),
    "no whole number": ({"first_index": 1.5}, "first_index should be a whole number, got 1.5"),
    "no text": ({"x": 3, "y": "y"}, "x should be text, got 3"),
    "not finite": ({"min_confidence": "nan"}, "min_confidence should be a number"),
    "no table": ({"gaze": "scene.mp4"}, "scene.mp4 is no table: its name ends in '.mp4'"),
}


@pytest.mark.parametrize(("declared", "message"), WRONG_DECLARATIONS.values(), ids=WRONG_DECLARATIONS.keys())
def test_wrong_declaration(plain, declared, message):
    with pytest.raises(RecordingError, match=message):
        _ = open_recording(plain, **declared).gaze


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        pytest.param("[table\n", "is no TOML", id="syntax"),
        pytest.param("[tabel]\n", r"has no section \[table\] \(found: tabel\)", id="section"),
        pytest.param("[table]\n[camra]\n", r"has a section \[camra\], which is not known; did you mean 'camera'", id="camera"),
        pytest.param('[table]\ntimes = "t"\n', "declares 'times', which is not known; did you mean 'time'", id="name"),
        pytest.param("[table]\nfirst_index = true\n", "first_index should be a whole number, got True", id="kind"),
        pytest.param(
            '[table]\ngaze = "/etc/passwd"\n',
            "'/etc/passwd' leads out of the .* To allow it, open .*/rec/foveate.toml",
            id="absolute",
        ),
        pytest.param(
            '[table]\nvideo = "../other/scene.mp4"\n', "'../other/scene.mp4' leads out of the recording's folder", id="above"
        ),
    ],
)
def test_wrong_toml(plain, tmp_path, toml, message):
    folder = again(plain, tmp_path / "rec")
    (folder / "foveate.toml").write_text(toml)
    with pytest.raises(RecordingError, match=message):
        open_recording(folder)


@pytest.mark.parametrize(("name", "stream"), [("gaze", "gaze"), ("events", "events"), ("frames", "scene")])
def test_a_toml_file_reaches_no_file_of_where_the_program_runs(plain, tmp_path, monkeypatch, name, stream):
    folder = again(plain, tmp_path / "rec")
    (tmp_path / "mine.csv").write_bytes((folder / "gaze.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    (folder / "foveate.toml").write_text(f'[table]\n{name} = "mine.csv"\n')
    with pytest.raises(RecordingError, match=r"rec/mine\.csv does not exist|has no gaze file 'mine\.csv'"):
        open_recording(folder).stream(stream)


WRONG_FILES = {
    "empty": (b"", "is an empty file"),
    "binary": (bytes(range(128, 256)) * 50, "no column|cannot be read as a table"),
    "ragged": (b"time_ns,x_px,y_px\n0,1,2,3,4\n", "cannot be read as a table"),
    "header only": (b"time_ns,x_px,y_px\n", "holds no numbers|has no gaze samples"),
}


@pytest.mark.parametrize(("content", "message"), WRONG_FILES.values(), ids=WRONG_FILES.keys())
def test_wrong_file(plain, tmp_path, content, message):
    folder = again(plain, tmp_path / "rec")
    (folder / "gaze.csv").write_bytes(content)
    with pytest.raises(RecordingError, match=message):
        _ = open_recording(folder).gaze


def test_dates_are_nanoseconds_since_1970(plain, tmp_path):
    folder = again(
        plain, tmp_path / "rec", name="gaze.parquet", values=samples() | {"when": samples()["time_ns"].astype("M8[ns]")}
    )
    assert np.array_equal(open_recording(folder, time="when", time_unit="ns").gaze.time_ns, samples()["time_ns"])


def test_a_column_of_lists_is_refused(plain, tmp_path):
    folder = again(plain, tmp_path / "rec", name="gaze.parquet", values=samples() | {"xy": [[1.0, 2.0]] * SAMPLES})
    with pytest.raises(RecordingError, match=r"column 'xy' holds List\(Float64\), expected text or numbers"):
        _ = open_recording(folder, x="xy", y="y_px").gaze


@pytest.mark.parametrize("seed", range(8))
def test_damaged_parquet_never_gets_past_the_errors(plain, tmp_path, seed):
    folder = again(plain, tmp_path / "rec", name="gaze.parquet")
    content = bytearray((folder / "gaze.parquet").read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(4, len(content) - 8, 12):
        content[place] ^= 1 << int(rng.integers(8))
    (folder / "gaze.parquet").write_bytes(content)
    with suppress(RecordingError):
        _ = open_recording(folder).gaze


def test_parquet_that_is_cut(plain, tmp_path):
    folder = again(plain, tmp_path / "rec", name="gaze.parquet")
    whole = (folder / "gaze.parquet").read_bytes()
    (folder / "gaze.parquet").write_bytes(whole[:-20])
    with pytest.raises(RecordingError, match=r"gaze.parquet cannot be read as a table"):
        _ = open_recording(folder).gaze


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("name,text\na,b\n", "has no column 'start_ns' for start", id="no start"),
        pytest.param("start_s,text\n1,b\n", "has no column 'name' for name", id="no name"),
        pytest.param("start_s,name\n1,a\nsoon,b\n", "row 2 has no start", id="no time"),
        pytest.param("start_s,stop_s,name\n5,4,a\n", "row 1 stops before it starts", id="backwards"),
    ],
)
def test_wrong_events(plain, tmp_path, content, message):
    folder = again(plain, tmp_path / "rec")
    (folder / "events.csv").write_text(content)
    with pytest.raises(RecordingError, match=message):
        _ = open_recording(folder, events="events.csv").events


def test_events_in_seconds_without_stops(plain, tmp_path):
    folder = again(plain, tmp_path / "rec")
    (folder / "events.csv").write_text("start_s,name,stop_s\n0.5,pour,\n0.1,cut,0.3\n")
    events = open_recording(folder, events="events.csv").events
    assert [(event.name, event.time_ns, event.span) for event in events] == [
        ("cut", 100_000_000, Span(100_000_000, 300_000_000)),
        ("pour", 500_000_000, None),
    ]


def test_a_video_without_frames(plain, tmp_path):
    folder = again(plain, tmp_path / "rec")
    (folder / "scene.mp4").unlink()
    (folder / "scene.mp4").write_bytes((plain / "scene.mp4").read_bytes()[:200])
    with pytest.raises(VideoError, match=r"scene\.mp4 "):
        _ = open_recording(folder).gaze


numeric = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(str),
    st.sampled_from(["", " ", "nan", "inf", "-inf", "1e400", "0x10", "1_000", "٣", "--1"]),
    st.text(max_size=5),
)


@given(st.lists(numeric, min_size=1, max_size=8), st.sampled_from(sorted(NS_PER_UNIT)))
def test_any_text_is_a_time_or_missing_or_an_error(cells, unit):
    column = pl.Series("t", cells, dtype=pl.String)
    try:
        time_ns, there = columns.times(column, unit=unit, source=Path("gaze.csv"))
    except RecordingError as error:
        assert "out of range" in str(error)  # noqa: PT017 - most texts do not raise
        return
    value = columns.numbers(column)
    assert np.array_equal(there, np.isfinite(value))
    close = np.abs(time_ns[there] / NS_PER_UNIT[unit] - value[there])
    assert np.all(close <= np.maximum(1e-6 * np.abs(value[there]), 1.0))
