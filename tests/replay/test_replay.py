"""A Run made again: what is as it was, what differs and how, what is gone."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import foveate
from evaluation.studies import make_recordings, small_study
from foveate.cli import build_app
from foveate.errors import JobError, ModelError, ServerGoneError, UsageError
from foveate.evaluation.pins import pins
from foveate.model import Answer, Prompt
from foveate.model.mock import MockModel
from foveate.replay.moved import moved
from foveate.replay.replay import replay
from foveate.replay.text import EXAMPLES, replay_data, told_of_replay
from foveate.run import Run, read_run
from writers.table import samples, write_gaze
from writers.video import SIZE, write_clip

TEXT = "The person takes the cup."


@dataclass(frozen=True)
class Speaker(MockModel):
    """A mock that remembers how many questions came at once, and may fail on some."""

    batches: list[int] = field(default_factory=list)
    fails_on: tuple[int, ...] = ()
    """Questions, counted from the first, that have no answer."""

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        first = sum(self.batches)
        self.batches.append(len(prompts))
        found = super().answers(prompts)
        return [ModelError("out of luck") if first + place in self.fails_on else each for place, each in enumerate(found)]


@dataclass(frozen=True)
class Reporting(MockModel):
    """A mock whose answers tell what runs on its server."""

    runs: str = ""

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        return [replace(each, provenance={"reported_model": self.runs}) for each in super().answers(prompts)]  # type: ignore[type-var]


def evaluated(home: Path, model: MockModel | None = None, *, keep_images: bool = False, **sections: Any) -> Path:
    """A Run of 12 lines: four spans, shown around gaze, around the middle and not at all."""
    study = small_study(home, **sections)
    models = {name: model or Speaker(texts=(TEXT,), name=name) for name in study.ask.models}
    foveate.evaluate(study, out=home / "run", models=models, answers=None, keep_images=keep_images)
    return home / "run"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_recordings(tmp_path)


def changed(file: Path, change: Callable[[dict[str, Any]], None], *, where: Callable[[dict[str, Any]], bool]) -> None:
    """Change JSON lines of a file."""
    rows = [json.loads(row) for row in file.read_text().splitlines()]
    for row in rows:
        if where(row):
            change(row)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_nothing_differs_where_nothing_changed(home: Path) -> None:
    model = Speaker(texts=(TEXT,))
    found = replay(read_run(evaluated(home)), model)
    assert found.ok
    assert (found.images.same, found.images.beside) == (8, {"lines that show no image": 4})
    assert (found.scores.same, found.scores.beside) == (9, {"without a score, then as now": 3})
    assert found.answers is not None
    assert found.answers.same == 12
    assert found.versions == ()
    assert sum(model.batches) == 12
    assert told_of_replay(found)[-1] == "no difference"


def test_it_asks_as_many_at_once_as_the_study_did(home: Path) -> None:
    spans = [f"{name},{start},{start + 0.2},A.\n" for name in ("anna", "ben") for start in (0, 0.2, 0.4, 0.6)]
    (home / "refs.csv").write_text("".join(["recording,start_s,stop_s,reference\n", *spans]))
    then, now = Speaker(texts=(TEXT,)), Speaker(texts=(TEXT,))
    run = evaluated(home, then, ask={"batch": 3})
    assert replay(read_run(run), now).ok
    assert Counter(now.batches) == Counter(then.batches) == {3: 6, 1: 6}


@dataclass(frozen=True)
class Leaving(Speaker):
    """A mock that answers nobody after its first batch."""

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        found = super().answers(prompts)
        return found if len(self.batches) == 1 else [ServerGoneError("no server answers")] * len(prompts)


def test_a_server_that_is_gone_is_asked_no_more_and_all_else_is_replayed(home: Path) -> None:
    run, model = evaluated(home), Leaving(texts=(TEXT,))
    found = replay(read_run(run), model)
    assert len(model.batches) == 2
    assert found.answers is not None
    assert (found.answers.same, found.answers.gone) == (model.batches[0], {"no server answers": 12 - model.batches[0]})
    assert found.images.ok
    assert found.scores.ok


def test_gaze_that_moved_is_told_with_where_it_was(home: Path) -> None:
    run = evaluated(home)
    moved = samples()
    write_gaze(home / "anna" / "gaze.csv", {**moved, "x_px": moved["x_px"] + 7})
    found = replay(read_run(run))
    assert not found.ok
    assert found.images.same == 6
    assert {(each.line.sample.split("/")[0], each.line.shown) for each in found.images.differing} == {("anna", "gaze")}
    first = found.images.differing[0]
    assert first.then == "at 0.080 s aimed at 8.0, 38.0 px; regions 20x20 at 0, 28"
    assert first.now == "at 0.080 s aimed at 15.0, 38.0 px; regions 20x20 at 5, 28; its pixels are the same"
    assert found.scores.ok
    assert "gaze of anna" in [each.name for each in found.versions]
    assert not [each.name for each in found.versions if each.name.endswith(" of ben")]


@pytest.mark.parametrize("keep_images", [False, True])
def test_other_pixels_of_the_same_region_are_told_and_how_far_they_are(home: Path, keep_images: bool) -> None:
    run = evaluated(home, keep_images=keep_images)
    write_clip(home / "ben" / "scene.mp4", frames=20, fps=25.0, size_px=SIZE, first=4)
    found = replay(read_run(run))
    assert {each.line.sample.split("/")[0] for each in found.images.differing} == {"ben"}
    assert "video of ben" in [each.name for each in found.versions]
    first = found.images.differing[0]
    assert first.then == "the image at 0.080 s"
    assert first.now.startswith("the same region with other pixels (2 of 2 images)")
    assert first.now.endswith(", 9.00 of 255 grey levels away at most, on average over an image") == keep_images


def test_fewer_frames_are_told(home: Path) -> None:
    run = evaluated(home)
    write_clip(home / "ben" / "scene.mp4", frames=12, fps=25.0, size_px=SIZE, first=3)
    found = replay(read_run(run))
    told = {each.line.sample: (each.then, each.now) for each in found.images.differing}
    then, now = told["ben/0.400-0.800"]
    assert then == "2 images"
    assert "would now show the frame at" in now


def test_a_recording_that_is_gone_is_counted_and_not_passed(home: Path) -> None:
    run = evaluated(home)
    shutil.rmtree(home / "ben")
    found = replay(read_run(run), Speaker(texts=(TEXT,)))
    assert not found.ok
    assert found.images.same == 4
    assert found.images.differing == []
    ((reason, count),) = found.images.gone.items()
    assert count == 4
    assert "ben does not exist" in reason
    assert found.answers is not None
    assert found.answers.gone == {"its images are not the same, or not there": 4}
    assert found.answers.same == 8
    assert told_of_replay(found)[-1] == "could not all be made again: images, answers"


def test_recordings_that_lie_elsewhere_are_found_by_their_names(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    run, elsewhere = evaluated(home), tmp_path_factory.mktemp("elsewhere")
    for name in ("anna", "ben"):
        shutil.move(home / name, elsewhere / name)
    read = read_run(run)
    assert replay(read).images.gone.total() == 8
    assert replay(moved(read, elsewhere)).ok
    shutil.rmtree(elsewhere / "ben")
    assert replay(moved(read, elsewhere)).images.gone.total() == 4
    with pytest.raises(UsageError, match=r"holds none of the Run's recordings \(looked for: anna, ben\)"):
        moved(read, home)
    with pytest.raises(UsageError, match="there is no folder"):
        moved(read, home / "nowhere")


@pytest.mark.parametrize(
    ("place", "now"),
    [
        pytest.param({"path": "C:\\data\\anna"}, {"path": "HERE/anna"}, id="of Windows"),
        pytest.param({"path": "/data/carl"}, {"path": "/data/carl"}, id="not there"),
        pytest.param({"world": {"seed": 1}}, {"world": {"seed": 1}}, id="drawn"),
        pytest.param({"dataset": "/data/egtea", "recording": "a"}, {"dataset": "HERE", "recording": "a"}, id="of a data set"),
    ],
)
def test_a_place_is_looked_for_by_the_name_of_its_folder(home: Path, place: dict[str, Any], now: dict[str, Any]) -> None:
    run = Run(home, {"recordings": {"a": place, "b": {"path": "/data/ben"}}}, ())
    told = {key: value.replace("HERE", str(home)) if isinstance(value, str) else value for key, value in now.items()}
    assert moved(run, home).facts["recordings"] == {"a": told, "b": {"path": str(home / "ben")}}


def test_scores_that_the_answers_do_not_bear_are_told(home: Path) -> None:
    run = evaluated(home)
    line = {"sample": "ben/0.000-0.400", "shown": "gaze"}
    changed(
        run / "scores.jsonl",
        lambda row: row.update(scores={"exact_match": 1.0}),
        where=lambda row: all(row[name] == value for name, value in line.items()),
    )
    (difference,) = replay(read_run(run)).scores.differing
    assert (difference.what, difference.then, difference.now) == ("exact_match", "1", "0")
    assert (difference.line.sample, difference.line.shown) == ("ben/0.000-0.400", "gaze")


def test_a_run_that_was_stopped_before_it_was_scored_has_no_wrong_scores(home: Path) -> None:
    run = evaluated(home)
    (run / "scores.jsonl").unlink()
    facts = json.loads((run / "run.json").read_text())
    found = replay(read_run(run)).scores
    assert (len(found.differing) > 0, found.beside) == (True, {})  # a complete Run has lost its scores
    (run / "run.json").write_text(json.dumps({**facts, "complete": False}))
    stopped = replay(read_run(run))
    assert stopped.ok
    assert stopped.scores.beside == {"lines that were never scored: the Run was stopped before": 12}


def test_an_answer_that_was_edited_shows_in_its_scores(home: Path) -> None:
    run = evaluated(home)
    changed(
        run / "lines.jsonl", lambda row: row.update(text="Nothing."), where=lambda row: row["sample"].startswith("anna/0.4")
    )
    found = replay(read_run(run))
    assert found.images.ok
    assert [each.now for each in found.scores.differing] == ["0"] * 3


def test_scores_of_others_and_scores_that_cannot_be_computed_here_are_counted_apart(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = evaluated(home, score={"metrics": ["exact_match", "rouge_l"]})
    changed(
        run / "scores.jsonl",
        lambda row: row["scores"].update(judge_correctness=7.0),
        where=lambda row: row["shown"] == "center",
    )

    def without_rouge(run: Any, told: Any) -> Any:
        if told.metrics == ("rouge_l",):
            raise UsageError("rouge is not here")
        return real(run, told)

    from foveate.replay.replay import score_run as real

    monkeypatch.setattr("foveate.replay.replay.score_run", without_rouge)
    found = replay(read_run(run)).scores
    assert found.beside["judge_correctness, which the study does not compute"] == 4
    assert found.gone == {"rouge_l: rouge is not here": 12}
    assert (found.same, found.ok) == (9, False)


def test_other_answers_are_told_with_examples(home: Path) -> None:
    run = evaluated(home, Speaker(texts=(TEXT,), fails_on=(0,)))
    found = replay(read_run(run), Speaker(texts=("She reads.",), fails_on=(3,)))
    assert found.answers is not None
    assert len(found.answers.differing) == 10
    assert found.answers.gone == {"out of luck": 1}
    assert found.answers.beside == {"lines that had no answer": 1}
    text = told_of_replay(found)
    assert sum("then, 'She reads.' now" in line for line in text) == EXAMPLES
    assert any(line.startswith("  and 7 more (answer, ") for line in text)
    data = replay_data(found)
    assert len(data["answers"]["differing"]) == 10
    assert data["answers"]["differing"][0]["line"]["model"] == "mock"
    assert json.loads(json.dumps(data)) == data


def test_what_a_server_says_it_runs_is_held_against_what_it_said(home: Path) -> None:
    run = evaluated(home, Reporting(texts=(TEXT,), runs="llava-1"))
    assert replay(read_run(run), Reporting(texts=(TEXT,), runs="llava-1")).versions == ()
    (version,) = replay(read_run(run), Reporting(texts=(TEXT,), runs="llava-2")).versions
    assert (version.name, version.then, version.now) == ("model reported_model", "llava-1", "llava-2")


def test_another_model_is_held_against_the_only_one(home: Path) -> None:
    found = replay(read_run(evaluated(home)), Speaker(texts=(TEXT,), name="mock:other"))
    assert found.answers is not None
    assert found.answers.same == 12


def test_of_several_models_the_one_of_that_name_is_asked(home: Path) -> None:
    run = read_run(evaluated(home, ask={"models": ["mock", "mock:b"]}))
    asked = Speaker(texts=(TEXT,), name="mock:b")
    assert replay(run, asked).ok
    assert sum(asked.batches) == 12
    with pytest.raises(UsageError, match=r"the Run asked mock, mock:b, not 'mock:c'.*name one of these"):
        replay(run, Speaker(name="mock:c"))


def test_versions_that_are_others_are_told_and_are_no_fault(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = evaluated(home)
    facts = json.loads((run / "run.json").read_text())
    facts["versions"][0]["pins"]["packages"]["numpy"] = "1.0"
    facts["versions"][0]["pins"]["packages"]["gone"] = "2.0"
    facts["metrics"]["exact_match"] = "another"
    facts["versions"][0]["pins"]["python"] = "3.11|a|b"
    facts["models"]["mock"]["pins"] = {"weights_sha256": "0" * 64}
    (run / "run.json").write_text(json.dumps(facts))
    monkeypatch.setattr("foveate.replay.versions.pins", lambda: {**pins(), "python": "3.11|x|b"})
    found = replay(read_run(run), Speaker(texts=(TEXT,)))
    assert found.ok
    assert {each.name: (each.then, each.now) for each in found.versions} == {
        "numpy": ("1.0", np.__version__),
        "python": ("3.11|a|b", "3.11|x|b"),
        "gone": ("2.0", "none"),
        "score exact_match": ("another", "exact_match|rules:2"),
        "model weights_sha256": ("0" * 64, "none"),
    }
    assert f"  numpy: 1.0 then, {np.__version__} now" in told_of_replay(found)
    assert "  python: a then, x now" in told_of_replay(found)


@pytest.mark.parametrize(
    ("without", "message"),
    [
        pytest.param("shown", r"does not tell how it was shown and asked \(KeyError: 'shown'\)", id="shown"),
        pytest.param("recordings", "only Runs of foveate evaluate are replayed", id="recordings"),
        pytest.param("study", "only Runs of foveate evaluate are replayed", id="study"),
    ],
)
def test_a_run_that_does_not_tell_how_it_was_made_is_refused(home: Path, without: str, message: str) -> None:
    run = evaluated(home)
    facts = json.loads((run / "run.json").read_text())
    del facts[without]
    (run / "run.json").write_text(json.dumps(facts))
    with pytest.raises(UsageError, match=message):
        replay(read_run(run))


def test_a_span_that_could_not_be_decoded_then_either_is_the_same(home: Path) -> None:
    whole = (home / "ben" / "scene.mp4").read_bytes()
    run = evaluated(home)
    told = {"text": None, "reason": "cannot be decoded", "frames": [], "images_sha256": []}
    of_ben = {"gaze", "center"}
    changed(
        run / "lines.jsonl",
        lambda row: row.update(told),
        where=lambda row: row["recording"] == "ben" and row["shown"] in of_ben,
    )
    again = replay(read_run(run)).images
    assert [each.then for each in again.differing] == ["0 images"] * 4
    assert all("would now show the frame at" in each.now for each in again.differing)
    (home / "ben" / "scene.mp4").write_bytes(whole[: len(whole) // 2])
    assert replay(read_run(run)).images.differing == []


RUN = CliRunner()


def test_findings_are_printed_where_their_file_cannot_be_written(home: Path) -> None:
    (home / "file").write_text("")
    found = RUN.invoke(build_app(), ["replay", str(evaluated(home, MockModel())), "-o", str(home / "file" / "replay.json")])
    assert isinstance(found.exception, JobError)
    assert found.stdout.endswith("no difference\n")


def test_the_command_tells_by_its_exit_code(home: Path) -> None:
    run = evaluated(home, MockModel())
    same = RUN.invoke(build_app(), ["replay", str(run), "--model", "mock"])
    assert same.exit_code == 0, same.output
    assert "images    8 lines as they were (4 lines that show no image)" in same.stdout
    assert "answers   12 lines as they were" in same.stdout
    assert same.stdout.endswith("no difference\n")
    shutil.rmtree(home / "anna")
    out = home / "replay.json"
    differs = RUN.invoke(build_app(), ["replay", str(run), "-o", str(out)])
    assert differs.exit_code == 1, differs.output
    assert "answers   not asked again; --model asks (mock)" in differs.stdout
    told = json.loads(out.read_text())
    assert told["ok"] is False
    assert sum(told["images"]["gone"].values()) == 4
    (home / "now").mkdir()
    shutil.move(home / "ben", home / "now" / "ben")
    there = RUN.invoke(build_app(), ["replay", str(run), "--recordings", str(home / "now")])
    assert (there.exit_code, "4 lines as they were, 4 could not" in there.stdout) == (1, True), there.output
    quiet = RUN.invoke(build_app(), ["replay", str(run), "--quiet"])
    assert (quiet.exit_code, quiet.stdout) == (1, "")


def test_the_command_refuses_what_is_no_run(home: Path) -> None:
    refused = RUN.invoke(build_app(), ["replay", str(home / "anna")])
    assert isinstance(refused.exception, UsageError)
    assert "holds no Run" in str(refused.exception)
