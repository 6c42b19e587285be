"""The plots of a report as data: places on axes."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from foveate.comparison.compare import compare_run
from foveate.comparison.figures import draw_forest, draw_scatter
from foveate.comparison.plots import LABEL_PX, PLOT_PX, Point, apart, forest, nice, scatter
from foveate.evaluation.study import Comparing
from foveate.evaluation.table import Row, make_tables
from foveate.stats import Interval
from made_run import grid, make_run


def compared(folder: Path, score: str = "exact_match") -> tuple[object, tuple[Row, ...]]:
    rng = np.random.default_rng(0)
    scores = {name: rng.normal(mean, 0.05, 12) for name, mean in (("gaze", 0.6), ("center", 0.4), ("no image", 0.2))}
    told = [replace(one, scores={score: one.scores["exact_match"]}) for one in grid(scores, recordings=12, spans=1)]
    run = make_run(folder, told)
    (found,) = compare_run(run, Comparing(as_good_as="center", margin={score: 0.1}))
    return found, make_tables(run)[0].rows


def test_a_difference_lies_where_it_belongs_on_an_axis_around_zero(tmp_path: Path) -> None:
    found, _ = compared(tmp_path)
    plot = forest(found, "exact_match")  # type: ignore[arg-type]
    assert (plot.low, plot.high, plot.zero) == (-0.5, 0.5, 0.5)
    assert plot.margin == pytest.approx((0.4, 0.6))
    ((part, (bar, *_)),) = plot.parts
    assert (plot.head, part, bar.label) == ("gaze minus", "all samples", "center")
    difference = bar.difference.found.test.difference  # type: ignore[union-attr]
    assert bar.at == pytest.approx((difference.mean + 0.5) / 1.0)
    assert bar.low < bar.at < bar.high  # type: ignore[operator]
    assert (plot.left, plot.right) == ("second is better", "first is better")


def test_less_invention_is_better(tmp_path: Path) -> None:
    found, _ = compared(tmp_path, "chair_i")
    assert forest(found, "chair_i").left == "first is better"  # type: ignore[arg-type]


def test_points_lie_by_tokens_and_score(tmp_path: Path) -> None:
    _, rows = compared(tmp_path)
    plot = scatter(rows, "exact_match")
    assert plot is not None
    assert (plot.most_tokens, plot.low) == (20, pytest.approx(0.15))
    points = {point.label: point for point in plot.points}
    assert (points["no image"].x, points["gaze"].x) == (0.0, 0.8)
    assert points["gaze"].y == pytest.approx((rows[0].scores["exact_match"].mean - plot.low) / (plot.high - plot.low))
    assert [points[name].to_the_left for name in ("no image", "gaze")] == [False, True]


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_scores_that_are_all_one_have_an_axis_that_can_be_read(tmp_path: Path, value: float) -> None:
    told = grid({name: np.full(8, value) for name in ("gaze", "center")}, recordings=8, spans=1)
    plot = scatter(make_tables(make_run(tmp_path, told))[0].rows, "exact_match")
    assert plot is not None
    assert 0.0 <= plot.low <= value <= plot.high <= 1.0
    assert plot.high - plot.low > 0.01
    assert all(0.0 <= point.y <= 1.0 for point in plot.points)


def test_one_point_is_no_plot(tmp_path: Path) -> None:
    _, rows = compared(tmp_path)
    assert scatter(rows[:1], "exact_match") is None


@pytest.mark.parametrize(
    "heights", [[0.5] * 6, [0.0] * 5, [1.0, 0.99, 0.98], [0.0, 0.01, 0.9]], ids=["one", "bottom", "top", "mixed"]
)
def test_labels_do_not_overlap_and_stay_on_the_plot(heights: list[float]) -> None:
    none = Interval(0.0, None, None, 6, "t")
    points = [Point(str(n), 1.0, none, 0.1, y, None, None, PLOT_PX * (1 - y), to_the_left=False) for n, y in enumerate(heights)]
    placed = sorted(point.label_px for point in apart(points))
    assert all(later - earlier >= LABEL_PX - 1e-9 for earlier, later in pairwise(placed))
    assert placed[-1] <= PLOT_PX
    by_height = sorted(apart(points), key=lambda point: point.label_px)
    assert [point.y for point in by_height] == sorted(heights, reverse=True)


@pytest.mark.parametrize(
    ("most", "end"), [(0.5, 0.5), (0.51, 0.6), (1.0, 1.0), (48.0, 50.0), (2601.0, 3000.0), (1e-6, 1e-6), (9.5, 10.0)]
)
def test_axes_end_at_round_numbers(most: float, end: float) -> None:
    assert nice(most) == pytest.approx(end)


def test_figures_are_files_of_their_own(tmp_path: Path) -> None:
    found, rows = compared(tmp_path)
    draw_forest(tmp_path / "a.svg", forest(found, "exact_match"))  # type: ignore[arg-type]
    plot = scatter(rows, "exact_match")
    assert plot is not None
    draw_scatter(tmp_path / "b.svg", plot)
    text = (tmp_path / "a.svg").read_text()
    assert ">center</text>" in text  # text stays text
    draw_forest(tmp_path / "again.svg", forest(found, "exact_match"))  # type: ignore[arg-type]
    assert (tmp_path / "again.svg").read_text() == text
    assert ">center</text>" in (tmp_path / "b.svg").read_text()
