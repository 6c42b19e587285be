import numpy as np
import pytest

from foveate.clock import NS_PER_S
from foveate.geometry import Box, Size
from foveate.toykitchen import SCENE_PX, SurfacePoint, World
from foveate.toykitchen.sprite import apply, inverse


def passing_world() -> tuple[World, int]:
    """A world and the instant at which something solid is before the gazed point."""
    for seed in range(20):
        world = World(seed)
        for passage in world.passages:
            time_ns = round(passage.middle_s * NS_PER_S)
            if passage.name in ("door", "towel", "bag"):
                return world, time_ns
    raise AssertionError("nothing passes in 20 worlds")


def test_a_point_of_the_scene_maps_to_itself_at_its_own_instant() -> None:
    world = World(1)
    for time_ns in (0, 9 * NS_PER_S, 33 * NS_PER_S):
        for point in ((720.0, 720.0), (100.0, 60.0), (1000.0, 900.0)):
            surface = world.scene_point(time_ns, point)
            np.testing.assert_allclose(world.project(surface, time_ns), point, atol=1e-6)
            assert world.visible(surface, time_ns)


def test_what_passes_hides_the_gazed_point_and_then_no_more() -> None:
    world, hidden_ns = passing_world()
    x, y = world.true_gaze_px(hidden_ns)
    surface = world.scene_point(hidden_ns, (float(x), float(y)))
    assert surface.name.startswith("passage")
    behind = SurfacePoint("room", apply(inverse(world.head.at(hidden_ns / NS_PER_S)), float(x), float(y)))
    np.testing.assert_allclose(world.project(behind, hidden_ns), (x, y), atol=1e-6)
    assert not world.visible(behind, hidden_ns)
    gone_ns = hidden_ns + 6 * NS_PER_S
    assert np.isnan(world.project(surface, gone_ns)).all()
    assert not world.visible(surface, gone_ns)


def test_gaze_is_hidden_now_and_then_but_mostly_not() -> None:
    hidden, seen = 0, 0
    for seed in range(12):
        world = World(seed)
        for passage in world.passages:
            time_ns = round(passage.middle_s * NS_PER_S)
            point = world.true_gaze_px(time_ns)
            hidden += world.scene_point(time_ns, (float(point[0]), float(point[1]))).name.startswith("passage")
            seen += 1
    assert seen >= 30
    assert hidden / seen > 0.6


def test_a_hidden_point_is_hidden_in_the_pixels_too() -> None:
    """The truth agrees with what is drawn: a room point's colour is kept while it is visible and lost while it is not."""
    world, hidden_ns = passing_world()
    kept, lost = [], []
    rng = np.random.default_rng(0)
    for _ in range(60):
        early_ns = hidden_ns - int(rng.uniform(2.5, 4.0) * NS_PER_S)
        point = (float(rng.uniform(100, 1340)), float(rng.uniform(100, 1340)))
        surface = world.scene_point(max(early_ns, 0), point)
        later = world.project(surface, hidden_ns)
        if surface.name != "room" or not (40 < later[0] < 1400 and 40 < later[1] < 1400):
            continue
        colours = [_colour(world, time_ns, at) for time_ns, at in ((max(early_ns, 0), point), (hidden_ns, later))]
        (kept if world.visible(surface, hidden_ns) else lost).append(np.abs(colours[0] - colours[1]).mean())
    assert len(kept) > 10
    assert len(lost) >= 3
    assert np.median(kept) < 12
    assert np.median(lost) > 2 * np.median(kept)


def _colour(world: World, time_ns: int, point: tuple[float, float]) -> np.ndarray:
    box = Box(round(point[0]) - 10, round(point[1]) - 10, 20, 20)
    return world.frame(time_ns, Size(20, 20), box).reshape(-1, 3).mean(axis=0)


def test_a_point_on_a_carried_object_travels_with_it() -> None:
    world = World(3)
    carry = next(action for action in world.script.actions if action.verb == "carry")
    start_ns, stop_ns = round((carry.start_s + 0.1) * NS_PER_S), round((carry.stop_s - 0.1) * NS_PER_S)
    surface = SurfacePoint(f"thing {carry.thing}", (0.0, 0.0))
    travelled = np.subtract(world.project(surface, stop_ns), world.project(surface, start_ns))
    still = world.scene_point(start_ns, (30.0, 30.0))
    turned = np.subtract(world.project(still, stop_ns), world.project(still, start_ns))
    moved = np.subtract(world.motion.middle(carry.thing, stop_ns / 1e9), world.motion.middle(carry.thing, start_ns / 1e9))
    np.testing.assert_allclose(travelled - turned, moved, atol=0.15 * np.linalg.norm(moved))  # but for zoom and roll


def test_a_point_outside_of_the_frame_is_not_visible() -> None:
    world = World(4)
    surface = world.scene_point(0, (5.0, 5.0))
    places = {second: world.project(surface, second * NS_PER_S) for second in range(60)}
    outside = [second for second, (x, y) in places.items() if not (0 <= x < SCENE_PX[0] and 0 <= y < SCENE_PX[1])]
    if not outside:
        pytest.fail("the head never moved far enough for this test")
    assert not any(world.visible(surface, second * NS_PER_S) for second in outside)
