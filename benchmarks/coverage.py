"""How often do the intervals of agreement, of choices between two and of shares of time hold the truth? Simulations.

    python -m benchmarks.coverage [--simulations 4000]        # about 10 minutes of one core

nulls.py does so for means and differences. Here it is what the program works out otherwise: Cohen's kappa (``foveate codes
compare``), a label's share of time (``foveate measures``), win rates and Bradley and Terry's strengths (``foveate study
analyse``). Every simulation draws clusters (participants or recordings) that differ, and spans of them that are alike. Beside
each stands another usual rule, over a tenth of the simulations.

The truth is the same number of 20,000 clusters, drawn from seed 0; the simulations of K clusters go on from seed K. A 95%
interval should hold it in 95%; promised at 30 clusters are 93.5 to 96.5%. The standard error of .95 in 4,000 simulations is
.003.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.coverage_shapes import SHAPES, Choices, Coded, Drawn, Shares
from benchmarks.nulls import COVERAGE, PROMISED_AT, options_of
from numpy.typing import NDArray

from foveate.stats import interval
from foveate.stats.agreement import cohens_kappa, kappa
from foveate.stats.bradley_terry import bradley_terry
from foveate.stats.shares import interval_of_shares

CLUSTERS = (6, 10, 30)
MANY, SEED_OF_TRUTH = 20_000, 0
DRAWS = 1000
"""Bootstrap resamples of an interval: a quarter of what is usual, for time."""
Values = NDArray[np.float64]
Ends = tuple[Values, Values]
"""Lower and upper ends, one for each number that is worked out; NaN where there is none."""


def ends(low: object, high: object) -> Ends:
    """None becomes NaN."""
    return np.atleast_1d(np.array(low, dtype=np.float64)), np.atleast_1d(np.array(high, dtype=np.float64))


def kappa_ends(drawn: Coded) -> Ends:
    found = kappa(drawn.first.tolist(), drawn.second.tolist(), drawn.of.tolist())
    return ends(found.low, found.high)


def share_ends(drawn: Shares) -> Ends:
    found = interval_of_shares(drawn.values, drawn.of.tolist(), draws=DRAWS)
    return ends(found.low, found.high)


def strength_ends(drawn: Choices) -> Ends:
    found = bradley_terry(drawn.wins)
    none = np.full(len(found.value), np.nan)
    return ends(none if found.low is None else found.low, none if found.high is None else found.high)


def of_the_share_itself(drawn: Shares) -> Ends:
    """The rule for means."""
    found = interval(drawn.values, drawn.of.tolist(), draws=DRAWS).within(0.0, 1.0)
    return ends(found.low, found.high)


def percentiles(tables: Values, number: Callable[[Values], Values]) -> Ends:
    """A percentile bootstrap over clusters; ``number`` of (resamples, things, things) tables."""
    count = len(tables)
    times = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), DRAWS)
    drawn = number((times @ tables.reshape(count, -1)).reshape(DRAWS, *tables.shape[1:])).reshape(DRAWS, -1)
    known = drawn[~np.isnan(drawn).any(axis=1)]
    none = np.full(drawn.shape[1], np.nan)
    return ends(*np.quantile(known, [0.025, 0.975], axis=0)) if len(known) else (none, none)


def kappa_percentiles(drawn: Coded) -> Ends:
    labels = 1 + max(drawn.first.max(), drawn.second.max())
    tables = np.zeros((drawn.of.max() + 1, labels, labels))
    np.add.at(tables, (drawn.of, drawn.first, drawn.second), 1.0)
    return percentiles(tables, kappas)


def kappas(tables: Values) -> Values:
    """NaN of one and the same label throughout."""
    share = tables / tables.sum(axis=(1, 2), keepdims=True)
    chance = np.sum(share.sum(axis=2) * share.sum(axis=1), axis=1)
    return np.asarray((np.trace(share, axis1=1, axis2=2) - chance) / np.where(chance < 1 - 1e-12, 1 - chance, np.nan))


def strength_percentiles(drawn: Choices) -> Ends:
    return percentiles(drawn.wins, strengths)


def strengths(wins: Values) -> Values:
    """Log strengths of (resamples, things, things) wins, by Hunter's (2004) MM; 0.005 wins are added, against infinity."""
    wins = wins + 0.005 * (1 - np.eye(wins.shape[1]))
    won, met = wins.sum(axis=2), wins + wins.swapaxes(1, 2)
    strong = np.ones(won.shape)
    for _ in range(200):
        strong = won / np.sum(met / (strong[:, :, None] + strong[:, None, :]), axis=2)
        strong /= np.exp(np.log(strong).mean(axis=1, keepdims=True))
    return np.log(strong)


@dataclass(frozen=True)
class Measure:
    """A number and its interval."""

    number: Callable[[Any], object]
    """What the truth is worked out by, of many clusters."""
    ends: Callable[[Any], Ends]
    other: Callable[[Any], Ends]
    """Another rule."""
    other_name: str


