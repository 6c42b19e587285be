"""Predictions as GLC has its gaze: ``<video>_frame_label.csv`` with frame, x, y, gaze_type.

Source: the preprocessing of BolinLai/GLC (Lai et al., "In the Eye of Transformer: Global-Local Correlation for Egocentric Gaze
Estimation", BMVC 2022): frames from 0, x and y in shares of the frame from its top left, gaze_type 0 for a fixation, 1 for a
saccade, 2 for a point outside of the frame, which was moved to its edge, 3 for a frame without gaze. Where we differ: a point
that was moved to the edge is not where anyone looked, so it is missing, as one of type 3 is.
"""

import numpy as np

from foveate.errors import RecordingError
from foveate.predict.file_table import SHARES, Table, by_frame
from foveate.recording.columns import numbers
from foveate.recording.recording import GazeStream
from foveate.recording.samples import gaze_stream

TYPES = {0: "fixation", 1: "saccade", 2: "outside of the frame", 3: "untracked"}
LOOKED = (0, 1)
"""Types of which the point is where somebody looks."""


def read(table: Table) -> GazeStream:
    """Read the file."""
    found = {name: numbers(column) for name, column in table.columns("frame", "x", "y", "gaze_type").items()}
    kind = found["gaze_type"]
    if strange := sorted(set(kind[~np.isin(kind, list(TYPES))].tolist()), key=str):
        allowed = ", ".join(f"{number} ({what})" for number, what in TYPES.items())
        raise RecordingError(f"{table.file}: gaze_type {strange[0]:g} is not known; allowed: {allowed}")
    time_ns, there, notes = by_frame(found["frame"], table, "frame")
    valid = np.isin(kind, LOOKED)
    lost = {TYPES[number]: int(np.sum(kind[there] == number)) for number in TYPES if number not in LOOKED}
    notes += [f"{count} of {int(there.sum())} predictions are {what}: missing" for what, count in lost.items() if count]
    point = table.in_frame(np.where(valid[:, None], np.stack([found["x"], found["y"]], axis=1), np.nan), table.of_px or SHARES)
    return gaze_stream(time_ns[there], point[there], valid=valid[there], confidence=None, source=table.file, notes=tuple(notes))
