"""Numbers as text, odd in every way: a typed error of one line, or a stream in order whose losses are counted; no warning."""

import gzip
import json
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broken.whole import RECORDINGS, Whole
from foveate.errors import FoveateError
from foveate.recording import aria, open_recording
from foveate.recording.eye_events import EyeEvents
from foveate.recording.info import facts
from foveate.recording.recording import GazeStream
from writers import pupil_core

WHOLES = {
    **{name: RECORDINGS[name] for name in RECORDINGS if name not in ("neon", "pupil_core_raw", "table_parquet")},
    "pupil_cloud": Whole(RECORDINGS["pupil_cloud"].write, first=("gaze.csv",)),
    "pupil_core_export": Whole(partial(pupil_core.write_pupil_export, times="csv")),
}
TABLES = {
    **{("pupil_cloud", f"{name}.csv"): (name,) for name in ("gaze", "fixations", "blinks", "events", "imu")},
    ("pupil_cloud", "3d_eye_states.csv"): ("eye_state",),
    ("pupil_cloud", "world_timestamps.csv"): ("scene", "gaze"),
    ("pupil_core_export", "gaze_positions.csv"): ("gaze",),
    ("pupil_core_export", "world_timestamps.csv"): ("scene",),
    ("pupil_core_export", "fixations.csv"): ("fixations",),
    ("pupil_core_export", "annotations.csv"): ("events",),
    ("table", "gaze.csv"): ("gaze",),
    ("table", "events.csv"): ("events",),
    ("table", "frames.csv"): ("scene", "gaze"),
    ("egoexo4d", "eye_gaze/personalized_eye_gaze_2d.csv"): ("gaze",),
    ("ego4d", "gaze/*.csv"): ("gaze",),
    ("egtea", "gaze_data/*.txt"): ("gaze", "fixations", "saccades"),
    ("aria", "**/general_eye_gaze.csv"): ("gaze_angles", "gaze"),
}
"""A kind of recording and a file of it -> the streams that are made of that file."""
LINES = {
    ("tobii_g3", "gazedata.gz"): ("gaze", "eye_state"),
    ("tobii_g3", "imudata.gz"): ("imu", "magnetometer"),
    ("tobii_g3", "eventdata.gz"): ("events",),
    ("tobii_g2", "**/livedata.json.gz"): ("gaze", "eye_state", "imu", "events"),
    ("hd_epic", "**/*.jsonl"): ("gaze", "held"),
}

NUMBERS = [
    "inf",
    "-Infinity",
    "nan",
    "NaN",
    "-0.0",
    "1e308",
    "-1e308",
    "1e400",
    "1e-320",
    "0",
    "",
    " ",
    "  7 ",
    "+3",
    ".5",
    "5.",
]
NUMBERS += [str(2**63 + shift) for shift in (-1025, -1, 0, 1)] + [str(-(2**63)), str(2**64), "9" * 40, "9" * 400, "-1"]
NUMBERS += ["1_000", "0x1F", "1'000", "1 000", "١٢", "½", "1e", "--1", "null", "None", "true", "1970-01-01", "12:30", "%", "\0"]
SPLIT = ["1,5", '"1,5"', '"1', '1"', '""', '"7"', "1;5", "1\t5", '"a\nb"']
"""Cells that hold separators and quotes, whole or broken: a row may then have more columns, or go on in the next line."""
QUICK = settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

cells = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 30), st.one_of(st.sampled_from(NUMBERS), st.floats().map(repr))),
    min_size=1, max_size=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def wholes(tmp_path_factory) -> Iterator[Callable[[str, str], tuple[Path, Path, bytes]]]:
    """Kind and pattern -> what is opened, the file to break, its bytes when whole; each kind is written once.

    The .vrs, which no case here breaks, is read once: that takes a process of its own, which is slow to start.
    """
    root = tmp_path_factory.mktemp("wholes")
    kept: dict[tuple[str, str], tuple[Path, Path, bytes]] = {}

    def of(kind: str, pattern: str) -> tuple[Path, Path, bytes]:
        if not (root / kind).exists():
            WHOLES[kind].write(root / kind)
        if (kind, pattern) not in kept:
            file = next((root / kind).glob(pattern))
            kept[kind, pattern] = root / kind / WHOLES[kind].opened, file, file.read_bytes()
        return kept[kind, pattern]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aria, "read_image_stream", cache(aria.read_image_stream))
        yield of


