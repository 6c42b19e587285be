"""A metric that cannot be computed here is told with the plan, in the words that every answer's missing score will have."""

from pathlib import Path

import pytest

import foveate
from evaluation.studies import make_recordings, small_study
from foveate.evaluation.not_here import not_here
from foveate.evaluation.plan import loader, plan_study
from foveate.evaluation.plan_text import plan_text

NO_JAVA = "METEOR needs java, which is not installed here"


@pytest.fixture
def _without_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("_without_java")
def test_it_is_told_before_asking_and_the_study_goes_on(tmp_path: Path) -> None:
    study = small_study(make_recordings(tmp_path), score={"metrics": ["exact_match", "meteor"]})
    told = plan_text(plan_study(study, loader(study, send=False)))
    assert [line for line in told if "METEOR" in line] == [
        f"not scored here: {NO_JAVA}; once that is mended, the same command scores what was answered and asks nothing again"
    ]
    run = foveate.evaluate(study, out=tmp_path / "run", answers=None)
    assert {line.unscored["meteor"] for line in run.lines if line.references} == {NO_JAVA}
    assert all("exact_match" in line.scores for line in run.lines if line.references)


@pytest.mark.usefixtures("_without_java")
def test_only_what_the_study_names_is_told() -> None:
    assert not_here(["exact_match", "rouge_l"]) == {}
    assert not_here(["rouge_l", "meteor"]) == {"meteor": NO_JAVA}


def test_nothing_is_told_of_what_can_be_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveate.evaluation.not_here.WHY_NOT", {"meteor": lambda: ""})
    assert not_here(["meteor"]) == {}
