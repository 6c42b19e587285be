"""runs/streamgaze.toml and runs/egogazevqa.toml as they stand, on small folders made like the published ones."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import foveate
from evaluation.studies import make_recordings, small_study
from foveate.evaluation.remake import images_of
from foveate.evaluation.study_file import read_study, study_of
from foveate.model import Answer, Prompt
from foveate.model.mock import MockModel
from foveate.run import Run
from foveate.run.images import image_hash
from writers.datasets import key_frames, put
from writers.egtea import FPS, SESSION, gaze_lines, write_session

RUNS = Path(__file__).parents[2] / "runs"
SECONDS = 20
WAYS = ["gaze", "center", "random", "full", "mark", "full_native", "shuffled gaze", "no image"]


@dataclass(frozen=True)
class Chooser(MockModel):
    """Answers C as soon as it sees an image, else A."""

    asked: list[Prompt] = field(default_factory=list)

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer]:
        self.asked.extend(prompts)
        return [replace(self.answer(prompt), text="(C)" if prompt.images else "A") for prompt in prompts]


def sessions(root: Path) -> Path:
    """Two people's sessions with gaze, so that one's gaze can stand in for the other's."""
    for session in (SESSION, "P02-R01-PastaSalad"):
        write_session(root, session=session, frames=SECONDS * FPS, lines=gaze_lines(frames=SECONDS * FPS))
    return root


@pytest.fixture(scope="module")
def streamgaze(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Chooser]:
    root = sessions(tmp_path_factory.mktemp("streamgaze"))
    asked = {"question": "What was used?", "answer": "C", "options": ["A. pan", "B. pot", "C. knife", "D. cup"]}
    past = [{"questions": [{**asked, "time_stamp": "00:16"}], "video_path": f"{session}.mp4"}
            for session in (SESSION, "P02-R01-PastaSalad")]  # fmt: skip
    put(root / "qa" / "past_scene_recall.json", past)
    put(root / "qa" / "present_object_attribute_recognition.json",
        [{"questions": [{**asked, "time_stamp": "00:10", "answer": "B"}], "video_path": "R0027-12-GoPro.mp4"}])  # fmt: skip
    points = [{"realtime": "00:04", "type": 0}, {"realtime": "00:08", "type": 1}]
    alert = {"question": "Alert me when I gaze on the <plate>.", "time_stamp": "00:02", "test_info": points}
    put(root / "qa" / "proactive_gaze_triggered_alert.json", [{"questions": [alert], "video_path": f"{SESSION}.mp4"}])
    return carried_out("streamgaze", root)


@pytest.fixture(scope="module")
def egogazevqa(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Chooser]:
    root = sessions(tmp_path_factory.mktemp("egogazevqa"))
    options = [f"{letter}: choice {letter.lower()}" for letter in "ABCDE"]
    for kind, right in (("spatial", "C"), ("temporal", "B"), ("causal", "C")):
        question = {
            "frames": key_frames(24, 100, 101, 300), "question": f"A {kind} question in Frame 2?",
            "answer_options": options, "correct_answer": right,
        }  # fmt: skip
        put(root / "qa_pairs" / f"{kind}_egtea.json", {session: [question] for session in (SESSION, "P02-R01-PastaSalad")})
    absent = {"frames": key_frames(30, 60), "question": "Why?", "answer_options": options, "correct_answer": "A"}
    put(root / "qa_pairs" / "causal_egoexo.json", {"an-uid": [absent]})
    put(root / "narrations" / "egtea.json", {SESSION: {"narrations": [{"timestamp_frame": 48, "narration_text": "Take pot"}]}})
    return carried_out("egogazevqa", root)


def carried_out(name: str, root: Path) -> tuple[Run, Chooser]:
    """The study as it stands in runs/, its data set put in place and its model by a mock."""
    study = read_study(RUNS / f"{name}.toml")
    samples = replace(study.samples, dataset=str(root))
    study = replace(study, samples=samples, ask=replace(study.ask, models=("mock",)))
    model = Chooser()
    return foveate.evaluate(study, out=root / "run", models={"mock": model}, answers=None), model


def accuracy(run: Run, shown: str) -> dict[str, float]:
    """Kind -> mean of the score choice."""
    found: dict[str, list[float]] = {}
    for line in run.lines:
        if line.shown == shown:
            found.setdefault(line.category, []).append(line.scores["choice"])
    return {kind: sum(values) / len(values) for kind, values in found.items()}


def test_streamgaze_is_scored_by_kind_beside_its_floor(streamgaze: tuple[Run, Chooser]) -> None:
    run, _ = streamgaze
    assert Counter(line.shown for line in run.lines) == dict.fromkeys(WAYS, 4)
    assert accuracy(run, "gaze") == {"past_scene_recall": 1.0, "proactive_gaze_triggered_alert": 0.0}
    assert accuracy(run, "no image") == {"past_scene_recall": 0.0, "proactive_gaze_triggered_alert": 0.5}
    assert all(line.scores["choice_named"] == (line.category == "past_scene_recall" or line.shown == "no image")
               for line in run.lines), "of Yes and No there is no C"  # fmt: skip
    assert {line.participant for line in run.lines} == {"OP01", "P02"}


