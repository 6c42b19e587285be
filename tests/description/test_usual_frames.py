"""Models that are made for some numbers of frames, shown others: one line, before anything is asked."""

from pathlib import Path
from typing import Any

import pytest

from drawn import drawn_recording
from evaluation.studies import make_recordings, small_study
from foveate.cli.describe import tell_and_write
from foveate.description.describe import telling
from foveate.description.usual_frames import unusual
from foveate.evaluation.plan import loader, plan_study
from foveate.evaluation.plan_text import plan_text
from foveate.model.builtin import INSTRUCTIONS, USUAL_FRAMES
from foveate.model.mock import MockModel

WORDS = {"now": "What is it?", "then": "What comes?"}
NOW = MockModel(texts=("ok",), instructions=WORDS, usual_frames={"now": (1, 4), "then": (5, None)})


@pytest.mark.parametrize(
    ("usual", "shown", "said"),
    [
        pytest.param((1, 4), [1, 4], "", id="as it is made for"),
        pytest.param((1, 4), [4, 5], "at most 4 frames; in 1 of 2 questions it is shown 5, {other} {less}", id="too many"),
        pytest.param(
            (5, None), [4, 3], "5 or more frames; in 2 of 2 questions it is shown 3 to 4, {other} {more}", id="too few"
        ),
        pytest.param((3, 3), [2, 3, 9], "3 frames; in 2 of 3 questions it is shown 2 to 9, {other} {both}", id="both"),
        pytest.param((5, 6), [0, 0], "", id="nothing is shown, so nothing is asked"),
    ],
)
def test_what_is_said(usual: tuple[int, int | None], shown: list[int], said: str) -> None:
    todo = {
        "other": "and may answer another one: take",
        "less": "shorter spans, or fewer frames a second",
        "more": "longer spans, or more frames a second",
        "both": "spans of other lengths, or another number of frames a second",
    }
    model = MockModel(instructions=WORDS, usual_frames={"now": usual})
    asked = [*((WORDS["now"], frames) for frames in shown), (WORDS["then"], 99)]  # nothing is known of the other prompt
    begins = 'mock is made to be asked "What is it?" about '
    assert unusual(model, asked) == (begins + said.format(**todo) if said else "")


def test_most_models_take_any_number() -> None:
    assert unusual(MockModel(instructions=WORDS), [(WORDS["now"], 99)]) == ""


def test_both_prompts_are_told_of_in_one_line() -> None:
    line = unusual(NOW, [(WORDS["now"], 10), (WORDS["then"], 2)])
    assert [part.split("about")[0] for part in line.split("; ") if "made" in part] == [
        f'mock is made to be asked "{words}" ' for words in WORDS.values()
    ]


def test_the_built_in_model_tells_of_both_of_its_prompts() -> None:
    """Every number of frames goes with one of them: it goes by that number, not by the words."""
    assert USUAL_FRAMES.keys() == INSTRUCTIONS.keys()
    assert USUAL_FRAMES["activity"] == (1, USUAL_FRAMES["next"][0] - 1)


def test_describe_says_it_once_and_not_when_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = telling(drawn_recording(), NOW, size="40", segment="2", prompt="then")
    assert len(job.segments) == 3
    for quiet, times in ((False, 1), (True, 0)):
        tell_and_write(job, tmp_path / str(quiet), summary=False, quiet=quiet)
        told = capsys.readouterr().err
        assert told.count("is made to be asked") == told.count("in 3 of 3 questions it is shown 2,") == times


@pytest.mark.parametrize(
    ("show", "said"),
    [
        pytest.param({}, "in 8 of 8 questions it is shown 2", id="no image is no question of frames"),
        pytest.param({"most_frames": 1}, "in 8 of 8 questions it is shown 1", id="fewer"),
        pytest.param({"fps": [5.0, 20.0]}, "in 8 of 16 questions it is shown 2", id="at one of two rates"),
        pytest.param({"frames": "fixation"}, None, id="gaze decides how many"),
    ],
)
def test_a_study_says_it_with_its_plan(show: dict[str, Any], said: str | None, tmp_path: Path) -> None:
    study = small_study(make_recordings(tmp_path), show=show, ask={"instructions": ["then"]})
    told = plan_text(plan_study(study, loader(study, send=False, models={"mock": NOW})))
    begins = f'warning: mock is made to be asked "{WORDS["then"]}" about 5 or more frames; '
    assert [line.split(", and")[0] for line in told if "made to be" in line] == ([begins + said] if said else [])
