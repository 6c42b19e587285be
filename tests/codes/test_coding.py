"""Recordings whose gaze is known, coded by a model that answers as told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_recording
from foveate.clock import Span
from foveate.codes.book import CodeBook, Label
from foveate.codes.coding import Coded, summary
from foveate.codes.coding import code as codes_of
from foveate.codes.read import read_codes
from foveate.codes.table import CodedSpan, labels_csv
from foveate.codes.tracked import tracked_s
from foveate.errors import RecordingError, UsageError
from foveate.model.mock import MockModel
from foveate.predict import with_gaze
from foveate.recording.eye_events import EyeEvents
from foveate.recording.recording import GazeStream, Recording

BOOK = CodeBook((Label("left", words=("left",)), Label("right", words=("right",))))
START_NS = 5_000_000_000


def code(recording: Recording, model: MockModel, per: str = "span", **how: object) -> Coded:
    return codes_of(recording, model=model, codebook=BOOK, per=per, **{"size": "40", "segment": "2", **how})


def fixating(*edges_s: tuple[float, float], **how: object) -> Recording:
    """A drawn recording whose vendor tells fixations."""
    recording = drawn_recording(**how)  # type: ignore[arg-type]
    starts, stops = (START_NS + (np.array(side) * 1e9).astype(np.int64) for side in zip(*edges_s, strict=True))
    events = EyeEvents(starts, stops, np.arange(len(edges_s)), np.full((len(edges_s), 2), 50.0))
    return replace(recording, loaders={**recording.loaders, "fixations": lambda: events}, _streams={})


def test_every_span_has_a_label_or_a_reason() -> None:
    done = code(drawn_recording(lost_s=(2.0, 3.0)), MockModel(texts=("Left.", "left, right", "unclear"), is_toy=False), batch=3)
    assert [(span.onset_s, span.offset_s, span.label) for span in done.spans] == [
        (0.0, 2.0, "left"),
        (2.0, 4.0, None),
        (4.0, 6.0, "unclear"),
    ]
    assert done.spans[1].reason == "names 2 labels (left, right): 'left, right'"
    assert [span.gaze_valid for span in done.spans] == pytest.approx([1.0, 0.5, 1.0], abs=0.01)
    assert done.counts == {"left": 1, "right": 0, "unclear": 1}
    assert done.failures == {"names 2 labels (left, right)": 1}
    assert summary(done) == "left 1, unclear 1, no label 1"
    assert (done.stretch.start_s, done.stretch.stop_s) == (0.0, 6.0)
    assert done.stretch.tracked_s == pytest.approx(5.0, abs=0.02)


def test_a_model_that_fails_leaves_its_reason() -> None:
    done = code(drawn_recording(), MockModel(texts=("left",), faults={1: "out of memory"}), batch=3)
    assert [(span.label, span.reason) for span in done.spans] == [("left", ""), (None, "out of memory"), ("left", "")]


def test_many_reasons_are_told_in_a_few_lines() -> None:
    done = code(drawn_recording(), MockModel(faults={k: f"fault {k}" for k in range(8)}), batch=12, segment="0.5")
    lines = done.failure_lines()
    assert lines[0] == "no label in 4 spans: no label of the code book"
    assert len(lines) == 7
    assert lines[-1] == "no label in 3 spans for other reasons, each in labels.csv"


def test_a_model_with_own_prompts_is_mapped_by_words() -> None:
    model = MockModel(texts=("The person walks left.",), instructions={"activity": "What is done?"})
    assert [span.label for span in code(drawn_recording(), model).spans] == ["left"] * 3


def test_fixations_inside_the_spans_are_cut_where_the_next_begins() -> None:
    recording = fixating((-0.1, 0.4), (0.5, 1.0), (0.9, 1.5), (2.5, 3.0), (5.8, 6.4))
    done = code(recording, MockModel(texts=("left",)), "fixation", segment="6")
    edges_ms = [span.place[1:] for span in done.spans]
    assert edges_ms == [(0, 400), (500, 900), (900, 1500), (2500, 3000), (5800, 6000)]
    part = code(recording, MockModel(texts=("left",)), "fixation", start_s=0.7, stop_s=2.8)
    assert [span.place[1:] for span in part.spans] == [(700, 900), (900, 1500), (2500, 2800)]


def test_fixations_need_measured_gaze() -> None:
    with pytest.raises(UsageError, match="was not measured; leave --per fixation out"):
        code(with_gaze(drawn_recording(), "center"), MockModel(), "fixation")
    blind = drawn_recording()
    blind = replace(blind, loaders={"scene": blind.loaders["scene"]}, _streams={})
    with pytest.raises(RecordingError, match="no gaze stream"):
        code(blind, MockModel(), "fixation", view="full")
    with pytest.raises(UsageError, match="no fixation lies in the spans of drawn"):
        code(fixating((0.5, 1.0)), MockModel(), "fixation", start_s=3.0)


def test_gaze_that_was_not_measured_has_no_validity() -> None:
    done = code(with_gaze(drawn_recording(), "center"), MockModel(texts=("left",)))
    assert {span.gaze_valid for span in done.spans} == {None}
    assert done.stretch.tracked_s is None


@pytest.mark.parametrize(
    ("time_ms", "valid", "span_ms", "wanted_ms"),
    [
        pytest.param(range(0, 100, 10), [1] * 10, (0, 100), 100, id="all"),
        pytest.param(range(0, 100, 10), [1] * 10, (25, 65), 40, id="between samples"),
        pytest.param(range(0, 100, 10), [1] * 10, (-50, 200), 100, id="more than there is"),
        pytest.param(range(0, 100, 10), [1, 1, 0, 0, 1, 1, 1, 1, 1, 1], (0, 100), 80, id="two not valid"),
        pytest.param([0, 10, 20, 80, 90], [1] * 5, (0, 100), 100, id="60 ms without a row are bridged"),
        pytest.param([0, 10, 20, 120, 130], [1] * 5, (0, 140), 50, id="100 ms are not"),
        pytest.param([0, 10, 20, 120, 130], [1] * 5, (40, 100), 0, id="inside the pause"),
        pytest.param([], [], (0, 100), 0, id="no sample"),
    ],
)
def test_tracked_time(time_ms: list[int], valid: list[int], span_ms: tuple[int, int], wanted_ms: int) -> None:
    there = np.array(valid, dtype=bool)
    point = np.where(there[:, None], 1.0, np.nan) * np.ones((len(there), 2))
    gaze = GazeStream(np.array(list(time_ms), dtype=np.int64) * 1_000_000, point, there)
    span = Span(span_ms[0] * 1_000_000, span_ms[1] * 1_000_000)
    assert tracked_s(gaze, [span])[0] == pytest.approx(wanted_ms / 1000)


def test_files_are_read_back(tmp_path: Path) -> None:
    done = code(drawn_recording(name="=cmd"), MockModel(texts=("left", "maybe left", "right")), batch=3)
    for name, text in done.files("=cmd").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    back = read_codes(tmp_path)
    assert back.spans == tuple(replace(span, columns={"participant": "", "condition": ""}) for span in done.spans)
    assert (back.book, back.per, back.stretches) == (BOOK, "span", {"=cmd": done.stretch})
    assert (tmp_path / "labels.csv").read_text(encoding="utf-8").splitlines()[1].startswith("'=cmd,")


def test_a_span_keeps_its_place_when_it_is_written(tmp_path: Path) -> None:
    # halves of milliseconds are rounded in one way by round() and in another by a format
    spans = tuple(CodedSpan("a", k / 2000, k / 2000 + 0.0025, "left") for k in range(0, 4000, 7))
    (tmp_path / "spans.csv").write_bytes(labels_csv(spans))
    assert [span.place for span in read_codes(tmp_path / "spans.csv").spans] == [span.place for span in spans]


HEAD = "recording,onset_s,offset_s,label\n"


def test_a_name_that_is_no_utf8_is_the_same_in_table_and_facts(tmp_path: Path) -> None:
    for name, text in code(drawn_recording(), MockModel("left")).files("rec\udcff").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    back = read_codes(tmp_path)
    assert {span.recording for span in back.spans} == set(back.stretches) == {r"rec\udcff"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("recording,onset,offset_s,label\na,0,1,left\n", "no column 'onset_s'; did you mean 'onset'", id="column"),
        pytest.param(HEAD, "has no line", id="empty"),
        pytest.param(HEAD + ",0,1,left\n", "line 2 of .* names no recording", id="no recording"),
        pytest.param("onset_s,offset_s,label,recording\n0,1,left\n", "line 2 of .* names no recording", id="a short line"),
        pytest.param(HEAD + "a,0,1,left,right\n", "has 5 cells, its header 4", id="too many cells"),
        pytest.param("label," + HEAD + "left,a,0,1,left\n", "the column 'label' twice", id="column twice"),
        pytest.param(HEAD + f"a,0,1,{'x' * 140_000}\n", "is no CSV", id="a huge cell"),
        pytest.param(HEAD + "a,1,1,left\n", "line 2 of .* must have onset_s before offset_s", id="no length"),
        pytest.param(HEAD + "a,nan,1,left\n", "onset_s in line 2 of .* is no number: 'nan'", id="NaN"),
        pytest.param(
            HEAD + "a,0,1,left\na,0.0001,1,right\n", "line 3 of .* codes a from 0.0001 to 1 s a second time", id="twice"
        ),
        pytest.param(
            HEAD + "a,0,1,lefft\n", "'lefft' at 0 s of a, which is not in the code book; did you mean 'left'", id="typo"
        ),
    ],
)
def test_tables_that_are_wrong_are_told_by_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "codes.json").write_text(code(drawn_recording(), MockModel()).files("a")["codes.json"], encoding="utf-8")
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_codes(tmp_path)


def test_a_folder_without_labels_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no labels.csv; make one with: foveate describe REC\.\.\. --codebook"):
        read_codes(tmp_path)
    with pytest.raises(UsageError, match=r"there is no .*ana.csv; give the table of a coder, or a folder with labels.csv"):
        read_codes(tmp_path / "ana.csv")
    (tmp_path / "codes.json").write_text('{"format": 1}', encoding="utf-8")
    (tmp_path / "labels.csv").write_text(HEAD + "a,0,1,left\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"codes.json is damaged \('recordings'\)"):
        read_codes(tmp_path)


@pytest.mark.parametrize("between", [";", "\t"], ids=["semicolons", "tabs"])
def test_a_persons_table_needs_little(tmp_path: Path, between: str) -> None:
    (tmp_path / "anna.csv").write_text(
        "\ufeffrecording;onset_s;offset_s;label;coder\r\na;0;1;left;Anna\r\na;1;2,5;;Anna\r\n".replace(";", between),
        encoding="utf-8",
        newline="",
    )
    codes = read_codes(tmp_path / "anna.csv")
    assert codes.name == "Anna"
    assert codes.spans[1] == CodedSpan("a", 1.0, 2.5, None, "no label was given", coder="Anna")


def test_columns_of_a_list_stand_behind() -> None:
    span = CodedSpan("a", 0, 1, "left", columns={"participant": "P1", "session": "2"})
    header, row = (each.split(",") for each in labels_csv([span], extra=("participant", "session")).decode().splitlines())
    assert (header[:3], header[-1]) == (["recording", "participant", "condition"], "session")
    assert (row[:3], row[-1]) == (["a", "P1", ""], "2")
