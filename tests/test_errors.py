"""Messages say what was probably meant."""

import pytest

from foveate.errors import LONGEST_MESSAGE, RecordingError, hint, hint_beside

NAMES = ("gaze", "camera", "Matrix", "time_unit")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gase", "; did you mean 'gaze'"),
        ("CAMERA", "; did you mean 'camera'"),
        ("matrx", "; did you mean 'Matrix'"),
        ("timeunit", "; did you mean 'time_unit'"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_nearest_name_is_told(name, told):
    assert hint(name, NAMES) == told
    assert hint(name, []) == ""


def test_the_nearest_path_is_told(tmp_path):
    (tmp_path / "Recording1").mkdir()
    assert hint_beside(tmp_path / "recordin1") == f"; did you mean {tmp_path / 'Recording1'}"
    assert hint_beside(tmp_path / "zzz") == ""
    assert hint_beside(tmp_path / "nowhere" / "rec") == ""


def test_a_message_that_quotes_a_broken_file_is_cut_in_its_middle():
    cut = str(RecordingError(f"rec: the time {'9' * 5000} s is out of range"))
    assert len(cut) <= LONGEST_MESSAGE
    assert cut.startswith("rec: the time 999")
    assert cut.endswith("999 s is out of range")
    assert str(RecordingError("9" * LONGEST_MESSAGE)) == "9" * LONGEST_MESSAGE


def test_a_message_is_one_line_that_steers_no_terminal():
    assert str(RecordingError("holds 'a\nb', '\x1b[2Jc' and 'd\u2028e'")) == "holds 'a b', ' [2Jc' and 'd e'"
