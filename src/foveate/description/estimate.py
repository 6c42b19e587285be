"""What a description will take, before anything long: measured on a few of the user's own spans."""

import time
from dataclasses import dataclass, replace

import numpy as np

from foveate.description.describe import Telling
from foveate.errors import ModelError

SAMPLE_SPANS = 3
"""Spans that are really shown and asked."""


@dataclass(frozen=True)
class Estimate:
    """Counts are exact up to frames dropped for want of gaze; times are scaled from the sampled spans."""

    spans: int
    frames: int
    visual_tokens: int | None
    """Scaled from the sampled spans; None where the model does not tell."""
    hours: float
    sampled_spans: int
    sampled_s: float
    """Seconds that the sampled spans took, decoding included."""


def estimate(job: Telling) -> Estimate:
    """Time up to three spans spread over a recording, and scale by frames.

    Raises:
        ModelError: where the model fails on a sampled span.
    """
    frames = [job.viewer.count(segment.span) for segment in job.segments]
    picks = sorted(set(np.linspace(0, len(frames) - 1, SAMPLE_SPANS).round().astype(int).tolist()))
    sample = replace(job, segments=tuple(job.segments[k] for k in picks), batch=1)
    began_s = time.perf_counter()
    spans = list(sample.spans())
    took_s = time.perf_counter() - began_s
    failed = [span for span in spans if span.text is None]
    if len(failed) == len(spans):
        raise ModelError(f"none of {len(spans)} sampled spans got an answer: {failed[0].reason}")
    told = [span for span in spans if span.text is not None]
    shown = sum(len(span.frames) for span in told)
    tokens = [span.visual_tokens for span in told]
    scale = sum(frames) / max(1, shown)
    return Estimate(
        spans=len(frames),
        frames=sum(frames),
        visual_tokens=None if None in tokens else round(sum(count or 0 for count in tokens) * scale),
        hours=took_s * scale / 3600,
        sampled_spans=len(spans),
        sampled_s=took_s,
    )
