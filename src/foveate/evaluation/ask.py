"""The work of a study's job: one way of showing some samples of a recording to a model, and what it answers, as lines."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from foveate.description.prompts import Instruction, choose
from foveate.description.viewer import Shown, Viewer, timed_images
from foveate.evaluation.budgets import Budget, maker_for
from foveate.evaluation.lines import answered, blank_line, line_json, unshown
from foveate.evaluation.opener import Opener
from foveate.evaluation.places import Place
from foveate.evaluation.samples import Case
from foveate.evaluation.study import TEXT_FILES
from foveate.evaluation.ways import MOMENTS, Way
from foveate.job import Item, Json, Work
from foveate.model.cache import Answers, answer_all
from foveate.model.model import Model, Prompt, TimedImage
from foveate.run.images import image_hash, keep_image
from foveate.run.line import RunLine
from foveate.view import ViewMaker

OWN = "own"
"""The instruction that stands for each sample's own."""
LONGEST_NAME = 60
"""Letters of an instruction's name."""


@dataclass(frozen=True)
class Context:
    """What the work needs beside its item; equal in every worker."""

    cases: Mapping[str, Case]
    """By name."""
    places: Mapping[str, Place]
    """Recording -> how it is opened."""
    ways: Mapping[str, Way]
    """By name."""
    donors: Mapping[str, str]
    """Recording -> whose gaze stands in where gaze is shuffled."""
    budgets: Mapping[str, Budget]
    """Model -> what a frame may cost."""
    pins: Mapping[str, Mapping[str, str]]
    """Model -> what pins it."""
    versions: Mapping[str, Any]
    """Of the program and its packages: they stand with every result, so that a Run that goes on later keeps both."""
    max_new_tokens: int
    """Longest answer."""
    batch: int
    """Samples asked at once."""
    load: Callable[[str], Model]
    """Opens a model by name."""
    answers: Path | None = None
    """Folder of answers that are known; None to ask all."""
    images: Path | None = None
    """Folder of the Run in which images are kept; None to keep none."""


def make_work(settings: Mapping[str, Json], *, context: Context) -> Work:
    """Show and ask, with the model of the last item kept loaded."""
    opener = Opener(context.places, context.donors)
    loaded: dict[str, Model] = {}

    def work(item: Item, folder: Path) -> Json:
        told = item.payload
        if told["model"] not in loaded:
            loaded.clear()  # before the next is loaded: two may not fit
            loaded[told["model"]] = context.load(told["model"])
        asking = Asking(context, opener, told["model"], loaded[told["model"]], context.ways[told["shown"]], told["instruction"])
        lines = asking.lines([context.cases[name] for name in told["samples"]])
        return {"lines": [line_json(line) for line in lines], "pins": dict(context.versions)}

    return work


def question_of(case: Case, instruction: str, model: Model) -> Instruction:
    """What is asked about a sample, with its choices where it has some.

    Raises:
        UsageError: for words that the model does not understand.
    """
    chosen = choose(case.sample.instruction if instruction == OWN else instruction, model)
    return Instruction(name_of(instruction), replace(case.sample, instruction=chosen.text).asked)


def name_of(instruction: str) -> str:
    """How lines and tables call an instruction: a file by its name, a long text by its beginning."""
    if Path(instruction).suffix.lower() in TEXT_FILES:
        return f"file:{Path(instruction).name}"
    words = " ".join(instruction.split())
    return words if len(words) <= LONGEST_NAME else f"{words[: LONGEST_NAME - 4]} ..."


@dataclass(frozen=True)
class Ready:
    """A sample, shown: all that a model is asked about it."""

    case: Case
    shown: Shown
    asked: str
    """All words."""
    images: tuple[TimedImage, ...]
    hashes: tuple[str, ...]
    """Of the images."""


@dataclass(frozen=True)
class Asking:
    """A model, a way of showing, an instruction: what asks about samples of one recording."""

    context: Context
    opener: Opener
    name: str
    """Of the model, as the study has it."""
    model: Model
    way: Way
    instruction: str
    """As the study names it: a name of PROMPTS, OWN, a file, or words."""

    @cached_property
    def maker(self) -> ViewMaker | None:
        """The view; None for no image."""
        return maker_for(self.way, self.model, self.context.budgets[self.name])

    @cached_property
    def _viewers(self) -> dict[tuple[str, float], Viewer]:
        """What shows spans, by recording and frames a second: gaze is cleaned once."""
        return {}

    def lines(self, cases: Sequence[Case]) -> list[RunLine]:
        """Show and ask, a batch at once; the next one is decoded while the model answers about this one."""
        batch = self.context.batch
        parts = [cases[first : first + batch] for first in range(0, len(cases), batch)]
        return [line for ready in self._ahead(parts) for line in self._answered(ready)]

    def _ahead(self, parts: Sequence[Sequence[Case]]) -> Iterator[list[Ready]]:
        def show(part: Sequence[Case]) -> list[Ready]:
            return [self.show(case) for case in part]

        with ThreadPoolExecutor(1, thread_name_prefix="decode") as ahead:
            coming = ahead.submit(show, parts[0])
            for part in [*parts[1:], None]:
                ready = coming.result()
                if part is not None:
                    coming = ahead.submit(show, part)
                yield ready

    def show(self, case: Case) -> Ready:
        """Decode what the model is shown of a sample, and keep its images where that is asked for."""
        text = question_of(case, self.instruction, self.model).text
        if self.maker is None:
            return Ready(case, Shown((), (), {}), text, (), ())
        viewer = self.opener.viewer(case.sample.recording.name, self.maker, self.way, case.sample.span)
        recording = viewer.recording
        viewer = self._viewers.setdefault((recording.name, viewer.fps), viewer)
        moments = np.array(case.sample.moments_ns, dtype=np.int64) if self.way.frames == MOMENTS else None
        shown = viewer.show_if_possible(case.sample.span, at_ns=moments)
        images = timed_images(shown.views, self.maker, first_ns=int(recording.scene.time_ns[0]))
        if self.context.images is not None:
            for image in images:
                keep_image(self.context.images, image.image)
        return Ready(case, shown, shown.prompt(text), images, tuple(image_hash(image.image) for image in images))

    def _answered(self, ready: Sequence[Ready]) -> list[RunLine]:
        askable = [each for each in ready if each.images or self.maker is None]
        began_s = time.perf_counter()
        found = answer_all(
            self.model,
            [Prompt(each.asked, each.images, max_new_tokens=self.context.max_new_tokens) for each in askable],
            None if self.context.answers is None else Answers(self.context.answers),
            images=[each.hashes for each in askable],
            pins=self.context.pins[self.name],
        )
        share_s = (time.perf_counter() - began_s) / max(1, sum(not known for _, known in found))
        outcomes = {each.case.name: outcome for each, outcome in zip(askable, found, strict=True)}
        lines = []
        for each in ready:
            line = self._shown(each)
            if each.case.name not in outcomes:
                lines.append(unshown(line, each.shown.failure))
            else:
                answer, known = outcomes[each.case.name]
                lines.append(answered(line, answer, model_s=None if known else share_s))
        return lines

    def _shown(self, ready: Ready) -> RunLine:
        """The line of a sample before its answer."""
        line = blank_line(ready.case, self.way.name, self.name, name_of(self.instruction), asked=ready.asked)
        skipped = dict(ready.shown.skipped)
        return replace(line, frames=ready.shown.frames, images_sha256=ready.hashes, skipped=skipped)
