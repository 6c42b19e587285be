"""Who sees what, in which order: balanced over raters by Latin squares, drawn by a seed.

The pages that count lie in one long row, clip after clip, each round with other pairs. A rater takes the next ``items`` of it,
so that every page is seen equally often, give or take one. Sides change from one page of a pair to its next and from one pass
over the row to the next; the order of a rater's pages is a row of a Williams square.

Source: Williams, E. J. (1949), "Experimental designs balanced for the estimation of residual effects of treatments".
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foveate.errors import UsageError
from foveate.study.config import LIKERT, PAIRWISE, Raters
from foveate.study.items import Item, Items

RATED, TRAINING, CHECK = "rated", "training", "check"
INSTRUCTED = "instructed"
"""Of a check: the text that says what to choose."""
OWN, OTHER = "own reference", "another clip's reference"
"""Of a check: the two texts."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One page."""

    kind: str
    """rated, training or check."""
    item: Item
    """The clip."""
    conditions: tuple[str, ...]
    """What is shown, from left to right; a rater never learns these."""
    texts: tuple[str, ...]
    """The descriptions, from left to right."""
    expected: str = ""
    """Of a check: left, right, a point of the scale, or the place of the text that must be rated higher."""
    lender: Item | None = None
    """Of a check: the other clip, whose reference is the other text."""

    @property
    def items(self) -> tuple[Item, ...]:
        """The clip, and whose text it borrows."""
        return (self.item,) if self.lender is None else (self.item, self.lender)


@dataclass(frozen=True)
class Page:
    """A page of the row that raters take theirs from."""

    item: Item
    conditions: tuple[str, ...]
    """What it compares, before they are put in order."""
    rank: int
    """How many pages of the row before it compare the same."""


@dataclass(frozen=True)
class Design:
    """All that is needed to make any rater's pages."""

    raters: Raters
    """What was asked for."""
    row: tuple[Page, ...]
    """Every page that counts, once."""
    training: tuple[Page, ...]
    """Pages of clips that nobody rates."""
    clips: tuple[Item, ...]
    """Clips that are needed."""

    @property
    def per_rater(self) -> int:
        """Pages that count, of each rater."""
        return min(self.raters.items, len(self.row))


def make_design(items: Items, raters: Raters) -> Design:
    """Draw the clips and lay out the row.

    Raises:
        UsageError: where there are too few clips, or references that checks need are missing.
    """
    rng = np.random.default_rng([raters.seed, 0])
    shuffled = [items.items[k] for k in rng.permutation(len(items.items))]
    if len(shuffled) <= raters.training:
        raise UsageError(f"{raters.training} clips are for training, and there are {len(shuffled)} in all; set training lower")
    training, rest = shuffled[: raters.training], shuffled[raters.training :]
    if raters.clips > len(rest):
        raise UsageError(f"clips = {raters.clips}, and there are {len(rest)} beside {raters.training} for training")
    rated = rest[: raters.clips or None]
    if raters.checks and raters.check_by == "other clip":
        _need_references(rated)
    row = _pair_row(rated, items.pairs) if raters.mode == PAIRWISE else _scale_row(rated, items.conditions)
    first = tuple(Page(item, _conditions(item, items, raters.mode), rank) for rank, item in enumerate(training))
    return Design(raters, row, first, (*training, *rated))


def _conditions(item: Item, items: Items, mode: str) -> tuple[str, ...]:
    return next(pair for pair in items.pairs if item.differ(pair)) if mode == PAIRWISE else items.conditions


def _pair_row(rated: Sequence[Item], pairs: Sequence[tuple[str, str]]) -> tuple[Page, ...]:
    """Rounds over the clips; in each, a clip has another pair than in the round before, and pairs take turns."""
    ranks: Counter[tuple[str, ...]] = Counter()
    row = []
    for turn in range(len(pairs)):
        for place, item in enumerate(rated):
            pair = pairs[(place + turn) % len(pairs)]
            if item.differ(pair):
                row.append(Page(item, pair, ranks[pair]))
                ranks[pair] += 1
    return tuple(row)


