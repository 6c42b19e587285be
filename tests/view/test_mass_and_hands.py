"""Boxes around where the wearer has looked, and around gaze and hands."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.geometry import Box, Size
from foveate.view import Frame, make_view
from foveate.view.mass import smallest_square

SIZE = Size(1600, 1200)


def brute(points: np.ndarray, share: float) -> float:
    """The side of the smallest square that holds a share, with an edge at every pair of points' coordinates."""
    count = int(np.ceil(share * len(points) - 1e-9))
    best = np.inf
    for left in points[:, 0]:
        for top in points[:, 1]:
            inside = (points[:, 0] >= left) & (points[:, 1] >= top)
            reach = np.maximum(points[inside, 0] - left, points[inside, 1] - top)
            if len(reach) >= count:
                best = min(best, float(np.sort(reach)[count - 1]))
    return best


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("seed", range(6))
def test_the_square_is_the_smallest(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = np.concatenate([rng.normal(300, 20, (14, 2)), rng.normal(700, 60, (9, 2))])
    center, side = smallest_square(points, share)
    held = (np.abs(points - center) <= side / 2 + 1e-9).all(axis=1)
    assert held.mean() >= share - 1e-9
    assert side == pytest.approx(brute(points, share))


def test_points_that_coincide_need_no_room() -> None:
    assert smallest_square(np.full((5, 2), 7.0), 0.9) == ((7.0, 7.0), 0.0)
    assert smallest_square(np.array([[3.0, 4.0]]), 0.1) == ((3.0, 4.0), 0.0)


def mass_box(points: np.ndarray, aim: tuple[float, float], **options: float) -> Box:
    frame = Frame(SIZE, 0, aim, gaze_px=points)
    (glimpse,) = make_view("mass", size="200", **options).plan(frame)
    assert glimpse.note == ""
    return glimpse.box_px


def test_rest_shows_the_crop_and_wandering_shows_more() -> None:
    rest = mass_box(np.full((100, 2), 600.0), (600.0, 600.0))
    assert rest == Box(500, 500, 200, 200)
    wander = mass_box(np.stack([np.linspace(300, 900, 101), np.full(101, 600.0)], axis=1), (900.0, 600.0), share=1.0)
    assert wander.width_px == wander.height_px == 601
    assert wander.left_px <= 300
    assert wander.left_px + wander.width_px >= 900


def test_a_jump_a_moment_ago_is_held() -> None:
    points = np.concatenate([np.full((97, 2), 300.0), np.full((3, 2), 900.0)])
    box = mass_box(points, (900.0, 900.0))
    assert box.left_px <= 300
    assert box.left_px + box.width_px >= 900


def test_never_more_than_the_frame() -> None:
    points = np.array([[0.0, 0.0], [1600.0, 1200.0]])
    assert mass_box(points, (0.0, 0.0), share=1.0) == Box(0, 0, 1600, 1200)


def test_many_points_are_thinned_out_evenly() -> None:
    points = np.stack([np.linspace(100, 1100, 5000), np.full(5000, 600.0)], axis=1)
    assert mass_box(points, (600.0, 600.0)).width_px == pytest.approx(900, abs=10)


def test_no_gaze_in_the_window_is_told() -> None:
    (glimpse,) = make_view("mass", size="200").plan(Frame(SIZE, 0, (800.0, 600.0)))
    assert (glimpse.box_px, glimpse.note) == (Box(700, 500, 200, 200), "no gaze in its window: the gaze crop")


@pytest.mark.parametrize("options", [{"share": 0.0}, {"share": 1.1}, {"window_s": 0.0}, {"window_s": float("nan")}])
def test_mass_says_what_does_not_fit(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=r"a mass view needs a share in \(0, 1\] and a window above 0 s"):
        make_view("mass", **options)


@pytest.mark.parametrize(
    ("hands", "box"),
    [
        pytest.param((Box(600, 600, 100, 300),), Box(425, 525, 375, 375), id="one-below"),
        pytest.param((Box(300, 900, 100, 100), Box(900, 900, 100, 100)), Box(300, 412, 700, 700), id="two"),
        pytest.param((Box(600, 500, 20, 20),), Box(515, 425, 170, 170), id="near-the-least"),
        pytest.param((Box(0, 0, 10, 10), Box(1590, 1190, 10, 10)), Box(0, 0, 1600, 1200), id="all"),
    ],
)
def test_the_square_holds_gaze_and_hands(hands: tuple[Box, ...], box: Box) -> None:
    (glimpse,) = make_view("hands", size="170").plan(Frame(SIZE, 0, (600.0, 525.0), hands_px=hands))
    got = glimpse.box_px
    assert glimpse.note == ""
    assert got.size_px == box.size_px
    for one in (*hands, Box(600, 525, 0, 0)):
        assert got.left_px <= one.left_px + 1
        assert got.top_px <= one.top_px + 1
        assert got.left_px + got.width_px >= one.left_px + one.width_px - 1
        assert got.top_px + got.height_px >= one.top_px + one.height_px - 1


@pytest.mark.parametrize("hands", [None, ()], ids=["not-known", "none-in-view"])
def test_without_hands_the_gaze_crop_is_shown_and_told(hands: tuple[Box, ...] | None) -> None:
    frame = Frame(SIZE, 0, (600.0, 525.0), hands_px=hands)
    (glimpse,), (gaze,) = make_view("hands", size="170").plan(frame), make_view("gaze", size="170").plan(frame)
    assert (glimpse.box_px, glimpse.note) == (gaze.box_px, "no hand known: the gaze crop")
