"""What describing many recordings will take, where some of them have no answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from foveate.batch.estimate import estimate_batch
from foveate.batch.gather import Gathered, gather
from foveate.errors import ModelError
from foveate.model.mock import MockModel
from foveate.model.model import Answer, Prompt
from writers.table import write_table

SETTINGS = {"view": "center", "size": "20", "fps": 10.0, "frames": "uniform", "segment": "0.4", "prompt": None}


@dataclass(frozen=True)
class FailsFirst(MockModel):
    """Has no answer to the first prompts."""

    failing: int = 1
    asked: list[Prompt] = field(default_factory=list)

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        self.asked.extend(prompts)
        if len(self.asked) <= self.failing:
            return [ModelError("the server is tired") for _ in prompts]
        return list(super().answers(prompts))


@pytest.fixture
def study(tmp_path: Path) -> Gathered:
    for name in "abc":
        write_table(tmp_path / name)
    found = gather([tmp_path], declared={}, taken=())
    assert isinstance(found, Gathered)
    return found


def test_a_recording_without_answers_is_told_and_does_not_stop_the_estimate(study: Gathered) -> None:
    guess = estimate_batch(study, FailsFirst(), settings=SETTINGS)
    assert (guess.recordings, guess.failed) == (2, (("a", "the server is tired"),))
    assert guess.total is not None
    assert (guess.total.spans, guess.total.frames, guess.total.sampled_spans) == (4, 16, 4)


def test_without_any_answer_there_is_no_estimate(study: Gathered) -> None:
    with pytest.raises(ModelError, match="the server is tired"):
        estimate_batch(study, FailsFirst(failing=99), settings=SETTINGS)
