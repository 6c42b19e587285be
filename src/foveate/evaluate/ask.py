"""The work of a study's job: one way of showing some samples of a recording to a model, and what it answers, as lines."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from foveate.clock import Span
from foveate.description.prompts import Instruction, choose
from foveate.description.viewer import Shown, Viewer, timed_images
from foveate.errors import ModelError, VideoError
from foveate.evaluate.budgets import Budget, maker_for
from foveate.evaluate.places import Place, open_place
from foveate.evaluate.samples import Case
from foveate.evaluate.shuffled import shuffled
from foveate.evaluate.ways import MOMENTS, SHUFFLED, Way
from foveate.gaze.treatment import treated
from foveate.job import Item, Json, Work
from foveate.model.cache import Answers, answer_all
from foveate.model.model import Answer, Model, Prompt, TimedImage
from foveate.recording.recording import Recording
from foveate.run.images import image_hash, keep_image
from foveate.run.line import RunLine

OWN = "own"
"""The instruction that stands for each sample's own."""
OPEN_AT_ONCE = 3
"""Recordings, and treatments of them, that a worker holds: a toy world holds 20 MB."""


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
    max_new_tokens: int
    batch: int
    load: Callable[[str], Model]
    """Opens a model by name."""
    answers: Path | None = None
    """Folder of answers that are known; None to ask all."""
    images: Path | None = None
    """Folder of the Run in which images are kept; None to keep none."""


class Opener:
    """Recordings by name as ways of showing see them; the last few stay open."""

    def __init__(self, places: Mapping[str, Place], donors: Mapping[str, str], *, most: int = OPEN_AT_ONCE) -> None:
        self._places, self._donors, self._most = places, donors, most
        self._open: OrderedDict[tuple[Any, ...], Recording] = OrderedDict()

    def plain(self, name: str) -> Recording:
        """As it was recorded."""
        return self._held((name,), lambda: open_place(self._places[name]))

    def seen(self, name: str, way: Way) -> Recording:
        """With its gaze as a way of showing has it."""
        if way.shuffled:
            return self._held((name, SHUFFLED), lambda: shuffled(self.plain(name), self.plain(self._donors[name])))
        if not way.uses_gaze or not way.gaze:
            return self.plain(name)
        return self._held((name, way.gaze, way.seed), lambda: self._treated(name, way))

    def _treated(self, name: str, way: Way) -> Recording:
        """What the vendor's program found in gaze as it was goes, so that frames are chosen by gaze as it is now."""
        return treated(self.plain(name), way.gaze, seed=way.seed).replaced({}, without=("fixations", "saccades"))

    def _held(self, key: tuple[Any, ...], made: Callable[[], Recording]) -> Recording:
        if key not in self._open:
            self._open[key] = made()
        self._open.move_to_end(key)
        while len(self._open) > self._most:
            self._open.popitem(last=False)
        return self._open[key]


def make_work(settings: Mapping[str, Json], *, context: Context) -> Work:
    """Show and ask, with the model of the last item kept loaded."""
    opener = Opener(context.places, context.donors)
    loaded: dict[str, Model] = {}

    def work(item: Item, folder: Path) -> Json:
        told = item.payload
        if told["model"] not in loaded:
            loaded.clear()  # before the next is loaded: two may not fit
            loaded[told["model"]] = context.load(told["model"])
        cases = [context.cases[name] for name in told["samples"]]
        asking = Asking(context, opener, loaded[told["model"]], context.ways[told["shown"]])
        return {"lines": [line_json(line) for line in asking.lines(cases, told["instruction"])]}

    return work


def question_of(case: Case, instruction: str, model: Model) -> Instruction:
    """What is asked about a sample, with its choices where it has some.

    Raises:
        UsageError: for words that the model does not understand.
    """
    chosen = choose(case.sample.instruction if instruction == OWN else instruction, model)
    text = replace(case.sample, instruction=chosen.text).asked
    return Instruction(instruction, text)


