"""The HTML page of a Description: one file, nothing loaded from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from foveate.clock import NS_PER_S
from foveate.description.description import Description, ShownFrame, SpanDescription
from foveate.recording.gaze_source import STREAM
from foveate.recording.recording import Recording
from foveate.report.page import render_page
from foveate.report.seen import data_uri, seen, spread
from foveate.view.fit import longest_side

THUMBNAIL_PX = 480
"""Longest side of a scene frame on the page."""
SEEN_PX = 256
"""Longest side of what the model saw, on the page."""
FRAMES_PER_PAGE = 160
"""Pictures of scene frames on one page; with more spans each gets fewer, at least one."""
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


def description_page(description: Description, recording: Recording) -> str:
    """The page of a description.

    Args:
        description: what was told.
        recording: where the pictures come from; only the frames on the page are decoded.

    Returns:
        HTML.
    """
    per_span = max(1, min(4, FRAMES_PER_PAGE // max(1, len(description.spans))))
    pictures = [_pictures(recording, spread(span.frames, per_span)) for span in description.spans]
    return render_page(
        "description.html.j2",
        description=description,
        spans=list(zip(description.spans, pictures, strict=True)),
        frame_size=recording.scene.size_px,
        strip=_gaze_strip(recording),
        strip_stop_s=(recording.scene.time_ns[-1] - recording.scene.time_ns[0]) / NS_PER_S,
        saved=_saved(description),
        worst=[span for span in description.spans if _fallbacks(span)],
    )


def _pictures(recording: Recording, frames: Sequence[ShownFrame]) -> list[Picture]:
    if not frames:
        return []
    scene = recording.scene
    indices = [frame.index for frame in frames]
    whole = scene.frames(indices, sizes_px=[longest_side(THUMBNAIL_PX)(scene.size_px)] * len(indices))
    thumbnails = [data_uri(image) for image in whole]
    cropped = [frame for frame in frames if not _is_all(frame)]
    crops_of = {frame.index: images for frame, images in zip(cropped, seen(scene, cropped, longest_px=SEEN_PX), strict=True)}
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


def _gaze_strip(recording: Recording, *, slots: int = 240) -> list[dict[str, Any]]:
    """Share of valid gaze samples over the recording, as bars; a slot without samples has none, nor has gaze not measured."""
    if "gaze" not in recording.loaders or STREAM in recording.loaders:
        return []
    gaze, time_ns = recording.gaze, recording.scene.time_ns
    start_ns, stop_ns = int(time_ns[0]), int(time_ns[-1]) + 1
    edges_ns = np.linspace(start_ns, stop_ns, slots + 1)
    slot = np.clip(np.searchsorted(edges_ns, gaze.time_ns, side="right") - 1, -1, slots)
    inside = (gaze.time_ns >= start_ns) & (gaze.time_ns < stop_ns)
    samples = np.bincount(slot[inside], minlength=slots)[:slots]
    valid = np.bincount(slot[inside & gaze.valid], minlength=slots)[:slots]
    return [
        {"samples": int(n), "share": float(v / n) if n else 0.0, "time_s": (edges_ns[k] - start_ns) / NS_PER_S}
        for k, (n, v) in enumerate(zip(samples, valid, strict=True))
    ]


def _saved(description: Description) -> float | None:
    """Share of the visual tokens of full frames that was not spent; None where the model does not tell."""
    totals = description.totals
    if totals.visual_tokens is None or not totals.full_visual_tokens:
        return None
    return 1 - totals.visual_tokens / totals.full_visual_tokens


def _fallbacks(span: SpanDescription) -> int:
    return sum(count for source, count in span.gaze_sources.items() if source in ("predicted", "held", "center"))
