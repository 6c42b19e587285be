"""Whether two ways of showing were ways at all: samples of which both arms got the very same images."""

from collections.abc import Sequence

from foveate.comparison.family import Family
from foveate.evaluation.group import plural


def same_images(family: Family) -> list[str]:
    """A line for each pair of arms that were shown the same images, pixel by pixel; none for two Runs, where that is meant.

    A crop as large as the frame is the frame wherever gaze is, and a way that changes nothing is the way itself: a difference
    of nothing says nothing about gaze then.
    """
    if family.between is not None:
        return []
    counts = [_shared(family, first, second) for first, second in family.pairs]
    return [
        f"{first} and {second} were shown the very same images in {same} of {plural('sample', both)}: "
        "there they are one way of showing."
        for (first, second), (same, both) in zip(family.pairs, counts, strict=True)
        if same
    ]


def _shared(family: Family, first: str, second: str) -> tuple[int, int]:
    """Samples of which both got the same images, and samples that both have."""
    mine, theirs = family.arms[first], family.arms[second]
    shown: Sequence[tuple[tuple[str, ...], tuple[str, ...]]] = [
        (line.images_sha256, theirs[name].images_sha256) for name, line in mine.items() if name in theirs
    ]
    return sum(bool(one) and one == other for one, other in shown), len(shown)
