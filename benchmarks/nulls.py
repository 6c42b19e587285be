"""Do the tests and intervals of foveate.stats keep what they promise where the truth is known? Null simulations.

    python benchmarks/nulls.py [--simulations 4000]        # about 10 minutes of one core

Every simulation draws the scores of four ways of showing that do not differ, span by span, in clusters (participants or
recordings) that do. Size: how often a test at 5% finds a difference that is not there; promised at 30 clusters are 3.5 to 6.5%.
Coverage: how often the truth lies inside a 95% interval; promised are 93.5 to 96.5%. What is outside is marked. The standard
error of a share of .05 in 4,000 simulations is .003. Simulations of K clusters are drawn from seed K. What is no mean is
simulated by coverage.py.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from foveate.stats import differences, equivalence, friedman, holm, interval, paired_test, wilcoxon

CONDITIONS = 4
FLIPS = 1999
"""Drawn in each test: a tenth of what is usual, for time; the size is the same."""
SIZE, COVERAGE = (0.035, 0.065), (0.935, 0.965)
PROMISED_AT = 30
"""Clusters."""

Draw = Callable[[np.random.Generator, int], tuple[NDArray[np.float64], NDArray[np.intp]]]
"""Of a generator and so many clusters: scores (CONDITIONS, N) and the cluster of each span (N,)."""


@dataclass(frozen=True)
class Design:
    """A shape that scores may have."""

    about: str
    draw: Draw
    mean: float
    """The true mean of every condition."""
    spread: float
    """Standard deviation of a cluster's difference, about: the margin of equivalence is as wide."""
    alike: bool = True
    """Whether the conditions are alike in every way, and not in their mean only."""


