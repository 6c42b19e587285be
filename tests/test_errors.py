"""Messages say what was probably meant."""

import pytest

from foveate.errors import hint, hint_beside

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
