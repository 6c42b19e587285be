"""Samples x arms x model -> lines: every span is shown in every way, and what the model says is kept."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foveate.dataset.sample import Sample
from foveate.description.viewer import Viewer, timed_images
from foveate.errors import ModelError
from foveate.experiment.lines import Line, LineFile
from foveate.model.model import Answer, Model, Prompt
from foveate.recording.recording import GazeStream
from foveate.view import ViewMaker

LONGEST_ANSWER = 24
"""Tokens; the toy kitchen's longest sentence has ten."""


@dataclass(frozen=True)
class Item:
    """A sample and its name."""

    name: str
    sample: Sample


@dataclass(frozen=True)
class Arm:
    """One way of showing spans to a model."""

    name: str
    """How tables call it."""
    maker: ViewMaker | None
    """The view; None to ask without images."""
    gaze: Callable[[Sample], GazeStream] | None = None
    """What stands in for the recording's gaze: where gaze was made worse, or for a ceiling."""
    fps: float = 1.0
    """Frames shown per second."""


def ask(
    model: Model,
    arm: Arm,
    items: Sequence[Item],
    *,
    condition: str,
    prompts: dict[str, str],
    kept: LineFile,
    batch: int,
    advance: Callable[[int], None],
) -> None:
    """Ask a model about every item that has no line yet.

    Args:
        model: who is asked.
        arm: what it is shown.
        items: about what.
        condition: world and task, for the lines.
        prompts: task -> instruction.
        kept: where lines go, batch by batch.
        batch: items asked at once.
        advance: told how many items are done.

    Raises:
        ModelError: where the model fails; the lines so far are kept.
    """
    missing = [item for item in items if (condition, arm.name, item.name) not in kept.lines]
    advance(len(items) - len(missing))
    for start in range(0, len(missing), batch):
        part = missing[start : start + batch]
        asked = [_prompt(arm, item.sample, prompts) for item in part]
        begun_s = time.perf_counter()
        answers = model.answers(asked)
        seconds = (time.perf_counter() - begun_s) / len(part)
        kept.add(
            Line(
                condition,
                arm.name,
                item.sample.recording.name,
                item.name,
                item.sample.reference,
                answer.text,
                answer.usage.visual_tokens or 0,
                round(seconds, 4),
            )
            for item, answer in zip(part, _whole(answers), strict=True)
        )
        advance(len(part))


def say(arm: str, items: Sequence[Item], texts: Sequence[str], *, condition: str, kept: LineFile) -> None:
    """Lines of an arm that needs no model: a sentence for every item."""
    kept.add(
        Line(condition, arm, item.sample.recording.name, item.name, item.sample.reference, text, 0, 0.0)
        for item, text in zip(items, texts, strict=True)
    )


def _whole(answers: Sequence[Answer | ModelError]) -> list[Answer]:
    for answer in answers:
        if isinstance(answer, ModelError):
            raise answer
    return [answer for answer in answers if isinstance(answer, Answer)]


def _prompt(arm: Arm, sample: Sample, prompts: dict[str, str]) -> Prompt:
    text = prompts[sample.task]
    if arm.maker is None:
        return Prompt(text, max_new_tokens=LONGEST_ANSWER)
    recording = sample.recording if arm.gaze is None else sample.recording.replaced({"gaze": arm.gaze(sample)})
    shown = Viewer(recording, arm.maker, fps=arm.fps).show(sample.span)
    images = timed_images(shown.views, arm.maker, first_ns=0)
    return Prompt(shown.prompt(text), images, max_new_tokens=LONGEST_ANSWER)
