"""A score of every arm with its interval, one panel per condition."""

from collections.abc import Mapping
from pathlib import Path

from foveate.experiment.table import Table

INK, FIRST, OTHERS = "#222222", "#c2410c", "#64748b"


def draw_figure(path: Path, tables: Mapping[str, Table], *, score: str, title: str) -> None:
    """Draw a PNG.

    Args:
        path: where it goes.
        tables: condition -> its table.
        score: which score.
        title: how the axis calls it.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    columns = min(2, len(tables))
    rows = -(-len(tables) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(5.2 * columns, 2.9 * rows), squeeze=False, sharex=True, sharey=True)
    for axis, (condition, table) in zip(axes.flat, tables.items(), strict=False):
        for place, row in enumerate(table.rows):
            found = row.scores[score]
            colour = FIRST if place == 0 else OTHERS
            if found.low is not None and found.high is not None:
                axis.plot([found.low, found.high], [place, place], color=colour, linewidth=2, solid_capstyle="butt")
            axis.plot([found.mean], [place], "o", color=colour, markersize=5)
        axis.set_yticks(range(len(table.rows)), [row.arm for row in table.rows])
        axis.set_ylim(len(table.rows) - 0.5, -0.5)
        axis.set_xlim(-0.02, 1.02)
        axis.set_title(condition, fontsize=10, color=INK, loc="left")
        axis.grid(axis="x", color="#e5e7eb", linewidth=0.8)
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.tick_params(length=0, labelsize=9)
    for axis in axes[-1]:
        axis.set_xlabel(f"{title}, 95% interval", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
