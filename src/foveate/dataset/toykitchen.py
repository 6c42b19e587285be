"""Samples of the toy kitchen: what is the person doing, and what will they do next."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from foveate.clock import NS_PER_S, Span, seconds_to_ns
from foveate.dataset.sample import Sample
from foveate.recording.recording import Event
from foveate.toykitchen import World

TRAIN_SEEDS = range(0, 20_000)
"""Worlds to train on."""
VALIDATION_SEEDS = range(20_000, 21_000)
"""Worlds to choose by."""
TEST_SEEDS = range(30_000, 30_200)
"""Worlds that nothing was chosen by."""
UNSEEN_SEEDS = range(40_000, 40_200)
"""Worlds of the variant ``other``, to test on."""
UNINFORMATIVE_SEEDS = range(50_000, 50_200)
"""Worlds of the variant ``uninformative``, to test on."""
THIRD_PERSON_SEEDS = range(60_000, 60_200)
"""Worlds of the variant ``third_person``, to test on."""
DEMO_SEED = 70_003
"""The world that the demo shows."""

ACTIVITY_S = 3.0
"""Length of an activity's window."""
OBSERVED_S = 5.0
"""How much is seen before the future is asked for."""
FUTURE_S = 2.0
"""What is asked for: the action of so many seconds after."""
SETS_OUT_S = 0.25
"""The future is asked for this long after the next action's start, when the hand sets out: of a frame in the middle of the last
second, gaze is at the next target already, the hand is not."""
JITTER_S = 0.4
"""Greatest shift of a window in training."""


def activity_samples(world: World, *, rng: np.random.Generator | None = None) -> Iterator[Sample]:
    """One sample per action: 3 s around its middle, of which it takes two thirds or more.

    Args:
        world: where.
        rng: shifts every window at random, for training; None leaves it in the middle.
    """
    recording = world.recording()
    for event in world.narrations:
        span = _span(event)
        middle_s = (span.start_ns + span.stop_ns) / 2 / NS_PER_S + _shift_s(rng)
        start_s = float(np.clip(middle_s - ACTIVITY_S / 2, 0.0, world.duration_s - ACTIVITY_S))
        window = Span(seconds_to_ns(start_s), seconds_to_ns(start_s + ACTIVITY_S))
        yield Sample(recording, window, "activity", event.text, recording.name, "activity")


def future_samples(world: World, *, rng: np.random.Generator | None = None) -> Iterator[Sample]:
    """One sample per action that has 5 s before it: those 5 s, and the action of the 2 s after.

    Args:
        world: where.
        rng: shifts the question by up to half of SETS_OUT_S, for training; None asks at SETS_OUT_S.
    """
    recording = world.recording()
    for event in world.narrations:
        start_s = _span(event).start_ns / NS_PER_S
        asked_s = start_s + SETS_OUT_S + 0.5 * SETS_OUT_S / JITTER_S * _shift_s(rng)
        if asked_s >= OBSERVED_S and asked_s + FUTURE_S <= world.duration_s:
            seen = Span(seconds_to_ns(asked_s - OBSERVED_S), seconds_to_ns(asked_s))
            yield Sample(recording, seen, "next", event.text, recording.name, "future")


def toykitchen_samples(
    seeds: Iterable[int],
    *,
    variant: str = "kitchen",
    tasks: Sequence[str] = ("activity", "future"),
    duration_s: float = 60.0,
    rng: np.random.Generator | None = None,
) -> Iterator[Sample]:
    """Samples of many worlds, world by world.

    Args:
        seeds: which worlds; see the ranges above.
        variant: a key of ``foveate.toykitchen.VARIANTS``.
        tasks: ``activity``, ``future`` or both.
        duration_s: length of every recording.
        rng: shifts the windows, for training.
    """
    for seed in seeds:
        world = World(seed, variant=variant, duration_s=duration_s)
        for task in tasks:
            yield from TASK_SAMPLES[task](world, rng=rng)


TASK_SAMPLES = {"activity": activity_samples, "future": future_samples}
"""Task -> what makes its samples."""


def _span(event: Event) -> Span:
    assert event.span is not None, "every narration of a toy kitchen has a span"
    return event.span


def _shift_s(rng: np.random.Generator | None) -> float:
    return float(rng.uniform(-JITTER_S, JITTER_S)) if rng is not None else 0.0
