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
from foveate.recording.recording import Recording
from foveate.report.page import render_page
from foveate.view.fit import longest_side

THUMBNAIL_PX = 480
"""Longest side of a scene frame on the page."""
SEEN_PX = 256
"""Longest side of what the model saw, on the page."""
FRAMES_PER_PAGE = 160
"""Pictures of scene frames on one page; with more spans each gets fewer, at least one."""
JPEG_QUALITY = 72


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
        having = [k for k, frame in enumerate(frames) if image < len(frame.boxes_px)]
        boxes = [frames[k].boxes_px[image] for k in having]
        sizes = [longest_side(SEEN_PX)(frames[k].sizes_px[image]) for k in having]
        crops = scene.frames([indices[k] for k in having], boxes_px=boxes, sizes_px=sizes)
        for k, crop in zip(having, crops, strict=True):
            seen[k].append(_data_uri(crop))
    return [
        Picture(frame.time_s, thumbnail, tuple(crops), frame)
        for frame, thumbnail, crops in zip(frames, thumbnails, seen, strict=True)
    ]


def _data_uri(image: NDArray[np.uint8]) -> str:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def _gaze_strip(recording: Recording, *, slots: int = 240) -> list[dict[str, Any]]:
    """Share of valid gaze samples over the recording, as bars; a slot without samples has none."""
    if "gaze" not in recording.loaders:
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
    return sum(count for source, count in span.gaze_sources.items() if source in ("held", "center"))
