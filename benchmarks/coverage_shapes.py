"""What coverage.py draws: two coders' labels, shares of time, choices between two, in clusters that differ."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Coded:
    """Spans that two coders labelled."""

    first: Places
    second: Places
    of: Places
    """The cluster of each span."""


@dataclass(frozen=True)
class Shares:
    """Shares from 0 to 1."""

    values: Values
    of: Places


@dataclass(frozen=True)
class Choices:
    """Choices between two."""

    wins: Values
    """(clusters, things, things)"""


Drawn = Coded | Shares | Choices


@dataclass(frozen=True)
class Shape:
    """Something to draw."""

    of: str
    """The number that is worked out."""
    about: str
    draw: Callable[[np.random.Generator, int], Drawn]
    """Of a generator and so many clusters."""


def counted(least_most: tuple[int, int], what: str) -> str:
    """So many of something, in words."""
    least, most = least_most
    if least == most:
        return f"one {what}" if least == 1 else f"{least} {what}s"
    return f"{least} to {most} {what}s"


def kept(rng: np.random.Generator, values: NDArray[np.generic], share: float) -> Places:
    """(clusters, spans) which span's value stands at each span, where so large a share keep the value of the span before."""
    new = rng.random(values.shape[:2]) >= share
    new[:, 0] = True
    return np.maximum.accumulate(np.where(new, np.arange(values.shape[1]), 0), axis=1)


def coded(labels: Sequence[float], *, agree: tuple[float, float], spans: tuple[int, int], alike: float = 0.0) -> Shape:
    """Every cluster has label shares of its own around ``labels``, and its own share of spans (beta distributed) in which the
    second coder sees what the first does; else that coder guesses by the label shares."""

    def draw(rng: np.random.Generator, clusters: int) -> Coded:
        until = rng.dirichlet(8 * np.array(labels), clusters).cumsum(axis=1)[:, None, :-1]
        lengths = rng.integers(spans[0], spans[1] + 1, clusters)
        shape = (clusters, int(lengths.max()))
        first, guess = (np.sum(rng.random(shape)[..., None] > until, axis=2) for _ in range(2))
        second = np.where(rng.random(shape) < rng.beta(*agree, clusters)[:, None], first, guess)
        place = kept(rng, first, alike)
        first, second = (np.take_along_axis(each, place, axis=1) for each in (first, second))
        there = np.arange(shape[1]) < lengths[:, None]
        return Coded(first[there], second[there], np.nonzero(there)[0])

    shares = ", ".join(f"{100 * share:g}" for share in labels)
    seen = f"of {100 * agree[0] / sum(agree):g}% the second coder sees what the first does, of the others guesses"
    runs = f"; labels of both last {1 / (1 - alike):.0f} spans" if alike else ""
    return Shape("Cohen's kappa", f"{counted(spans, 'span')} a cluster, labels in shares of {shares}%, {seen}{runs}", draw)


def looked(mean: float, *, spans: int, alike: float) -> Shape:
    """A label that every cluster gives in its own share of time."""

    def draw(rng: np.random.Generator, clusters: int) -> Shares:
        own = rng.beta(8 * mean, 8 * (1 - mean), clusters)
        given = rng.random((clusters, spans)) < own[:, None]
        return Shares(np.take_along_axis(given, kept(rng, given, alike), axis=1).mean(axis=1), np.arange(clusters))

    return Shape(
        "share of time",
        f"{100 * mean:g}% of the time; {spans} spans a cluster, of which {1 / (1 - alike):.0f} in a row are alike",
        draw,
    )


