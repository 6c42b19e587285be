"""Exact match along what is changed, with intervals as bands: a panel per axis and condition."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import cycle
from typing import Any

from foveate.experiment.figure import INK
from foveate.experiment.sweep import Curve, Swept
from foveate.experiment.table import Row

COLOURS = ("#c2410c", "#0369a1", "#15803d", "#7e22ce")
LEVELS = ("#64748b", "#a8a29e")
SCORE = "exact_match"
APART = 0.09
"""Labels nearer than this share of the axis would stand on one another."""


def draw_curves(found: Mapping[str, Swept], panels: Mapping[str, Sequence[Curve]], *, beside: Sequence[str]) -> bytes:
    """Draw a PNG.

    Args:
        found: condition -> what was found; a row each.
        panels: axis -> curves; a column each.
        beside: arms that are drawn as levels.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    size = max(6.4, 3.6 * len(panels)), 3.3 * len(found)
    figure, axes = pyplot.subplots(len(found), len(panels), figsize=size, squeeze=False, sharey="row", sharex="col")
    for row, (condition, one) in zip(axes, found.items(), strict=True):
        for panel, curves in zip(row, panels.values(), strict=True):
            _panel(panel, one, curves, beside)
        row[0].set_ylabel("exact match", fontsize=9)
        row[0].set_title(condition, fontsize=10, color=INK, loc="left")
    for panel, axis in zip(axes[-1], panels, strict=True):
        panel.set_xlabel(axis, fontsize=9)
    for panel in axes[0]:
        panel.legend(fontsize=8, frameon=False, loc="best")
    figure.tight_layout()
    written = BytesIO()
    figure.savefig(written, format="png", dpi=130)
    pyplot.close(figure)
    return written.getvalue()


def _panel(panel: Any, one: Swept, curves: Sequence[Curve], beside: Sequence[str]) -> None:
    of_arm = {row.arm: row for row in one.table.rows}
    amounts = sorted({amount for curve in curves for amount, _ in curve.points})
    for name, colour in zip(beside, cycle(LEVELS), strict=False):
        _line(panel, [amounts[0], amounts[-1]], [of_arm[name]] * 2, colour, "--", label=name)
    for curve, colour in zip(curves, cycle(COLOURS), strict=False):
        x, rows = [amount for amount, _ in curve.points], [of_arm[setting.name] for _, setting in curve.points]
        _line(panel, x, rows, colour, "o-", label=curve.name)
        fall = one.falls.get(curve.name)
        if fall is not None and fall.at is not None:
            panel.axvline(fall.at, color=colour, linewidth=1, linestyle=":")
    panel.set_xticks(amounts, _labels(amounts))
    panel.set_ylim(0, 1.0)
    panel.grid(axis="y", color="#e5e7eb", linewidth=0.8)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(length=0, labelsize=8)


def _line(panel: Any, x: Sequence[float], rows: Sequence[Row], colour: str, style: str, *, label: str) -> None:
    scores = [row.scores[SCORE] for row in rows]
    panel.plot(x, [score.mean for score in scores], style, color=colour, linewidth=1.6, markersize=3.5, label=label)
    # a score of few recordings has no interval: its band has no width
    low = [score.mean if score.low is None else score.low for score in scores]
    high = [score.mean if score.high is None else score.high for score in scores]
    panel.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def _labels(amounts: Sequence[float]) -> list[str]:
    labels: list[str] = []
    last = float("-inf")
    for amount in amounts:
        far = amount - last >= APART * (amounts[-1] - amounts[0])
        labels.append(f"{amount:g}" if far else "")
        last = amount if far else last
    return labels