def test_streamgaze_counts_what_is_not_on_this_machine(streamgaze: tuple[Run, Chooser]) -> None:
    run, _ = streamgaze
    assert run.facts["left_out"] == {"samples whose video is not on this machine": 1}


def test_streamgaze_shows_everything_up_to_the_question_at_one_cost(streamgaze: tuple[Run, Chooser]) -> None:
    run, model = streamgaze
    (line,) = [line for line in run.lines if line.shown == "gaze" and line.sample.startswith("past_scene_recall/0")]
    assert (line.start_s, line.stop_s) == (0.0, 16.0)
    assert [frame.time_s for frame in line.frames] == pytest.approx([1, 3, 5, 7, 9, 11, 13, 15], abs=0.05)
    assert {frame.source for frame in line.frames} == {"measured"}
    assert {line.visual_tokens for line in run.lines if line.shown == "no image"} == {0}
    prompt = next(prompt for prompt in model.asked if prompt.images)
    assert prompt.text.splitlines() == [
        "What was used?", "A. pan", "B. pot", "C. knife", "D. cup", "Answer with the letter of the right choice only.",
    ]  # fmt: skip


def test_egogazevqa_shows_the_key_frames_and_nothing_else(egogazevqa: tuple[Run, Chooser]) -> None:
    run, _ = egogazevqa
    assert Counter(line.shown for line in run.lines) == dict.fromkeys(WAYS, 6)
    seen = {tuple(frame.index for frame in line.frames) for line in run.lines if line.shown != "no image"}
    assert seen == {(24, 100, 101, 300)}
    assert accuracy(run, "center") == {"spatial": 1.0, "temporal": 0.0, "causal": 1.0}
    assert accuracy(run, "no image") == {"spatial": 0.0, "temporal": 0.0, "causal": 0.0}
    assert run.facts["left_out"] == {"samples whose video is not on this machine": 1}


@pytest.mark.parametrize("name", ["streamgaze", "egogazevqa"])
def test_what_was_shown_can_be_made_again(name: str, request: pytest.FixtureRequest) -> None:
    run, _ = request.getfixturevalue(name)
    for line in run.lines:
        if line.sample == run.lines[0].sample:
            assert tuple(image_hash(image.image) for image in images_of(run, line)) == line.images_sha256


@pytest.mark.parametrize(("most", "frames"), [(None, 4), (4, 4), (3, 3), (1, 1)])
def test_a_long_span_shows_fewer_frames_a_second(tmp_path: Path, most: int | None, frames: int) -> None:
    show = {"views": ["center"], "fps": 5} | ({} if most is None else {"most_frames": most})
    (make_recordings(tmp_path) / "whole.csv").write_text("recording,start_s,stop_s,reference\nanna,0,0.8,She looks.\n")
    study = small_study(tmp_path, show=show, samples={"references": "whole.csv"})
    run = foveate.evaluate(study, out=tmp_path / "run", models={"mock": MockModel()}, answers=None)
    assert {len(line.frames) for line in run.lines} == {frames}


def test_a_sample_that_speaks_of_no_moments_has_no_answer_and_a_reason(tmp_path: Path) -> None:
    home = make_recordings(tmp_path)
    told = {
        "recording": "anna",
        "start_s": 0,
        "stop_s": 0.4,
        "task": "question",
        "instruction": "What is it?",
        "reference": "a cup",
    }
    samples = [{**told, "id": "q1", "moments_ns": [200_000_000]}, {**told, "id": "q2"}]
    (home / "samples.jsonl").write_text("".join(json.dumps(each) + "\n" for each in samples))
    given = {"samples": {"dataset": "samples.jsonl"}, "show": {"views": ["gaze"], "size": 20, "frames": "moments"}}
    study = study_of({**given, "ask": {"models": ["mock"]}, "score": {"metrics": ["exact_match"]}}, folder=home)
    run = foveate.evaluate(study, out=tmp_path / "run", models={"mock": MockModel()}, answers=None)
    assert [line.reason for line in run.lines] == [None, "no frame could be shown (none in the span)"]
    assert [len(line.frames) for line in run.lines] == [1, 0]


@pytest.mark.parametrize("name", ["streamgaze", "egogazevqa"])
def test_the_header_tells_what_was_published_and_what_is_needed(name: str) -> None:
    head = (RUNS / f"{name}.toml").read_text(encoding="utf-8").split("title =")[0]
    for wanted in ("Needs, supplied by you:", "Published, to compare with:", "Not the same as published:", "Result:"):
        assert wanted in head
    assert json.dumps(read_study(RUNS / f"{name}.toml").data())
