"""The two plots of a report as data: differences with their intervals, and quality against visual tokens."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10

from foveate.comparison.compare import Compared, Difference
from foveate.evaluation.group import about_score
from foveate.evaluation.table import Row
from foveate.stats import Interval

FLAT = 1e-6
"""Scores no further apart are all one: an axis around them has the width of a tenth."""
LABEL_PX = 18
"""Height of a label of the plot of quality against tokens: labels are moved apart by as much."""
PLOT_PX = 320
"""Height of that plot."""


@dataclass(frozen=True)
class Bar:
    """One difference: a place and a reach on the axis, both from 0 to 1."""

    label: str
    """What the head does not say: the second arm; of two Runs, how both were shown."""
    difference: Difference
    at: float | None
    """None where there is no pair."""
    low: float | None
    """None where there is no interval."""
    high: float | None


@dataclass(frozen=True)
class Forest:
    """Differences by one score, on one axis."""

    score: str
    title: str
    low: float
    """Left end of the axis."""
    high: float
    zero: float
    """Place of no difference, from 0 to 1."""
    margin: tuple[float, float] | None
    """Places of the margins of "as good as"; None where none was declared."""
    head: str
    """What is subtracted from what, as far as it is the same of all bars."""
    parts: tuple[tuple[str, tuple[Bar, ...]], ...]
    """What differences are over (all samples, without stood-in gaze, a category) with its bars."""
    left: str
    """What a difference to the left speaks for."""
    right: str


@dataclass(frozen=True)
class Point:
    """One way of showing: places from 0 to 1, from the left and from the bottom."""

    label: str
    tokens: float
    score: Interval
    x: float
    y: float
    low: float | None
    high: float | None
    label_px: float
    """From the top, so that no two labels of a side overlap."""
    to_the_left: bool
    """Whether the label stands left of the point."""


@dataclass(frozen=True)
class Scatter:
    """Quality against visual tokens, by one score."""

    score: str
    title: str
    low: float
    """Lower end of the axis of the score."""
    high: float
    most_tokens: float
    """Right end of the axis of tokens."""
    points: tuple[Point, ...]


def forest(compared: Compared, score: str) -> Forest:
    """All differences by a score: over all samples, without stood-in gaze, by category."""
    rows = [each for each in compared.differences if each.score == score]
    margins = [each.test.margin for each in compared.equal if each.score == score]
    edges = [edge for each in rows if each.found for edge in _ends(each.found.test.difference)]
    edge = nice(max([*map(abs, edges), *margins], default=0.0) or 0.1)
    between = compared.family.between
    head = f"{compared.family.pairs[0][0]} minus" if between is None else f"{between[0]} minus {between[1]}"
    parts: dict[str, list[Bar]] = {}
    for each in rows:
        found = None if each.found is None else each.found.test.difference
        low, high = (None, None) if found is None else (found.low, found.high)
        at = None if found is None else _share(found.mean, -edge, edge)
        label = each.second if between is None else each.second.removesuffix(f" ({between[1]})")
        parts.setdefault(each.part, []).append(Bar(label, each, at, _place(low, -edge, edge), _place(high, -edge, edge)))
    about = about_score(score)
    ends = ("second is better", "first is better")
    left, right = ends if about.higher_is_better else ends[::-1]
    margin = (_share(-margins[0], -edge, edge), _share(margins[0], -edge, edge)) if margins else None
    return Forest(
        score,
        about.title,
        -edge,
        edge,
        0.5,
        margin,
        head,
        tuple((part, tuple(bars)) for part, bars in parts.items()),
        left,
        right,
    )


def scatter(rows: Sequence[Row], score: str) -> Scatter | None:
    """Ways of showing by tokens and a score; None where fewer than two have both."""
    known = [
        (row, row.scores[score], row.costs.visual_tokens) for row in rows if not row.is_floor and row.scores[score].clusters
    ]
    told = [(row, found, tokens) for row, found, tokens in known if tokens is not None]
    if len(told) < 2:
        return None
    edges = [edge for _, found, _ in told for edge in _ends(found)]
    apart_by = max(edges) - min(edges)
    step = 10 ** floor(log10(apart_by if apart_by > FLAT else 0.1)) / 2
    about = about_score(score)
    low, high = floor(min(edges) / step) * step, ceil(max(edges) / step) * step
    low, high = low if about.low is None else max(low, about.low), high if about.high is None else min(high, about.high)
    high = high if high > low else low + step
    most = nice(max(tokens for _, _, tokens in told) or 1.0)
    points = []
    for row, found, tokens in told:
        x, y = tokens / most, _share(found.mean, low, high)
        ends = _place(found.low, low, high), _place(found.high, low, high)
        points.append(Point(row.shown, tokens, found, x, y, *ends, PLOT_PX * (1 - y), to_the_left=x > 0.6))
    return Scatter(score, about.title, low, high, most, tuple(apart(points)))


def apart(points: Sequence[Point]) -> list[Point]:
    """Labels of each side moved apart, as little as may be, in the order of their points from the top."""
    placed = []
    for side in (False, True):
        mine = sorted((point for point in points if point.to_the_left is side), key=lambda point: -point.y)
        lowest = -1e9
        tops = []
        for point in mine:
            lowest = max(point.label_px, lowest + LABEL_PX)
            tops.append(lowest)
        # what was pushed beyond the bottom is pushed back up
        edge = PLOT_PX - LABEL_PX / 2
        for place in reversed(range(len(tops))):
            tops[place] = min(tops[place], edge)
            edge = tops[place] - LABEL_PX
        placed += [replace(point, label_px=top) for point, top in zip(mine, tops, strict=True)]
    return placed


def nice(most: float) -> float:
    """The least of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten that is no less."""
    power = 10.0 ** floor(log10(most))
    return next(factor * power for factor in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if factor * power >= most * (1 - 1e-9))


def _ends(found: Interval) -> list[float]:
    return [end for end in (found.low, found.mean, found.high) if end is not None]


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low)


def _place(value: float | None, low: float, high: float) -> float | None:
    return None if value is None else _share(value, low, high)
