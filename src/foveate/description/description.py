"""The answers about a recording's spans and their summary: what describe returns and what its files hold."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from foveate.geometry import Box, Size, Warp
from foveate.model.model import Model
from foveate.recording.gaze_source import gaze_notice
from foveate.recording.recording import Recording

VERSION = 1
"""Of the file description.json; raised when a key changes its meaning or goes away."""

TOY_NOTICE = "toy model"
"""What every output of a toy model on a recording from elsewhere bears."""
TOY_DEVICE = "toykitchen"
"""Device of the recordings that the built-in model knows."""
NO_KNOWLEDGE = "these answers say nothing about the real world"


def notice_of(model: Model, recording: Recording) -> str | None:
    """The notice that outputs of a model about a recording bear: that it is a toy, that gaze was not measured; else None."""
    toy = TOY_NOTICE if model.is_toy and recording.device != TOY_DEVICE else None
    return "; ".join(each for each in (toy, gaze_notice(recording)) if each) or None


def explained(notice: str | None) -> list[tuple[str, str]]:
    """The parts of a notice for a page of text, each as what it says and what that means; the latter may be empty."""
    if notice is None or not notice.startswith(TOY_NOTICE):
        return [] if notice is None else [_halves(notice)]
    rest = notice.removeprefix(TOY_NOTICE).removeprefix("; ")
    return [(TOY_NOTICE, NO_KNOWLEDGE), *([_halves(rest)] if rest else [])]


def _halves(notice: str) -> tuple[str, str]:
    head, _, meaning = notice.partition(": ")
    return head, meaning


@dataclass(frozen=True)
class ShownFrame:
    """One frame that the model saw a part of."""

    index: int
    """Index among the scene frames that have an image."""
    time_s: float
    """Seconds from the first scene frame."""
    aim_px: tuple[float, float]
    """Where the view was aimed, in scene pixels."""
    source: str
    """Where that point comes from: measured, predicted, held or center; none for a view that needs no gaze."""
    age_ms: float | None
    """Frame time minus gaze time, for a measured or predicted point."""
    boxes_px: tuple[Box, ...]
    """Regions that were shown: left, top, width, height."""
    sizes_px: tuple[Size, ...]
    """Size of each image."""
    share_of_pixels: float
    """Of the frame."""
    warps: tuple[Warp | None, ...] = ()
    """How each image was resampled from its region, where that was not evenly; empty where all were."""
    notes: tuple[str, ...] = ()
    """What stands in for what the view should show; empty where nothing does."""


@dataclass(frozen=True)
class SpanDescription:
    """What a model said about one span."""

    start_s: float
    """Seconds from the first scene frame."""
    stop_s: float
    """First instant outside."""
    label: str
    """What the user or the recording calls the span."""
    text: str | None
    """The answer; None where there is none."""
    reason: str | None
    """Why there is no answer."""
    frames: tuple[ShownFrame, ...] = ()
    """What was shown."""
    skipped_frames: dict[str, int] | None = None
    """Frames that should have been shown and were not: reason -> how many."""
    visual_tokens: int | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    first_token_s: float | None = None
    total_s: float | None = None
    """Seconds from the request to the last token; of the whole batch, where it was one of several."""
    model_s: float | None = None
    """Its share of the seconds that the model worked on its batch."""
    notes: tuple[str, ...] = ()
    """What the model's file had to do."""
    provenance: dict[str, str] = field(default_factory=dict)
    """What pins the model."""

    @property
    def gaze_sources(self) -> dict[str, int]:
        """Source of the aim -> number of frames."""
        return dict(Counter(frame.source for frame in self.frames))

    @property
    def images(self) -> int:
        """Images that the model was given."""
        return sum(len(frame.sizes_px) for frame in self.frames)

    @property
    def share_of_pixels(self) -> float | None:
        """Mean share of the frame's pixels that was shown; None where nothing was."""
        if not self.frames:
            return None
        return sum(frame.share_of_pixels for frame in self.frames) / len(self.frames)


