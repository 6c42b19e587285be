"""The correction that a wearer set, which older phone programs put on gaze but not on the fixations that they found.

Source: Pupil Labs' public reader (pl-neon-recording), which corrects them so.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.errors import RecordingError
from foveate.recording.inside import inside, read_json
from foveate.recording.json_lines import vector

CORRECTED_SINCE = (2, 9, 31)
"""Version of the phone's program from which on fixations have the correction in them."""


def fixation_offset_px(path: Path) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """What a folder's fixations lack to lie where its gaze does, (2,) in pixels to the right and down; and a note on it."""
    try:
        info = read_json(inside(path, "info.json"))
    except RecordingError:
        return np.zeros(2), ("info.json cannot be read: it is not known whether fixations have the wearer's gaze offset",)
    version = re.match(r"(\d+)\.(\d+)\.(\d+)", str(info.get("app_version")))
    told = vector(info.get("gaze_offset"), 2)
    if version is None or tuple(map(int, version.groups())) >= CORRECTED_SINCE or told is None or not np.isfinite(told).all():
        return np.zeros(2), ()
    right_px, up_px = told
    if right_px == up_px == 0:
        return np.zeros(2), ()
    lacking = f"fixations of the phone's program {version[0]} lack the wearer's gaze offset"
    note = f"{lacking}: moved by it, {right_px:g} px right and {up_px:g} px up"
    return np.array([right_px, -up_px]), (note,)
