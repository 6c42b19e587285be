"""Intervals, paired tests and corrections with the recording or participant as the unit."""

from foveate.stats.paired import Interval, PairedTest, cluster_means, equivalence, holm, interval, paired_test
from foveate.stats.text import interval_text, p_text

__all__ = [
    "Interval",
    "PairedTest",
    "cluster_means",
    "equivalence",
    "holm",
    "interval",
    "interval_text",
    "p_text",
    "paired_test",
]
