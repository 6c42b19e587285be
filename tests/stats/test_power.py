"""What studies could have found: equal to statsmodels."""

import numpy as np
import pytest
from scipy import stats

from foveate.stats import detectable, power


@pytest.mark.parametrize("clusters", [6, 30, 200])
def test_power_equals_statsmodels(clusters: int) -> None:
    models = pytest.importorskip("statsmodels.stats.power")
    for dz in (0.0, 0.2, -0.5, 1.5):
        wanted = models.TTestPower().power(dz, nobs=clusters, alpha=0.05)
        assert power(dz, clusters) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("clusters", [2, 6, 30, 200])
def test_the_detectable_effect_has_the_wanted_power(clusters: int) -> None:
    found = detectable(0.25, clusters, level=0.01)
    assert power(found / 0.25, clusters, level=0.01) == pytest.approx(0.8, abs=1e-9)


def test_eight_of_ten_studies_find_it() -> None:
    found = detectable(1.0, 30)
    gaps = np.random.default_rng(0).normal(found, 1.0, (4000, 30))
    assert np.mean(stats.ttest_1samp(gaps, 0.0, axis=1).pvalue <= 0.05) == pytest.approx(0.8, abs=0.02)


def test_one_cluster_detects_nothing() -> None:
    assert detectable(1.0, 1) is None
