import cv2
import numpy as np
import pytest

from foveate.clock import NS_PER_S
from foveate.errors import UsageError
from foveate.geometry import Box, Size
from foveate.toykitchen import SCENE_PX, VARIANTS, World
from foveate.toykitchen.motion import HOLD

SMALL = Size(96, 96)


def test_the_same_seed_draws_the_same_pixels_and_another_seed_others() -> None:
    first, again, other = (World(seed, duration_s=10.0).frame(4 * NS_PER_S, SMALL) for seed in (3, 3, 4))
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 5


def test_frames_can_be_drawn_in_any_order() -> None:
    world, again = World(5, duration_s=10.0), World(5, duration_s=10.0)
    forward = [world.frame(second * NS_PER_S, SMALL) for second in range(4)]
    backward = [again.frame(second * NS_PER_S, SMALL) for second in reversed(range(4))]
    np.testing.assert_array_equal(forward, backward[::-1])


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    ("box", "size"),
    [
        (Box(0, 0, 1440, 1440), Size(128, 128)),
        (Box(500, 600, 448, 448), Size(128, 128)),
        (Box(500, 600, 448, 448), Size(448, 448)),
        (Box(0, 900, 300, 540), Size(150, 270)),
    ],
    ids=["whole small", "crop small", "crop native", "oblong at the border"],
)
def test_a_crop_drawn_directly_is_the_crop_of_the_whole(variant: str, box: Box, size: Size) -> None:
    world = World(11, variant=variant, duration_s=12.0)
    for time_ns in (1_500_000_000, 7_900_000_000):
        whole = world.frame(time_ns, SCENE_PX)
        cut = whole[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
        wanted = cv2.resize(cut, tuple(size), interpolation=cv2.INTER_AREA).astype(int)
        error = np.abs(world.frame(time_ns, size, box) - wanted)
        assert error.mean() < 3.2
        assert np.quantile(error, 0.99) < 30


def test_an_unknown_variant_is_told() -> None:
    with pytest.raises(UsageError, match=r"no toy kitchen variant 'bathroom'; choose one of kitchen, other"):
        World(0, variant="bathroom")


@pytest.mark.parametrize("duration_s", [0.0, -3.0, float("nan")])
def test_a_world_lasts_a_second_or_more(duration_s: float) -> None:
    with pytest.raises(UsageError, match="lasts at least 1 s"):
        World(0, duration_s=duration_s)


def test_a_world_too_short_for_an_action_is_still_drawn() -> None:
    world = World(1, duration_s=1.0)
    assert world.narrations == ()
    assert len(world.gaze()) == 200
    assert world.frame(0, SMALL).std() > 10


def test_variants_share_the_script_and_differ_where_they_should() -> None:
    worlds = {variant: World(2, variant=variant, duration_s=10.0) for variant in VARIANTS}
    frames = {variant: world.frame(3 * NS_PER_S, SMALL).astype(int) for variant, world in worlds.items()}
    for world in worlds.values():
        assert world.narrations == worlds["kitchen"].narrations
    np.testing.assert_array_equal(frames["uninformative"], frames["kitchen"])
    assert np.nanmedian(np.abs(worlds["uninformative"].gaze().point_px - worlds["kitchen"].gaze().point_px)) > 40
    for variant in ("other", "third_person"):
        assert np.abs(frames[variant] - frames["kitchen"]).mean() > 8


def test_the_third_person_camera_stands_still_and_the_head_does_not() -> None:
    for variant, moves in (("third_person", False), ("kitchen", True)):
        world = World(6, variant=variant)
        wall = world.scene_point(0, (20.0, 20.0))
        assert wall.name == "room"
        places = np.array([world.project(wall, second * NS_PER_S) for second in range(0, 60, 5)])
        assert (np.ptp(places, axis=0).max() > 30) == moves


def test_the_camera_has_15_px_per_degree() -> None:
    camera = World(0).camera
    assert camera.px_per_deg == pytest.approx(15.0)
    np.testing.assert_allclose(camera.degrees(np.array([[720.0, 720.0], [735.0, 720.0]])), [[0, 0], [1, 0]], atol=1e-6)


def test_a_carried_object_goes_with_the_hand_and_lies_where_it_was_put() -> None:
    carried = 0
    for seed in range(6):
        world = World(seed)
        for action in world.script.actions:
            track = world.motion.things[action.thing]
            x, y = world.script.places_px[action.place]
            if action.verb == "carry":
                carried += 1
                for share in (0.3, 0.6, 0.95):
                    time_s = action.start_s + share * (action.stop_s - action.start_s)
                    middle = world.motion.middle(action.thing, time_s)
                    np.testing.assert_allclose(world.motion.hands["right"].at(time_s), np.add(middle, HOLD), atol=1e-6)
                    assert track.at(time_s)[2] > 0.7 * world.parameters.lift_px
            if action.verb == "put":
                np.testing.assert_allclose(track.at(action.stop_s - 0.05), (x, y, 0, 0), atol=1e-6)
            if action.verb in ("look", "point", "reach", "wash", "stir", "cut", "open"):
                np.testing.assert_allclose(track.at(0.5 * (action.start_s + action.stop_s)), (x, y, 0, 0), atol=1e-6)
    assert carried >= 6


def test_an_object_is_170_to_230_px_across() -> None:
    """Read from the pictures: the extent of what is solid of each object, in scene pixels at rest."""
    widths = []
    for seed in range(12):
        world = World(seed, duration_s=5.0)
        for layer in world.layers(0):
            if layer.name.startswith("thing"):
                solid = layer.sprite.rgba[..., 3] > 150
                scale = np.sqrt(abs(np.linalg.det(layer.matrix[:, :2])))
                widths.append(scale * max(np.ptp(np.flatnonzero(solid.any(axis=0))), np.ptp(np.flatnonzero(solid.any(axis=1)))))
    assert np.quantile(widths, 0.1) > 165
    assert np.quantile(widths, 0.9) < 285
    assert 180 < np.median(widths) < 240
