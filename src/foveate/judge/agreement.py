"""Whether a judge says the same when it is asked again: LLM judges drift, also at temperature 0."""

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from foveate.stats import Interval, interval, interval_text
from foveate.stats.agreement import krippendorffs_alpha


@dataclass(frozen=True)
class Agreement:
    """How far the rounds of one judge agree, over items with at least two that could be read."""

    items: int
    """That went in."""
    same: Interval
    """Share of items with the same in every round, with an interval over recordings or participants."""
    spread: Interval
    """Mean of the greatest difference within an item, with an interval over the same."""
    alpha: float | None
    """Krippendorff's alpha on the ordinal scale: 1 full agreement, 0 chance; None where all grades are one and the same."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON; what is not there is None."""
        return {
            "items": self.items,
            "same": plain(self.same),
            "spread": plain(self.spread),
            "krippendorffs_alpha": self.alpha,
        }

    def __str__(self) -> str:
        if not self.items:
            return "no item was judged in two rounds"
        alpha = "all the same" if self.alpha is None else f"alpha {self.alpha:.2f}"
        return f"same {interval_text(self.same)}, spread {interval_text(self.spread)}, {alpha} ({self.items} items)"


def agreement(rounds: Sequence[Sequence[float | None]], clusters: Sequence[Hashable]) -> Agreement:
    """Compare the rounds of every item.

    Args:
        rounds: (items, rounds) what each round said; None where it could not be read.
        clusters: (items,) the recording or participant of each.
    """
    read = [[value for value in item if value is not None] for item in rounds]
    kept = [place for place, item in enumerate(read) if len(item) > 1]
    of = [clusters[place] for place in kept]
    same = [float(len(set(read[place])) == 1) for place in kept]
    spread = [max(read[place]) - min(read[place]) for place in kept]
    longest = max((len(rounds[place]) for place in kept), default=0)
    raters = [[rounds[place][rater] if rater < len(rounds[place]) else None for place in kept] for rater in range(longest)]
    alpha = krippendorffs_alpha(raters, scale="ordinal") if kept else float("nan")
    return Agreement(
        len(kept),
        interval(same, of).within(0.0, 1.0),
        interval(spread, of, right_or_wrong=False).within(0.0, None),
        None if np.isnan(alpha) else alpha,
    )


def plain(found: Interval) -> dict[str, Any]:
    """An interval as JSON, which has no NaN."""
    told = asdict(found)
    return told | {"mean": None if np.isnan(found.mean) else found.mean}
