"""Ways of showing: controls, sweeps, names, and what a frame costs in each."""

from typing import Any

import pytest

from foveate.errors import UsageError, ViewError
from foveate.evaluation.budgets import Budget, budget_for, maker_for, tokens_of_ways, unequal
from foveate.evaluation.study import Show
from foveate.evaluation.ways import Way, needs, ways_of
from foveate.geometry import Size
from foveate.model.mock import MockModel
from foveate.view import Frame

FRAME = Size(1440, 1440)


class Silent(MockModel):
    """One that does not tell its visual tokens, as servers don't."""

    def visual_tokens(self, sizes_px: Any) -> list[int | None]:
        return [None] * len(sizes_px)


def names(**told: Any) -> list[str]:
    return [way.name for way in ways_of(Show(**told))]


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"views": ("gaze", "center")}, ["gaze", "center"]),
        ({"views": ("gaze", "full"), "size": ("448", "224", "25%")}, ["gaze", "gaze, 224 px", "gaze, 25%", "full"]),
        ({"views": ("gaze", "no image"), "fps": (1.0, 0.5)}, ["gaze", "gaze, 0.5 fps", "no image"]),
        (
            {"views": ("gaze", "center"), "noise_deg": (0.0, 4.0), "loss": (0.0, 0.5)},
            ["gaze", "gaze, noise 4 deg", "gaze, 50% lost", "center"],
        ),
        (
            {"views": ("gaze",), "delay_ms": (0.0, 200.0), "smoothing": ("none", "one_euro"), "sweep": "all"},
            ["gaze", "gaze, one_euro", "gaze, 200 ms late", "gaze, 200 ms late, one_euro"],
        ),
        ({"views": ("gaze", "shuffled gaze"), "noise_px": (50.0,)}, ["gaze, noise 50 px", "shuffled gaze, noise 50 px"]),
        (
            {"views": ("gaze", "shuffled gaze"), "noise_px": (0.0, 50.0), "fps": (1.0, 2.0)},
            ["gaze", "gaze, 2 fps", "gaze, noise 50 px", "shuffled gaze", "shuffled gaze, 2 fps"],
        ),
        ({"views": ("gaze", "full_native"), "budget": 16}, ["gaze", "full_native"]),
    ],
)
def test_names_tell_ways_apart(told: dict[str, Any], wanted: list[str]) -> None:
    assert names(**told) == wanted


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"views": ("gase",)}, r"there is no view 'gase'; did you mean 'gaze'.*full_native, no image, shuffled gaze"),
        ({"size": ("0",)}, "size '0' is not one of"),
        ({"frames": "often"}, "often"),
        ({"smoothing": ("euro",)}, "there is no smoothing 'euro'"),
        ({"noise_px": (9.0,), "noise_deg": (1.0,)}, "pixels or in degrees"),
        ({"views": ("gaze",), "loss": (0.0, 0.001, 0.002)}, "two ways of showing would both be called .gaze, 0% lost."),
    ],
)
def test_values_that_no_view_can_have(told: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ways_of(Show(**told))


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"views": ("full", "no image")}, (False, False)),
        ({"views": ("gaze",)}, (True, False)),
        ({"views": ("center",), "size": ("30deg",)}, (False, True)),
        ({"views": ("gaze",), "noise_deg": (0.0, 1.0)}, (True, True)),
        ({"views": ("full",), "size": ("30deg",), "noise_deg": (1.0,)}, (False, False)),
    ],
)
def test_what_ways_need_of_recordings(told: dict[str, Any], wanted: tuple[bool, bool]) -> None:
    assert tuple(needs(ways_of(Show(**told))).values()) == wanted


def test_a_way_comes_back_out_of_its_facts() -> None:
    for way in ways_of(Show(views=("gaze", "random", "no image", "shuffled gaze"), noise_px=(0.0, 20.0), seed=4)):
        assert Way.from_json({**way.facts(), "budget_tokens": 16, "donors": {}}) == way


