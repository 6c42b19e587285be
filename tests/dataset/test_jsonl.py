"""Samples of one's own: written and read back exactly; every broken line is named by its number."""

import json

import pytest

from foveate.clock import Span
from foveate.dataset import counts, samples
from foveate.dataset.jsonl import write_jsonl
from foveate.dataset.sample import Sample
from foveate.errors import DatasetError, RecordingError
from foveate.recording import Recording, open_recording
from writers.neon import START_NS, write_neon
from writers.video import write_clip

LINE = {
    "recording": "clip.mp4",
    "start_s": 0.1,
    "stop_s": 0.5,
    "task": "activity",
    "instruction": "activity",
    "reference": "It is grey.",
}


def put(folder, *lines):
    write_clip(folder / "clip.mp4", frames=30)
    (folder / "samples.jsonl").write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return folder


def test_lines_become_samples(tmp_path):
    question = {
        **LINE, "task": "question", "instruction": "What?", "reference": "b", "choices": ["a", "b"], "answer": 1,
        "participant": "p1", "id": "mine", "kind": "color", "side": "test", "moments_ns": [5],
    }  # fmt: skip
    one, two = samples(put(tmp_path, LINE, "", question))
    assert one.span == Span(100_000_000, 500_000_000)
    assert (one.id, one.participant, one.choices) == ("samples/1", "", ())
    assert (two.letter, two.id, two.kind, two.side, two.moments_ns) == ("B", "mine", "color", "test", (5,))
    assert one.recording is two.recording
    assert counts(tmp_path)["data set"] == "jsonl"


def test_seconds_count_from_the_first_frame_of_whatever_clock(tmp_path):
    write_neon(tmp_path / "rec")
    (tmp_path / "own.jsonl").write_text(json.dumps({**LINE, "recording": "rec"}))
    (found,) = samples(tmp_path / "own.jsonl")
    assert found.span.start_ns == START_NS + 100_000_000


def test_written_samples_are_read_back_as_they_were(tmp_path):
    recording = open_recording(write_neon(tmp_path / "data" / "rec"))
    wanted = [
        Sample(
            recording, Span(START_NS + 7, START_NS + 10**9), "next", "Ä text.", "p", "future", id="a", kind="k", side="train"
        ),
        Sample(recording, Span(5, 6), "Which?", "y", "", "question", choices=("x", "y"), answer=1, id="b", moments_ns=(1, 2)),
    ]
    assert write_jsonl(wanted, tmp_path / "data" / "samples.jsonl") == 2
    moved = (tmp_path / "data").rename(tmp_path / "moved")
    found = list(samples(moved))
    for got, want in zip(found, wanted, strict=True):
        assert got.recording.name == want.recording.name
        same = {name for name in want.__dataclass_fields__ if name != "recording"}
        assert all(getattr(got, name) == getattr(want, name) for name in same)


def test_nothing_half_written_is_left(tmp_path):
    missing = Recording("far", "drawn", "drawing", None, {})
    with pytest.raises(DatasetError, match="far is not on this machine, so that b has no path"):
        write_jsonl([Sample(missing, Span(0, 1), "activity", "x", "p", "activity", id="b")], tmp_path / "samples.jsonl")
    assert list(tmp_path.iterdir()) == []


def without(key):
    return {name: value for name, value in LINE.items() if name != key}


BROKEN = {
    "no JSON": ("{", "line 2: no JSON object"),
    "a list": ("[]", "line 2: a sample is a JSON object, found a list"),
    "no reference": (without("reference"), "line 2: needs recording, task, instruction, reference as text"),
    "no span": (without("stop_s"), "line 2: needs start_s and stop_s"),
    "typo": ({**LINE, "refrence": "x"}, "line 2: there is no field 'refrence'"),
    "task": ({**LINE, "task": "dance"}, "line 2: a sample's task is one of activity"),
    "backwards": ({**LINE, "start_s": 0.9}, "line 2: a span must stop after it starts"),
    "answer": ({**LINE, "choices": ["a", "b"], "answer": 2}, "line 2: the answer is the place of one of 2 choices"),
    "alike": ({**LINE, "choices": ["a", "a"], "answer": 0}, "line 2: a question has 2 to 10 choices that differ"),
    "seconds": ({**LINE, "start_s": "soon"}, "line 2: could not convert string to float"),
}


@pytest.mark.parametrize(("line", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_lines(tmp_path, line, message):
    with pytest.raises(DatasetError, match=message) as caught:
        list(samples(put(tmp_path, LINE, line)))
    assert "\n" not in str(caught.value)


def test_a_recording_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RecordingError, match=r"gone.mp4 does not exist"):
        list(samples(put(tmp_path, {**LINE, "recording": "gone.mp4"})))


def test_a_recording_on_another_drive_is_named_in_full(tmp_path, monkeypatch):
    def refuse(*_: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    clip = open_recording(write_clip(tmp_path / "clip.mp4", frames=3))
    monkeypatch.setattr("foveate.dataset.jsonl.os.path.relpath", refuse)
    write_jsonl([Sample(clip, Span(0, 10**9), "activity", "It is grey.", "", "activity")], tmp_path / "samples.jsonl")
    assert json.loads((tmp_path / "samples.jsonl").read_text())["recording"] == (tmp_path / "clip.mp4").resolve().as_posix()
    assert [sample.recording.path.name for sample in samples(tmp_path)] == ["clip.mp4"]
