"""A contact sheet of an evaluation: where the model looked beside where the wearer did, what it said and what is true."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.draw import captioned, heat, side_by_side, stacked
from foveate.draw.marks import BOX, GAZE, Color, Image
from foveate.draw.panels import fit_inside
from foveate.errors import UsageError
from foveate.gaze.patches import Patches
from foveate.geometry import Size
from foveate.job.disk import write_whole
from foveate.model.attention.looked import Looked
from foveate.score.on_gaze import TOP, chance, top_10

MOST_FRAMES = 5
"""Of a sample on the sheet; of more, so many at even distances."""
CELL_PX = 216
"""Greatest width and height of a frame on the sheet."""
FULL_HEAT = 4.0
"""Times the even share of attention that is at least needed for full colour: attention spread evenly looks faint, not hot."""
ATTENTION: Color = BOX


@dataclass(frozen=True)
class SheetFrame:
    """One frame on the sheet."""

    image: Image
    """(height, width, 3) as the model was given it."""
    places: tuple[Patches, ...]
    """Where its visual tokens lie, in pixels of the image."""
    attention: NDArray[np.float64]
    """(tokens,) of sum 1."""
    target: NDArray[np.float64] | None
    """(tokens,) of sum 1; None without valid gaze."""


@dataclass(frozen=True)
class SheetRow:
    """One sample on the sheet."""

    name: str
    """Of the sample."""
    frames: tuple[SheetFrame, ...]
    """In the order in which the model saw them."""
    hypothesis: str
    """What the model said."""
    reference: str
    """What a perfect model would have said."""


def sheet_frames(
    looked: Looked,
    target: NDArray[np.float64],
    valid: NDArray[np.bool_],
    item: int,
    images: Sequence[Image],
    places: Sequence[Sequence[Patches]],
) -> tuple[SheetFrame, ...]:
    """The frames of one item of a batch.

    Args:
        looked: of the batch.
        target: (batch, frames, patches).
        valid: (batch, frames).
        item: which item.
        images: the item's, one per frame.
        places: the item's, in pixels of its images.
    """
    frames = []
    for number, (image, blocks) in enumerate(zip(images, places, strict=True)):
        at = looked.present[item, number].cpu().numpy()
        attention = looked.attention[item, number].detach().double().cpu().numpy()[at]
        frames.append(SheetFrame(image, tuple(blocks), attention, target[item, number, at] if valid[item, number] else None))
    return tuple(frames)


def draw_sheet(rows: Sequence[SheetRow], *, title: str) -> Image:
    """Draw it: a row per sample, a column per frame, in each the attention and, at its right, the gaze.

    Args:
        rows: the samples.
        title: a line above all.

    Raises:
        UsageError: where there are no samples, or one has no frames.
    """
    if not rows or not all(row.frames for row in rows):
        raise UsageError("a contact sheet needs at least one sample, and each at least one frame")
    drawn = [_row(row) for row in rows]
    across = max(image.shape[1] for image in drawn)
    key = "left: where the model looked, right: where the wearer looked; below: top-10 on gaze (by chance)"
    head = captioned(np.zeros((1, across, 3), dtype=np.uint8), [title, key])
    return stacked([head, *drawn], gap_px=12)


def write_sheet(rows: Sequence[SheetRow], path: Path, *, title: str) -> None:
    """Draw it and write it as a PNG, whole or not at all."""
    from PIL import Image as Pillow

    data = io.BytesIO()
    Pillow.fromarray(draw_sheet(rows, title=title)).save(data, "PNG", optimize=True)
    write_whole(path, data.getvalue())


def _row(row: SheetRow) -> Image:
    count = len(row.frames)
    chosen = sorted({round(place) for place in np.linspace(0, count - 1, min(count, MOST_FRAMES)).tolist()})
    cells = [_cell(row.frames[number]) for number in chosen]
    some = f", {len(chosen)} of {count} frames" if len(chosen) < count else ""
    lines = [f"model: {row.hypothesis or '(nothing)'}", f"truth: {row.reference}", f"{row.name}{some}"]
    return captioned(side_by_side(cells, height_px=max(cell.shape[0] for cell in cells)), lines)


def _cell(frame: SheetFrame) -> Image:
    image = fit_inside(frame.image, Size(CELL_PX, CELL_PX))
    left = _with_heat(image, frame, frame.attention, ATTENTION)
    if frame.target is None:
        pair, said = [left, image], "no valid gaze"
    else:
        pair = [left, _with_heat(image, frame, frame.target, GAZE)]
        top, even = top_10(frame.attention, frame.target).value, chance(frame.attention, frame.target).value
        said = "gaze spread evenly" if top is None or even is None else f"top-{TOP} {top:.2f} ({even:.2f})"
    return captioned(side_by_side(pair, height_px=image.shape[0], gap_px=2), [said])


def _with_heat(image: Image, frame: SheetFrame, shares: NDArray[np.float64], color: Color) -> Image:
    """Density over the pixels: patches that overlap, as those of tiles and a thumbnail, add up."""
    height, width = image.shape[:2]
    scale = width / frame.image.shape[1], height / frame.image.shape[0]
    density = np.zeros((height, width))
    taken = 0
    for block in frame.places:
        values = shares[taken : taken + len(block)].reshape(block.rows, block.columns)
        taken += len(block)
        x, y = ((np.arange(side) + 0.5) / part for side, part in zip((width, height), scale, strict=True))
        column, row = (
            np.searchsorted(edges, at, side="right") - 1 for edges, at in ((block.x_edges_px, x), (block.y_edges_px, y))
        )
        inside_x, inside_y = (column >= 0) & (column < block.columns), (row >= 0) & (row < block.rows)
        area_share = block.box_px[2] * block.box_px[3] / len(block) / (frame.image.shape[0] * frame.image.shape[1])
        density[np.ix_(inside_y, inside_x)] += values[np.ix_(row[inside_y], column[inside_x])] / area_share
    if taken != len(shares):
        raise UsageError(f"a frame of {len(shares)} tokens needs as many places, got {taken}")
    return heat(image, density / max(FULL_HEAT, density.max()), color=color)
