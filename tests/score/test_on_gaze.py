"""Attention against gaze on the patches of one frame, on cases worked out by hand."""

from math import log

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.target import target as gaze_target
from foveate.score.on_gaze import ON_GAZE, SPREAD_EVENLY, gaze_kl, on_gaze, peak_distance


def shares(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64) / sum(values)


def peaked(at: int, patches: int = 20) -> np.ndarray:
    return np.eye(patches)[at]


EVEN = shares(*[1] * 20)
FALLING = shares(*range(20, 0, -1))
"""On gaze: the ten with 11 of 210 or more, since an even share is 10.5 of 210."""
KNOWN = {
    "nss, even attention": ("nss", EVEN, FALLING, "the same everywhere"),
    # of a one-hot: mean 1/20, standard deviation sqrt(19)/20
    "nss, both on one patch": ("nss", peaked(3), peaked(3), 19 / 19**0.5),
    "nss, beside": ("nss", peaked(4), peaked(3), -1 / 19**0.5),
    "nss, gaze of two patches": ("nss", peaked(3), shares(0, 0, 1, 1, *[0] * 16), (19 - 1) / 2 / 19**0.5),
    "auc, the same": ("auc_judd", FALLING, FALLING, 1.0),
    # all ten others come first; then a straight line from the corner to the first threshold's hits, 11 of 155
    "auc, turned round": ("auc_judd", FALLING[::-1], FALLING, 11 / 155 / 2),
    "auc, even": ("auc_judd", EVEN, FALLING, 0.5),
    # 19 others, of which 9 have more attention; one threshold, then straight to the corner
    "auc, the tenth of twenty": ("auc_judd", FALLING, peaked(9), 0.5 + (19 - 9) / 19 / 2),
    "top, the same": ("top_10", FALLING, FALLING, 1.0),
    "top, turned round": ("top_10", FALLING[::-1], FALLING, 0.0),
    "top, half of the ten": ("top_10", np.roll(FALLING, 5), FALLING, 0.5),
    "top, even": ("top_10", EVEN, FALLING, 0.5),
    "cc, same": ("cc", FALLING, FALLING, 1.0),
    "cc, even attention": ("cc", EVEN, FALLING, "the map is the same everywhere"),
    "sim, same": ("sim", FALLING, FALLING, 1.0),
    "sim, elsewhere": ("sim", peaked(3), peaked(4), 0.0),
    "sim, half": ("sim", shares(*[0] * 9, 1, 1, *[0] * 9), peaked(9), 0.5),
    "sim, even gaze": ("sim", peaked(3), EVEN, 1 / 20),
    "top, only one is on gaze": ("top_10", FALLING, peaked(0), 1.0),
    "top, only one and beside": ("top_10", FALLING, peaked(1), 0.0),
    "top, equal attention on 4, one of them on gaze": ("top_10", shares(1, 1, 1, 1, *[0] * 16), peaked(2), 0.25),
    "mass, all": ("mass", peaked(3), FALLING, 1.0),
    "mass, half": ("mass", shares(*[0] * 9, 1, 1, *[0] * 9), FALLING, 0.5),
    "mass, even": ("mass", EVEN, FALLING, 0.5),
    "chance, ten of twenty": ("chance", peaked(0), FALLING, 0.5),
    "chance, one of twenty": ("chance", EVEN, peaked(0), 1 / 20),
    **{f"{name}, even gaze": (name, FALLING, EVEN, SPREAD_EVENLY) for name in ("auc_judd", "cc", "top_10", "mass", "chance")},
}


@pytest.mark.parametrize("patches", [3, 49, 81, 169, 225, 576])
def test_the_rounding_of_an_even_target_is_no_gaze(patches):
    kept = np.full(patches, 1 / patches, np.float32).astype(np.float64)  # as shards keep it, and as scores are given it
    assert not on_gaze(kept).any()


@pytest.mark.parametrize(("name", "attention", "target", "value"), KNOWN.values(), ids=KNOWN.keys())
def test_known_answers(name, attention, target, value):
    found = ON_GAZE[name](attention, target)
    if isinstance(value, str):
        assert found.value is None
        assert value in found.reason
    else:
        assert found.value == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("smoothing", "nats"), [(0.1, 2.27), (0.01, 4.57), (1e-4, 9.15)], ids=["eps .1", "eps .01", "eps .0001"]
)
def test_kl_has_the_size_that_the_page_on_training_tells(smoothing, nats):
    assert gaze_kl(shares(*[1] * 256), peaked(7, 256), smoothing=smoothing).value == pytest.approx(nats, abs=0.005)


def test_kl_by_hand():
    # H' = (.875, .125) at eps .25 on two patches
    found = gaze_kl(np.array([0.5, 0.5]), np.array([1.0, 0.0]), smoothing=0.25).value
    assert found == pytest.approx(0.5 * log(0.5 / 0.875) + 0.5 * log(0.5 / 0.125), abs=1e-9)


def test_the_papers_target_has_37_patches_on_gaze():
    wanted = on_gaze(gaze_target(np.array([[119.0, 105.0]]), (16, 16), (224, 224), 20.0).ravel())
    assert wanted.sum() == 37
    assert wanted.reshape(16, 16)[7, 8]


def test_distance_between_peaks():
    centres = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0], [3.0, 4.0]])
    assert peak_distance(peaked(3, 4), peaked(0, 4), centres).value == 5
    assert peak_distance(peaked(2, 4), peaked(2, 4), centres).value == 0
    assert peak_distance(shares(1, 1, 1, 1), peaked(0, 4), centres).value == (0 + 3 + 4 + 5) / 4, "no peak: the mean of all"
    with pytest.raises(UsageError, match=r"4 patches need as many centres \(x, y\), got shape \(3, 2\)"):
        peak_distance(peaked(0, 4), peaked(0, 4), centres[:3])