def right_or_wrong(rate: Callable[[np.random.Generator, int], NDArray[np.float64]], spans: int) -> Draw:
    """0 or 1 at a rate that every cluster has of its own."""

    def draw(rng: np.random.Generator, clusters: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        rates = np.repeat(rate(rng, clusters), spans)
        return (rng.random((CONDITIONS, len(rates))) < rates).astype(np.float64), np.repeat(np.arange(clusters), spans)

    return draw


def unequal(rng: np.random.Generator, clusters: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """0 or 1, 1 to 20 spans a cluster."""
    of = np.repeat(np.arange(clusters), rng.integers(1, 21, clusters))
    return (rng.random((CONDITIONS, len(of))) < rng.beta(4, 4, clusters)[of]).astype(np.float64), of


def spans(value: Callable[[np.random.Generator, tuple[int, int]], NDArray[np.float64]], count: int) -> Draw:
    """Values around a normal mean that every cluster has of its own."""

    def draw(rng: np.random.Generator, clusters: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        of = np.repeat(np.arange(clusters), count)
        return rng.normal(size=clusters)[of] + value(rng, (CONDITIONS, len(of))), of

    return draw


def each(value: Callable[[np.random.Generator, tuple[int, int]], NDArray[np.float64]]) -> Draw:
    """One value a cluster."""
    return lambda rng, clusters: (value(rng, (CONDITIONS, clusters)), np.arange(clusters))


def skewed(rng: np.random.Generator, clusters: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The first condition leans, the others are the same constant: no difference in mean, and no symmetry either."""
    scores = np.zeros((CONDITIONS, clusters))
    scores[0] = rng.exponential(size=clusters) - 1
    return scores, np.arange(clusters)


def own_effect(rng: np.random.Generator, clusters: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """20 normal spans a cluster; the first condition helps some clusters and hurts others, and adds nothing on average."""
    of = np.repeat(np.arange(clusters), 20)
    scores = rng.normal(size=clusters)[of] + rng.normal(size=(CONDITIONS, len(of)))
    scores[0] += rng.normal(0, 0.5, clusters)[of]
    return scores, of


DESIGNS: Mapping[str, Design] = {
    "normal": Design("4 spans a cluster, normal", spans(lambda rng, shape: rng.normal(size=shape), 4), 0.0, 0.7),
    "rates": Design(
        "right or wrong, 8 spans a cluster, half right", right_or_wrong(lambda r, k: r.beta(4, 4, k), 8), 0.5, 0.25
    ),
    "rates near 0": Design(
        "right or wrong, 8 spans a cluster, 5% right", right_or_wrong(lambda r, k: r.beta(0.5, 9.5, k), 8), 0.05, 0.1
    ),
    "unequal": Design("right or wrong, 1 to 20 spans a cluster", unequal, 0.5, 0.3),
    "0/1, .5": Design(
        "right or wrong, one span a cluster, half right", right_or_wrong(lambda _, k: np.full(k, 0.5), 1), 0.5, 0.7
    ),
    "0/1, .8": Design("the same, 80% right", right_or_wrong(lambda _, k: np.full(k, 0.8), 1), 0.8, 0.57),
    "0/1, .95": Design("the same, 95% right", right_or_wrong(lambda _, k: np.full(k, 0.95), 1), 0.95, 0.31),
    "t, 3": Design("heavy tails: Student's t with 3 degrees of freedom", each(lambda r, s: r.standard_t(3, s)), 0.0, 2.4),
    "t, 2": Design("heavier tails: 2 degrees, no variance", each(lambda r, s: r.standard_t(2, s)), 0.0, 5.0),
    "exponential": Design("a long tail to one side", each(lambda r, s: r.exponential(size=s)), 1.0, 1.4),
    "lognormal": Design("a longer one", each(lambda r, s: r.lognormal(size=s)), float(np.exp(0.5)), 3.0),
    "one leans": Design("an exponential against a constant of the same mean", skewed, 0.0, 1.0, alike=False),
    "own effect": Design(
        "20 spans a cluster; the first condition helps some clusters and hurts others, on average not",
        own_effect,
        0.0,
        0.6,
        alike=False,
    ),
}
FEW = ("normal", "rates", "0/1, .8", "t, 3", "exponential")
"""Shapes that are drawn with other numbers of clusters too."""
OTHERS = (6, 10, 20, 60)

MEASURES = {
    "sign flips": SIZE,
    "t over spans": SIZE,
    "Wilcoxon": SIZE,
    "Friedman": SIZE,
    "Holm": (0.0, SIZE[1]),
    "as good as": (0.0, SIZE[1]),
    "difference covered": COVERAGE,
    "mean covered": COVERAGE,
}
"""What is measured -> its promise. Holm: any of three comparisons; as good as: said of a difference as large as the margin."""
OF_RANKS = ("Wilcoxon", "Friedman")
EVERYWHERE = ("sign flips", "difference covered", "mean covered")
"""Measured with other numbers of clusters too."""


def simulate(design: Design, clusters: int, simulations: int) -> dict[str, float]:
    """Sizes and coverages over so many simulations."""
    rng = np.random.default_rng(clusters)
    every = clusters == PROMISED_AT
    rows = [measure(design, *design.draw(rng, clusters), every=every) for _ in range(simulations)]
    return {name: float(np.nanmean([row[name] for row in rows])) for name in rows[0]}


def measure(design: Design, scores: NDArray[np.float64], of: NDArray[np.intp], *, every: bool) -> dict[str, float]:
    """What the tests say of one simulation: found or not, covered or not; of EVERYWHERE only, or of every measure."""
    names = of.tolist()
    first, second = scores[:2]
    test, mean = paired_test(first, second, names, flips=FLIPS), interval(first, names)
    found = {
        "sign flips": test.p <= 0.05,
        "difference covered": covers(test.difference.low, test.difference.high, 0.0),
        "mean covered": covers(mean.low, mean.high, design.mean),
    }
    if not every:
        return found
    ranks, any_of = wilcoxon(differences(first, second, names)), friedman(list(scores), names)
    others = [paired_test(first, other, names, flips=FLIPS).p for other in scores[2:]]
    return found | {
        "t over spans": stats.ttest_rel(first, second).pvalue <= 0.05,
        "Wilcoxon": ranks is not None and ranks <= 0.05,
        "Friedman": any_of.p is not None and any_of.p <= 0.05,
        "Holm": min(holm([test.p, *others])) <= 0.05,
        "as good as": equivalence(first + design.spread, second, names, margin=design.spread).is_shown,
    }


def covers(low: float | None, high: float | None, truth: float) -> float:
    """1 or 0; NaN where there is no interval, since all clusters are equal: that is neither."""
    return float("nan") if low is None or high is None else float(low - 1e-12 <= truth <= high + 1e-12)


def row(name: str, clusters: int, found: Mapping[str, float]) -> str:
    cells = []
    for measured, (low, high) in MEASURES.items():
        if measured not in found:
            continue
        if measured in OF_RANKS and not DESIGNS[name].alike:
            cells.append("-")
            continue
        text = f"{100 * found[measured]:.1f}"
        cells.append(text if low <= round(found[measured], 3) <= high else f"**{text}**")
    return f"| {name} | {clusters} | {' | '.join(cells)} |"


def head(measures: Sequence[str]) -> str:
    return f"| scores | clusters | {' | '.join(measures)} |\n{'|---' * (len(measures) + 2)}|"


def page(found: Mapping[str, Mapping[str, float]], simulations: int) -> str:
    """The table in Markdown; a key of ``found`` is a design and its clusters, divided by a bar."""
    keys = [(name, int(clusters), one) for key, one in found.items() for name, clusters in [key.split("|")]]
    promised = [row(name, clusters, one) for name, clusters, one in keys if clusters == PROMISED_AT]
    others = [row(name, clusters, one) for name, clusters, one in keys if clusters != PROMISED_AT]
    parts = [
        f"# Null simulations: {simulations:,} of each\n",
        "Written by `python benchmarks/nulls.py`. Per cent of simulations in which a test at 5% found a difference that is not "
        "there (sign flips; for comparison a t test that takes spans as independent; Wilcoxon; Friedman over four conditions; "
        "Holm over three comparisons), in which two one-sided "
        'tests said "as good as" although the difference was as large as the margin, and in which a 95% interval covered the '
        "truth. Promised at 30 clusters: 3.5 to 6.5; for Holm and as good as at most 6.5; 93.5 to 96.5 for what is covered. "
        "**Bold** is outside. A dash: the test asks for more than equal means, and that is not so there.\n",
        head([*MEASURES]),
        *promised,
        "\nOther numbers of clusters (below 10 t intervals, up to 14 exact flips):\n",
        head([name for name in MEASURES if name in EVERYWHERE]),
        *others,
        "\n" + "\n".join(f"- {name}: {design.about}." for name, design in DESIGNS.items()),
    ]
    return "\n".join(parts) + "\n"


def options_of(about: str) -> argparse.Namespace:
    """How many simulations, and where their table goes: a folder that is there then."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=4000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    return options


def main() -> None:
    options = options_of(__doc__)
    found: dict[str, dict[str, float]] = {}
    wanted = [(name, PROMISED_AT) for name in DESIGNS] + [(name, clusters) for clusters in OTHERS for name in FEW]
    for name, clusters in wanted:
        found[f"{name}|{clusters}"] = simulate(DESIGNS[name], clusters, options.simulations)
        print(row(name, clusters, found[f"{name}|{clusters}"]), flush=True)
        record = {"simulations": options.simulations, "found": found}
        (options.out / "nulls.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        (options.out / "nulls.md").write_text(page(found, options.simulations), encoding="utf-8")


if __name__ == "__main__":
    main()
