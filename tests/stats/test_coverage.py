"""The simulations of coverage: every shape can be drawn, its truth is what it says, and what breaks the promise is marked."""

import numpy as np
import pytest
from benchmarks.coverage import MEASURES, cell, kappas, page, simulate, strengths
from benchmarks.coverage_shapes import SHAPES, Choices, Coded, Shares

from foveate.stats.agreement import cohens_kappa
from foveate.stats.bradley_terry import bradley_terry


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_simulated(name: str) -> None:
    shape = SHAPES[name]
    measure = MEASURES[shape.of]
    truth = np.atleast_1d(np.asarray(measure.number(shape.draw(np.random.default_rng(0), 300)), dtype=np.float64))
    found = simulate(measure, shape.draw, truth, 10, 5)
    assert 0 <= found["covered"] <= 1
    assert found["covered"] + found["truth below"] + found["truth above"] == pytest.approx(1)
    assert found["width"] > 0


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        pytest.param("share: most", 0.9, id="share"),
        pytest.param("share: rare", 0.05, id="rare share"),
        # a fifth are ties: .8 x .8 + .2 x .5
        pytest.param("win: most", 0.74, id="wins and ties"),
        pytest.param("win: one choice", 0.8, id="wins"),
    ],
)
def test_shares_have_the_mean_that_they_say(name: str, mean: float) -> None:
    drawn = SHAPES[name].draw(np.random.default_rng(1), 20_000)
    assert isinstance(drawn, Shares)
    means = np.bincount(drawn.of, drawn.values) / np.bincount(drawn.of)
    assert means.mean() == pytest.approx(mean, abs=4 * means.std() / np.sqrt(20_000))


def test_labels_of_long_clusters_last() -> None:
    lasting, anew = (SHAPES[f"kappa: {name}"].draw(np.random.default_rng(2), 200) for name in ("long, alike", "balanced"))
    assert isinstance(lasting, Coded)
    assert isinstance(anew, Coded)
    assert np.mean(lasting.first[1:] != lasting.first[:-1]) < 0.05 < 0.5 < np.mean(anew.first[1:] != anew.first[:-1])
    assert np.bincount(lasting.of).tolist() == [200] * 200


def test_the_other_rules_work_out_the_same_numbers() -> None:
    drawn = SHAPES["kappa: balanced"].draw(np.random.default_rng(3), 10)
    assert isinstance(drawn, Coded)
    table = np.zeros((4, 4))
    np.add.at(table, (drawn.first, drawn.second), 1.0)
    assert kappas(table[None])[0] == pytest.approx(cohens_kappa(drawn.first.tolist(), drawn.second.tolist()))
    chosen = SHAPES["strength: apart"].draw(np.random.default_rng(3), 40)
    assert isinstance(chosen, Choices)
    assert strengths(chosen.wins.sum(axis=0)[None])[0] == pytest.approx(bradley_terry(chosen.wins).value, abs=0.01)


def test_what_breaks_the_promise_at_thirty_clusters_is_bold() -> None:
    found = {"covered": 0.9, "no interval": 0.0, "other": 0.8}
    assert cell(found, 30) == "**90.0**; 80"
    assert cell(found, 10) == "90.0; 80"
    assert cell(found | {"no interval": 0.25, "covered": 0.95}, 30) == "95.0 (25 none); 80"
    text = page({"win: even": {"6": found, "10": found, "30": found}}, {"win: even": [0.5]}, 4000)
    assert "| win rate | even | 0.50 | 90.0; 80 | 90.0; 80 | **90.0**; 80 |" in text
