"""The contact sheet of an evaluation: heat lies where the attention is, every sample and sentence has its place."""

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from foveate.draw.captioned import LINE_PX
from foveate.errors import JobError, UsageError
from foveate.gaze.patches import tiles_and_thumbnail, whole
from foveate.model.attention.looked import Looked
from foveate.train.sheet import CELL_PX, SheetFrame, SheetRow, draw_sheet, sheet_frames, write_sheet

TOP_PX = 1 + 2 * LINE_PX + LINE_PX // 2 + 12
"""Where the first row starts: under the title, the key and a gap."""
GRID = whole((2, 4), (108, 216))


def frame(attended: int, looked_at: int | None, places=GRID, *, grey: int = 120) -> SheetFrame:
    one_hot = np.eye(sum(map(len, places)))
    target = None if looked_at is None else one_hot[looked_at]
    return SheetFrame(np.full((108, 216, 3), grey, dtype=np.uint8), places, one_hot[attended], target)


def row(*frames: SheetFrame, hypothesis: str = "cuts bread") -> SheetRow:
    return SheetRow("kitchen-3", frames, hypothesis, "cuts an onion")


def hot(panel: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is coloured, not grey."""
    y, x = np.nonzero(np.ptp(panel.astype(int), axis=2) > 60)
    return int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1


PLACES = {
    "one grid": (whole((2, 4), (108, 216)), 6, (108, 54, 162, 108)),
    "a crop of the image": (whole((2, 2), (108, 108)), 3, (54, 54, 108, 108)),
    "the second tile": (tiles_and_thumbnail((1, 2), (2, 2), (108, 216)), 4, (108, 0, 162, 54)),
    "the thumbnail": (tiles_and_thumbnail((1, 2), (2, 2), (108, 216)), 9, (108, 0, 216, 54)),
}


@pytest.mark.parametrize(("places", "token", "box"), PLACES.values(), ids=PLACES.keys())
def test_heat_lies_where_the_token_does(places, token, box):
    sheet = draw_sheet([row(frame(token, 0, places))], title="step 20")
    assert hot(sheet[TOP_PX : TOP_PX + 108, :CELL_PX]) == box
    gaze = hot(sheet[TOP_PX : TOP_PX + 108, CELL_PX + 2 : 2 * CELL_PX + 2])
    assert gaze[:2] == (0, 0), "the gaze, at the right, is in the first token"


def test_even_attention_is_faint_and_no_gaze_leaves_the_frame_as_it_is():
    even = SheetFrame(np.full((108, 216, 3), 120, dtype=np.uint8), whole((2, 4), (108, 216)), np.full(8, 1 / 8), None)
    sheet = draw_sheet([row(even)], title="step 20").astype(int)
    assert 20 < np.ptp(sheet[TOP_PX + 50, 100]) < 60
    assert (sheet[TOP_PX : TOP_PX + 108, CELL_PX + 2 : 2 * CELL_PX + 2] == 120).all()


def test_rows_are_samples_and_columns_frames_of_which_only_so_many_are_shown():
    two = draw_sheet([row(frame(0, 0), frame(1, 1)), row(frame(0, 0))], title="t")
    assert two.shape[1] == 2 * (2 * CELL_PX + 2) + 8
    one = draw_sheet([row(frame(0, 0))], title="t")
    assert two.shape[0] - one.shape[0] == one.shape[0] - TOP_PX + 12
    many = draw_sheet([row(*(frame(0, 0, grey=number) for number in range(9)))], title="t")
    assert many.shape[1] == 5 * (2 * CELL_PX + 2) + 4 * 8
    first_px = [int(many[TOP_PX + 100, place * (2 * CELL_PX + 10) + 200, 0]) for place in range(5)]
    assert first_px == [round(0.45 * grey) for grey in (0, 2, 4, 6, 8)], "frames at even distances, first and last among them"


def test_other_words_make_another_picture():
    first, second = (draw_sheet([row(frame(0, 0), hypothesis=said)], title="t") for said in ("cuts bread", ""))
    assert first.shape == second.shape
    assert (first != second).any()


def test_frames_of_a_batch_without_its_padding():
    present = torch.tensor([[[True] * 8, [True] * 4 + [False] * 4]])
    attention = torch.rand(1, 2, 8).masked_fill(~present, 0)
    target, valid = np.full((1, 2, 8), 1 / 8), np.array([[True, False]])
    images, places = [np.zeros((8, 16, 3), np.uint8)] * 2, [whole((2, 4), (8, 16)), whole((2, 2), (8, 16))]
    frames = sheet_frames(Looked(attention, present), target, valid, 0, images, places)
    assert [each.attention.tolist() for each in frames] == [attention[0, 0].tolist(), attention[0, 1, :4].tolist()]
    assert frames[0].target.tolist() == [1 / 8] * 8
    assert frames[1].target is None


def test_it_is_written_whole(tmp_path):
    write_sheet([row(frame(0, 0))], tmp_path / "sheet-20.png", title="step 20")
    assert np.array_equal(Pillow.open(tmp_path / "sheet-20.png"), draw_sheet([row(frame(0, 0))], title="step 20"))
    assert [path.name for path in tmp_path.iterdir()] == ["sheet-20.png"]
    with pytest.raises(JobError, match=r"cannot write .*nowhere"):
        write_sheet([row(frame(0, 0))], tmp_path / "nowhere" / "sheet.png", title="")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param([], "at least one sample", id="none"),
        pytest.param([row()], "each at least one frame", id="no frames"),
        pytest.param([row(SheetFrame(np.zeros((4, 4, 3), np.uint8), whole((1, 2), (4, 4)), np.ones(3) / 3, None))],
                     "3 tokens needs as many places, got 2", id="places"),
    ],
)  # fmt: skip
def test_says_what_is_missing(rows, message):
    with pytest.raises(UsageError, match=message):
        draw_sheet(rows, title="t")
