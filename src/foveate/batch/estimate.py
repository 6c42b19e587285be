"""What describing many recordings will take: all are counted, a few are sampled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from foveate.batch.describe import job_of
from foveate.batch.entry import Entry
from foveate.batch.gather import Gathered
from foveate.description.estimate import Estimate, estimate
from foveate.errors import FoveateError, ModelError, VideoError
from foveate.job import Json
from foveate.model.model import Model

SAMPLE_RECORDINGS = 3
"""Recordings of which spans are really shown and asked."""


@dataclass(frozen=True)
class BatchEstimate:
    """What all recordings take together."""

    recordings: int
    """That can be described."""
    failed: tuple[tuple[str, str], ...]
    """Name and reason of the others."""
    total: Estimate | None
    """Over all that can be described, with one worker; loading the model is not in it. None where none can be."""


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
        ModelError, VideoError: where not one of the sampled recordings got an answer.
    """

    counted: list[tuple[Entry, int, int]] = []  # not the jobs: they keep the gaze of every recording
    failed: list[tuple[str, str]] = []
    for entry in found.entries:
        try:
            job = job_of(entry.item(), settings, model)
            counted.append((entry, len(job.segments), sum(job.viewer.count(segment.span) for segment in job.segments)))
        except FoveateError as error:
            failed.append((entry.name, str(error)))
        if on_recording is not None:
            on_recording()
    if not counted:
        return BatchEstimate(0, tuple(failed), None)
    picks = sorted(set(np.linspace(0, len(counted) - 1, SAMPLE_RECORDINGS).round().astype(int).tolist()))
    sampled: list[tuple[Estimate, int]] = []
    for entry, _, count in [counted[pick] for pick in picks]:
        try:
            sampled.append((estimate(job_of(entry.item(), settings, model)), count))
        except (ModelError, VideoError) as error:
            failed.append((entry.name, str(error)))
            lost = error
    if not sampled:
        raise lost
    unanswered = {name for name, _ in failed}
    counted = [each for each in counted if each[0].name not in unanswered]
    frames = sum(count for _, _, count in counted)
    scale = frames / max(1, sum(count for _, count in sampled))
    tokens = [guess.visual_tokens for guess, _ in sampled]
    total = Estimate(
        spans=sum(spans for _, spans, _ in counted),
        frames=frames,
        visual_tokens=None if None in tokens else round(sum(count or 0 for count in tokens) * scale),
        hours=sum(guess.hours for guess, _ in sampled) * scale,
        sampled_spans=sum(guess.sampled_spans for guess, _ in sampled),
        sampled_s=sum(guess.sampled_s for guess, _ in sampled),
    )
    return BatchEstimate(len(counted), tuple(failed), total)
