"""Cleaning: what is taken out, what is bridged, what is counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveate.clock import Span
from foveate.errors import UsageError
from foveate.gaze.clean import clean
from foveate.recording.recording import GazeStream

MS = 1_000_000


def every_5_ms(n: int) -> list[float]:
    return [5.0 * k for k in range(n)]


def test_good_gaze_stays_as_it_is(make):
    gaze = make(every_5_ms(10), range(10))
    cleaned = clean(gaze)
    assert np.array_equal(cleaned.point_px, gaze.point_px)
    assert cleaned.notes == ()


@pytest.mark.parametrize(
    ("lost", "bridged"),
    [
        pytest.param(range(3, 4), True, id="one sample"),
        pytest.param(range(3, 17), True, id="75 ms between the valid neighbours"),
        pytest.param(range(3, 18), False, id="80 ms between the valid neighbours"),
        pytest.param(range(4), False, id="at the start"),
        pytest.param(range(38, 40), False, id="at the end"),
    ],
)
def test_only_short_losses_are_bridged(make, lost, bridged):
    gaze = make(every_5_ms(40), range(40), lost=list(lost))
    cleaned = clean(gaze)
    assert cleaned.valid.tolist() == [bridged or k not in lost for k in range(40)]
    if bridged:
        assert np.allclose(cleaned.point_px[:, 0], np.arange(40))
        assert f"{len(lost)} gaze samples in 1 losses up to 75 ms interpolated" in cleaned.notes
    else:
        assert np.isnan(cleaned.point_px[list(lost)]).all()
        assert any(note.startswith("gaze is lost") for note in cleaned.notes)


def test_interpolation_follows_time_not_index(make):
    cleaned = clean(make([0, 10, 40], [0, 0, 80], lost=[1], start_ns=1_728_546_105_870_000_001))
    assert cleaned.point_px[1].tolist() == pytest.approx([20, 40])


def test_losses_are_counted_by_length(make):
    gaze = make(every_5_ms(400), 1.0, lost=[*range(10, 12), *range(50, 90), *range(150, 300)])
    assert clean(gaze).notes == (
        "2 gaze samples in 1 losses up to 75 ms interpolated",
        "gaze is lost 1 times up to 500 ms (blinks) and 1 times for longer",
    )


def test_unsure_samples_are_not_used(make):
    gaze = make(every_5_ms(40), range(40), confidence=[0.9] * 20 + [0.2] * 16 + [0.9] * 4)
    cleaned = clean(gaze, min_confidence=0.6)
    assert np.flatnonzero(~cleaned.valid).tolist() == list(range(20, 36))
    assert cleaned.notes[0] == "16 gaze samples have a confidence below 0.6: not used"


def test_a_confidence_that_is_not_there_is_unsure(make):
    gaze = make(every_5_ms(3), 1.0, confidence=[0.9, 0.9, np.nan])
    assert clean(gaze, min_confidence=0.5).valid.tolist() == [True, True, False]


def test_a_least_confidence_that_cannot_be_applied_is_told(make):
    assert clean(make(every_5_ms(3), 1.0), min_confidence=0.5).notes == (
        "the tracker tells no confidence: no sample is left out for one below 0.5",
    )
    for value in (-0.1, 1.5, np.nan):
        with pytest.raises(UsageError, match=f"least confidence must be between 0 and 1, got {value:g}"):
            clean(make(every_5_ms(3), 1.0), min_confidence=value)


def test_nothing_is_bridged_across_a_blink(make):
    gaze = make(every_5_ms(20), range(20))
    cleaned = clean(gaze, blinks=[Span(20 * MS, 40 * MS)])
    assert np.flatnonzero(~cleaned.valid).tolist() == [4, 5, 6, 7]
    assert cleaned.notes[0] == "4 gaze samples lie in 1 blinks: not used"


def test_points_of_samples_that_are_not_valid_are_missing():
    gaze = GazeStream(np.arange(3), np.ones((3, 2)), np.array([False, False, False]))
    assert np.isnan(clean(gaze).point_px).all()


def test_empty_gaze():
    empty = GazeStream(np.empty(0, np.int64), np.empty((0, 2)), np.empty(0, np.bool_))
    assert len(clean(empty)) == 0


@pytest.mark.parametrize("gap", [-1.0, float("nan")])
def test_a_gap_must_be_a_length(make, gap):
    with pytest.raises(UsageError, match="max_gap_ms must be 0 or more"):
        clean(make([0]), max_gap_ms=gap)


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=60), st.integers(0, 120))
def test_nothing_is_ever_made_across_more_than_the_gap(steps, max_gap_ms):
    time_ms = np.cumsum([step for step, _ in steps])
    valid = np.array([good for _, good in steps])
    x = np.where(valid, time_ms.astype(np.float64), np.nan)
    gaze = GazeStream(time_ms * MS, np.stack([x, x], axis=1), valid)
    cleaned = clean(gaze, max_gap_ms=max_gap_ms)
    assert np.array_equal(cleaned.time_ns, gaze.time_ns)
    assert np.array_equal(cleaned.point_px[valid], gaze.point_px[valid])
    assert np.array_equal(np.isfinite(cleaned.point_px).all(axis=1), cleaned.valid)
    good = time_ms[valid]
    for made in time_ms[cleaned.valid & ~valid]:
        assert good[good > made].min() - good[good < made].max() <= max_gap_ms
    assert np.allclose(cleaned.point_px[cleaned.valid, 0], time_ms[cleaned.valid])
