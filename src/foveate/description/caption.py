"""Reference texts for recordings that have none: one sentence per second by a named model, doubtful stretches dropped.

Source: Gaze-VLM (arXiv 2510.21356): 1 fps, chunks of 10 images, one direct description of 15 to 20 words per image, in order,
of objects, actions and spatial relations; blurred or unclear images are flagged, and sequences with more than 20% of them
dropped. Where we differ: a sequence is a chunk; an image that the model passes over is flagged as well; windows of one kind of
sample never overlap.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from foveate.clock import NS_PER_S, Span
from foveate.dataset.sample import Sample
from foveate.description.budget import view_for
from foveate.description.prompts import shipped
from foveate.description.segments import segments
from foveate.description.viewer import Viewer, timed_images
from foveate.errors import ModelError, ServerGoneError, UsageError
from foveate.model.model import Answer, Model, Prompt
from foveate.recording.recording import Recording
from foveate.version import VERSION as FOVEATE
from foveate.view.sampling import check_fps

CHUNK = 10
"""Images shown at once."""
MOST_FLAGGED = 0.2
"""Share of a sequence's images that may be flagged."""
WORDS = (15, 20)
"""Length that is asked for; captions of another length are kept and counted."""
UNCLEAR = re.compile(r"\W*(unclear|blurred|blurry|too blurred|too blurry)\b", re.IGNORECASE)
ACTIVITY_S, OBSERVED_S, FUTURE_S = 3, 5, 2
"""Seconds, and so captions, of an activity, of what is seen before a future, and of the future itself."""


@dataclass(frozen=True)
class Caption:
    """What a model says of one frame."""

    index: int
    """The frame."""
    time_ns: int
    """When it was seen, on the recording's clock."""
    text: str
    """The sentence; empty where there is none."""
    flag: str = ""
    """Why it is no description: ``unclear`` or ``passed over``; empty where it is one."""


@dataclass(frozen=True)
class CaptionedSequence:
    """The frames that were shown at once."""

    span: Span
    """Its stretch of the recording."""
    captions: tuple[Caption, ...]
    """One per frame, in order of time."""
    dropped: str = ""
    """Why it is not used; empty where it is."""
    answer: str = ""
    """What the model said, word for word."""
    provenance: dict[str, str] = field(default_factory=dict)
    """What pins the model."""


@dataclass(frozen=True)
class Captioning:
    """Everything decided about how a recording is captioned; nothing decoded or asked yet."""

    viewer: Viewer
    model: Model
    instruction: str
    spans: tuple[Span, ...]
    max_new_tokens: int

    def sequences(self) -> Iterator[CaptionedSequence]:
        """Show and ask, sequence by sequence; one that fails is yielded with its reason.

        Raises:
            ModelError: where the first sequence fails, or the model answers nobody any more, since then the rest would too.
        """
        for number, span in enumerate(self.spans):
            yield self._sequence(span, first=number == 0)

    def _sequence(self, span: Span, *, first: bool) -> CaptionedSequence:
        shown = self.viewer.show_if_possible(span)
        if shown.failure is not None:
            return CaptionedSequence(span, (), str(shown.failure))
        frames = [(record.index, view.frame.time_ns) for record, view in zip(shown.frames, shown.views, strict=True)]
        if not frames:
            return CaptionedSequence(span, (), "no video at that time")
        start_ns = int(self.viewer.recording.scene.time_ns[0])
        images = timed_images(shown.views, self.viewer.maker, first_ns=start_ns)
        (outcome,) = self.model.answers([Prompt(self.instruction, images, max_new_tokens=self.max_new_tokens)])
        if isinstance(outcome, ModelError):
            if first or isinstance(outcome, ServerGoneError):
                raise outcome
            unasked = tuple(Caption(index, time_ns, "", "passed over") for index, time_ns in frames)
            return CaptionedSequence(span, unasked, f"the model failed: {outcome}")
        return _captioned(span, frames, outcome)


def captioning(
    recording: Recording,
    model: Model,
    *,
    fps: float = 1.0,
    start_s: float | None = None,
    stop_s: float | None = None,
    budget_tokens: int | None = None,
    max_new_tokens: int = 640,
) -> Captioning:
    """Decide how a recording is captioned, and check it.

    Args:
        recording: an open recording; its gaze is not used: captions are of the whole frame.
        model: who says it.
        fps: frames shown per second.
        start_s: seconds from the first frame; what is before is left out.
        stop_s: seconds from the first frame; what is after is left out.
        budget_tokens: greatest number of visual tokens per frame.
        max_new_tokens: longest answer about one sequence.

    Raises:
        UsageError: for a model that understands only its own instructions, or values that do not fit.
    """
    if model.instructions:
        raise UsageError(f"{model.name} understands only its own prompts, and captions are none of them; name another model")
    check_fps(fps)
    if max_new_tokens < 1:
        raise UsageError(f"max_new_tokens must be 1 or more, got {max_new_tokens}")
    view = view_for(model, "full", size="448", budget_tokens=budget_tokens)
    parts = segments(recording, f"{CHUNK / fps:.9g}", start_s=start_s, stop_s=stop_s)
    return Captioning(
        Viewer(recording, view, fps=fps), model, shipped("caption"), tuple(part.span for part in parts), max_new_tokens
    )


