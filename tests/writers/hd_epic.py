"""A faithful piece of HD-EPIC: Videos/P01/ID.mp4 and Intermediate Data/P01/ID/framewise_info.jsonl; all of it known."""

import json
from pathlib import Path
from typing import Any

from foveate.geometry import Size
from writers.video import write_clip

NAME = "P01-20240202-110250"
SIZE = Size(64, 64)
FRAME_NS = 33_333_333
FIRST_NS = 51_973_306_000
GAZE_EVERY_NS = 200_000_000
FIRST_GAZE_NS = FIRST_NS + 66_757_000


def frame_row(index: int) -> dict[str, Any]:
    """Frame ``index`` with the nearest gaze estimate: estimate k looks at (700 + 10 k, 704) px of 1408."""
    tracking_ns = FIRST_NS + index * FRAME_NS
    number = max(0, round((tracking_ns - FIRST_GAZE_NS) / GAZE_EVERY_NS))
    pose = [[1.0, 0.0, 0.0, 0.1], [0.0, 1.0, 0.0, 0.2], [0.0, 0.0, 1.0, 0.3]]
    return {
        "frame_index": index,
        "tracking_timestamp_ns": tracking_ns,
        "slam_timestamp_ns": tracking_ns,
        "gaze_timestamp_ns": FIRST_GAZE_NS + number * GAZE_EVERY_NS,
        "T_world_device": pose,
        "gaze_centre_in_pixels": [700.0 + 10 * number, 704.0],
        "gaze_direction_in_world": [0.0, 0.0, 1.0],
    }


def write_hd_epic(root: Path, *, frames: int = 60, rows: list[Any] | None = None, video: bool = True) -> Path:
    """Write both parts; a row that is a string is written as it is. Returns the folder with framewise_info.jsonl."""
    folder = root / "HD-EPIC Intermediate Data" / "P01" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    rows = [frame_row(index) for index in range(frames)] if rows is None else rows
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "framewise_info.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "device_calibration.json").write_text(json.dumps({"device_version": "Gen1", "cameras": {}}))
    if video:
        (root / "Videos" / "P01").mkdir(parents=True, exist_ok=True)
        write_clip(root / "Videos" / "P01" / f"{NAME}.mp4", frames=frames, size_px=SIZE)
    return folder