SHARE = Measure(
    lambda drawn: interval(drawn.values, drawn.of.tolist(), draws=1).mean,
    share_ends,
    of_the_share_itself,
    "the rule for means, of the share itself",
)
MEASURES: Mapping[str, Measure] = {
    "Cohen's kappa": Measure(
        lambda drawn: cohens_kappa(drawn.first.tolist(), drawn.second.tolist()),
        kappa_ends,
        kappa_percentiles,
        "percentile bootstrap",
    ),
    "share of time": SHARE,
    "win rate": SHARE,
    "Bradley-Terry": Measure(
        lambda drawn: bradley_terry(drawn.wins.sum(axis=0)[None]).value,
        strength_ends,
        strength_percentiles,
        "percentile bootstrap",
    ),
}


def simulate(
    measure: Measure, draw: Callable[[np.random.Generator, int], Drawn], truth: Values, clusters: int, runs: int
) -> dict:
    """Shares of the simulations: truth in the interval, above it, below it, no interval; its median width; the other rule's."""
    rng = np.random.default_rng(clusters)
    held: list[Values] = []
    widths, others = [], []
    for run in range(runs):
        drawn = draw(rng, clusters)
        low, high = measure.ends(drawn)
        known = ~np.isnan(low)
        held += list(np.stack([truth < low, truth > high, known], axis=1).astype(float))
        widths += (high - low)[known].tolist()
        if run % 10 == 0:
            low, high = measure.other(drawn)
            others += ((low <= truth) & (truth <= high))[~np.isnan(low)].tolist()
    below, above, known = np.mean(held, axis=0)
    return {
        "covered": 1 - (below + above) / known,
        "truth below": below / known,
        "truth above": above / known,
        "no interval": 1 - known,
        "width": float(np.median(widths)),
        "other": float(np.mean(others)),
    }


def cell(found: Mapping[str, float], clusters: int) -> str:
    """Coverage in per cent, bold where it breaks the promise; in brackets the share without an interval; the other rule's."""
    text = f"{100 * found['covered']:.1f}"
    if clusters == PROMISED_AT and not COVERAGE[0] <= round(found["covered"], 3) <= COVERAGE[1]:
        text = f"**{text}**"
    none = f" ({100 * found['no interval']:.0f} none)" if found["no interval"] >= 0.005 else ""
    return f"{text}{none}; {100 * found['other']:.0f}"


def page(found: Mapping[str, Mapping[str, Mapping[str, float]]], truths: Mapping[str, list[float]], runs: int) -> str:
    """The table in Markdown; the keys are a shape and, within it, the clusters."""
    others = "; ".join(f"of {name} {measure.other_name}" for name, measure in MEASURES.items())
    error, error_of_other = (100 * (0.95 * 0.05 / count) ** 0.5 for count in (runs, runs / 10))
    low, high = (100 * end for end in COVERAGE)
    text = [
        f"# Coverage of intervals: {runs:,} simulations of each\n",
        "Written by `python -m benchmarks.coverage`. Per cent of the simulations in which a 95% interval held the truth, by "
        "clusters (participants or recordings), of those that had an interval; in brackets the per cent that had none, as a "
        f"user is told. **Bold**: outside of {low:g} to {high:g} at {PROMISED_AT} clusters. Behind the "
        f"semicolon another rule, over a tenth of the simulations ({others}). The Monte-Carlo standard error of 95% is "
        f"{error:.1f}, of the other rule {error_of_other:.1f}.\n",
        f"| of | shape | truth | {' | '.join(f'{clusters} clusters' for clusters in CLUSTERS)} |",
        "|---" * (3 + len(CLUSTERS)) + "|",
    ]
    for name, each in found.items():
        cells = " | ".join(cell(one, int(clusters)) for clusters, one in each.items())
        truth = ", ".join(f"{round(value, 2) + 0.0:.2f}" for value in truths[name])
        text.append(f"| {SHAPES[name].of} | {name.split(': ')[1]} | {truth} | {cells} |")
    text += ["", *(f"- {name}: {SHAPES[name].about}." for name in found)]
    return "\n".join(text) + "\n"


def main() -> None:
    options = options_of(__doc__)
    found: dict[str, dict[str, dict[str, float]]] = {}
    truths: dict[str, list[float]] = {}
    for name, shape in SHAPES.items():
        measure = MEASURES[shape.of]
        truth = np.atleast_1d(
            np.asarray(measure.number(shape.draw(np.random.default_rng(SEED_OF_TRUTH), MANY)), dtype=np.float64)
        )
        truths[name], found[name] = truth.tolist(), {}
        for clusters in CLUSTERS:
            one = simulate(measure, shape.draw, truth, clusters, options.simulations)
            found[name][str(clusters)] = one
            print(f"{name}, {clusters} clusters: {cell(one, clusters)}", flush=True)
        record = {"simulations": options.simulations, "truths": truths, "found": found}
        (options.out / "coverage.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        (options.out / "coverage.md").write_text(page(found, truths, options.simulations), encoding="utf-8")


if __name__ == "__main__":
    main()
