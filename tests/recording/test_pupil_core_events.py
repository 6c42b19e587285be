"""Fixations and blinks that Pupil Capture found while recording."""

import numpy as np
import pytest

from foveate.errors import RecordingError
from foveate.recording import open_recording
from writers.pupil_core import START_S, pack, write_online_events, write_pupil_core, write_pupil_export


def ns(*after_s: float) -> list[int]:
    return np.round((START_S + np.array(after_s)) * 1e9).astype(np.int64).tolist()


@pytest.fixture
def folder(tmp_path):
    made = write_pupil_core(tmp_path / "rec" / "000")
    write_online_events(made)
    return made


def test_windows_of_one_fixation_become_one(folder):
    found = open_recording(folder).stream("fixations")
    assert (found.start_ns.tolist(), found.stop_ns.tolist()) == (ns(0.1, 0.55), ns(0.5, 0.86))
    assert found.number.tolist() == [0, 1]
    # frames are 64x48, shares count from the bottom
    assert found.point_px == pytest.approx(np.array([[0.3 * 64, 0.8 * 48], [32, 12]]))
    assert found.notes == ()


def test_blinks_run_from_onset_to_offset(folder):
    found = open_recording(folder).stream("blinks")
    assert (found.start_ns.tolist(), found.stop_ns.tolist()) == (ns(0.3), ns(0.42))
    assert found.notes == ("2 blinks of blinks.pldata lack their onset or offset: left out",)


def test_what_player_found_wins(tmp_path):
    made = write_pupil_export(tmp_path / "rec")
    write_online_events(made)
    assert open_recording(made).stream("fixations").number.tolist() == [1, 2]


def test_detectors_that_were_off_leave_no_stream(tmp_path):
    made = write_pupil_core(tmp_path / "rec")
    for name in ("fixations", "blinks"):
        (made / f"{name}.pldata").write_bytes(b"")
    assert not {"fixations", "blinks"} & set(open_recording(made).loaders)


@pytest.mark.parametrize(
    ("name", "data", "events", "notes"),
    [
        pytest.param(
            "fixations",
            [{"id": 1, "timestamp": START_S, "duration": 200.0}, {"id": "x"}, {"id": 2, "timestamp": 1e300, "duration": 1.0}],
            1,
            ("2 of 3 data of fixations.pldata have no id, time or duration: left out",),
            id="fixations without numbers",
        ),
        pytest.param(
            "blinks",
            [{"type": "onset", "timestamp": None}, {"type": "sideways", "timestamp": 1.0}],
            0,
            ("2 data of blinks.pldata are no onset or offset with a time: left out",),
            id="no marks",
        ),
        pytest.param("blinks", [{"type": "onset", "timestamp": 1.0}] * 3, 0, None, id="onsets alone"),
    ],
)
def test_odd_data_are_left_out_and_counted(folder, name, data, events, notes):
    (folder / f"{name}.pldata").write_bytes(pack([(name, datum) for datum in data]))
    found = open_recording(folder).stream(name)
    assert len(found) == events
    assert notes is None or found.notes == notes


def test_a_cut_file_keeps_its_whole_data(folder):
    file = folder / "fixations.pldata"
    file.write_bytes(file.read_bytes()[:-9])
    found = open_recording(folder).stream("fixations")
    assert len(found) == 1
    assert "is cut or damaged" in found.notes[0]


def test_fixations_that_end_first(folder):
    data = [{"id": k, "timestamp": START_S + k, "duration": -5.0} for k in range(4)]
    (folder / "fixations.pldata").write_bytes(pack([("fixations", datum) for datum in data]))
    with pytest.raises(RecordingError, match="4 of 4 rows have no start"):
        open_recording(folder).stream("fixations")
