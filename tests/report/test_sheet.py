"""The contact sheet of views."""

from dataclasses import replace

import numpy as np
import pytest

from drawn import FRAME_PX, drawn_recording
from foveate.errors import UsageError
from foveate.model.mock import MockModel
from foveate.report.sheet import CELL_PX, view_sheet
from foveate.view import VIEWS, make_view


def test_every_view_is_on_the_sheet_with_what_it_costs() -> None:
    recording = drawn_recording()
    sheet = view_sheet(recording, {name: make_view(name, size="56") for name in VIEWS}, at_s=3.04, model=MockModel())
    assert sheet.time_s == 3.0
    costs = {seen.name: seen.cost for seen in sheet.seen}
    assert list(costs) == list(VIEWS)
    assert costs["gaze"] == "56x56 px, regions: 15.7% of the frame, 4 tokens"
    assert costs["full"] == "200x100 px, regions: 100.0% of the frame, 32 tokens"
    assert costs["dual"] == "56x56 + 56x28 px, regions: 100.0% of the frame, 6 tokens"
    assert costs["warp"] == "56x56 px, regions: 100.0% of the frame, 4 tokens"
    assert costs["foveated"] == "56x56 + 56x40 + 56x28 px, regions: 100.0% of the frame, 10 tokens"
    # frame and fourteen pictures, in four columns
    rows, columns = 4, 4
    assert sheet.image.shape[1] == columns * (CELL_PX + 6) + 6
    assert sheet.image.shape[0] == pytest.approx(rows * (CELL_PX * 0.75 + 56), abs=6)


def test_the_frame_shows_where_regions_lie_and_where_gaze_is() -> None:
    recording = drawn_recording()
    frame = {
        names: view_sheet(recording, {name: make_view(name, size="40") for name in names}, at_s=3.0)
        .image[:276, :366]
        .astype(int)
        for names in (("full",), ("gaze",), ("center",), ("warp",))
    }
    plain = frame["full",]
    scale = CELL_PX / FRAME_PX.width_px
    left, top = 6 + (CELL_PX - FRAME_PX.width_px * scale) / 2, 6 + (CELL_PX * 0.75 - FRAME_PX.height_px * scale) / 2

    def changed(names: tuple[str, ...], x: float, y: float) -> bool:
        row, column = round(top + y * scale), round(left + x * scale)
        return bool(np.abs(frame[names] - plain)[row - 3 : row + 4, column - 3 : column + 4].max() > 40)

    # gaze is in the middle of the frame at half the time
    assert changed(("gaze",), 100, 50)
    assert not changed(("center",), 100, 50)
    for names in (("gaze",), ("center",)):
        assert changed(names, 80, 40)
        assert not changed(names, 60, 40)
    assert changed(("warp",), 100, 10), "the line of the warp's middle column"


def test_a_coarser_image_shows_where_the_finer_one_lies() -> None:
    view = make_view("foveated", size="40")
    drawn, plain = (
        view_sheet(drawn_recording(), {"foveated": maker}, at_s=3.0, columns=1).image.astype(int)
        for maker in (view, replace(view, one_picture=False))
    )
    rows = np.flatnonzero((drawn != plain).any(axis=(1, 2)))
    cell = drawn.shape[0] // 4
    # the scene's own cell and the finest image are the same
    assert set(rows // cell) == {2, 3}


def test_a_moment_outside_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--at 60 s is outside drawn, whose video ends at 5.90 s"):
        view_sheet(drawn_recording(), {"full": make_view("full")}, at_s=60.0)


def test_gaze_that_is_not_there_is_not_drawn() -> None:
    lost = drawn_recording(lost_s=(0.0, 6.0))
    sheet = view_sheet(lost, {"mark": make_view("mark"), "mass": make_view("mass", size="40")}, at_s=3.0)
    assert sheet.seen[0].shown.frames[0].notes == ("no gaze known: no ring is drawn",)
    assert sheet.seen[1].shown.frames[0].notes == ("no gaze in its window: the gaze crop",)
    assert np.array_equal(sheet.seen[0].shown.views[0].images[0], next(iter(lost.scene.frames([30]))))
