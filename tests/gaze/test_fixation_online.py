"""One sample in, events out: the same as in the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveate.errors import UsageError
from foveate.gaze.events import DETECTORS, find
from foveate.gaze.events_path import GazePath
from foveate.gaze.fixation_online import LiveFixation, OnlineIvt
from foveate.gaze.fixation_rules import median_reach, steadied

MS = 1_000_000


def path_of(time_ns, point_deg, *, interval_ns):
    """The samples as a path, steadied as ``gaze_path`` does."""
    steady = steadied(point_deg, time_ns, reach=median_reach(interval_ns), half_window_ms=10.0)
    return GazePath(time_ns, steady, steady, steady, np.zeros(len(time_ns), dtype=np.intp), interval_ns, "still")


def batch(time_ns, point_deg, *, interval_ns=5 * MS, threshold=30.0):
    """Starts, stops and means of what is found in the whole."""
    path = path_of(time_ns, point_deg, interval_ns=interval_ns)
    result = []
    for one in find(path, DETECTORS["ivt"], threshold):
        end = path.time_ns[one.stop - 1] + interval_ns
        stop = end if one.stop == len(path) else min(end, path.time_ns[one.stop])
        result.append((path.time_ns[one.start], stop, path.path_deg[one].mean(axis=0)))
    return result


def online(time_ns, point_deg, **options):
    """Every event with the instant of the sample that told it; those of ``close`` at the last."""
    live = OnlineIvt(**options)
    told = [
        (int(at), event) for at, point in zip(time_ns, point_deg, strict=True) for event in live.push(int(at), tuple(point))
    ]
    return told + [(int(time_ns[-1]), event) for event in live.close()]


def ended(told) -> list[LiveFixation]:
    return [event for _, event in told if event.stop_ns is not None]


def wandering(seed: int, samples: int, *, lost: float, jitter_ms: float = 0.0):
    """Rests and jumps with noise, with samples missing."""
    rng = np.random.default_rng(seed)
    jump = (rng.random(samples) < 0.02)[:, None] * rng.normal(0, rng.choice([0.4, 3.0], samples)[:, None], (samples, 2))
    point = np.cumsum(jump, axis=0) + rng.normal(0, 0.05, (samples, 2))
    time_ns = np.arange(samples) * 5 * MS + np.round(rng.uniform(0, jitter_ms, samples) * MS).astype(np.int64)
    kept = rng.random(samples) >= lost
    for start in rng.integers(0, samples, round(lost * samples / 10)):
        kept[start : start + rng.integers(1, 40)] = False
    return time_ns[kept], point[kept]


@pytest.mark.parametrize(
    ("lost", "jitter_ms"), [(0.0, 0.0), (0.05, 0.0), (0.2, 4.0)], ids=["whole", "losses", "losses and jitter"]
)
def test_the_ends_are_those_of_the_whole(lost, jitter_ms):
    count = 0
    for seed in range(12):
        time_ns, point = wandering(seed, 1500, lost=lost, jitter_ms=jitter_ms)
        wanted, got = batch(time_ns, point), ended(online(time_ns, point))
        assert [(event.start_ns, event.stop_ns) for event in got] == [(start, stop) for start, stop, _ in wanted]
        assert np.allclose([event.point_deg for event in got], [mean for *_, mean in wanted])
        count += len(got)
    assert count > 100


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 45), st.floats(-1, 1), st.sampled_from([0.0, 0.0, 0.0, 0.3, 4.0])), min_size=2, max_size=90
    )
)
def test_any_signal_gives_the_same(steps):
    time_ns = np.cumsum([round(step) for step, *_ in steps]).astype(np.int64) * MS
    point = np.cumsum([(sign * size, size) for _, sign, size in steps], axis=0)
    # the break between two samples depends on the median interval of all; online it is told
    interval_ms = float(np.median(np.diff(time_ns))) // MS or 1.0
    if int(np.median(np.diff(time_ns))) != interval_ms * MS:
        return
    wanted = batch(time_ns, point, interval_ns=int(interval_ms * MS))
    got = ended(online(time_ns, point, interval_ms=interval_ms))
    assert [(event.start_ns, event.stop_ns) for event in got] == [(start, stop) for start, stop, _ in wanted]


def test_a_fixation_is_told_when_it_has_lasted_and_when_it_is_over():
    # rests at 0 for 300 ms, jumps 5 degrees, rests for 300 ms
    time_ns = np.arange(121) * 5 * MS
    point = np.where(np.arange(121)[:, None] < 60, 0.0, [[5.0, 0.0]])
    told = online(time_ns, point)
    starts = [(at, event) for at, event in told if event.stop_ns is None]
    ends = [(at, event) for at, event in told if event.stop_ns is not None]
    assert [event.start_ns for _, event in starts] == [0, ends[1][1].start_ns]
    assert starts[0][0] == 85 * MS  # 60 ms after its start, and 25 ms that the median and the speed look ahead
    # the fast samples are those within 10 ms of the jump between 295 and 300 ms
    assert (ends[0][1].stop_ns, starts[1][1].start_ns) == (290 * MS, 310 * MS)
    assert ends[0][0] <= 290 * MS + (75 + 25 + 5) * MS
    assert ends[0][1].point_deg == pytest.approx((0, 0))
    assert ends[1][1].point_deg == pytest.approx((5, 0))


def test_the_end_is_told_within_merging_and_delay():
    for seed in range(6):
        time_ns, point = wandering(seed, 1500, lost=0.0)
        for at, event in online(time_ns, point)[:-1]:
            if event.stop_ns is not None:
                assert at - event.stop_ns <= (75 + 25 + 5) * MS


def test_lost_samples_tell_nothing_and_long_runs_are_forgotten():
    live = OnlineIvt()
    assert live.push(0, (float("nan"), 0.0)) == []
    for index in range(1, 20_000):
        live.push(index * 5 * MS, (0.0, 0.0))
    assert len(live._run.time_ns) < 1100
    (event,) = live.close()
    assert (event.start_ns, event.stop_ns) == (5 * MS, 20_000 * 5 * MS)


def test_samples_must_come_in_order():
    live = OnlineIvt()
    live.push(10 * MS, (0.0, 0.0))
    with pytest.raises(UsageError, match="samples must come in order of time: 10000000 ns after 10000000 ns"):
        live.push(10 * MS, (0.0, 0.0))


@pytest.mark.parametrize("option", ["threshold_deg_per_s", "interval_ms"])
def test_options_must_be_positive(option):
    with pytest.raises(UsageError, match=f"{option} must be positive, got 0"):
        OnlineIvt(**{option: 0.0})