@pytest.mark.parametrize(
    ("model", "budget", "wanted"),
    [
        (MockModel(usual_tokens=16), None, (16, None)),
        (MockModel(), None, (256, None)),
        (MockModel(usual_tokens=16), 64, (64, None)),
        (MockModel(usual_tokens=16), 0, (None, None)),
        (Silent(), None, (None, 448)),
    ],
    ids=["usual", "a crop's", "told", "no limit", "a server"],
)
def test_the_budget_follows_from_model_and_study(model: MockModel, budget: int | None, wanted: tuple[Any, Any]) -> None:
    found = budget_for(model, Show(budget=budget), frame_px=FRAME, camera=None)
    assert (found.tokens, found.longest_px) == wanted


def test_all_views_take_the_same_but_native_and_none() -> None:
    ways = ways_of(Show(views=("gaze", "center", "random", "full", "mark", "full_native", "shuffled gaze", "no image")))
    tokens = tokens_of_ways(ways, MockModel(), Budget(256, None, ""), frame_px=FRAME, camera=None)
    assert set(tokens.values()) == {256, 2704, 0}
    assert (tokens["full"], tokens["full_native"], tokens["no image"]) == (256, 2704, 0)
    assert unequal(tokens, ways, first="gaze") == []


def test_a_server_that_tells_no_tokens_is_shown_images_of_one_size() -> None:
    budget = budget_for(Silent(), Show(), frame_px=FRAME, camera=None)
    for way in ways_of(Show(views=("gaze", "full", "full_native"))):
        maker = maker_for(way, Silent(), budget)
        assert maker is not None
        (glimpse,) = maker.plan(Frame(FRAME, 0, (700.0, 700.0)))
        assert max(glimpse.size_px) == (1440 if way.native else 448)


def test_of_a_server_no_way_has_a_number_of_tokens() -> None:
    """Nor has `no image`: a nought beside nothing would be all that is told of a frame."""
    ways = ways_of(Show(views=("gaze", "full_native", "no image")))
    tokens = tokens_of_ways(ways, Silent(), Budget(None, 448, ""), frame_px=FRAME, camera=None)
    assert tokens == {"gaze": None, "full_native": None, "no image": None}


def test_views_that_cost_less_are_told() -> None:
    ways = ways_of(Show(views=("gaze", "full"), size=("448", "224")))
    tokens = tokens_of_ways(ways, MockModel(), Budget(256, None, ""), frame_px=FRAME, camera=None)
    assert unequal(tokens, ways, first="gaze") == [
        "'gaze, 224 px' takes 64 visual tokens where 'gaze' takes 256: their difference is also one of cost"
    ]


def test_more_frames_a_second_are_told_as_a_higher_cost() -> None:
    ways = ways_of(Show(views=("gaze", "center", "no image"), fps=(1.0, 0.5)))
    tokens = tokens_of_ways(ways, MockModel(), Budget(256, None, ""), frame_px=FRAME, camera=None)
    assert unequal(tokens, ways, first="gaze") == [
        f"{name!r} takes 128 visual tokens a second where 'gaze' takes 256: their difference is also one of cost"
        for name in ("gaze, 0.5 fps", "center, 0.5 fps")
    ]


@pytest.mark.parametrize(
    ("view", "model", "tokens", "message"),
    [
        ("text", MockModel(instructions={"activity": "What?"}), 16, r"'text' cannot be shown to mock: .*tells gaze in words"),
        ("foveated", MockModel(), 1, r"'foveated' cannot be shown to mock: .*at least \d+ visual tokens.*budget of 1"),
    ],
    ids=["words it cannot read", "no room"],
)
def test_a_view_that_a_model_cannot_be_shown_is_named(view: str, model: MockModel, tokens: int, message: str) -> None:
    with pytest.raises(ViewError, match=message):
        tokens_of_ways(ways_of(Show(views=(view,))), model, Budget(tokens, None, ""), frame_px=FRAME, camera=None)
