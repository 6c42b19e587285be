"""foveate info for one recording of many."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from foveate.batch.entry import open_item
from foveate.batch.kind import Merged, nothing
from foveate.job import Item, Json, Result, Work
from foveate.recording.info import facts

FILE = "info.json"
COLUMNS = (
    *("format", "device", "duration_s", "frames", "frames_with_video", "width", "height", "fps"),
    *("gaze_samples", "gaze_valid", "gaze_rate_hz", "video_to_gaze_offset_ms", "streams", "warnings"),
)


def make_work(settings: Mapping[str, Json]) -> Work:
    """The facts of a recording, as info.json."""

    def work(item: Item, folder: Path) -> Json:
        told = facts(open_item(item, settings))
        (folder / FILE).write_text(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
        return {
            "device": told["device"],
            "duration_s": told["duration_s"],
            "told": gaze_told(told),
            "text": "",
            "remarks": told["warnings"],
            "page": None,
        }

    return work


def gaze_told(told: Mapping[str, Any]) -> str:
    """Frames with video, and gaze samples with their loss, in a line."""
    frames = f"{told['frames_with_video']} frames with video"
    if not told["gaze_samples"]:
        return f"{frames}, no gaze"
    return f"{frames}, {told['gaze_samples']} gaze samples, {1 - told['gaze_valid'] / told['gaze_samples']:.1%} lost"


def rows(result: Result) -> Iterator[Mapping[str, Json]]:
    """One line."""
    told = json.loads(result.file(FILE).read_text(encoding="utf-8"))
    yield {**told, "streams": ", ".join(told["streams"]), "warnings": "; ".join(told["warnings"])}


merged: Merged = nothing
"""One table is all."""
