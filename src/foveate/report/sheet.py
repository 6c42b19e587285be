"""A contact sheet of views: one scene frame, and what each view makes of it, with what that costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from foveate.clock import NS_PER_S, clock_text, nearest
from foveate.description.budget import frame_tokens
from foveate.description.segments import moment_ns
from foveate.description.viewer import Shown, Viewer
from foveate.draw import captioned, contact_sheet, crop_box, gaze_ring
from foveate.draw.marks import FAINT, GAZE, Color
from foveate.draw.panels import fit_inside
from foveate.geometry import Affine, Box, Size, Warp
from foveate.model.model import Model
from foveate.recording.gaze_source import gaze_notice
from foveate.recording.recording import Image, Recording
from foveate.view import ViewMaker

COLOURS: tuple[Color, ...] = (
    (0, 224, 255), (255, 110, 180), (140, 230, 90), (255, 214, 64), (170, 140, 255),
    (255, 140, 70), (90, 160, 255), (230, 90, 90), (90, 230, 190), (200, 200, 200),
    (180, 200, 60),
)  # fmt: skip
"""Of the views, in order, again and again."""
CELL_PX = 360
"""Width and greatest height of a picture on the sheet."""
GRID_PARTS = 8
"""Parts into which lines over the scene cut each side of a warped image."""


@dataclass(frozen=True)
class Seen:
    """What one view makes of the frame."""

    name: str
    """The view."""
    shown: Shown
    """Its images and their record."""
    tokens: tuple[int | None, ...] | None
    """Visual tokens of each image, None where the model does not tell; None where no model was named."""
    one_picture: bool = False
    """Whether its images are parts of one picture, each around the one before."""

    @property
    def cost(self) -> str:
        """Sizes, share of pixels and tokens in one line."""
        (frame,) = self.shown.frames
        sizes = " + ".join(f"{width}x{height}" for width, height in frame.sizes_px)
        parts = [f"{sizes} px", f"regions: {frame.share_of_pixels:.1%} of the frame"]
        if self.tokens is not None:
            known = [count for count in self.tokens if count is not None]
            parts.append(f"{sum(known)} tokens" if len(known) == len(self.tokens) else "tokens unknown")
        return ", ".join(parts)


@dataclass(frozen=True)
class Sheet:
    """A drawn contact sheet."""

    image: Image
    """(height, width, 3)."""
    time_s: float
    """Of the scene frame, from the first."""
    seen: tuple[Seen, ...]
    """One per view."""


def view_sheet(
    recording: Recording,
    makers: Mapping[str, ViewMaker],
    *,
    at_s: float,
    model: Model | None = None,
    columns: int | None = None,
) -> Sheet:
    """Draw what views show of one frame.

    Args:
        recording: whose frame.
        makers: name -> view.
        at_s: seconds from the first frame; the nearest frame is shown.
        model: tells the tokens of the images.
        columns: pictures in a row; None for about a square.

    Raises:
        UsageError: for a moment outside of the video.
        FoveateError: where a view or the recording fails.
    """
    scene = recording.scene
    index = nearest(scene.time_ns, np.array([moment_ns(recording, at_s)]))
    time_s = (int(scene.time_ns[index[0]]) - int(scene.time_ns[0])) / NS_PER_S
    seen = tuple(_see(name, Viewer(recording, maker), index, model) for name, maker in makers.items())
    (frame,) = scene.frames([int(index[0])])
    cells = [_scene_cell(frame, seen, f"{recording.name} at {clock_text(time_s)}", gaze_notice(recording))]
    for place, one in enumerate(seen):
        cells += _cells(one, COLOURS[place % len(COLOURS)], _place(scene.size_px))
    return Sheet(contact_sheet(cells, columns=columns, cell_width_px=CELL_PX), time_s, seen)


def _see(name: str, viewer: Viewer, index: np.ndarray, model: Model | None) -> Seen:
    shown = viewer.show_frames(index)
    tokens = None if model is None else tuple(frame_tokens(model, viewer.maker, shown.views[0]))
    return Seen(name, shown, tokens, viewer.maker.one_picture)


def _scene_cell(frame: Image, seen: Sequence[Seen], title: str, notice: str | None) -> Image:
    """The scene frame with the regions of all views, each in its colour, and the gaze where a view knows it."""
    whole = Size(frame.shape[1], frame.shape[0])
    image = fit_inside(frame, _place(whole))
    to_cell = Affine.crop_and_resize(Box(0, 0, *whole), Size(image.shape[1], image.shape[0]))
    for place, one in enumerate(seen):
        color = COLOURS[place % len(COLOURS)]
        for glimpse in one.shown.views[0].glimpses:
            if glimpse.warp is not None:
                image = _with_grid(image, glimpse.warp, to_cell, color)
            elif glimpse.box_px.size_px != whole:
                image = crop_box(image, _mapped(glimpse.box_px, to_cell), color=color)
    record = next((one.shown.frames[0] for one in seen if one.shown.frames[0].source != "none"), None)
    gaze = "no view here uses gaze"
    if record is not None:
        known = {"measured": "gaze measured", "held": "last gaze held", "center": "no gaze: the centre", "predicted": ""}
        gaze = "; ".join(filter(None, (known[record.source], notice)))
        if record.source != "center":
            color = FAINT if record.source == "predicted" else GAZE
            image = gaze_ring(image, to_cell(np.array(record.aim_px)).tolist(), color=color)
    size = f"{whole.width_px}x{whole.height_px} px"
    lines = [f"{title}, {size}", gaze] if notice else [title, f"{size}, {gaze}"]  # a notice has a line of its own
    return captioned(image, lines, place_px=_place(whole))


def _mapped(box_px: Box, to_cell: Affine) -> Box:
    corners = np.array([box_px[:2], (box_px.left_px + box_px.width_px, box_px.top_px + box_px.height_px)], dtype=np.float64)
    left, top, right, bottom = np.round(to_cell(corners)).astype(int).ravel().tolist()
    return Box(left, top, right - left, bottom - top)


def _with_grid(image: Image, warp: Warp, to_cell: Affine, color: Color) -> Image:
    """An image with the lines of an even grid of the warped image, as they lie in the scene."""
    marked = image.copy()
    part = np.linspace(0, 1, GRID_PARTS + 1)[1:-1, None] * np.array(warp.size_px)
    for x, y in np.floor(to_cell(warp.inverse(part))).astype(int).tolist():
        marked[:, x] = marked[:, x] // 2 + np.array(color, dtype=np.uint8) // 2
        marked[y] = marked[y] // 2 + np.array(color, dtype=np.uint8) // 2
    return marked


def _place(frame_px: Size) -> Size:
    """How large pictures may be on the sheet: in the shape of the scene frame, as far as that is neither tall nor very flat."""
    return Size(CELL_PX, round(CELL_PX * max(0.75, min(1.0, frame_px.height_px / frame_px.width_px))))


def _cells(seen: Seen, color: Color, place_px: Size) -> list[Image]:
    """A cell for each image of a view."""
    view, (record,) = seen.shown.views[0], seen.shown.frames
    cells = []
    for number, image in enumerate(view.images):
        count = f" {number + 1} of {len(view.images)}" if len(view.images) > 1 else ""
        tokens = ""
        if seen.tokens is not None:
            tokens = f", {seen.tokens[number]} tokens" if seen.tokens[number] is not None else ", tokens unknown"
        box = view.glimpses[number].box_px
        share = box.width_px * box.height_px / (view.frame.size_px.width_px * view.frame.size_px.height_px)
        below = ", ".join((f"{share:.1%} of the frame", *record.notes, *_words(seen.shown.told)))
        title = f"{seen.name}{count}: {image.shape[1]}x{image.shape[0]} px{tokens}"
        drawn = fit_inside(image, place_px)
        if seen.one_picture and number:  # where the finer image lies
            to_cell = Affine.crop_and_resize(box, Size(drawn.shape[1], drawn.shape[0]))
            drawn = crop_box(drawn, _mapped(view.glimpses[number - 1].box_px, to_cell), color=color)
        cells.append(captioned(drawn, [title, below], color=color, place_px=place_px))
    return cells


def _words(told: str) -> tuple[str, ...]:
    """What a model is told, without the time and what explains it."""
    return (f"told: {told.split(' ', 2)[-1].partition(' (')[0].removeprefix('the person ').rstrip('.')}",) if told else ()
