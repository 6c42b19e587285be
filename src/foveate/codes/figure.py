"""Where the time went: a bar for every group, time without gaze or label included, and a line for every recording.

Groups of six participants (or recordings) and more also have the means of their shares with intervals, between the two.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from foveate.codes.book import UNCLEAR, folded
from foveate.codes.measures import Group
from foveate.codes.timeline import Timeline

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#6a3d9a", "#8c564b", "#117733")
"""Of labels in their order, told apart by most who see colours otherwise (Okabe and Ito, then more); then again, hatched."""
INK, SOFT = "#1b1f24", "#5b6570"
OUTSIDE, NO_LABEL, UNTRACKED = "in no span", "no label", "untracked"
FONTS = (
    "DejaVu Sans",
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans CJK KR", "Hiragino Sans", "PingFang SC", "Apple SD Gothic Neo"),
    *("Yu Gothic", "Microsoft YaHei", "Malgun Gothic", "Nirmala UI", "Arial Unicode MS"),
)
"""For a letter the first that has it, of those that are installed: matplotlib's own first, then what systems bring."""
NOT_TOLD = "(not told)"
"""What a group is called by a column that is empty."""
MOST_ROWS = 40
"""Bars, and lines, of one figure."""


def draw_figure(groups: Sequence[Group], *, title: str, notice: str = "") -> bytes:
    """A PNG.

    Args:
        groups: what was measured.
        title: what it is headed with.
        notice: what it must bear.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    with _all_letters():
        return _drawn(groups, title, notice)


@contextmanager
def _all_letters() -> Iterator[None]:
    """Letters of any script, as far as a font here has them; those of none are boxes, which everybody sees."""
    from matplotlib import font_manager, rc_context

    there = {font.name for font in font_manager.fontManager.ttflist}
    with rc_context({"font.family": [name for name in FONTS if name in there]}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def name_of(group: Group) -> str:
    """What a group is called: the values of its columns."""
    return ", ".join(value or NOT_TOLD for value in group.key)


def _drawn(groups: Sequence[Group], title: str, notice: str) -> bytes:
    import matplotlib as mpl
    from matplotlib import pyplot

    names = [label.label for label in groups[0].labels]
    shown = groups[:MOST_ROWS]
    lines = [line for group in groups for line in group.timelines]
    heights = [0.34 * len(shown) + 0.9, 0.30 * min(len(lines), MOST_ROWS) + 0.9]
    legend_rows = -(-(len(names) + 3) // 5)
    spread = [group for group in shown if any(label.mean.low is not None for label in group.labels)]
    heights[1:1] = [0.16 * len(names) * len(spread) + 0.9] if spread else []
    figure = pyplot.figure(figsize=(9.5, sum(heights) + 0.25 * legend_rows + 0.9), layout="constrained")
    top, *middle, bottom = figure.subplots(len(heights), 1, height_ratios=heights)
    styles = styles_of(names)
    _bars(top, shown, styles)
    _lines(bottom, lines[:MOST_ROWS], styles)
    _head(top, "Share of the time", len(shown), len(groups))
    _head(bottom, "When (light ground: in no span, or untracked)", min(len(lines), MOST_ROWS), len(lines))
    for axis in middle:
        _means(axis, spread, styles)
        _head(axis, "Share of the labelled time: mean of participants or recordings, 95% interval", len(spread), len(spread))
    figure.suptitle(_text("\n".join(part for part in (title, notice) if part)), x=0.01, ha="left", fontsize=11, color=INK)
    patches = [mpl.patches.Patch(label=_text(name), **style) for name, style in styles.items()]
    figure.legend(handles=patches, loc="outside lower left", ncols=5, fontsize=8.5, frameon=False)
    out = io.BytesIO()
    figure.savefig(out, dpi=130, format="png", metadata={"Software": None})
    pyplot.close(figure)
    return out.getvalue()


def styles_of(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """How each label and each kind of other time is drawn."""
    styles: dict[str, dict[str, Any]] = {}
    real = [name for name in names if folded(name) != UNCLEAR]
    for name in names:
        if folded(name) == UNCLEAR:
            styles[name] = {"facecolor": "#b8c0c9", "edgecolor": "none"}
            continue
        place = real.index(name)
        styles[name] = {"facecolor": COLOURS[place % len(COLOURS)], "edgecolor": "none"}
        if place >= len(COLOURS):
            styles[name] |= {"hatch": ("//", "..", "xx", "++")[place // len(COLOURS) % 4], "edgecolor": "white"}
    styles[NO_LABEL] = {"facecolor": "#3a424b", "edgecolor": "none"}
    styles[OUTSIDE] = {"facecolor": "#eef0f3", "edgecolor": "#c9ced6", "linewidth": 0.5}
    styles[UNTRACKED] = {"facecolor": "white", "edgecolor": "#9aa5b1", "hatch": "////", "linewidth": 0.5}
    return styles


def _bars(axis: Any, groups: Sequence[Group], styles: dict[str, dict[str, Any]]) -> None:
    """All time of each group, 100%."""
    for row, group in enumerate(groups):
        parts = {label.label: label.dwell_s for label in group.labels}
        parts |= {NO_LABEL: group.no_label_s, OUTSIDE: group.outside_s, UNTRACKED: group.untracked_s or 0.0}
        whole_s, left = sum(parts.values()) or 1.0, 0.0
        for name, seconds in parts.items():
            if seconds > 0:
                axis.barh(row, 100 * seconds / whole_s, left=left, height=0.72, **styles[name])
                left += 100 * seconds / whole_s
    axis.set_yticks(range(len(groups)), [_short(name_of(group) or "all") for group in groups])
    axis.set_ylim(len(groups) - 0.4, -0.6)
    axis.set_xlim(0, 100)
    axis.set_xlabel("% of the time that was to be coded", fontsize=8.5, color=SOFT)


def _means(axis: Any, groups: Sequence[Group], styles: dict[str, dict[str, Any]]) -> None:
    """For each label a line per group, in the groups' order."""
    ticks: dict[float, str] = {}
    row = 0.0
    for place in range(len(groups[0].labels)):
        for group in groups:
            label = group.labels[place]
            colour = styles[label.label]["facecolor"]
            if label.mean.low is not None and label.mean.high is not None:
                axis.plot([100 * label.mean.low, 100 * label.mean.high], [row, row], color=colour, linewidth=2)
            if label.mean.clusters:
                axis.plot([100 * label.mean.mean], [row], "o", color=colour, markersize=4.5)
            ticks[row] = _short(f"{label.label}, {name_of(group)}")
            row += 1
        row += 0.6
    axis.set_yticks(list(ticks), list(ticks.values()))
    axis.set_ylim(row - 1, -0.6)
    axis.set_xlim(0, 100)
    axis.grid(axis="x", color="#e5e7eb", linewidth=0.8)
    axis.set_xlabel("% of the time with a label", fontsize=8.5, color=SOFT)


