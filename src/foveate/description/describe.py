"""The main job: a recording's spans, each shown through a view, told by a model."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from foveate.clock import NS_PER_S
from foveate.description.budget import view_for
from foveate.description.description import Description, SpanDescription, notice_of, total
from foveate.description.prompts import Instruction, choose
from foveate.description.segments import Segment, segments
from foveate.description.summary import summarise
from foveate.description.usual_frames import unusual
from foveate.description.viewer import Fallback, Shown, Viewer, timed_images
from foveate.errors import ModelError, ServerGoneError, UsageError, VideoError
from foveate.model.model import Answer, Model, Prompt, TimedImage
from foveate.recording.gaze_source import STREAM
from foveate.recording.hands_file import with_hands
from foveate.recording.info import facts
from foveate.recording.recording import Recording
from foveate.version import VERSION as FOVEATE
from foveate.view import ViewMaker
from foveate.view.sampling import sampling


@dataclass(frozen=True)
class Telling:
    """Everything decided about how a recording will be told; nothing decoded or asked yet."""

    viewer: Viewer
    """The recording and how it is shown."""
    model: Model
    """Who tells it."""
    instruction: Instruction
    """What is asked about every span."""
    segments: tuple[Segment, ...]
    """The spans."""
    budget_tokens: int | None
    """Greatest number of visual tokens of one frame; None for no limit."""
    batch: int
    """Spans asked at once."""
    max_new_tokens: int
    """Longest answer."""

    def spans(self) -> Iterator[SpanDescription]:
        """Show and ask, span by span; a span that fails is yielded with its reason.

        Raises:
            ModelError, VideoError: where the first batches fail without a single answer, since then the rest would too.
            ServerGoneError: where the model answers nobody any more; spans that come before have been yielded.
        """
        groups = [self.segments[first : first + self.batch] for first in range(0, len(self.segments), self.batch)]
        answered = False
        for group, shown in zip(groups, self._shown(groups), strict=True):
            began_s = time.perf_counter()
            outcomes = self._ask(shown)
            # of a batch, each answer's latency is the whole batch's: what it cost is its share
            model_s = (time.perf_counter() - began_s) / max(1, sum(bool(what.views) for what in shown))
            failures = [outcome for outcome in outcomes if isinstance(outcome, ModelError | VideoError)]
            answered |= any(isinstance(outcome, Answer) for outcome in outcomes)
            if failures and not answered:  # a server that is gone goes first: it says that the recording is not to blame
                raise next((each for each in failures if isinstance(each, ServerGoneError)), failures[0])
            for segment, what, outcome in zip(group, shown, outcomes, strict=True):
                if isinstance(outcome, ServerGoneError):
                    raise outcome
                yield self._span(segment, what, outcome, model_s)

    def _shown(self, groups: Sequence[tuple[Segment, ...]]) -> Iterator[list[Shown]]:
        """What is shown of each group; the next one is decoded while the model answers about this one."""

        def show(group: tuple[Segment, ...]) -> list[Shown]:
            return [self.viewer.show_if_possible(segment.span) for segment in group]

        with ThreadPoolExecutor(1, thread_name_prefix="decode") as ahead:
            coming = ahead.submit(show, groups[0])
            for group in [*groups[1:], None]:
                ready = coming.result()
                if group is not None:
                    coming = ahead.submit(show, group)
                yield ready

    @property
    def unusual(self) -> str:
        """What is to be told where the model is made for another number of frames than it will be shown; else empty."""
        words = self.instruction.text
        return unusual(self.model, ((words, self.viewer.count(segment.span)) for segment in self.segments))

    def check_told(self, spans: Sequence[SpanDescription]) -> None:
        """Refuse spans of which not one has an answer: there is nothing to write.

        Raises:
            UsageError: with the first reason.
        """
        if all(span.text is None for span in spans):
            name = self.viewer.recording.name
            raise UsageError(
                f"none of {len(spans)} spans of {name} could be described, so nothing was written; the first: {spans[0].reason}"
            )

    def told(self, *, summary: bool = True) -> Description:
        """Show, ask and put together.

        Args:
            summary: whether the model is asked to sum up.

        Returns:
            All spans; not complete where the model went away after the first, and then its note on the summary says so.

        Raises:
            ModelError, VideoError: as for ``spans``.
        """
        spans: list[SpanDescription] = []
        try:
            spans.extend(self.spans())
        except ServerGoneError as error:
            if not spans:
                raise
            return replace(self.finish(spans, complete=False), summary_note=str(error))
        return self.finish(spans, summary=summary)

    def finish(self, spans: Sequence[SpanDescription], *, complete: bool = True, summary: bool = True) -> Description:
        """Put spans together.

        Args:
            spans: what ``spans()`` yielded, or the part of it that there was time for.
            complete: whether that is all.
            summary: whether the model is asked to sum up.
        """
        recording, maker = self.viewer.recording, self.viewer.maker
        text, note = summarise(self.model, spans) if summary and complete else (None, "not asked for")
        full_tokens = self.model.visual_tokens([recording.scene.size_px])[0]
        return Description(
            recording={
                "name": recording.name,
                "path": str(recording.path) if recording.path else None,
                "gaze_source": recording.stream(STREAM).to_dict() if STREAM in recording.loaders else None,
                "gaze_correction": recording.stream("correction").to_dict() if "correction" in recording.loaders else None,
                **facts(recording),
            },
            view={
                "name": maker.name,
                **dict(maker.options),
                "fps": self.viewer.fps,
                "frames": self.viewer.frames,
                "budget_tokens": self.budget_tokens,
                "hold_ms": self.viewer.hold_ms,
                "without_gaze": self.viewer.then,
            },
            model={
                "name": self.model.name,
                "toy": self.model.is_toy,
                "images_left_this_machine": self.model.is_remote,
                **next((span.provenance for span in reversed(spans) if span.provenance), {}),
            },
            prompt={"name": self.instruction.name, "text": self.instruction.text},
            spans=tuple(spans),
            summary=text,
            summary_note=note,
            totals=total(tuple(spans), full_tokens),
            complete=complete,
            foveate=FOVEATE,
            notice=notice_of(self.model, recording),
        )

    def _ask(self, shown: Sequence[Shown]) -> list[Answer | ModelError | VideoError | None]:
        """One outcome per span; None where there was nothing to show."""
        prompts = [
            Prompt(what.prompt(self.instruction.text), self.images(what), max_new_tokens=self.max_new_tokens)
            for what in shown
            if what.views
        ]
        answers = iter(self.model.answers(prompts) if prompts else [])
        return [next(answers) if what.views else what.failure for what in shown]

    def images(self, shown: Shown) -> tuple[TimedImage, ...]:
        """The images of a span, in order of time, with seconds from the first scene frame."""
        first_ns = int(self.viewer.recording.scene.time_ns[0])
        return timed_images(shown.views, self.viewer.maker, first_ns=first_ns)

    def _span(
        self, segment: Segment, shown: Shown, outcome: Answer | ModelError | VideoError | None, model_s: float
    ) -> SpanDescription:
        first_ns = int(self.viewer.recording.scene.time_ns[0])
        start_s, stop_s = ((edge - first_ns) / NS_PER_S for edge in (segment.span.start_ns, segment.span.stop_ns))
        if not isinstance(outcome, Answer):
            skipped = ", ".join(f"{count} x {reason}" for reason, count in shown.skipped.items())
            reason = str(outcome) if outcome is not None else f"no frame could be shown ({skipped or 'no frame in the span'})"
            return SpanDescription(start_s, stop_s, segment.label, None, reason, shown.frames, shown.skipped)
        return SpanDescription(
            start_s,
            stop_s,
            segment.label,
            outcome.text.strip(),
            None,
            shown.frames,
            shown.skipped,
            outcome.usage.visual_tokens,
            outcome.usage.prompt_tokens,
            outcome.usage.output_tokens,
            outcome.first_token_s,
            outcome.total_s,
            model_s,
            outcome.notes,
            outcome.provenance,
        )


def check_limits(*, batch: int | None, max_new_tokens: int, budget_tokens: int | None, without_gaze: str) -> None:
    """Check what needs neither recording nor model.

    Raises:
        UsageError: for the first that is not allowed.
    """
    if (batch is not None and batch < 1) or max_new_tokens < 1:
        raise UsageError(f"batch and max_new_tokens must be 1 or more, got {batch} and {max_new_tokens}")
    if budget_tokens is not None and budget_tokens < 1:
        raise UsageError(f"a budget must be 1 visual token or more, got {budget_tokens}")
    if without_gaze not in get_args(Fallback):
        raise UsageError(f"without_gaze must be one of {', '.join(get_args(Fallback))}, got {without_gaze!r}")


def telling(
    recording: Recording,
    model: Model,
    *,
    view: str | ViewMaker = "gaze",
    size: str = "448",
    fps: float = 1.0,
    frames: str = "uniform",
    segment: str = "10",
    prompt: str | None = None,
    start_s: float | None = None,
    stop_s: float | None = None,
    budget_tokens: int | None = None,
    without_gaze: Fallback = "center",
    hands: Path | str | None = None,
    batch: int | None = None,
    max_new_tokens: int = 128,
) -> Telling:
    """Decide how a recording will be told, and check it.

    Args:
        recording: an open recording.
        model: a loaded model.
        view: a name of VIEWS, or a view made by ``make_view``.
        size: side of the crop: pixels (``448``), degrees (``30deg``) or per cent of the frame (``25%``).
        fps: frames shown per second, at most where gaze decides which.
        frames: which frames of a span are shown, a name of SAMPLINGS: uniform, recent, fixation or shift.
        segment: seconds per span, ``events:NAME``, or a CSV file with start_s and stop_s.
        prompt: a name of PROMPTS, a text file, or the text.
        start_s: seconds from the first frame; what is before is left out.
        stop_s: seconds from the first frame; what is after is left out.
        budget_tokens: greatest number of visual tokens per frame; regions are shrunk to hold it. None for the model's usual
            number, where it has one, else for no limit.
        without_gaze: what to do with frames that have no valid gaze: show the ``center``, or ``skip`` them.
        hands: a table of the hands' boxes, see ``with_hands``; None for the recording's own, where it has any.
        batch: spans asked at once; None for 1, or 8 where the model runs elsewhere.
        max_new_tokens: longest answer.

    Raises:
        UsageError, ViewError, RecordingError: for what does not fit.
    """
    if batch is None:
        batch = 8 if model.is_remote else 1
    check_limits(batch=batch, max_new_tokens=max_new_tokens, budget_tokens=budget_tokens, without_gaze=without_gaze)
    budget_tokens = model.usual_tokens if budget_tokens is None else budget_tokens
    view = view_for(model, view, size=size, budget_tokens=budget_tokens)
    recording = recording if hands is None else with_hands(recording, hands)
    parts = segments(recording, segment, start_s=start_s, stop_s=stop_s)
    facts(recording)  # a stream that cannot be read is told now, and not when all is done and put together
    viewer = Viewer(recording, view, fps=fps, then=without_gaze, frames=frames)
    if sampling(frames).uses_fixations:
        _ = viewer.fixations  # gaze that cannot be read is told now as well
    return Telling(viewer, model, choose(prompt, model), tuple(parts), budget_tokens, batch, max_new_tokens)
