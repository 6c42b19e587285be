"""Split samples so that no participant and no recording stands on two sides; seeded, and the same in any order of samples."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from foveate.dataset.sample import Sample
from foveate.errors import UsageError

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Side -> its share of the samples."""


def split(samples: Iterable[Sample], *, seed: int, shares: Mapping[str, float] | None = None) -> dict[str, list[Sample]]:
    """Put every sample on a side.

    Samples that share a participant or a recording, even through others, form a group, which stays whole. Groups in a seeded
    order go to the side that lacks most, every side getting one before any gets a second. A sample without a participant is
    held by its recording alone: whether two recordings are of one person is then not known.

    Args:
        samples: what to split.
        seed: of the order of the groups.
        shares: side -> its share of the samples; they sum to 1.

    Returns:
        Side -> its samples, in the order in which they came.

    Raises:
        UsageError: where shares do not sum to 1, or there are fewer groups than sides.
    """
    shares = SHARES if shares is None else shares
    if not shares or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-9:
        raise UsageError(f"shares are above 0 and sum to 1, got {dict(shares)}")
    samples = list(samples)
    group = groups(samples)
    sizes: dict[str, int] = defaultdict(int)
    for name in group:
        sizes[name] += 1
    if len(sizes) < len(shares):
        raise UsageError(
            f"{len(samples)} samples are of {len(sizes)} people or recordings that cannot be told apart: "
            f"too few for {len(shares)} sides ({', '.join(shares)})"
        )
    order = np.random.default_rng(seed).permutation(sorted(sizes)).tolist()
    side_of: dict[str, str] = {}
    filled = dict.fromkeys(shares, 0)
    for place, name in enumerate(order):
        empty = [side for side in shares if not filled[side]]
        must = len(order) - place <= len(empty)
        open_sides = empty if must else list(shares)
        side = max(open_sides, key=lambda side: shares[side] * len(samples) - filled[side])
        side_of[name] = side
        filled[side] += sizes[name]
    sides: dict[str, list[Sample]] = {side: [] for side in shares}
    for sample, name in zip(samples, group, strict=True):
        sides[side_of[name]].append(sample)
    return sides


def groups(samples: Sequence[Sample]) -> list[str]:
    """For every sample the name of its group: samples that share a participant or recording, even through others."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    keys = [keys_of(sample) for sample in samples]
    for linked in keys:
        # the smaller name wins, so that a group's name does not depend on the order of samples
        first, *others = sorted(root(key) for key in linked)
        for other in others:
            parent[other] = first
    return [root(linked[0]) for linked in keys]


def keys_of(sample: Sample) -> list[str]:
    """What must not stand on two sides: the recording and, where it is known, the participant."""
    recording = sample.recording
    keys = [f"recording {recording.format} {recording.name}"]
    return [*keys, f"participant {sample.participant}"] if sample.participant else keys


def leaks(sides: Mapping[str, Iterable[Sample]]) -> list[str]:
    """What stands on several sides, as readable lines; empty where nothing does."""
    found: dict[str, set[str]] = defaultdict(set)
    for side, samples in sides.items():
        for sample in samples:
            for key in keys_of(sample):
                found[key].add(side)
    return [f"{key} is in {' and '.join(sorted(where))}" for key, where in sorted(found.items()) if len(where) > 1]
