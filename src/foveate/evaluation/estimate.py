"""What a study will take, before anything long: some of its own samples really shown and asked."""

import time
from dataclasses import dataclass

import numpy as np

from foveate.errors import ModelError
from foveate.evaluation.ask import Asking
from foveate.evaluation.opener import Opener
from foveate.evaluation.plan import Load, Plan
from foveate.evaluation.run_study import context_of

SAMPLE_CASES = 3
"""Samples that are really shown and asked, in every way and by every model."""


@dataclass(frozen=True)
class Estimate:
    """Counts are exact; tokens and time are scaled from the sampled answers."""

    questions: int
    visual_tokens: int | None
    """None where a model does not tell."""
    images: int
    """That models are given."""
    hours: float
    """With one worker, scores and starting left out."""
    sampled: int
    """Answers that were really asked for."""
    sampled_s: float


def estimate(plan: Plan, load: Load) -> Estimate:
    """Ask about up to three samples spread over a study, in every way, and scale.

    Raises:
        ModelError: where not one answer came.
    """
    context = context_of(plan, load, answers=None, images=None)
    cases = plan.gathered.cases
    picks = sorted(set(np.linspace(0, len(cases) - 1, SAMPLE_CASES).round().astype(int).tolist()))
    opener = Opener(plan.gathered.places, plan.donors)
    lines = []
    took_s = 0.0
    for name in plan.speakers:
        model = load(name)  # not counted: a model is loaded once, however many samples there are
        began_s = time.perf_counter()
        for way in plan.ways:
            for instruction in plan.instructions:
                lines += Asking(context, opener, name, model, way, instruction).lines([cases[k] for k in picks])
        took_s += time.perf_counter() - began_s
    told = [line for line in lines if line.text is not None]
    if not told:
        raise ModelError(f"none of {len(lines)} sampled questions got an answer: {lines[0].reason}")
    tokens = [line.visual_tokens for line in told]
    scale = plan.questions / len(lines)
    return Estimate(
        questions=plan.questions,
        visual_tokens=None if None in tokens else round(sum(count or 0 for count in tokens) / len(told) * plan.questions),
        images=round(sum(len(line.images_sha256) for line in lines) * scale),
        hours=took_s * scale / 3600,
        sampled=len(lines),
        sampled_s=took_s,
    )
