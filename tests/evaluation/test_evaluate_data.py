"""Studies of data sets, and of servers."""

import json
from pathlib import Path
from typing import Any

import pytest

import foveate
from evaluation.studies import make_recordings, small_study
from foveate.errors import DatasetError, ModelError, UsageError
from foveate.evaluation.places import open_place
from foveate.evaluation.samples import Gathered, gather_samples
from foveate.evaluation.study_file import study_of
from model.stub_server import Fault, StubServer


def gathered(folder: Path, **samples: Any) -> Gathered:
    return gather_samples(study_of({"samples": samples}, folder=folder).samples, with_gaze=True)


def test_worlds_bring_samples_references_and_objects(tmp_path: Path) -> None:
    found = gathered(tmp_path, dataset="toykitchen", seeds=[20_500], duration_s=12)
    case = found.cases[0]
    assert case.name == "toykitchen-kitchen-20500/activity/00"
    assert case.references == (case.sample.reference,)
    assert set(case.sample.reference.rstrip(".").split()[-2:]) & set(case.objects)
    assert {case.category for case in found.cases} == {""}
    (place,) = found.places.values()
    assert place["world"] == {"seed": 20_500, "variant": "kitchen", "duration_s": 12.0}
    assert open_place(place).name == "toykitchen-kitchen-20500"


def test_so_many_worlds_are_those_for_validation_and_tasks_are_categories(tmp_path: Path) -> None:
    found = gathered(tmp_path, dataset="toykitchen", worlds=1, duration_s=20, tasks=["activity", "future"], spans=1)
    assert [(case.sample.recording.name, case.category) for case in found.cases] == [
        ("toykitchen-kitchen-20000", "activity"),
        ("toykitchen-kitchen-20000", "future"),
    ]


def test_a_task_that_the_toy_kitchen_has_not(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no samples of the task 'futur'; did you mean 'future'"):
        gathered(tmp_path, dataset="toykitchen", worlds=1, tasks=["futur"])


def sample(folder: Path, **told: Any) -> dict[str, Any]:
    usual = {"recording": "anna", "start_s": 0, "stop_s": 0.4, "task": "question", "instruction": "What is held?"}
    return {**usual, "reference": "a cup", "choices": ["a cup", "a pan"], "answer": 0, "id": "q1", **told}


def write_samples(folder: Path, *samples: dict[str, Any]) -> str:
    make_recordings(folder)
    (folder / "samples.jsonl").write_text("".join(json.dumps(each) + "\n" for each in samples))
    return "samples.jsonl"


def test_questions_of_a_data_set_are_asked_with_their_choices_and_scored(tmp_path: Path) -> None:
    file = write_samples(tmp_path, sample(tmp_path), sample(tmp_path, recording="ben", id="q2", answer=1, side="test"))
    study = study_of(
        {
            "samples": {"dataset": file},
            "show": {"views": ["gaze"], "size": 20, "budget": 0},
            "ask": {"models": ["mock:A"]},
            "score": {"metrics": ["choice"]},
        },
        folder=tmp_path,
    )
    run = foveate.evaluate(study, out=tmp_path / "run", answers=None)
    assert [line.sample for line in run.lines] == ["q1", "q2"]
    assert run.lines[0].asked == "What is held?\nA. a cup\nB. a pan\nAnswer with the letter of the right choice only."
    assert [line.scores for line in run.lines] == [{"choice": 1.0}, {"choice": 0.0}]
    assert {line.instruction for line in run.lines} == {"own"}


def test_moments_that_nobody_speaks_of_cannot_be_shown(tmp_path: Path) -> None:
    study = small_study(make_recordings(tmp_path), show={"frames": "moments"})
    with pytest.raises(UsageError, match=r'frames = "moments" shows what questions speak of, and no sample speaks of any'):
        foveate.evaluate(study, out=tmp_path / "run")


def test_a_side_may_be_chosen_and_the_rest_is_counted(tmp_path: Path) -> None:
    file = write_samples(tmp_path, sample(tmp_path), sample(tmp_path, id="q2", side="test"))
    found = gathered(tmp_path, dataset=file, side="test")
    assert [case.name for case in found.cases] == ["q2"]
    assert found.left_out == {"on the side that is not told": 1}


def test_samples_of_one_name_are_refused(tmp_path: Path) -> None:
    file = write_samples(tmp_path, sample(tmp_path), sample(tmp_path, start_s=0.4, stop_s=0.8))
    with pytest.raises(UsageError, match=r"names of their own; twice or more: q1 \(1 in all\)"):
        gathered(tmp_path, dataset=file)


def test_a_data_set_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere does not exist"):
        gathered(tmp_path, dataset="nowhere")


def of_server(home: Path, server: StubServer, **sections: Any) -> Any:
    return small_study(home, views=["gaze"], ask={"models": [server.name], "instructions": ["activity"]}, **sections)


def test_a_server_is_pinned_by_the_model_that_it_says_it_runs(tmp_path: Path) -> None:
    home = make_recordings(tmp_path)
    with StubServer() as server:
        run = foveate.evaluate(of_server(home, server), out=tmp_path / "run", answers=tmp_path / "answers")
        assert len(server.requests) == 1 + 4, "one without an image, to know what runs there"
        assert not [
            part for part in server.requests[0]["messages"][-1]["content"] if isinstance(part, dict) and "image_url" in part
        ]
        foveate.evaluate(of_server(home, server), out=tmp_path / "two", answers=tmp_path / "answers")
        assert len(server.requests) == 1 + 4 + 1
    told = run.facts["models"][server.name]
    assert told["pins"]["reported_model"] == told["provenance"]["reported_model"] == f"{server.model}-2"
    assert told["images_sent"] == 0, "this machine answered"
    assert {line.visual_tokens for line in run.lines} == {None}


def test_what_a_server_fails_at_is_told_and_resumable(tmp_path: Path) -> None:
    home = make_recordings(tmp_path)
    with StubServer(faults=[None, Fault(empty=True), Fault(status=400)]) as server:
        run = foveate.evaluate(of_server(home, server), out=tmp_path / "run", answers=tmp_path / "answers")
        reasons = [line.reason for line in run.lines if line.text is None]
        assert len(reasons) >= 1
        assert any("400" in str(reason) for reason in reasons)
        mended = foveate.evaluate(of_server(home, server), out=tmp_path / "run", answers=tmp_path / "answers", again=True)
        assert all(line.text for line in mended.lines)


def test_a_server_that_is_not_there_is_told_before_anything_is_written(tmp_path: Path) -> None:
    home = make_recordings(tmp_path)
    with StubServer() as server:
        study = of_server(home, server)
    with pytest.raises(ModelError, match="no server answers at"):
        foveate.evaluate(study, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_images_leave_this_machine_only_with_a_yes(tmp_path: Path) -> None:
    study = small_study(make_recordings(tmp_path), ask={"models": ["openai:some-vl@https://vlm.example/v1"]})
    with pytest.raises(UsageError, match=r"vlm.example/v1 runs elsewhere and images leave this machine only with --send"):
        foveate.evaluate(study, out=tmp_path / "run")
