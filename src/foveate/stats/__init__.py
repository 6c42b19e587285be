"""Intervals, paired tests and corrections with the recording or participant as the unit: docs/statistics.md is the design."""

from foveate.stats.comparison import Comparison, Pair, compare
from foveate.stats.equivalence import Equivalence, equivalence
from foveate.stats.friedman import Friedman, friedman
from foveate.stats.interval import Interval, cluster_means, interval
from foveate.stats.paired import Effect, PairedTest, differences, effect, holm, paired_test, smallest_p, wilcoxon
from foveate.stats.power import detectable, power
from foveate.stats.text import interval_text, p_is, p_text

__all__ = [
    "Comparison",
    "Effect",
    "Equivalence",
    "Friedman",
    "Interval",
    "Pair",
    "PairedTest",
    "cluster_means",
    "compare",
    "detectable",
    "differences",
    "effect",
    "equivalence",
    "friedman",
    "holm",
    "interval",
    "interval_text",
    "p_is",
    "p_text",
    "paired_test",
    "power",
    "smallest_p",
    "wilcoxon",
]
