"""What describing many recordings will take: all are counted, a few are sampled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from foveate.batch.describe import HOW
from foveate.batch.entry import Entry, open_item
from foveate.batch.gather import Gathered
from foveate.description.describe import Telling, telling
from foveate.description.estimate import estimate
from foveate.errors import FoveateError
from foveate.job import Json
from foveate.model.model import Model

SAMPLE_RECORDINGS = 3
"""Recordings of which spans are really shown and asked."""


@dataclass(frozen=True)
class BatchEstimate:
    """Counts are exact up to frames dropped for want of gaze; tokens and times are scaled by frames."""

    recordings: int
    """That can be described."""
    failed: tuple[tuple[str, str], ...]
    """Name and reason of the others."""
    spans: int
    frames: int
    visual_tokens: int | None
    """None where the model does not tell."""
    hours: float
    """With one worker; loading the model is not in it."""
    sampled_spans: int
    sampled_s: float


def estimate_batch(
    found: Gathered, model: Model, *, settings: Mapping[str, Json], on_recording: Callable[[], None] | None = None
) -> BatchEstimate:
    """Count the spans and frames of all recordings, and time three spans of three recordings spread over them.

    Args:
        found: the recordings.
        model: loaded.
        settings: as for the work of ``describe``.
        on_recording: called after each.

    Raises:
        ModelError: where the model fails on all sampled spans of a recording.
    """

    def job_of(entry: Entry) -> Telling:
        return telling(open_item(entry.item(), settings), model, **{name: settings[name] for name in HOW if name in settings})

    counted: list[tuple[Entry, int, int]] = []  # not the jobs: they keep the gaze of every recording
    failed: list[tuple[str, str]] = []
    for entry in found.entries:
        try:
            job = job_of(entry)
            counted.append((entry, len(job.segments), sum(job.viewer.count(segment.span) for segment in job.segments)))
        except FoveateError as error:
            failed.append((entry.name, str(error)))
        if on_recording is not None:
            on_recording()
    if not counted:
        return BatchEstimate(0, tuple(failed), 0, 0, None, 0.0, 0, 0.0)
    picks = sorted(set(np.linspace(0, len(counted) - 1, SAMPLE_RECORDINGS).round().astype(int).tolist()))
    sampled = [(estimate(job_of(counted[pick][0])), counted[pick][2]) for pick in picks]
    frames = sum(count for _, _, count in counted)
    scale = frames / max(1, sum(count for _, count in sampled))
    tokens = [guess.visual_tokens for guess, _ in sampled]
    return BatchEstimate(
        recordings=len(counted),
        failed=tuple(failed),
        spans=sum(spans for _, spans, _ in counted),
        frames=frames,
        visual_tokens=None if None in tokens else round(sum(count or 0 for count in tokens) * scale),
        hours=sum(guess.hours for guess, _ in sampled) * scale,
        sampled_spans=sum(guess.sampled_spans for guess, _ in sampled),
        sampled_s=sum(guess.sampled_s for guess, _ in sampled),
    )
