"""Splits: no participant or recording on two sides, seeded, the same in any order, shares nearly kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveate.clock import Span
from foveate.dataset.sample import Sample
from foveate.dataset.split import SHARES, groups, leaks, split
from foveate.errors import UsageError
from foveate.recording import Recording


def sample(recording: str, participant: str = "", number: int = 0) -> Sample:
    found = Recording(recording, "drawn", "drawing", None, {})
    return Sample(found, Span(number, number + 1), "activity", "x", participant, "activity", id=f"{recording}/{number}")


def many(people: int = 40, each: int = 5) -> list[Sample]:
    return [sample(f"r{person}-{take}", f"p{person}", take) for person in range(people) for take in range(each)]


def test_shares_are_kept_and_nobody_stands_on_two_sides():
    sides = split(many(), seed=1)
    assert {side: len(samples) for side, samples in sides.items()} == {"train": 160, "validation": 20, "test": 20}
    assert leaks(sides) == []


def test_windows_of_one_recording_stay_together_where_nobody_is_known():
    sides = split([sample(f"r{k % 10}", number=k) for k in range(500)], seed=0)
    assert leaks(sides) == []
    assert all(len({s.recording.name for s in samples}) * 50 == len(samples) for samples in sides.values())


def test_people_are_linked_through_recordings():
    linked = [sample("one", "ann"), sample("one", "bob"), sample("two", "bob"), sample("three", "cleo"), sample("four")]
    found = groups(linked)
    assert len(set(found[:3])) == 1
    assert len(set(found)) == 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(-1, 8)), min_size=30, max_size=120), st.integers(0, 5), st.randoms())
def test_any_samples_in_any_order(pairs, seed, order):
    samples = [sample(f"r{r}", f"p{p}" if p >= 0 else "", k) for k, (r, p) in enumerate(pairs)]
    try:
        sides = split(samples, seed=seed)
    except UsageError:
        assert len(set(groups(samples))) < 3
        return
    assert leaks(sides) == []
    assert sorted(s.id for side in sides.values() for s in side) == sorted(s.id for s in samples)
    assert all(sides.values())
    shuffled = samples.copy()
    order.shuffle(shuffled)
    again = split(shuffled, seed=seed)
    assert {side: {s.id for s in found} for side, found in again.items()} == {
        side: {s.id for s in found} for side, found in sides.items()
    }


def test_another_seed_is_another_split():
    ids = [tuple(s.id for s in split(many(), seed=seed)["test"]) for seed in range(6)]
    assert len(set(ids)) > 3
    assert ids[0] == tuple(s.id for s in split(many(), seed=0)["test"])


def test_leaks_are_named():
    sides = {"train": [sample("one", "ann")], "test": [sample("two", "ann"), sample("one", "bob")]}
    assert leaks(sides) == [
        "participant ann is in test and train",
        "recording drawn one is in test and train",
    ]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"train": 0.5}, "sum to 1, got"),
        ({"train": 1.5, "test": -0.5}, "shares are above 0"),
        ({}, "shares are above 0"),
    ],
)
def test_wrong_shares(shares, message):
    with pytest.raises(UsageError, match=message):
        split(many(), seed=0, shares=shares)


def test_too_few_people_are_refused():
    with pytest.raises(
        UsageError, match="10 samples are of 2 people or recordings that cannot be told apart: too few for 3 sides"
    ):
        split(many(people=2), seed=0, shares=SHARES)