def streams(path: Path, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Those of some streams that can be read; errors are of our own and of one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            recording = open_recording(path)
        except FoveateError as error:
            assert_one_line(error)
            return
        for name in names:
            try:
                yield name, recording.stream(name)
            except FoveateError as error:
                assert_one_line(error)
        try:
            json.dumps(facts(recording), allow_nan=False)
        except FoveateError as error:
            assert_one_line(error)


def assert_one_line(error: FoveateError) -> None:
    assert str(error)
    assert "\n" not in str(error)


def assert_sound(name: str, stream: Any) -> None:
    """Times are int64 and in order, numbers finite or NaN, whatever is valid has a place."""
    for field in ("time_ns", "start_ns"):
        time_ns = getattr(stream, field, None)
        if isinstance(time_ns, np.ndarray):
            assert time_ns.dtype == np.int64
            if name not in ("gaze_angles", "hands"):
                strictly = isinstance(stream, GazeStream) or name in ("scene", "unseen_scene")
                # compared, not subtracted: a difference may wrap around
                assert np.all(time_ns[1:] > time_ns[:-1] if strictly else time_ns[1:] >= time_ns[:-1]), (name, field)
    if isinstance(stream, EyeEvents):
        assert np.all(stream.stop_ns > stream.start_ns)
    if isinstance(stream, GazeStream):
        assert np.isfinite(stream.point_px[stream.valid]).all()
        sure = stream.confidence
        assert sure is None or np.all(np.isnan(sure) | ((sure >= 0) & (sure <= 1)))
    if name == "events":
        assert [event.time_ns for event in stream] == sorted(event.time_ns for event in stream)
    for field, values in numbers_of(stream):
        assert not np.isinf(values).any(), (name, field)


def numbers_of(stream: Any) -> Iterator[tuple[str, np.ndarray]]:
    if is_dataclass(stream) and hasattr(stream, "notes"):
        found = {field.name: getattr(stream, field.name) for field in fields(stream)}
        found |= dict(found.get("values") or {})
        for name, values in found.items():
            if isinstance(values, np.ndarray) and values.dtype.kind == "f":
                yield name, values


def lost(gaze: GazeStream) -> int:
    """Samples that the notes count as gone."""
    counted = (re.match(r"(\d+) .*(left out|the first of each time|outside the clip)", note) for note in gaze.notes)
    return sum(int(match[1]) for match in counted if match)


def changed(text: str, changes: list[tuple[int, int, str]]) -> tuple[str, int]:
    """A table with some of its cells replaced, and how many rows it has."""
    lines = text.splitlines()
    first = next(k for k, line in enumerate(lines) if not line.startswith("##")) + 1
    mark = "\t" if "\t" in lines[first - 1] else ","
    for row, column, cell in changes:
        place = first + row % (len(lines) - first)
        found = lines[place].split(mark)
        found[column % len(found)] = cell
        lines[place] = mark.join(found)
    return "\n".join(lines) + "\n", len(lines) - first


@pytest.mark.parametrize(("kind", "pattern"), TABLES, ids=["-".join(case) for case in TABLES])
@given(changes=cells)
@QUICK
def test_odd_numbers_in_a_table(wholes, kind, pattern, changes):
    path, file, whole = wholes(kind, pattern)
    text, rows = changed(whole.decode(), changes)
    try:
        file.write_text(text, encoding="utf-8")
        for name, stream in streams(path, TABLES[kind, pattern]):
            assert_sound(name, stream)
            if isinstance(stream, GazeStream) and "gaze" in pattern:
                assert len(stream) + lost(stream) == rows, stream.notes
    finally:
        file.write_bytes(whole)


LOSSES = [
    ("pupil_cloud", "gaze.csv", 3, "inf", "gaze", r"1 cells of 'gaze x \[px\]' hold no number \('inf'\): taken as missing"),
    ("pupil_cloud", "gaze.csv", 3, "12:30", "gaze", "1 cells of .*'12:30'"),
    ("pupil_cloud", "gaze.csv", 3, "1e9", "gaze", "1 gaze points lie farther than 100,000 px from the frame: taken as missing"),
    ("pupil_cloud", "gaze.csv", 3, " NaN ", "gaze", ""),
    ("pupil_cloud", "gaze.csv", 3, "", "gaze", ""),
    ("pupil_cloud", "fixations.csv", 6, "inf", "fixations", "1 cells of 'fixation x .* hold no number"),
    ("pupil_cloud", "fixations.csv", 6, "1e9", "fixations", "1 fixations lie farther .*: their place is missing"),
    ("pupil_cloud", "imu.csv", 6, "inf", "imu", "1 cells of 'acceleration . .* hold no number"),
    ("pupil_cloud", "imu.csv", 6, "1e308", "imu", "1 values of imu.csv are infinite: taken as missing"),
    ("pupil_core_export", "gaze_positions.csv", 3, "--1", "gaze", "1 cells of 'norm_pos_x' hold no number"),
    ("egtea", "gaze_data/*.txt", 3, "x", "gaze", "1 of .* gaze points of .* are no numbers: taken as missing"),
    ("egtea", "gaze_data/*.txt", 3, "inf", "gaze", "1 gaze points lie farther"),
    ("egtea", "gaze_data/*.txt", 3, "-", "gaze", ""),
]  # fmt: skip
"""A kind, a file, a column, what its first row has there -> a stream and the note that it then bears, if any."""


@pytest.mark.parametrize(("kind", "pattern", "column", "cell", "name", "told"), LOSSES)
def test_a_number_that_is_lost_is_told(wholes, kind, pattern, column, cell, name, told):
    path, file, whole = wholes(kind, pattern)
    before = open_recording(path).stream(name).notes
    try:
        file.write_text(changed(whole.decode(), [(0, column, cell)])[0])
        more = [note for note in open_recording(path).stream(name).notes if note not in before]
        assert len(more) == bool(told), more
        assert re.search(told, " ".join(more))
    finally:
        file.write_bytes(whole)


@pytest.mark.parametrize(
    ("kind", "pattern", "found", "value", "name", "told"),
    [
        ("tobii_g3", "imudata.gz", rb"(\"accelerometer\":\[)[^,]+", "Infinity", "imu", "1 measurements are not the numbers"),
        ("tobii_g3", "imudata.gz", rb"(\"accelerometer\":\[)[^,]+", "NaN", "imu", ""),
        ("tobii_g3", "gazedata.gz", rb"(\"gaze2d\":\[)[^,]+", '"left"', "gaze", "1 of .* gaze points are no pair of numbers"),
        ("tobii_g3", "gazedata.gz", rb"(\"gaze2d\":\[)[^,]+", "1e400", "gaze", "1 gaze points lie farther"),
        ("hd_epic", "**/*.jsonl", rb"(\"gaze_centre_in_pixels\":\[)[^,]+", "Infinity", "gaze", "1 of .* no pair of finite"),
        ("hd_epic", "**/*.jsonl", rb"(\"gaze_centre_in_pixels\":)\[[^]]+\]", "null", "gaze", ""),
    ],
)  # fmt: skip
def test_a_number_that_is_lost_in_lines_of_json_is_told(wholes, kind, pattern, found, value, name, told):
    path, file, whole = wholes(kind, pattern)
    before = open_recording(path).stream(name).notes
    text = (gzip.decompress(whole) if file.suffix == ".gz" else whole).replace(b": ", b":").replace(b", ", b",")
    text, many = re.subn(found, rb"\g<1>" + value.encode(), text, count=1)
    assert many == 1
    try:
        file.write_bytes(gzip.compress(text) if file.suffix == ".gz" else text)
        more = [note for note in open_recording(path).stream(name).notes if note not in before and "estimates" not in note]
        assert len(more) == bool(told), more
        assert re.search(told, " ".join(more))
    finally:
        file.write_bytes(whole)


FORMS: dict[str, Callable[[str], bytes]] = {
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "empty lines at the end": lambda text: (text + "\n\n\r\n").encode(),
    "no line feed at the end": lambda text: text.rstrip("\n").encode(),
    "separators at the end": lambda text: text.replace("\n", ",\n").encode(),
    "a row of separators": lambda text: (text + "," * text.split("\n", 1)[0].count(",") + "\n").encode(),
    "everything quoted": lambda text: re.sub(r"[^,\n]+", r'"\g<0>"', text).encode(),
    "blanks around": lambda text: text.replace(",", " , ").encode(),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "semicolons and decimal commas": lambda text: text.replace(",", ";").replace(".", ",").encode(),
    "every column twice": lambda text: "\n".join(f"{line},{line}" for line in text.splitlines()).encode(),
    "the first column twice": lambda text: "\n".join(f"{line.split(',')[0]},{line}" for line in text.splitlines()).encode(),
    "a header in capitals": lambda text: "\n".join([text.split("\n", 1)[0].upper(), text.split("\n", 1)[1]]).encode(),
    "the header twice": lambda text: (text.split("\n", 1)[0] + "\n" + text).encode(),
    "only a header": lambda text: (text.split("\n", 1)[0] + "\n").encode(),
    "a zero byte": lambda text: (text[: len(text) // 2] + "\0" + text[len(text) // 2 :]).encode(),
    "a byte that is no UTF-8": lambda text: text[:-9].encode() + b"\xff" + text[-9:].encode(),
}
HARMLESS = ("a byte order mark", "CRLF", "empty lines at the end", "no line feed at the end", "everything quoted")
"""The same table: read as it is without them."""


@pytest.mark.parametrize(("kind", "pattern"), TABLES, ids=["-".join(case) for case in TABLES])
def test_odd_forms_of_a_table(wholes, kind, pattern):
    path, file, whole = wholes(kind, pattern)
    before = {name: stream for name, stream in streams(path, TABLES[kind, pattern]) if isinstance(stream, GazeStream)}
    try:
        for form, made in FORMS.items():
            file.write_bytes(made(whole.decode().replace("\r\n", "\n")))
            found = dict(streams(path, TABLES[kind, pattern]))
            for name, stream in found.items():
                assert_sound(name, stream)
            if form in HARMLESS and not (kind == "egtea" and form == "everything quoted"):
                for name, stream in before.items():
                    assert name in found, (form, name)
                    assert np.array_equal(found[name].time_ns, stream.time_ns), form
                    assert np.array_equal(found[name].point_px, stream.point_px, equal_nan=True), form
    finally:
        file.write_bytes(whole)


@pytest.mark.parametrize(("kind", "pattern"), TABLES, ids=["-".join(case) for case in TABLES])
@given(changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 30), st.sampled_from(SPLIT)), min_size=1, max_size=3))
@settings(QUICK, max_examples=8)
def test_separators_and_quotes_within_cells(wholes, kind, pattern, changes):
    path, file, whole = wholes(kind, pattern)
    try:
        file.write_text(changed(whole.decode(), changes)[0], encoding="utf-8")
        for name, stream in streams(path, TABLES[kind, pattern]):
            assert_sound(name, stream)
    finally:
        file.write_bytes(whole)