def _captioned(span: Span, frames: Sequence[tuple[int, int]], answer: Answer) -> CaptionedSequence:
    texts = numbered(answer.text, len(frames))
    captions = tuple(
        Caption(index, time_ns, text, "unclear" if UNCLEAR.match(text) else "" if text else "passed over")
        for (index, time_ns), text in zip(frames, texts, strict=True)
    )
    flagged = sum(bool(caption.flag) for caption in captions)
    many = flagged > MOST_FLAGGED * len(captions)
    dropped = f"{flagged} of {len(captions)} images are flagged" if many else ""
    return CaptionedSequence(span, captions, dropped, answer.text, answer.provenance)


def numbered(text: str, count: int) -> list[str]:
    """The sentences of an answer "1: ... 2: ...", one per line or not; empty where a number is passed over.

    Args:
        text: the answer.
        count: how many are expected.

    Returns:
        ``count`` sentences.
    """
    # by lines where there are lines; else anywhere, at the risk of a sentence that ends in the next number
    marks = _marks(text, count, start=r"^[^\w\n]{0,4}")
    if len(marks) < 2:
        marks = _marks(text, count, start=r"(?:^|(?<=\s))\W{0,2}")
    sentences = [""] * count
    for place, (number, _, begin) in enumerate(marks):
        end = marks[place + 1][1] if place + 1 < len(marks) else len(text)
        if number <= count:
            sentences[number - 1] = " ".join(text[begin:end].split())
    return sentences


def _marks(text: str, count: int, *, start: str) -> list[tuple[int, int, int]]:
    """Number, begin and end of every "1: ", in order; one more than expected ends the last sentence."""
    marks: list[tuple[int, int, int]] = []
    place = 0
    for number in range(1, count + 2):
        pattern = re.compile(rf"{start}(?:image )?{number}\W{{0,2}}[:.)]\W{{0,2}}\s", re.IGNORECASE | re.MULTILINE)
        if (found := pattern.search(text, place)) is not None:
            marks.append((number, found.start(), found.end()))
            place = found.end()
    return marks


def report(job: Captioning, sequences: Sequence[CaptionedSequence], *, complete: bool = True) -> dict[str, Any]:
    """What was asked of whom, and counts of what came back, as JSON values."""
    recording, model = job.viewer.recording, job.model
    captions = [caption for sequence in sequences for caption in sequence.captions]
    used = [caption for sequence in sequences if not sequence.dropped for caption in sequence.captions if not caption.flag]
    lengths = [len(caption.text.split()) for caption in used]
    return {
        "recording": {"name": recording.name, "path": str(recording.path) if recording.path else None},
        "model": {
            "name": model.name,
            "toy": model.is_toy,
            "images_left_this_machine": model.is_remote,
            **next((sequence.provenance for sequence in reversed(sequences) if sequence.provenance), {}),
        },
        "prompt": job.instruction,
        "fps": job.viewer.fps,
        "complete": complete,
        "foveate": FOVEATE,
        "counts": {
            "sequences": len(sequences),
            "sequences dropped": sum(bool(sequence.dropped) for sequence in sequences),
            "images": len(captions),
            "images flagged": dict(Counter(caption.flag for caption in captions if caption.flag)),
            "captions used": len(used),
            f"captions used that do not have {WORDS[0]} to {WORDS[1]} words": sum(
                not WORDS[0] <= length <= WORDS[1] for length in lengths
            ),
        },
        "dropped": [
            {"start_ns": sequence.span.start_ns, "stop_ns": sequence.span.stop_ns, "reason": sequence.dropped}
            for sequence in sequences
            if sequence.dropped
        ],
    }


def caption_samples(
    recording: Recording, sequences: Sequence[CaptionedSequence], *, participant: str = "", fps: float = 1.0
) -> Iterator[Sample]:
    """Samples out of captions: activities of 3 s, and futures of 2 s after the 5 s that are seen.

    Windows of one task do not overlap; one that holds a flagged image, or one of a dropped sequence, is passed over.

    Args:
        recording: what was captioned.
        sequences: its sequences.
        participant: who wore it.
        fps: frames captioned per second.
    """
    step_ns = round(NS_PER_S / fps)
    known = [c for s in sequences if not s.dropped for c in s.captions if not c.flag]
    for task, instruction, seen_s, told_s in (
        ("activity", "activity", ACTIVITY_S, 0),
        ("future", "next", OBSERVED_S, FUTURE_S),
    ):
        seen, told = round(seen_s * fps), round(told_s * fps)
        first = 0
        while first + seen + told <= len(known):
            window = known[first : first + seen + told]
            gaps_ns = [after.time_ns - before.time_ns for before, after in pairwise(window)]
            broken = next((place for place, gap_ns in enumerate(gaps_ns) if gap_ns > 1.5 * step_ns), None)
            if broken is not None:
                first += broken + 1
                continue
            start_ns = window[0].time_ns - step_ns // 2
            text = " ".join(caption.text for caption in (window[seen:] or window))
            span = Span(start_ns, start_ns + seen * step_ns)
            name = f"{recording.name}/{task}/{window[0].index}"
            yield Sample(recording, span, instruction, text, participant, task, id=name, kind="caption")
            first += seen + told
