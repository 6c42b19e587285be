"""Frames on a page: the whole frame with what was shown of it, and that beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foveate.description.description import ShownFrame
from foveate.recording.recording import Recording
from foveate.report.seen import data_uri, seen
from foveate.view.fit import longest_side
from foveate.view.view import Paint

THUMBNAIL_PX = 480
"""Longest side of a scene frame on the page."""
SEEN_PX = 256
"""Longest side of what the model saw, on the page."""
GRID_LINES = 8
"""Parts into which lines over the frame cut each side of a warped image."""


@dataclass(frozen=True)
class Picture:
    """One frame on the page."""

    time_s: float
    thumbnail: str
    """Data URI of the whole frame."""
    seen: tuple[str, ...]
    """Data URIs of the images that the model saw."""
    frame: ShownFrame
    """Its record: the boxes are drawn over the thumbnail by the page."""
    grid: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    """Where in the frame the columns and rows of a warped image lie, one line in so many; None for an image that is not."""


def pictures(
    recording: Recording, frames: Sequence[ShownFrame], *, thumbnail_px: int = THUMBNAIL_PX, paint: Paint | None = None
) -> list[Picture]:
    """Shown frames as pictures; only what is on the page is decoded.

    Args:
        recording: where they come from.
        frames: in order of time.
        thumbnail_px: longest side of a whole frame.
        paint: what the view paints on an image (``ViewMaker.paint``); None to leave images as they are.
    """
    if not frames:
        return []
    scene = recording.scene
    indices = [frame.index for frame in frames]
    whole = scene.frames(indices, sizes_px=[longest_side(thumbnail_px)(scene.size_px)] * len(indices))
    thumbnails = [data_uri(image) for image in whole]
    cropped = [frame for frame in frames if not _is_all(frame)]
    images = seen(scene, cropped, longest_px=SEEN_PX, paint=paint)
    crops_of = {frame.index: found for frame, found in zip(cropped, images, strict=True)}
    seen_uris = [[data_uri(image) for image in crops_of.get(frame.index, ())] for frame in frames]
    return [
        Picture(frame.time_s, thumbnail, tuple(crops), frame, _grid(frame))
        for frame, thumbnail, crops in zip(frames, thumbnails, seen_uris, strict=True)
    ]


def _is_all(frame: ShownFrame) -> bool:
    """Whether the model saw what the thumbnail shows."""
    return len(frame.boxes_px) == 1 and not frame.warps and frame.share_of_pixels >= 0.9


def _grid(frame: ShownFrame) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Every so many of a warped image's columns and rows, in scene pixels."""
    warp = next((warp for warp in frame.warps if warp is not None), None)
    if warp is None:
        return None
    across, down = (axis.to_scene(np.linspace(0, axis.image_px, GRID_LINES + 1)[1:-1]) for axis in (warp.x, warp.y))
    return tuple(across.tolist()), tuple(down.tolist())
