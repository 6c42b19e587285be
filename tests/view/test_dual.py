"""Fovea and periphery as two images, at one budget."""

import numpy as np
import pytest

from foveate.description.budget import within_budget
from foveate.errors import UsageError, ViewError
from foveate.geometry import Box, Size
from foveate.model.mock import MockModel
from foveate.view import Frame, make_view
from foveate.view.fit import longest_side, native

FRAME = Frame(Size(1600, 1200), 0, (500.0, 600.0))


def tokens(sizes: tuple[Size, ...]) -> list[int | None]:
    return MockModel().visual_tokens(sizes)


def test_the_crop_comes_first_and_the_frame_is_as_long() -> None:
    crop, whole = make_view("dual").plan(FRAME)
    assert (crop.box_px, crop.size_px) == (Box(276, 376, 448, 448), Size(448, 448))
    assert (whole.box_px, whole.size_px) == (Box(0, 0, 1600, 1200), Size(448, 336))


@pytest.mark.parametrize("budget", [2, 3, 7, 16, 64, 100, 256, 400, 448, 1000])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.75, 0.9])
def test_both_together_hold_the_budget_and_use_it(budget: int, share: float) -> None:
    fit = within_budget(MockModel(), budget)
    sizes = tuple(glimpse.size_px for glimpse in make_view("dual", fit=fit, share=share).plan(FRAME))
    spent = sum(count or 0 for count in tokens(sizes))
    assert spent <= budget
    assert spent >= min(0.7 * budget, 256 + 192)
    single = tokens((make_view("gaze", fit=fit).plan(FRAME)[0].size_px,))[0]
    assert single is not None
    assert single <= budget


def test_the_share_is_the_crop_s() -> None:
    sizes = [
        [
            glimpse.size_px.width_px
            for glimpse in make_view("dual", fit=within_budget(MockModel(), 256), share=share).plan(FRAME)
        ]
        for share in (0.3, 0.5, 0.75)
    ]
    crops, wholes = np.array(sizes).T
    assert (np.diff(crops) > 0).all()
    assert (np.diff(wholes) < 0).all()


def test_a_budget_below_two_images_is_refused() -> None:
    with pytest.raises(ViewError, match=r"mock takes at least 2 visual tokens for the 2 images of a frame.*raise --budget"):
        make_view("dual", fit=within_budget(MockModel(), 1)).plan(FRAME)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_is_a_part(share: float) -> None:
    with pytest.raises(UsageError, match="share of a dual view's tokens must be between 0 and 1"):
        make_view("dual", share=share)


def test_fits_without_a_model() -> None:
    regions = (Size(100, 100), Size(400, 200))
    assert native.together(regions, (0.5, 0.5)) == regions
    assert longest_side(100).together(regions, (0.64, 0.36)) == (Size(80, 80), Size(60, 30))
