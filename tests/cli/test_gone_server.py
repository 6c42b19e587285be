"""A server that dies midway through evaluate, describe or judge: the command stops soon, and goes on where it was."""

import json
from collections import Counter
from pathlib import Path

import pytest

from command_line import Foveate
from evaluation.studies import make_recordings
from foveate.batch.outputs import standing
from foveate.job import ENGINES, read_job
from foveate.job.here import Here
from foveate.model.openai_retry import Retries
from foveate.run import read_run
from made_run import line, make_run
from model.stub_server import Fault, StubServer

STUDY = """
title = "small"
[samples]
recordings = ["anna", "ben"]
references = "refs.csv"
[show]
views = ["gaze", "full", "dual"]
size = 20
fps = 5
[ask]
models = "{model}"
[score]
metrics = "exact_match"
"""
LOOK = ("--size", "20", "--segment", "0.2", "--fps", "10", "--no-summary")
BOOK = """
[[label]]
name = "cup"
[[label]]
name = "pan"
"""
CAPTIONS = "\n".join(f"{number}: A hand holds cup number {number}." for number in range(1, 11))
GRADES = json.dumps({"correctness": 5, "completeness": 5, "no_hallucination": 5})


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a server, and the workers of a batch are this process."""
    monkeypatch.setattr(Retries, "pause_s", lambda self, tried, verdict: 0.0)
    monkeypatch.setitem(ENGINES, "local", Here)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two recordings."""
    monkeypatch.chdir(tmp_path)
    return make_recordings(tmp_path)


def asked(*servers: StubServer) -> Counter[str]:
    """How often each question came to any of some servers."""
    return Counter(json.dumps(request["messages"]) for server in servers for request in server.requests)


def test_evaluate(data: Path, foveate: Foveate) -> None:
    # one question is asked beforehand, to learn which model answers; then items of two samples each
    with StubServer(dies_after=1 + 5) as server:
        (data / "study.toml").write_text(STUDY.format(model=server.name))
        code, _, err = foveate("evaluate", "study.toml", "-o", "run", "-q")
    assert code == 2
    assert err.splitlines()[-1] == (
        f"foveate: no server answers at {server.url}: start it (ollama serve, vllm serve ...) or mend the address after @. "
        "4 of 12 answers are in run and kept; the same command goes on"
    )
    tally = read_job(data / "run" / "job").tally
    assert (tally.done, tally.failed, tally.left) == (2, 0, 4)
    stopped = read_run(data / "run")
    assert (stopped.facts["complete"], len(stopped.lines)) == (False, 4)
    with StubServer(port=server.port) as again:
        assert foveate("evaluate", "study.toml", "-o", "run", "-q") == (0, "", "")
    run = read_run(data / "run")
    assert run.facts["complete"] is True
    assert [line.text is not None for line in run.lines] == [True] * 12
    counts = asked(server, again)
    with_images = [count for question, count in counts.items() if "image_url" in question]
    assert (with_images, sum(counts.values())) == ([1] * 12, 14), "nothing twice but what tells which model answers"


def test_evaluate_before_anything_is_answered(data: Path, foveate: Foveate) -> None:
    with StubServer(dies_after=1) as server:
        (data / "study.toml").write_text(STUDY.format(model=server.name))
        code, _, err = foveate("evaluate", "study.toml", "-o", "run", "-q")
    assert (code, "0 of 12 answers are in run" in err) == (2, True)
    with StubServer(port=server.port):
        assert foveate("evaluate", "study.toml", "-o", "run", "-q") == (0, "", "")
    assert read_run(data / "run").facts["complete"] is True


def test_a_question_that_is_refused_stops_nothing(data: Path, foveate: Foveate) -> None:
    with StubServer(faults=[None, Fault(400), Fault(400), Fault(400), Fault(400), Fault(400), Fault(400)]) as server:
        (data / "study.toml").write_text(STUDY.format(model=server.name))
        code, _, err = foveate("evaluate", "study.toml", "-o", "run", "-q")
    assert (code, "6 of 12 questions have no answer" in err) == (2, True)
    run = read_run(data / "run")
    assert (run.facts["complete"], sum(line.text is not None for line in run.lines)) == (True, 6)


