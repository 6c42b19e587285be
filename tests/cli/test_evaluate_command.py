"""foveate evaluate on the command line: what it tells, what it writes, and how it ends."""

import json
import re
from pathlib import Path

import pytest

from command_line import Foveate
from evaluation.studies import make_recordings
from foveate.errors import ModelError
from foveate.evaluation.pins import pins
from foveate.model.mock import MockModel

STUDY = """
title = "small"
[samples]
recordings = ["anna", "ben"]
references = "refs.csv"
[show]
views = ["gaze", "dual", "no image"]
size = 20
fps = 5
budget = 2
[ask]
models = "mock:The person takes the cup."
[score]
metrics = "exact_match"
"""


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study file; the current folder is another one."""
    file = make_recordings(tmp_path / "data") / "study.toml"
    file.write_text(STUDY)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return file


def test_it_tells_the_plan_the_table_and_where_the_run_is(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    code, out, err = foveate("evaluate", study, "-o", tmp_path / "run")
    assert (code, err) == (0, "")
    assert "samples  4 of 2 recordings" in out
    assert "a frame  gaze 1; dual 2; no image 0" in out
    assert "not equal: 'dual' takes 2 visual tokens where 'gaze' takes 1" in out
    assert "1 of 4 samples have no reference: asked, and not scored" in out
    assert "| gaze | 4 of 4 | 0.25" in out
    assert "3 answers without exact match: the sample has no reference." in out
    assert "toy model: these answers say nothing about the real world" in out
    assert f"written to {tmp_path / 'run'}" in out
    assert {file.name for file in (tmp_path / "run").iterdir()} >= {
        "run.json",
        "lines.jsonl",
        "scores.jsonl",
        "table.md",
        "table.csv",
    }


def test_the_estimate_writes_nothing_and_needs_no_folder(study: Path, foveate: Foveate) -> None:
    code, out, _ = foveate("evaluate", study, "--estimate")
    assert code == 0
    assert "answers        12" in out
    assert "(from 9 answers that took" in out
    assert list(Path.cwd().iterdir()) == []


def test_quiet_says_nothing(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    assert foveate("evaluate", study, "-o", tmp_path / "run", "-q") == (0, "", "")


def test_missing_answers_are_told_and_asked_again(
    study: Path, tmp_path: Path, foveate: Foveate, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = MockModel._answer

    def fail(self: MockModel, index: int, prompt: object) -> object:
        if getattr(prompt, "images", ()):
            raise ModelError("out of luck")
        return whole(self, index, prompt)  # type: ignore[arg-type]

    monkeypatch.setattr(MockModel, "_answer", fail)
    code, out, err = foveate("evaluate", study, "-o", tmp_path / "run")
    assert code == 2
    assert "foveate: 8 x out of luck" in err
    assert "8 of 12 questions have no answer, for reasons as above; --again asks them again" in err
    assert "| gaze | 0 of 4 |" in out
    monkeypatch.setattr(MockModel, "_answer", whole)
    assert foveate("evaluate", study, "-o", tmp_path / "run")[0] == 2
    code, out, err = foveate("evaluate", study, "-o", tmp_path / "run", "--again")
    assert (code, err) == (0, "")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["complete"] is True


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (("", ""), (), "study.toml names no folder for the Run; write out ="),
        (("gaze", "gase"), ("-o", "run"), "there is no view 'gase'; did you mean 'gaze'"),
        (("mock:The", "mok:The"), ("-o", "run"), "there is no model 'mok:The person takes the cup.'; did you mean 'mock'"),
        (('"exact_match"', '"exact"'), ("-o", "run"), "there is no score 'exact'"),
        (("refs.csv", "refs.cvs"), ("-o", "run"), "there is no table .*refs.cvs; did you mean"),
        (("budget = 2", "budget = 1"), ("-o", "run"), "'dual' cannot be shown to mock:.*more than the budget of 1"),
    ],
    ids=["no folder", "a view", "a model", "a score", "a table", "no room"],
)
def test_mistakes_are_one_line_and_leave_nothing(
    change: tuple[str, str], options: tuple[str, ...], message: str, study: Path, foveate: Foveate
) -> None:
    study.write_text(study.read_text().replace(*change))
    code, _, err = foveate("evaluate", study, *options)
    assert code == 2
    assert re.search(message, err)
    assert err.count("\n") == 1
    assert not Path("run").exists()


def test_one_recording_cannot_have_anothers_gaze(study: Path, foveate: Foveate) -> None:
    study.write_text(study.read_text().replace('"anna", "ben"', '"anna"').replace('"dual"', '"shuffled gaze"'))
    code, _, err = foveate("evaluate", study, "-o", "run")
    assert (code, "takes the gaze of another recording, and there is one only (anna)" in err) == (2, True)


def test_stopped_it_says_where_the_answers_are_and_that_it_goes_on(
    foveate: Foveate, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as before_anything:
        before_anything.setattr("foveate.evaluation.run_study.run_study", stops)
        assert "goes on" not in foveate("evaluate", study, "-o", tmp_path / "run")[2]
    monkeypatch.setattr(MockModel, "answers", stops)
    code, _, err = foveate("evaluate", study, "-o", tmp_path / "run")
    assert code == 130
    assert f"what was answered is in {tmp_path / 'run'}; the same command goes on" in err


def test_a_run_of_other_versions_goes_on_only_on_request(
    foveate: Foveate, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = MockModel._answer

    def fail(self: MockModel, index: int, prompt: object) -> object:
        raise ModelError("out of luck")

    now = pins()
    with monkeypatch.context() as then:
        then.setattr("foveate.evaluation.plan.versions", lambda: {**now, "foveate": "0.0.9"})
        then.setattr(MockModel, "_answer", fail)
        assert foveate("evaluate", study, "-o", tmp_path / "run", "-q")[0] == 2
    monkeypatch.setattr("foveate.evaluation.plan.versions", lambda: {**now, "foveate": "0.2.0"})
    monkeypatch.setattr(MockModel, "_answer", whole)
    code, _, err = foveate("evaluate", study, "-o", tmp_path / "run", "--again")
    assert code == 2
    assert "was asked with other versions (foveate 0.0.9 then, 0.2.0 now); install those, or --restart" in err
    assert err.count("\n") == 1
    code, out, err = foveate("evaluate", study, "-o", tmp_path / "run", "--again", "--mix-versions")
    assert (code, err) == (0, "")
    assert "different versions" not in out, "all was asked again with the new ones"