VALUES = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e308",
    "1e400",
    "-1e308",
    "1e-320",
    "-0.0",
    "null",
    "true",
    '"1,5"',
    '"1"',
    '""',
    "[]",
]
VALUES += [str(2**63 + shift) for shift in (-1025, -1, 0, 1)] + [str(-(2**63)), "9" * 400, "{}", "[1]", "[[1, 2], [3]]", "-1"]
NUMBER = re.compile(rb"(?<=[:,\[])-?\d[\d.e+-]*(?=[,\]}])")


@pytest.mark.parametrize(("kind", "pattern"), LINES, ids=["-".join(case) for case in LINES])
@given(changes=st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(VALUES)), min_size=1, max_size=8))
@QUICK
def test_odd_numbers_in_lines_of_json(wholes, kind, pattern, changes):
    path, file, whole = wholes(kind, pattern)
    packed = file.suffix == ".gz"
    try:
        text = (gzip.decompress(whole) if packed else whole).replace(b": ", b":").replace(b", ", b",")
        for number, value in changes:
            found = [match.span() for match in NUMBER.finditer(text)]
            if not found:  # they have all been replaced
                break
            start, stop = found[number % len(found)]
            text = text[:start] + value.encode() + text[stop:]
        file.write_bytes(gzip.compress(text, 1) if packed else text)
        for name, stream in streams(path, LINES[kind, pattern]):
            assert_sound(name, stream)
    finally:
        file.write_bytes(whole)
