"""Samples of one's own recordings: cut, or told by a table; what does not fit is counted or refused."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evaluation.studies import make_recordings
from foveate.errors import RecordingError, UsageError
from foveate.evaluation.places import open_place
from foveate.evaluation.samples import Gathered, gather_samples
from foveate.evaluation.spans_table import read_spans
from foveate.evaluation.study_file import study_of
from writers.table import write_table
from writers.video import write_clip

BLIND = {"time_ns": [0, 10**6], "x_px": [1, 1], "y_px": [1, 1], "valid": [False, False]}
HEAD = "recording,start_s,stop_s,reference"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_recordings(tmp_path)


def gathered(home: Path, **samples: Any) -> Gathered:
    told = {"recordings": ["anna", "ben"], **({} if "segment" in samples else {"references": "refs.csv"}), **samples}
    return gather_samples(study_of({"samples": told}, folder=home).samples, with_gaze=True)


def test_spans_and_references_come_from_a_table(home: Path) -> None:
    found = gathered(home)
    assert [case.name for case in found.cases] == [
        "anna/0.000-0.400",
        "anna/0.400-0.800",
        "ben/0.000-0.400",
        "ben/0.400-0.800",
    ]
    assert [len(case.references) for case in found.cases] == [2, 1, 1, 0]
    assert [case.category for case in found.cases] == ["look", "take", "take", "take"]
    assert found.left_out == {}


def test_recordings_are_cut_where_no_table_tells(home: Path) -> None:
    found = gathered(home, segment=0.25)
    assert Counter(case.sample.recording.name for case in found.cases) == {"anna": 4, "ben": 4}
    assert {case.references for case in found.cases} == {()}


def test_a_list_brings_participant_category_and_paths(home: Path) -> None:
    (home / "list.csv").write_text("recording,participant,category\nanna,P1,cook\nben,P2,sport\n")
    found = gathered(home, recordings=["list.csv"], segment=0.4)
    assert {(case.sample.participant, case.category) for case in found.cases} == {("P1", "cook"), ("P2", "sport")}


def test_a_table_may_name_paths_and_use_semicolons_and_commas(home: Path) -> None:
    (home / "tables").mkdir()
    (home / "tables" / "refs.csv").write_text("recording;start_s;stop_s;reference\n../anna;0,1;0,5;Was sie tut\n")
    (case,) = gathered(home, references="tables/refs.csv").cases
    assert (case.name, case.references) == ("anna/0.100-0.500", ("Was sie tut",))


def test_two_recordings_of_one_name_are_told_apart(home: Path) -> None:
    for person in ("p1", "p2"):
        write_table(home / person / "000")
    found = gathered(home, recordings=["p1/000", "p2/000"], segment=10)
    assert [case.sample.recording.name for case in found.cases] == ["p1/000", "p2/000"]
    assert [open_place(place).name for place in found.places.values()] == ["p1/000", "p2/000"]


def test_objects_are_those_of_the_same_span(home: Path) -> None:
    (home / "objects.csv").write_text("recording,start_s,stop_s,objects\nanna,0,0.4,cup; pan ;cup\nanna,0,0.3,knife\n")
    found = gathered(home, objects="objects.csv")
    assert [case.objects for case in found.cases] == [("cup", "pan"), (), (), ()]


def test_so_many_of_each_recording_spread_evenly(home: Path) -> None:
    found = gathered(home, segment=0.1, spans=3)
    starts = [case.name.partition("/")[2] for case in found.cases if case.sample.recording.name == "anna"]
    assert starts == ["0.000-0.100", "0.400-0.500", "0.700-0.800"]
    assert sum(found.left_out.values()) == 2 * 5


def test_what_is_left_out_is_counted_with_its_reason(home: Path) -> None:
    write_table(home / "blind", BLIND)
    (home / "broken").mkdir()
    (home / "refs.csv").write_text(f"{HEAD}\nanna,0,0.4,a\nanna,7,9,b\nanna,0.4,2.5,b\nblind,0,0.4,c\nnobody,0,1,d\n")
    found = gathered(home, recordings=["anna", "blind", "broken"])
    assert [case.name for case in found.cases] == ["anna/0.000-0.400"]
    told = " | ".join(f"{count} x {reason}" for reason, count in found.left_out.items())
    for part in (
        "1 x after the end of anna",
        "1 x its stop_s lies over 1 s after the end of anna (0.",
        "1 x blind: no gaze sample is valid",
        "1 x the recording broken cannot be opened",
        "1 x refs.csv names nobody, which is no recording of the study",
    ):
        assert part in told


def test_a_participant_told_of_one_span_wore_the_whole_recording(home: Path) -> None:
    (home / "refs.csv").write_text(f"{HEAD},participant\nanna,0,0.4,a,P1\nanna,0.4,0.8,b,\nben,0,0.4,c,\n")
    assert [case.sample.participant for case in gathered(home).cases] == ["P1", "P1", ""]


def test_a_recording_that_no_line_names_is_told(home: Path) -> None:
    (home / "refs.csv").write_text(f"{HEAD}\nanna,0,0.4,a\n")
    found = gathered(home)
    assert [case.name for case in found.cases] == ["anna/0.000-0.400"]
    assert found.left_out == {"refs.csv has no line of the recording ben": 1}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", r"has no column 'recording' \(found: none\)"),
        ("recording,start,stop_s,reference\n", r"has no column 'start_s'; did you mean 'start'"),
        ("recording,start_s,stop_s\nanna,0,1\n", r"has no column 'reference'"),
        (f"{HEAD}\n", r"has no line below its header"),
        (f"{HEAD},note\nanna,0,1,a,b\n", r"has a column 'note' that means nothing here"),
        (f"{HEAD},reference\nanna,0,1,a,b\n", r"has the column 'reference' twice"),
        (f"{HEAD}\nanna,0,1,a,b\n", r"line 2 of .* has 5 cells, its header 4; quote texts"),
        (f"{HEAD}\n,0,1,a\n", r"line 2 of .* names no recording"),
        (f"{HEAD}\nanna,1,1,a\n", r"line 2 of .* must have start_s before stop_s .*got '1' and '1'"),
        (f"{HEAD}\nanna,0,1e-12,a\n", r"line 2 of .* must have start_s before stop_s"),
        (
            f"{HEAD}\nanna,0,3000000000,a\n",
            r"line 2 of .* in seconds from the first frame, 1,000,000 at most, got '0' and '3000000000'",
        ),
        (f"{HEAD}\nanna,nan,1,a\n", r"line 2 of .* must have start_s before stop_s .*got 'nan' and '1'"),
        (f"{HEAD}\nanna,0,1,a\nanna,0,1,b\n", r"lines 2 and 3 of .* tell the same span of anna; keep one"),
        (f'{HEAD}\nanna,0,1,"{"a" * 140_000}\n', r"cannot be read as CSV \(field larger .*is a quotation mark left open"),
        (f"{HEAD}\nnobody,0,1,a\n", r"names no recording of the study: it has 'nobody', the study has anna, ben"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table: str, message: str, home: Path) -> None:
    (home / "refs.csv").write_text(table)
    with pytest.raises(UsageError, match=message):
        gathered(home)


def test_degrees_leave_recordings_without_a_calibration_out(home: Path) -> None:
    study = study_of({"samples": {"recordings": ["anna", "ben"]}}, folder=home)
    with pytest.raises(UsageError, match="1 x anna: it has no calibration of its camera, which degrees need; 1 x ben"):
        gather_samples(study.samples, with_gaze=True, with_camera=True)


def test_two_names_for_one_span_make_one_sample_too_many(home: Path) -> None:
    (home / "refs.csv").write_text(f"{HEAD}\nanna,0,0.4,a\nanna,0.0001,0.4,b\n")
    with pytest.raises(UsageError, match=r"samples need names of their own; twice or more: anna/0.000-0.400"):
        gathered(home)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ({"recordings": ["anna", "bne"]}, "bne does not exist; did you mean .*ben"),
        ({"references": "ref.csv"}, "there is no table .*ref.csv; did you mean .*refs.csv"),
        ({"recordings": ["blind"], "segment": 1}, "not one sample is left to ask about: 1 x blind: no gaze sample is valid"),
        ({"segment": "often"}, "'often' is not one of: seconds"),
        ({"gaze": "centre", "segment": 1}, "there is no gaze source 'centre'; did you mean 'center'"),
    ],
    ids=["a recording", "a table", "no gaze", "a segment", "a gaze source"],
)
def test_what_is_not_there_is_told(samples: dict[str, Any], message: str, home: Path) -> None:
    write_table(home / "blind", BLIND)
    with pytest.raises(UsageError, match=message):
        gathered(home, **samples)


def test_a_place_that_tells_nothing_is_no_recording() -> None:
    with pytest.raises(RecordingError, match=r"does not tell where the recording lies \(nothing told\)"):
        open_place({})


def test_gaze_that_stands_in_serves_recordings_that_have_none(home: Path) -> None:
    write_clip(home / "bare.mp4", frames=5)
    found = gathered(home, recordings=["anna"], segment=10, gaze="center")
    assert [str(open_place(place).gaze.point_px[0]) for place in found.places.values()] == ["[32. 24.]"]


def test_a_table_with_a_mark_of_its_encoding_is_read(tmp_path: Path) -> None:
    file = tmp_path / "refs.csv"
    file.write_bytes(b"\xef\xbb\xbf" + f"{HEAD}\nanna,0,1,a\n".encode())
    (row,) = read_spans(file, needs=("reference",))
    assert (row.recording, row.references) == ("anna", ("a",))


def test_a_folder_that_is_not_there_is_told_by_its_name(home: Path) -> None:
    with pytest.raises(UsageError, match=r"\[samples\] recordings: .*ana does not exist; did you mean .*anna"):
        gathered(home, recordings=["ana"])