@dataclass(frozen=True)
class Totals:
    """Sums over the spans."""

    spans: int
    described: int
    failed: int
    """Spans without an answer."""
    frames: int
    """Frames shown, of described spans."""
    frames_by_source: dict[str, int]
    """Source of the aim -> frames."""
    skipped_frames: dict[str, int]
    """Reason -> frames that should have been shown and were not."""
    frame_notes: dict[str, int]
    """What stood in for what the view should show -> frames shown."""
    share_of_pixels: float | None
    """Mean over the frames shown."""
    visual_tokens: int | None
    """None where the model does not tell."""
    full_visual_tokens: int | None
    """What the same frames would take whole, at the model's own size."""
    prompt_tokens: int | None
    output_tokens: int | None
    model_s: float
    """Seconds spent in the model."""


@dataclass(frozen=True)
class Description:
    """A recording told by a model."""

    recording: dict[str, Any]
    """Facts of the recording, as foveate info gives them, its name and path."""
    view: dict[str, Any]
    """Name, options, frames a second, budget, fallback."""
    model: dict[str, Any]
    """Name, whether it is a toy, whether images left this machine and to where, provenance."""
    prompt: dict[str, str]
    """Name and text of the instruction."""
    spans: tuple[SpanDescription, ...]
    summary: str | None
    """The spans summed up; None where the model cannot write one, or was not asked."""
    summary_note: str | None
    """Why there is no summary."""
    totals: Totals
    complete: bool
    """False where the user stopped it before the last span."""
    foveate: str
    """Version of the program."""
    notice: str | None = None
    """What every output must bear: that a toy model says nothing about the real world, that gaze was not measured."""
    version: int = VERSION

    @property
    def sent(self) -> str | None:
        """Which images left this machine, in one line; None where none did."""
        if not self.model["images_left_this_machine"]:
            return None
        spans = [span for span in self.spans if span.frames]
        images = sum(span.images for span in spans)
        return f"{images} images of {len(spans)} spans were sent to {self.model.get('host', 'another machine')}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with what was sent and each span's counts of gaze sources and its share of pixels."""
        plain = {**asdict(self), "sent": self.sent}
        for line, span in zip(plain["spans"], self.spans, strict=True):
            line["gaze_sources"] = span.gaze_sources
            line["share_of_pixels"] = span.share_of_pixels
            # said once, under model, unless a server changed under way
            if all(self.model.get(key) == value for key, value in span.provenance.items()):
                del line["provenance"]
        return plain


def total(spans: tuple[SpanDescription, ...], full_tokens: int | None) -> Totals:
    """Sum up spans.

    Args:
        spans: the spans, described or not.
        full_tokens: visual tokens of one whole frame at the model's own size, where the model tells.
    """
    described = [span for span in spans if span.text is not None]
    by_source: Counter[str] = Counter()
    for span in described:
        by_source.update(span.gaze_sources)
    skipped: Counter[str] = Counter()
    for span in spans:
        skipped.update(span.skipped_frames or {})
    frames = [frame for span in described for frame in span.frames]
    return Totals(
        spans=len(spans),
        described=len(described),
        failed=len(spans) - len(described),
        frames=len(frames),
        frames_by_source=dict(by_source),
        skipped_frames=dict(skipped),
        frame_notes=dict(Counter(note for frame in frames for note in frame.notes)),
        share_of_pixels=sum(frame.share_of_pixels for frame in frames) / len(frames) if frames else None,
        visual_tokens=_sum([span.visual_tokens for span in described]),
        full_visual_tokens=None if full_tokens is None else full_tokens * len(frames),
        prompt_tokens=_sum([span.prompt_tokens for span in described]),
        output_tokens=_sum([span.output_tokens for span in described]),
        model_s=sum(span.model_s or 0.0 for span in described),
    )


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None
