"""The HTML page of a Description: one file, nothing loaded from elsewhere."""

from typing import Any

import numpy as np

from foveate.clock import NS_PER_S
from foveate.description.description import Description, SpanDescription
from foveate.recording.gaze_source import STREAM
from foveate.recording.recording import Recording
from foveate.report.page import render_page
from foveate.report.pictures import pictures
from foveate.report.seen import spread

FRAMES_PER_PAGE = 160
"""Pictures of scene frames on one page; with more spans each gets fewer, at least one."""


def description_page(description: Description, recording: Recording) -> str:
    """The page of a description.

    Args:
        description: what was told.
        recording: where the pictures come from; only the frames on the page are decoded.

    Returns:
        HTML.
    """
    per_span = max(1, min(4, FRAMES_PER_PAGE // max(1, len(description.spans))))
    pictured = [pictures(recording, spread(span.frames, per_span)) for span in description.spans]
    return render_page(
        "description.html.j2",
        description=description,
        spans=list(zip(description.spans, pictured, strict=True)),
        frame_size=recording.scene.size_px,
        strip=_gaze_strip(recording),
        strip_stop_s=(recording.scene.time_ns[-1] - recording.scene.time_ns[0]) / NS_PER_S,
        saved=_saved(description),
        worst=[span for span in description.spans if _fallbacks(span)],
    )


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
