"""The HTML page of a Description: one file, nothing loaded from elsewhere."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S
from foveate.description.description import Description, ShownFrame, SpanDescription
from foveate.recording.gaze_source import STREAM
from foveate.recording.recording import Recording
from foveate.report.page import render_page
from foveate.view import Glimpse
from foveate.view.fit import longest_side

THUMBNAIL_PX = 480
"""Longest side of a scene frame on the page."""
SEEN_PX = 256
"""Longest side of what the model saw, on the page."""
FRAMES_PER_PAGE = 160
"""Pictures of scene frames on one page; with more spans each gets fewer, at least one."""
JPEG_QUALITY = 72
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
    pictures = [_pictures(recording, _spread(span.frames, per_span)) for span in description.spans]
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


def _spread(frames: Sequence[ShownFrame], count: int) -> list[ShownFrame]:
    """Some of the frames, evenly spread."""
    if len(frames) <= count:
        return list(frames)
    picks = np.linspace(0, len(frames) - 1, count + 2)[1:-1].round().astype(int) if count > 1 else [len(frames) // 2]
    return [frames[k] for k in sorted(set(picks))]


def _pictures(recording: Recording, frames: Sequence[ShownFrame]) -> list[Picture]:
    if not frames:
        return []
    scene = recording.scene
    indices = [frame.index for frame in frames]
    whole = scene.frames(indices, sizes_px=[longest_side(THUMBNAIL_PX)(scene.size_px)] * len(indices))
    thumbnails = [_data_uri(image) for image in whole]
    seen: list[list[str]] = [[] for _ in frames]
    for image in range(max(len(frame.boxes_px) for frame in frames)):
        having = [k for k, frame in enumerate(frames) if image < len(frame.boxes_px) and not _is_all(frame)]
        glimpses = [_glimpse(frames[k], image) for k in having]
        regions = scene.frames(
            [indices[k] for k in having],
            boxes_px=[glimpse.box_px for glimpse in glimpses],
            sizes_px=[None if glimpse.warp else longest_side(SEEN_PX)(glimpse.size_px) for glimpse in glimpses],
        )
        for k, glimpse, region in zip(having, glimpses, regions, strict=True):
            seen[k].append(_data_uri(glimpse.image(region) if glimpse.warp else region))
    return [
        Picture(frame.time_s, thumbnail, tuple(crops), frame, _grid(frame))
        for frame, thumbnail, crops in zip(frames, thumbnails, seen, strict=True)
    ]


def _glimpse(frame: ShownFrame, image: int) -> Glimpse:
    """How an image of a frame is made, small enough for the page."""
    warp = frame.warps[image] if frame.warps else None
    return Glimpse(frame.boxes_px[image], frame.sizes_px[image], warp)


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


def _data_uri(image: NDArray[np.uint8]) -> str:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")


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
