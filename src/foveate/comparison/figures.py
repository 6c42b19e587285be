"""The two plots of a report as SVG files, for papers: matplotlib draws what plots.py says."""

from pathlib import Path

from foveate.comparison.asked import ALL
from foveate.comparison.plots import Forest, Scatter

INK, FIRST, GRID = "#222222", "#0f766e", "#e5e7eb"
LOOK = {"svg.hashsalt": "foveate", "svg.fonttype": "none", "font.size": 9}


def draw_forest(path: Path, plot: Forest) -> None:
    """Draw differences with their intervals.

    Args:
        path: ends in .svg.
        plot: what is drawn.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with mpl.rc_context(LOOK):
        bars = [(part, bar) for part, of in plot.parts for bar in of]
        figure, axis = pyplot.subplots(figsize=(6.4, 0.7 + 0.32 * len(bars)))
        labels = []
        for place, (part, bar) in enumerate(bars):
            labels.append(bar.label + ("" if part == ALL else f" ({part})"))
            if bar.difference.found is None:
                continue
            found = bar.difference.found.test.difference
            if found.low is not None and found.high is not None:
                axis.plot([found.low, found.high], [place, place], color=FIRST, linewidth=2, solid_capstyle="butt")
            axis.plot([found.mean], [place], "o", color=FIRST, markersize=5)
        axis.axvline(0, color=INK, linewidth=0.8)
        for share in plot.margin or ():
            axis.axvline(plot.low + share * (plot.high - plot.low), color=INK, linewidth=0.8, linestyle=":")
        axis.set_yticks(range(len(labels)), labels)
        axis.set_ylim(len(labels) - 0.5, -0.5)
        axis.set_xlim(plot.low, plot.high)
        axis.set_title(f"{plot.head} ...", loc="left", fontsize=9)
        axis.set_xlabel(f"difference in {plot.title}, 95% interval ({plot.left} | {plot.right})")
        axis.grid(axis="x", color=GRID, linewidth=0.8)
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.tick_params(length=0)
        figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
        pyplot.close(figure)


def draw_scatter(path: Path, plot: Scatter) -> None:
    """Draw quality against visual tokens.

    Args:
        path: ends in .svg.
        plot: what is drawn.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with mpl.rc_context(LOOK):
        figure, axis = pyplot.subplots(figsize=(6.4, 3.6))
        for point in plot.points:
            found = point.score
            if found.low is not None and found.high is not None:
                axis.plot([point.tokens] * 2, [found.low, found.high], color=FIRST, linewidth=1.2, alpha=0.6)
            axis.plot([point.tokens], [found.mean], "o", color=FIRST, markersize=5)
            side = ("right", (-7, -3)) if point.to_the_left else ("left", (7, -3))
            axis.annotate(
                point.label, (point.tokens, found.mean), textcoords="offset points", ha=side[0], xytext=side[1], fontsize=8
            )
        axis.set_xlim(-0.02 * plot.most_tokens, plot.most_tokens)
        axis.set_ylim(plot.low, plot.high)
        axis.set_xlabel("visual tokens a sample")
        axis.set_ylabel(f"{plot.title}, 95% interval")
        axis.grid(color=GRID, linewidth=0.8)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(length=0)
        figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
        pyplot.close(figure)
