"""Maps against gaze points, on cases with known answers."""

from itertools import pairwise

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.score.saliency import auc_judd, cc, kl, nss, sim

FRAME = (100, 200)
"""(height, width)"""


def ramp() -> np.ndarray:
    return np.arange(200, dtype=np.float64).reshape(10, 20)


def at(row: int, column: int) -> np.ndarray:
    """The middle of a cell of a 10 x 20 grid."""
    return np.array([[column * 10 + 5.0, row * 10 + 5.0]])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        pytest.param((9, 19), 1.0, id="highest"),
        pytest.param((0, 0), 0.5, id="lowest: one threshold, the straight line to the corner"),
        pytest.param((5, 0), 1 - 0.5 * 99 / 199, id="middle"),
    ],
)
def test_auc_of_one_point(cell, value):
    assert auc_judd(ramp(), at(*cell), FRAME).value == pytest.approx(value)


def test_auc_of_two_points_by_hand():
    points = np.concatenate([at(9, 19), at(5, 0)])
    # thresholds 199 and 100: hits .5, 1; false alarms 0 and 98 of 198
    assert auc_judd(ramp(), points, FRAME).value == pytest.approx(1 - 98 / 198 * 0.25)


def auc_one_threshold_at_a_time(predicted: np.ndarray, looked: list[tuple[int, int]]) -> float:
    """AUC-Judd as its definition reads: at each threshold, cells counted one by one; distinct looked-at cells are no alarms."""
    corners = [(0.0, 0.0)]
    for threshold in sorted({predicted[cell] for cell in looked}, reverse=True):
        hits = sum(predicted[cell] >= threshold for cell in looked) / len(looked)
        others = [predicted[cell] >= threshold for cell in np.ndindex(predicted.shape) if cell not in looked]
        corners.append((sum(others) / len(others), hits))
    corners.append((1.0, 1.0))
    return sum((x1 - x0) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in pairwise(corners))


@pytest.mark.parametrize("seed", range(8))
def test_scores_are_those_of_loops_over_cells(seed):
    """Maps with ties and cells looked at twice, against implementations that share nothing with ours."""
    rng = np.random.default_rng(seed)
    predicted = rng.integers(0, 6 if seed % 2 else 1000, size=(7, 9)).astype(np.float64)
    looked = [(int(rng.integers(7)), int(rng.integers(9))) for _ in range(1 + 3 * seed)]
    points = np.array([[column * 10 + rng.uniform(0, 10), row * 10 + rng.uniform(0, 10)] for row, column in looked])
    assert auc_judd(predicted, points, (70, 90)).value == pytest.approx(auc_one_threshold_at_a_time(predicted, looked))
    cells = predicted.ravel().tolist()
    mean = sum(cells) / len(cells)
    spread = (sum((value - mean) ** 2 for value in cells) / len(cells)) ** 0.5
    assert nss(predicted, points, (70, 90)).value == pytest.approx(
        sum((predicted[cell] - mean) / spread for cell in looked) / len(looked)
    )
    measured = rng.uniform(0.1, 1, size=(7, 9))
    p, q = (predicted + 1) / (predicted + 1).sum(), measured / measured.sum()
    expected = sum(q[cell] * np.log(q[cell] / p[cell]) for cell in np.ndindex(q.shape))
    assert kl(predicted + 1, measured).value == pytest.approx(expected, abs=1e-8)


def test_a_constant_map_tells_nothing():
    flat = np.ones((10, 20))
    assert auc_judd(flat, at(3, 4), FRAME).value == pytest.approx(0.5)
    assert "the same everywhere" in nss(flat, at(3, 4), FRAME).reason


def test_nss_is_the_standardised_value():
    predicted = ramp()
    expected = (predicted[2, 3] - predicted.mean()) / predicted.std()
    assert nss(predicted, at(2, 3), FRAME).value == pytest.approx(expected)
    assert nss(7 * predicted + 3, at(2, 3), FRAME).value == pytest.approx(expected)


def test_kl_by_hand():
    measured, predicted = np.array([[0.5, 0.5]]), np.array([[1.0, 3.0]])
    assert kl(predicted, measured).value == pytest.approx(0.5 * np.log(2) + 0.5 * np.log(2 / 3))
    assert kl(measured, measured).value == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("points", "reason"),
    [(np.empty((0, 2)), "no gaze point"), (np.full((2, 2), np.nan), "no gaze point"), (np.array([[250.0, 5.0]]), "no gaze")],
    ids=["none", "lost", "beyond the frame"],
)
def test_without_gaze_there_is_no_score(points, reason):
    assert reason in auc_judd(ramp(), points, FRAME).reason
    assert reason in nss(ramp(), points, FRAME).reason
    assert reason in kl(ramp(), np.full((10, 20), np.nan)).reason


@pytest.mark.parametrize(
    ("predicted", "measured", "correlation", "similarity"),
    [
        pytest.param([[1, 2], [3, 4]], [[2, 4], [6, 8]], 1, 1, id="same but for scale"),
        pytest.param([[1, 2], [3, 4]], [[4, 3], [2, 1]], -1, 0.1 + 0.2 + 0.2 + 0.1, id="opposite"),
        pytest.param([[1, 0], [0, 0]], [[0, 0], [0, 1]], -1 / 3, 0, id="disjoint"),
        pytest.param([[1, 1], [0, 0]], [[1, 0], [1, 0]], 0, 0.5, id="crossed"),
    ],
)
def test_cc_and_sim_by_hand(predicted, measured, correlation, similarity):
    predicted, measured = np.array(predicted, float), np.array(measured, float)
    assert cc(predicted, measured).value == pytest.approx(correlation, abs=1e-12)
    assert sim(predicted, measured).value == pytest.approx(similarity, abs=1e-12)


def test_cc_is_pearsons():
    a, b = np.random.default_rng(0).random((2, 30, 40))
    assert cc(a, b).value == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1], abs=1e-12)


def test_a_constant_map_correlates_with_nothing():
    assert cc(np.full((3, 3), 0.1), np.eye(3)).reason == "the map is the same everywhere"
    assert sim(np.zeros((3, 3)), np.eye(3)).reason == "a map without any mass"
    assert sim(np.eye(3), np.full((3, 3), np.nan)).reason == "no gaze point in the frame"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: auc_judd(-ramp(), at(1, 1), FRAME), "finite numbers of 0 or more", id="negative"),
        pytest.param(lambda: nss(np.full((2, 2), np.nan), at(1, 1), FRAME), "finite numbers", id="NaN"),
        pytest.param(lambda: kl(ramp(), ramp()[:5]), r"one grid are needed, got \(10, 20\) and \(5, 20\)", id="grids"),
        pytest.param(lambda: cc(ramp(), ramp()[:5]), r"one grid are needed, got \(10, 20\) and \(5, 20\)", id="grids of CC"),
        pytest.param(lambda: sim(-ramp(), ramp()), "finite numbers of 0 or more", id="negative mass"),
    ],
)
def test_says_what_is_wrong(make, message):
    with pytest.raises(UsageError, match=message):
        make()