def _scale_row(rated: Sequence[Item], conditions: tuple[str, ...]) -> tuple[Page, ...]:
    return tuple(Page(item, conditions, rank) for rank, item in enumerate(rated))


def _need_references(rated: Sequence[Item]) -> None:
    if any(not item.reference for item in rated) or len({item.reference for item in rated}) < 2:
        raise UsageError(
            'check_by = "other clip" needs a reference of every clip, and two that differ; take check_by = "instruction"'
        )


def trials(design: Design, slot: int) -> list[Trial]:
    """The pages of a rater, in order.

    Args:
        design: of the study.
        slot: 0 for the first rater, 1 for the second ...
    """
    raters, count = design.raters, design.per_rater
    rng = np.random.default_rng([raters.seed, 1, slot])
    taken = []
    for place in range(slot * count, (slot + 1) * count):
        turn, where = divmod(place, len(design.row))
        page = design.row[where]
        taken.append(_trial(RATED, page.item, page.conditions, page.rank + turn))
    rated = [taken[k] for k in williams(count, slot)]
    checks = [_check(design, rated, rng) for _ in range(raters.checks)]
    for k, check in enumerate(checks):
        rated.insert(round((k + 1) * count / (len(checks) + 1)) + k, check)
    return [_trial(TRAINING, page.item, page.conditions, page.rank + slot) for page in design.training] + rated


def _trial(kind: str, item: Item, conditions: tuple[str, ...], row: int) -> Trial:
    order = tuple(conditions[k] for k in williams(len(conditions), row))
    return Trial(kind=kind, item=item, conditions=order, texts=tuple(item.texts[name] for name in order))


def _check(design: Design, rated: Sequence[Trial], rng: np.random.Generator) -> Trial:
    raters = design.raters
    base = rated[int(rng.integers(len(rated)))]
    if raters.check_by == "other clip":
        others = _lenders(design, base.item)
        lender = others[int(rng.integers(len(others)))]
        texts = {OWN: base.item.reference, OTHER: lender.reference}
        names = (OWN, OTHER) if rng.integers(2) else (OTHER, OWN)
        place = names.index(OWN)
        expected = str(place) if raters.mode == LIKERT else ("left", "right")[place]
        shown = tuple(texts[name] for name in names)
        return Trial(kind=CHECK, item=base.item, conditions=names, texts=shown, expected=expected, lender=lender)
    if raters.mode == LIKERT:
        point = int(rng.integers(2, raters.points))
        told = f"This page checks attention. Please give {point} to every question here."
        return Trial(kind=CHECK, item=base.item, conditions=(INSTRUCTED,), texts=(told,), expected=str(point))
    place = int(rng.integers(2))
    names = (INSTRUCTED, base.conditions[1]) if place == 0 else (base.conditions[0], INSTRUCTED)
    told = "This page checks attention. Please choose this text, for every question."
    texts_ = (told, base.texts[1]) if place == 0 else (base.texts[0], told)
    return Trial(kind=CHECK, item=base.item, conditions=names, texts=texts_, expected=("left", "right")[place])


def _lenders(design: Design, item: Item) -> list[Item]:
    """Other clips, one of each reference, and of other recordings where these differ too."""
    found = {page.item.reference: page.item for page in design.row if page.item.reference != item.reference}
    return [other for other in found.values() if other.cluster != item.cluster] or list(found.values())


def williams(count: int, row: int) -> list[int]:
    """A row of a Williams square: over its rows, each of ``count`` stands in each place equally often, and follows each
    other one equally often; ``count`` rows where that is even, twice as many where it is odd.

    Args:
        count: how many are put in order.
        row: which row; past the last the square begins anew.
    """
    zigzag = [(k + 1) // 2 if k % 2 else -(k // 2) for k in range(count)]
    turn, shift = divmod(row, count)
    order = [(place + shift) % count for place in zigzag]
    return order[::-1] if count % 2 and turn % 2 else order
