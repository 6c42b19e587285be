"""Predictions as Ego-Exo4D has its gaze, and EgoGazeLite reads it: ``*_2d.csv`` with frame_num, x, y in pixels of 1408 x 1408.

Read as the data set's own files are: see ``recording.egoexo4d`` for how frame_num becomes a time. EgoGazeLite (arXiv
2608.15614) evaluates on these files; the program that its authors published writes no predictions.
"""

from dataclasses import replace

import numpy as np

from foveate.clock import NS_PER_S, usual_interval_ns
from foveate.errors import RecordingError
from foveate.predict.file_table import Table
from foveate.recording.egoexo4d import FRAME_PX, VIDEO_FPS, gaze_2d
from foveate.recording.recording import GazeStream

SAME_RATE = 0.05


def read(table: Table) -> GazeStream:
    """Read the file.

    Raises:
        RecordingError: where the video is not one that such files are written for.
    """
    frame_ns, size_px = table.frames.time_ns, table.frames.size_px
    fps = NS_PER_S / usual_interval_ns(frame_ns) if len(frame_ns) > 1 else VIDEO_FPS
    if abs(fps / VIDEO_FPS - 1) > SAME_RATE:
        raise RecordingError(
            f"{table.file} counts in frame_num as Ego-Exo4D does, at {VIDEO_FPS:g} frames in a second, and the video has "
            f"{fps:.2f}; where it is the index of the video's frame, call the column frame"
        )
    if table.of_px is None and size_px.width_px != size_px.height_px:
        raise RecordingError(
            f"{table.file} has gaze as Ego-Exo4D does, in pixels of {FRAME_PX[0]}x{FRAME_PX[1]}, and the video is "
            f"{size_px[0]}x{size_px[1]}; say what they are: {table.how_to_declare()}"
        )
    first_ns = int(frame_ns[0])
    of_px = table.of_px or FRAME_PX
    gaze = gaze_2d(table.file, frame_ns=frame_ns - first_ns, placed=lambda point: table.in_frame(point, of_px))
    return replace(gaze, time_ns=np.asarray(gaze.time_ns + first_ns, dtype=np.int64))
