from itertools import pairwise

import numpy as np
import pytest

from foveate.clock import NS_PER_S
from foveate.toykitchen import World
from foveate.toykitchen.eyes import attention, fixations
from foveate.toykitchen.sprite import apply

WORLDS = [World(seed) for seed in range(8)]


def object_px(world: World, thing: int, time_s: float) -> np.ndarray:
    """Where the middle of an object is in the scene frame."""
    return np.array(apply(world.head.at(time_s), *world.motion.middle(thing, time_s)))


def test_gaze_comes_at_200_hz_with_nan_where_it_is_lost() -> None:
    for world in WORLDS:
        gaze = world.gaze()
        assert gaze.rate_hz == pytest.approx(200)
        assert len(gaze) == 12_000
        assert np.isnan(gaze.point_px[~gaze.valid]).all()
        assert 0.01 < 1 - gaze.valid.mean() < 0.15


def test_blinks_last_100_to_300_ms() -> None:
    runs = []
    for world in WORLDS:
        edges = np.flatnonzero(np.diff(np.concatenate([[1], world.gaze().valid, [1]])))
        runs += list((edges[1::2] - edges[::2]) / 200)
    blinks = [run for run in runs if run >= 0.09]
    assert len(blinks) > 40
    assert np.quantile(blinks, 0.95) <= 0.36  # a loss may touch a blink


def test_the_tracker_errs_by_half_a_degree_or_a_little_more() -> None:
    errors = []
    for seed in range(30):
        world = World(seed, duration_s=10.0)
        gaze = world.gaze()
        errors.append((gaze.point_px - world.true_gaze_px(gaze.time_ns))[gaze.valid] / world.parameters.px_per_deg)
    rms_deg = np.sqrt((np.concatenate(errors) ** 2).sum(axis=1).mean())
    assert 0.5 < rms_deg < 0.8


def test_fixations_and_saccades_are_human() -> None:
    world = WORLDS[0]
    rng = np.random.default_rng(5)
    stops = fixations(
        attention(world.script, rng, world.parameters), world.script, world.motion, rng, world.parameters, world.duration_s
    )
    durations = np.array([stop.stop_s - stop.start_s for stop in stops])
    assert 0.15 < np.median(durations) < 0.4
    assert durations.max() <= 0.5
    jumps = [(b.start_s - a.stop_s, np.hypot(*np.subtract(b.first_px, a.last_px))) for a, b in pairwise(stops)]
    duration_s, amplitude_px = np.array(jumps).T
    assert duration_s.min() > 0.02
    slope, start = np.polyfit(amplitude_px / world.parameters.px_per_deg, duration_s, 1)
    assert slope == pytest.approx(0.0022, rel=0.05)
    assert start == pytest.approx(0.021, rel=0.05)


def test_saccades_are_faster_the_larger_they_are() -> None:
    world = WORLDS[1]
    speed = np.linalg.norm(np.diff(world._gaze_px, axis=0), axis=1) * 200 / world.parameters.px_per_deg
    moving = speed > 60
    edges = np.flatnonzero(np.diff(np.concatenate([[0], moving, [0]])))
    peaks, sizes = [], []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        peaks.append(speed[first:last].max())
        sizes.append(np.linalg.norm(world._gaze_px[last] - world._gaze_px[first]) / world.parameters.px_per_deg)
    assert np.corrcoef(sizes, peaks)[0, 1] > 0.8
    assert 200 < max(peaks) < 1200


def test_gaze_is_on_the_object_of_the_action_and_elsewhere_in_the_uninformative_world() -> None:
    shares = {"kitchen": [], "other": [], "third_person": [], "uninformative": []}
    for variant, hits in shares.items():
        for seed in range(4):
            world = World(seed, variant=variant)
            for action in world.script.actions:
                for share in (0.2, 0.4, 0.6, 0.8):
                    time_s = action.start_s + share * (action.stop_s - action.start_s)
                    gaze = world.true_gaze_px(round(time_s * NS_PER_S))
                    hits.append(np.abs(gaze - object_px(world, action.thing, time_s)).max() < 120)
    share = {variant: np.mean(hits) for variant, hits in shares.items()}
    assert min(share["kitchen"], share["other"], share["third_person"]) > 0.85
    assert share["uninformative"] < 0.2


def test_gaze_goes_to_the_next_object_300_to_600_ms_before_the_hand() -> None:
    leads = []
    for world in WORLDS:
        actions = world.script.actions
        for before, action in pairwise(actions):
            if before.thing == action.thing:
                continue
            times = np.arange(action.start_s - 1.0, action.start_s + 0.5, 0.005)
            target = world.motion.middle(action.thing, action.start_s)
            x, y = world._gaze_px[np.round(times * 200).astype(int).clip(0, 11_999)].T
            near = np.hypot(x - target[0], y - target[1]) < 110
            settled = next((t for t, here in zip(times, near, strict=True) if here), None)
            if settled is not None:
                leads.append(action.start_s - settled)
    assert len(leads) > 20
    assert 0.15 < np.median(leads) < 0.6  # the saccade itself takes its time
    assert np.mean(np.array(leads) > 0) > 0.85


def test_the_head_follows_gaze_with_lag() -> None:
    for world in WORLDS[:3]:
        gaze = world._gaze_px[:, 0] - world._gaze_px[:, 0].mean()
        head = world.head._pose[:, 0] - world.head._pose[:, 0].mean()
        lags = range(0, 200, 5)
        alike = [np.corrcoef(gaze[: len(gaze) - lag], head[lag:])[0, 1] for lag in lags]
        lag_s = lags[int(np.argmax(alike))] / 200
        assert 0.1 <= lag_s <= 0.6
        assert max(alike) > 0.9


def test_gaze_of_the_uninformative_world_is_spread_alike() -> None:
    spread = {}
    for variant in ("kitchen", "uninformative"):
        points = np.concatenate(
            [world.true_gaze_px(world.gaze().time_ns) for world in (World(seed, variant=variant) for seed in range(10))]
        )
        spread[variant] = points.std(axis=0)
    np.testing.assert_allclose(spread["uninformative"], spread["kitchen"], rtol=0.25)
