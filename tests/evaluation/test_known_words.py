"""What a model does not understand is refused before any recording is opened."""

from pathlib import Path
from typing import Any

import pytest

from evaluation.studies import make_recordings, small_study
from foveate.errors import UsageError
from foveate.evaluation.known_words import check_words
from foveate.evaluation.plan import loader, plan_study
from foveate.evaluation.study import Study
from foveate.evaluation.study_file import study_of

OWN_RECORDINGS = {"recordings": ["anna"]}
TOY = {"dataset": "toykitchen", "worlds": 1}
KNOWN = (
    r"\[ask\] builtin understands only the instructions \"activity\" \(What is the person doing\?\) or \"next\" \(.*\); got "
)


def asking(samples: dict[str, Any], models: list[str], *instructions: str) -> Study:
    return study_of({"samples": samples, "ask": {"models": models, "instructions": list(instructions)}}, folder=Path.cwd())


@pytest.mark.parametrize(
    ("study", "message"),
    [
        (asking(OWN_RECORDINGS, ["builtin"]), KNOWN + "'task', which is asked where the study names none"),
        (asking(OWN_RECORDINGS, ["mock", "builtin"], "activity", "What is cooked?"), KNOWN + r"'What is cooked\?'$"),
        (asking(TOY, ["builtin"], "own", "task"), KNOWN + "'task'$"),
        (asking(OWN_RECORDINGS, ["mock"], "own"), r"\[ask\] instructions = \"own\" is the question of a data set's sample"),
    ],
    ids=["none told", "one of two models", "beside a sample's own", "own of recordings"],
)
def test_what_is_not_understood_is_refused(study: Study, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_words(study)


@pytest.mark.parametrize(
    "study",
    [
        asking(TOY, ["builtin"]),
        asking(OWN_RECORDINGS, ["builtin"], "activity", "What will the person do next?"),
        asking(OWN_RECORDINGS, ["mock", "no such model"], "What is cooked?"),
        asking(OWN_RECORDINGS, ["mock"]),
    ],
    ids=["a data set's own", "its own words", "one that takes any words", "none told"],
)
def test_what_is_or_may_be_understood_goes_on(study: Study) -> None:
    check_words(study)


def test_no_recording_is_opened_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("the recordings were read first")

    study = small_study(make_recordings(tmp_path), ask={"models": ["builtin"], "instructions": []})
    monkeypatch.setattr("foveate.evaluation.plan.gather_samples", opened)
    with pytest.raises(UsageError, match=KNOWN):
        plan_study(study, loader(study, send=False))
