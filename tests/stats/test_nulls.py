"""The null simulations: every shape can be drawn, and what breaks a promise is marked."""

import numpy as np
import pytest
from benchmarks.nulls import DESIGNS, EVERYWHERE, MEASURES, page, simulate


@pytest.mark.parametrize("name", DESIGNS)
def test_every_shape_has_the_mean_that_it_says(name: str) -> None:
    design = DESIGNS[name]
    scores, of = design.draw(np.random.default_rng(0), 4000)
    means = np.array([np.bincount(of, weights=row) / np.bincount(of) for row in scores])
    off = (means.mean(axis=1) - design.mean) / (means.std(axis=1) / np.sqrt(4000) + 1e-12)
    assert np.all(np.abs(off) < 4)


@pytest.mark.filterwarnings("ignore")
def test_a_simulation_tells_every_measure_at_thirty_clusters() -> None:
    assert set(simulate(DESIGNS["rates"], 30, 3)) == set(MEASURES)
    assert set(simulate(DESIGNS["rates"], 6, 3)) == set(EVERYWHERE)


def test_what_breaks_a_promise_is_bold_and_what_does_not_apply_a_dash() -> None:
    kept = dict.fromkeys(MEASURES, 0.05) | {"difference covered": 0.95, "mean covered": 0.95}
    text = page({"normal|30": kept | {"mean covered": 0.934}, "one leans|30": kept, "normal|6": kept}, 10)
    assert "| normal | 30 | 5.0 | 5.0 | 5.0 | 5.0 | 5.0 | 5.0 | 95.0 | **93.4** |" in text
    assert "| one leans | 30 | 5.0 | 5.0 | - | - | 5.0 | 5.0 | 95.0 | 95.0 |" in text
