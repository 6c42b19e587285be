"""Agreement of two lists of events, by hand."""

import numpy as np
import pytest

from foveate.gaze.events_agreement import agreement, cohens_kappa, inside, matches
from foveate.recording.eye_events import EyeEvents


def events(*spans: tuple[int, int]) -> EyeEvents:
    edges = np.array(spans, dtype=np.int64).reshape(-1, 2)
    return EyeEvents(edges[:, 0].copy(), edges[:, 1].copy(), np.arange(len(edges)))


@pytest.mark.parametrize(
    ("ours", "theirs", "least", "pairs"),
    [
        pytest.param([(0, 10)], [(0, 10)], 0.0, [(0, 0)], id="same"),
        pytest.param([(0, 10)], [(10, 20)], 0.0, [], id="touching"),
        pytest.param([(0, 10)], [(9, 20)], 0.0, [(0, 0)], id="one in common"),
        pytest.param([(0, 10)], [(9, 20)], 0.5, [], id="too little in common"),
        pytest.param([(0, 10), (10, 30)], [(5, 30)], 0.0, [(1, 0)], id="the one with more in common, once"),
        pytest.param([(0, 30)], [(0, 8), (10, 28)], 0.0, [(0, 1)], id="of two the larger"),
        pytest.param([(0, 10), (20, 30)], [(1, 9), (22, 28)], 0.5, [(0, 0), (1, 1)], id="both"),
        pytest.param([], [(0, 10)], 0.0, [], id="none"),
    ],
)
def test_events_are_matched_one_to_one(ours, theirs, least, pairs):
    assert matches(events(*ours), events(*theirs), least=least) == pairs
    assert matches(events(*theirs), events(*ours), least=least) == [(b, a) for a, b in pairs]


def test_f1_and_kappa_by_hand():
    # 20 samples: ours call 0-9 a fixation, theirs 5-14
    result = agreement(events((0, 10), (16, 18)), events((5, 15)), np.arange(20))
    assert (result.events, result.reference, result.matched, result.matched_well) == (2, 1, 1, 0)
    assert result.f1 == pytest.approx(2 / 3)
    assert result.f1_well == 0
    # same: 5..9 and 15, 18, 19 = 8 of 20; ours 12, theirs 10: chance .6 * .5 + .4 * .5 = .5
    assert result.kappa == pytest.approx((8 / 20 - 0.5) / 0.5)


def test_nothing_agrees_with_nothing_by_chance_alone():
    result = agreement(events(), events(), np.arange(5))
    assert np.isnan([result.f1, result.f1_well, result.kappa]).all()
    assert np.isnan(cohens_kappa(np.empty(0, bool), np.empty(0, bool)))


def test_samples_lie_inside_up_to_the_stop():
    assert inside(events((1, 3), (3, 4), (8, 90)), np.arange(10)).tolist() == [
        *[False, True, True, True, False, False, False, False, True, True]
    ]