@dataclass(frozen=True)
class Asking:
    """A model, and one way of showing."""

    context: Context
    opener: Opener
    model: Model
    way: Way

    def lines(self, cases: Sequence[Case], instruction: str) -> list[RunLine]:
        """Show samples of one recording and ask about them, a batch at once."""
        batch = self.context.batch
        return [
            line for first in range(0, len(cases), batch) for line in self._batch(cases[first : first + batch], instruction)
        ]

    def _batch(self, cases: Sequence[Case], instruction: str) -> list[RunLine]:
        shown = [self._show(case) for case in cases]
        questions = [question_of(case, instruction, self.model).text for case in cases]
        asked = [what.prompt(text) for what, text in zip(shown, questions, strict=True)]
        images = [self._images(what, case) for what, case in zip(shown, cases, strict=True)]
        hashes = [tuple(image_hash(image.image) for image in each) for each in images]
        if self.context.images is not None:
            for image in (image for each in images for image in each):
                keep_image(self.context.images, image.image)
        places = [place for place, each in enumerate(images) if each or self.way.view is None]
        prompts = [Prompt(asked[place], images[place], max_new_tokens=self.context.max_new_tokens) for place in places]
        began_s = time.perf_counter()
        found = answer_all(
            self.model,
            prompts,
            None if self.context.answers is None else Answers(self.context.answers),
            images=[hashes[place] for place in places],
            pins=self.context.pins.get(self.model.name, {}),
        )
        new = sum(not known for _, known in found)
        share_s = (time.perf_counter() - began_s) / max(1, new)
        outcomes = dict(zip(places, found, strict=True))
        lines = []
        for place, case in enumerate(cases):
            blank = blank_line(case, self.way.name, self.model.name, instruction, asked=asked[place])
            line = replace(blank, frames=shown[place].frames, images_sha256=hashes[place], skipped=dict(shown[place].skipped))
            lines.append(_answered(line, outcomes.get(place), share_s, failure=shown[place].failure))
        return lines

    def _show(self, case: Case) -> Shown:
        maker = maker_for(self.way, self.model, self.context.budgets[self.model.name])
        if maker is None:
            return Shown((), (), {})
        recording = self.opener.seen(case.sample.recording.name, self.way)
        sample = case.sample
        viewer = viewer_of(recording, maker, self.way, sample.span)
        if self.way.frames != MOMENTS:
            return viewer.show_if_possible(sample.span)
        return viewer.show_if_possible(sample.span, at_ns=np.array(sample.moments_ns, dtype=np.int64))

    def _images(self, shown: Shown, case: Case) -> tuple[TimedImage, ...]:
        maker = maker_for(self.way, self.model, self.context.budgets[self.model.name])
        if maker is None:
            return ()
        first_ns = int(self.opener.plain(case.sample.recording.name).scene.time_ns[0])
        return timed_images(shown.views, maker, first_ns=first_ns)


def viewer_of(recording: Recording, maker: Any, way: Way, span: Span) -> Viewer:
    """What shows a span of a recording in a way."""
    fps = way.fps if way.most_frames is None else min(way.fps, way.most_frames / span.duration_s)
    frames = "uniform" if way.frames == MOMENTS else way.frames
    return Viewer(recording, maker, fps=fps, then=way.without_gaze, hold_ms=way.hold_ms, frames=frames)  # type: ignore[arg-type]


def blank_line(case: Case, shown: str, model: str, instruction: str, *, asked: str, reason: str | None = None) -> RunLine:
    """A line without an answer."""
    sample = case.sample
    start_s, stop_s = case.edges_s
    return RunLine(
        sample=case.name,
        shown=shown,
        model=model,
        instruction=instruction,
        recording=sample.recording.name,
        participant=sample.participant,
        category=case.category,
        task=sample.task,
        start_s=start_s,
        stop_s=stop_s,
        asked=asked,
        references=case.references,
        choices=sample.choices,
        answer=sample.answer,
        objects=case.objects,
        reason=reason,
    )


def _answered(
    line: RunLine, outcome: tuple[Answer | ModelError, bool] | None, share_s: float, *, failure: VideoError | None
) -> RunLine:
    """A line with what came back."""
    if outcome is None:
        skipped = ", ".join(f"{count} x {reason}" for reason, count in line.skipped.items())
        return replace(line, reason=str(failure) if failure else f"no frame could be shown ({skipped or 'none in the span'})")
    answer, known = outcome
    if isinstance(answer, ModelError):
        return replace(line, reason=str(answer))
    if not answer.text.strip():
        return replace(line, reason="the answer is empty", notes=answer.notes, provenance=answer.provenance)
    return replace(
        line,
        text=answer.text.strip(),
        visual_tokens=answer.usage.visual_tokens,
        prompt_tokens=answer.usage.prompt_tokens,
        output_tokens=answer.usage.output_tokens,
        first_token_s=answer.first_token_s,
        total_s=answer.total_s,
        model_s=None if known else share_s,
        notes=answer.notes,
        provenance=answer.provenance,
    )


def line_json(line: RunLine) -> dict[str, Json]:
    """A line as it stands in lines.jsonl: without scores, which are written apart."""
    return {name: value for name, value in asdict(line).items() if name not in ("scores", "unscored")}
