"""Metrics of a study that cannot be computed on this machine: told before hours of asking, not after."""

from collections.abc import Callable, Mapping, Sequence

from foveate.score import meteor

WHY_NOT: Mapping[str, Callable[[], str]] = {"meteor": meteor.why_not}
"""Metric that needs more than Python packages -> why it cannot be computed here; empty where it can. What lacks a package that
it cannot do without is refused (``check_metrics``)."""


def not_here(metrics: Sequence[str]) -> dict[str, str]:
    """Those of some metrics that every answer would have none of, with the reason.

    Args:
        metrics: names of SCORES.
    """
    return {metric: why for metric in metrics if metric in WHY_NOT and (why := WHY_NOT[metric]())}
