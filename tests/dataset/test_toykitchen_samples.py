from itertools import combinations

import numpy as np
import pytest

from foveate.clock import Span
from foveate.dataset import toykitchen
from foveate.dataset.sample import Sample
from foveate.toykitchen import World

RANGES = {name: value for name, value in vars(toykitchen).items() if name.endswith("_SEEDS")}


def overlap_s(one: Span, other: Span) -> float:
    return max(0, min(one.stop_ns, other.stop_ns) - max(one.start_ns, other.start_ns)) / 1e9


def test_seed_ranges_are_disjoint() -> None:
    assert len(RANGES) == 6
    for one, other in combinations(RANGES.values(), 2):
        assert not set(one) & set(other)
    assert not any(toykitchen.DEMO_SEED in seeds for seeds in RANGES.values())


@pytest.mark.parametrize("rng", [None, np.random.default_rng(0)], ids=["centred", "jittered"])
def test_an_activity_takes_two_thirds_of_its_window(rng: np.random.Generator | None) -> None:
    for seed in range(5):
        world = World(seed)
        samples = list(toykitchen.activity_samples(world, rng=rng))
        assert len(samples) == len(world.narrations)
        for sample, event in zip(samples, world.narrations, strict=True):
            assert sample.span.duration_s == pytest.approx(3.0)
            assert 0 <= sample.span.start_ns < sample.span.stop_ns <= 60e9
            assert overlap_s(sample.span, event.span) > 1.99
            assert (sample.reference, sample.task, sample.instruction) == (event.text, "activity", "activity")


@pytest.mark.parametrize("rng", [None, np.random.default_rng(0)], ids=["fixed", "jittered"])
def test_the_future_is_the_action_of_the_two_seconds_after(rng: np.random.Generator | None) -> None:
    for seed in range(5):
        world = World(seed)
        samples = list(toykitchen.future_samples(world, rng=rng))
        assert len(samples) >= len(world.narrations) - 4
        for sample in samples:
            assert sample.span.duration_s == pytest.approx(5.0)
            assert sample.span.start_ns >= 0
            after = Span(sample.span.stop_ns, sample.span.stop_ns + 2_000_000_000)
            longest = max(world.narrations, key=lambda event: overlap_s(event.span, after))
            assert sample.reference == longest.text
            assert overlap_s(sample.span, longest.span) <= 0.38


def test_jitter_is_the_generators_and_nothing_elses() -> None:
    spans = [
        [sample.span for sample in toykitchen.toykitchen_samples([1], rng=rng)]
        for rng in (np.random.default_rng(1), np.random.default_rng(1), np.random.default_rng(2))
    ]
    assert spans[0] == spans[1] != spans[2]


def test_samples_come_world_by_world_and_name_their_wearer() -> None:
    samples = list(toykitchen.toykitchen_samples(toykitchen.TEST_SEEDS[:3], tasks=("activity",), duration_s=20.0))
    assert list(dict.fromkeys(sample.participant for sample in samples)) == [
        f"toykitchen-kitchen-{seed}" for seed in (30_000, 30_001, 30_002)
    ]


def test_a_sample_has_a_known_task() -> None:
    with pytest.raises(ValueError, match="one of activity, future, question, code, got 'dance'"):
        Sample(World(0, duration_s=5.0).recording(), Span(0, 1), "activity", "x", "p", "dance")
