"""Gzipped JSON lines: whatever their pieces, and whatever their values."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveate.errors import RecordingError
from foveate.recording import json_lines
from foveate.recording.json_lines import JsonLines, number, time_ns, vector
from foveate.recording.tobii_g2_clock import agreeing, on_clock

OBJECTS = [{"timestamp": index / 8, "data": {"text": "a" * (index % 50)}} for index in range(300)]
TEXT = "".join(json.dumps(entry) + "\n" for entry in OBJECTS).encode()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(10**300, 10**310) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def written(tmp_path, content: bytes):
    (tmp_path / "lines.gz").write_bytes(gzip.compress(content))
    return JsonLines(tmp_path / "lines.gz")


@pytest.mark.parametrize("chunk", [1, 7, 64, 10_000, 2**20])
def test_lines_are_whole_wherever_the_pieces_end(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(json_lines, "CHUNK_BYTES", chunk)
    lines = written(tmp_path, TEXT)
    assert list(lines) == OBJECTS
    assert (lines.lines, lines.strange, lines.notes) == (300, 0, ())


@pytest.mark.parametrize(
    "content", [TEXT, TEXT[:-1], TEXT.replace(b"\n", b"\r\n")], ids=["as written", "no last line feed", "of Windows"]
)
def test_line_ends(tmp_path, content):
    assert list(written(tmp_path, content)) == OBJECTS


def test_two_members_are_one_file(tmp_path):
    (tmp_path / "lines.gz").write_bytes(gzip.compress(TEXT[:999]) + gzip.compress(TEXT[999:]))
    assert list(JsonLines(tmp_path / "lines.gz")) == OBJECTS


def test_a_cut_file_gives_its_whole_lines(tmp_path):
    packed = gzip.compress(TEXT)
    for size in range(20, len(packed), 37):
        (tmp_path / "lines.gz").write_bytes(packed[:size])
        lines = JsonLines(tmp_path / "lines.gz")
        found = list(lines)
        assert found == OBJECTS[: len(found)]
        assert lines.notes == (f"lines.gz is cut short: its first {len(found)} lines are used",)


def test_lines_that_hold_nothing_wanted_are_passed_over_but_counted(tmp_path):
    content = TEXT + b'{"vts": 5, "text": "here"}\n' + b"neither whole nor wanted,\n"
    (tmp_path / "lines.gz").write_bytes(gzip.compress(content))
    lines = JsonLines(tmp_path / "lines.gz", holding=(b'"vts"', b'"gp"'))
    assert list(lines) == [{"vts": 5, "text": "here"}]
    assert lines.notes == ("1 of 302 lines of lines.gz are broken: left out",)


def test_a_missing_file(tmp_path):
    with pytest.raises(RecordingError, match=r"lines.gz cannot be read: No such file"):
        list(JsonLines(tmp_path / "lines.gz"))


@given(VALUES)
def test_values_become_numbers_or_nothing(value):
    found = number(value)
    assert found is None or isinstance(found, float)
    assert (found is not None) <= (isinstance(value, (int, float)) and not isinstance(value, bool))
    pair = vector(value, 2)
    assert pair is None or (len(pair) == 2 and all(isinstance(entry, float) for entry in pair))
    for unit_ns in (1_000, 1_000_000_000):
        at_ns = time_ns(value, unit_ns=unit_ns)
        assert at_ns is None or abs(at_ns) <= json_lines.MOST_TIME_NS < 2**62


@given(st.floats(-1e8, 1e8))
def test_times_are_exact_to_the_microsecond(seconds):
    digits = round(seconds, 6)
    assert abs(time_ns(digits, unit_ns=1_000_000_000) - round(digits * 1e6) * 1_000) <= 16


@given(
    st.lists(st.tuples(st.integers(0, 10**14), st.integers(-4 * 10**8, 4 * 10**8)), min_size=1, max_size=30),
    st.integers(0, 10**15),
)
def test_the_tied_clock_never_leaves_the_ties(pairs, offset_ns):
    ties, stray = agreeing(np.array([(video + offset_ns + drift, video) for video, drift in pairs], dtype=np.int64))
    assert 0 <= stray < len(pairs)
    assert np.all(np.diff(ties[:, 1]) > 0)
    assert np.abs(on_clock(ties, ties[:, 1]) - ties[:, 0]).max() <= 1
    wide = np.array([ties[0, 1] - 10**9, ties[-1, 1] + 10**9])
    assert on_clock(ties, wide).tolist() == [ties[0, 0] - 10**9, ties[-1, 0] + 10**9]
