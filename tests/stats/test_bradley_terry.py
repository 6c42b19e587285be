"""Strengths against odds that are known, and their intervals against simulations."""

import numpy as np
import pytest

from foveate.stats.bradley_terry import METHOD, NOT_ORDERED, bradley_terry
from foveate.stats.interval import TOO_FEW


def choices(strengths: list[float], clusters: int, *, each: int, rng: np.random.Generator) -> np.ndarray:
    """(clusters, things, things) wins, ``each`` choices of every pair in every cluster; clusters differ in what they prefer."""
    count = len(strengths)
    own = np.array(strengths) + rng.normal(0, 0.7, (clusters, count))
    wins = np.zeros((clusters, count, count))
    for a in range(count):
        for b in range(a + 1, count):
            wins[:, a, b] = rng.binomial(each, 1 / (1 + np.exp(own[:, b] - own[:, a])))
            wins[:, b, a] = each - wins[:, a, b]
    return wins


def test_two_have_the_log_odds_of_their_wins_and_their_error() -> None:
    wins = np.zeros((400, 2, 2))
    wins[:300, 0, 1] = wins[300:, 1, 0] = 1
    found = bradley_terry(wins)
    assert found.value == pytest.approx([np.log(3) / 2, -np.log(3) / 2], abs=1e-3)
    assert found.low is not None
    assert found.high is not None
    # 1.966: Student's t of 399; the standard error of the log odds of 300 to 100
    assert (found.high - found.low) / 2 == pytest.approx(1.966 * np.sqrt(1 / 300 + 1 / 100) / 2, rel=0.01)


@pytest.mark.parametrize(
    ("clusters", "wins", "method"),
    [
        pytest.param(5, [[0, 3, 3], [3, 0, 3], [3, 3, 0]], TOO_FEW, id="five clusters"),
        pytest.param(9, [[0, 4, 4], [0, 0, 2], [0, 2, 0]], NOT_ORDERED, id="one always wins"),
        pytest.param(9, [[0, 4, 0, 0], [2, 0, 0, 0], [0, 0, 0, 4], [0, 0, 2, 0]], NOT_ORDERED, id="two pairs that never met"),
    ],
)
def test_what_choices_do_not_order_has_no_interval(clusters: int, wins: list[list[int]], method: str) -> None:
    found = bradley_terry(np.array([wins] * clusters, dtype=np.float64))
    assert np.isfinite(found.value).all()
    assert (found.low, found.high, found.method) == (None, None, method)


def test_a_round_of_wins_orders_all() -> None:
    rng = np.random.default_rng(0)
    wins = rng.multinomial(3, [1 / 3] * 3, 9)
    round_of = np.zeros((9, 3, 3))
    round_of[:, 0, 1], round_of[:, 1, 2], round_of[:, 2, 0] = wins.T
    found = bradley_terry(round_of)
    assert found.method == METHOD
    assert found.low is not None
    assert found.high is not None
    assert (found.low < found.high).all()


@pytest.mark.parametrize("clusters", [pytest.param(6, id="six"), pytest.param(12, id="twelve")])
def test_the_interval_holds_the_truth_as_often_as_it_says(clusters: int) -> None:
    rng = np.random.default_rng(5)
    strengths = [0.8, 0.0, -0.8]
    truth = bradley_terry(choices(strengths, 20_000, each=6, rng=rng)[None].sum(axis=1)).value
    held = []
    for _ in range(250):
        found = bradley_terry(choices(strengths, clusters, each=6, rng=rng))
        assert found.low is not None
        assert found.high is not None
        held += ((found.low <= truth) & (truth <= found.high)).tolist()
    assert 0.92 <= np.mean(held) <= 0.98