def test_describe_many(data: Path, foveate: Foveate) -> None:
    with StubServer(dies_after=4 + 2) as server:
        code, _, err = foveate("describe", "anna", "ben", "--model", server.name, *LOOK, "-o", "out", "-q")
    assert (code, "1 of 2 recordings are done and kept; the same command goes on" in err) == (2, True)
    now = standing(data / "out")
    assert (now.done, now.failures, now.left) == (1, (), 1)
    assert "anna" in (data / "out" / "index.html").read_text(encoding="utf-8")
    with StubServer(port=server.port) as again:
        assert foveate("describe", "anna", "ben", "--model", server.name, *LOOK, "-o", "out", "-q") == (0, "", "")
    assert len(again.requests) == 4, "the recording that was under way is described anew, and no other"
    assert standing(data / "out").done == 2


def test_describe_many_of_which_none_is_done_leaves_nothing(data: Path, foveate: Foveate) -> None:
    with StubServer(dies_after=2) as server:
        code, _, err = foveate("describe", "anna", "ben", "--model", server.name, *LOOK, "-o", "out", "-q")
    assert (code, "foveate: no server answers at" in err) == (2, True)
    assert not (data / "out").exists()


def test_describe_one_keeps_the_spans_that_were_told(data: Path, foveate: Foveate) -> None:
    with StubServer(dies_after=2) as server:
        code, _, err = foveate("describe", "anna", "--model", server.name, *LOOK, "-o", "out", "-q")
    assert (code, "2 of 4 spans were told before; they are in out" in err) == (2, True)
    told = json.loads((data / "out" / "description.json").read_text(encoding="utf-8"))
    assert (told["complete"], len(told["spans"])) == (False, 2)
    assert all(span["text"] for span in told["spans"])


def test_labels_of_one_recording_are_kept(data: Path, foveate: Foveate) -> None:
    (data / "labels.toml").write_text(BOOK)
    with StubServer(dies_after=2, says=lambda question: "cup") as server:
        how = ("--model", server.name, *LOOK, "--codebook", "labels.toml")
        code, _, err = foveate("describe", "anna", *how, "-o", "out", "-q")
    assert (code, "2 of 4 spans were told before; they are in out" in err) == (2, True)
    assert (data / "out" / "labels.csv").read_text(encoding="utf-8").count("cup") == 2


def test_caption_many(data: Path, foveate: Foveate) -> None:
    with StubServer(dies_after=2 + 1, says=lambda question: CAPTIONS) as server:
        code, _, err = foveate("caption", "anna", "ben", "--model", server.name, "--fps", "25", "-o", "out", "-q")
    assert (code, "1 of 2 recordings are done and kept; the same command goes on" in err) == (2, True)
    now = standing(data / "out")
    assert (now.done, now.failures, now.left) == (1, (), 1)


def test_caption_one_keeps_what_was_captioned(data: Path, foveate: Foveate) -> None:
    with StubServer(dies_after=1, says=lambda question: CAPTIONS) as server:
        code, _, err = foveate("caption", "anna", "--model", server.name, "--fps", "25", "-o", "out", "-q")
    assert (code, "1 of 2 sequences were captioned before; they are in out" in err) == (2, True)
    assert json.loads((data / "out" / "captions.json").read_text(encoding="utf-8"))["complete"] is False


def test_judge(tmp_path: Path, foveate: Foveate) -> None:
    run = make_run(tmp_path / "run", [line(f"rec-{n}:0", "gaze", text=f"text {n}") for n in range(8)])
    how = ("judge", run.folder, "--repeats", "1", "-q")
    with StubServer(dies_after=3, says=lambda question: GRADES) as server:
        code, _, err = foveate(*how, "--model", server.name)
    assert (code, "3 of 8 items are done and kept; the same command goes on" in err) == (2, True)
    scores = [each.scores.get("judge_correctness") for each in read_run(run.folder).lines]
    assert scores == [5.0] * 3 + [None] * 5
    assert read_job(run.folder / "judge").tally.failed == 0
    with StubServer(port=server.port, says=lambda question: GRADES) as again:
        assert foveate(*how, "--model", server.name) == (0, "", "")
    assert set(asked(server, again).values()) == {1}
    assert [each.scores["judge_correctness"] for each in read_run(run.folder).lines] == [5.0] * 8