def won(mean: float, *, clips: tuple[int, int], raters: int, ties: float) -> Shape:
    """Clusters differ in how often the first wins, and so do their clips; every clip's raters are averaged."""

    def draw(rng: np.random.Generator, clusters: int) -> Shares:
        of = np.repeat(np.arange(clusters), rng.integers(clips[0], clips[1] + 1, clusters))
        cluster = np.clip(rng.beta(8 * mean, 8 * (1 - mean), clusters)[of], 1e-6, 1 - 1e-6)
        clip = rng.beta(4 * cluster, 4 * (1 - cluster))
        chosen = np.where(rng.random((raters, len(of))) < ties, 0.5, rng.random((raters, len(of))) < clip)
        return Shares(chosen.mean(axis=0), of)

    asked = f"{counted(clips, 'clip')} a cluster, {counted((raters, raters), 'rater')} a clip"
    return Shape("win rate", f"{asked}, {100 * ties:g}% ties, the first wins {100 * mean:g}% of the others", draw)


def strong(strengths: Sequence[float], *, clips: tuple[int, int], raters: int = 3, ties: float = 0.2) -> Shape:
    """Every pair is rated; clusters differ in every strength with a standard deviation of 0.7."""

    def draw(rng: np.random.Generator, clusters: int) -> Choices:
        own = np.array(strengths) + rng.normal(0, 0.7, (clusters, len(strengths)))
        wins = np.zeros((clusters, len(strengths), len(strengths)))
        choices = raters * rng.integers(clips[0], clips[1] + 1, clusters)
        for a, b in combinations(range(len(strengths)), 2):
            tied = rng.binomial(choices, ties)
            first = rng.binomial(choices - tied, 1 / (1 + np.exp(own[:, b] - own[:, a])))
            wins[:, a, b], wins[:, b, a] = first + tied / 2, choices - first - tied / 2
        return Choices(wins)

    asked = f"{counted(clips, 'clip')} of every pair, {counted((raters, raters), 'rater')} a clip"
    apart = ", ".join(f"{strength:g}" for strength in strengths)
    return Shape("Bradley-Terry", f"strengths about {apart} in a cluster; {asked}, {100 * ties:g}% ties", draw)


FOUR = (0.25, 0.25, 0.25, 0.25)
SHAPES: Mapping[str, Shape] = {
    "kappa: balanced": coded(FOUR, agree=(8, 2), spans=(20, 20)),
    "kappa: eight labels": coded((0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02), agree=(8, 2), spans=(20, 20)),
    "kappa: one rare label": coded((0.95, 0.05), agree=(8, 2), spans=(20, 20)),
    "kappa: nearly all agree": coded(FOUR, agree=(38, 2), spans=(20, 20)),
    "kappa: few agree": coded((0.4, 0.3, 0.2, 0.1), agree=(2, 8), spans=(20, 20)),
    "kappa: unequal": coded(FOUR, agree=(8, 2), spans=(1, 40)),
    "kappa: long, alike": coded(FOUR, agree=(8, 2), spans=(200, 200), alike=0.95),
    "share: a quarter": looked(0.25, spans=40, alike=0.9),
    "share: most": looked(0.9, spans=40, alike=0.9),
    "share: rare": looked(0.05, spans=40, alike=0.9),
    "share: rare, long": looked(0.05, spans=200, alike=0.8),
    "win: even": won(0.5, clips=(4, 4), raters=3, ties=0.2),
    "win: most": won(0.8, clips=(4, 4), raters=3, ties=0.2),
    "win: nearly all": won(0.97, clips=(4, 4), raters=3, ties=0.02),
    "win: one choice": won(0.8, clips=(1, 1), raters=1, ties=0.0),
    "win: unequal": won(0.8, clips=(1, 12), raters=3, ties=0.2),
    "strength: alike": strong((0, 0, 0, 0), clips=(2, 2)),
    "strength: apart": strong((1.5, 0.5, -0.5, -1.5), clips=(2, 2)),
    "strength: one far ahead": strong((3, -1, -1, -1), clips=(2, 2), ties=0.05),
    "strength: unequal": strong((0.6, 0, -0.6), clips=(1, 12)),
    "strength: one choice": strong((0.6, -0.6), clips=(1, 1), raters=1, ties=0.0),
}