def _lines(axis: Any, lines: Sequence[Timeline], styles: dict[str, dict[str, Any]]) -> None:
    """The spans of each recording by time; where there is no span, or no gaze in it, the ground shows."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    longest_s = 0.0
    for row, line in enumerate(lines):
        stop_s = max(line.start_s + line.stretch_s, line.spans[-1].offset_s)
        longest_s = max(longest_s, stop_s - line.start_s)
        axis.barh(row, stop_s - line.start_s, height=0.72, **styles[OUTSIDE])
        boxes: dict[str, list[Rectangle]] = {}
        for span in line.spans:
            name = UNTRACKED if span.gaze_valid == 0 else span.label or NO_LABEL
            box = Rectangle((span.onset_s - line.start_s, row - 0.36), span.offset_s - span.onset_s, 0.72)
            boxes.setdefault(name, []).append(box)
        for name, found in boxes.items():
            axis.add_collection(PatchCollection(found, **styles[name]))
    axis.set_yticks(range(len(lines)), [_short(line.recording) for line in lines])
    axis.set_ylim(len(lines) - 0.4, -0.6)
    axis.set_xlim(0, longest_s or 1)
    axis.set_xlabel("seconds from the start of what was to be coded", fontsize=8.5, color=SOFT)


def _head(axis: Any, what: str, shown: int, there: int) -> None:
    more = f" (the first {shown} of {there})" if shown < there else ""
    axis.set_title(f"{what}{more}", fontsize=9.5, loc="left", color=INK)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(length=0, labelsize=8.5, colors=INK)


def _short(name: str) -> str:
    return _text(name if len(name) <= 28 else f"{name[:13]}...{name[-12:]}")


def _text(given: str) -> str:
    """As it stands: between two dollars matplotlib would read a formula, which may be none."""
    return given.replace("$", r"\$")
