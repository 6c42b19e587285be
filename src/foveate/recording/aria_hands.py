"""The hands that Project Aria's machine perception services track: landmarks in the device's frame, and boxes on the image.

Source: Project Aria's documentation of its hand tracking: positions in metres in the device's frame, the left SLAM camera's; a
confidence of 0 or less means that the hand was not seen. The box is our own: the services tell none.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError
from foveate.recording import columns
from foveate.recording.aria_calibration import AriaCalibration
from foveate.recording.bounded import bounded
from foveate.recording.hands import Hands

Values = NDArray[np.float64]

FILES = ("hand_tracking_results.csv", "wrist_and_palm_poses.csv")
"""What the services call their output; where there are both, the first, which has all landmarks, is used."""
FOLDER = "hand_tracking"
TIME = "tracking_timestamp_us"
SIDES = ("left", "right")
FINGERS = ("index", "middle", "ring", "pinky")
LANDMARKS = (
    *(f"{finger}_tip" for finger in ("thumb", *FINGERS)),
    "wrist",
    "thumb_intermediate",
    "thumb_distal",
    *(f"{finger}_{joint}" for finger in FINGERS for joint in ("proximal", "intermediate", "distal")),
    "palm",
)
"""In the order of their numbers in the file."""
FLESH_M = 0.012
"""How far a hand reaches around a landmark: half a finger's thickness, rounded up."""
POSE_REACH_M = {"wrist": 0.03, "palm": 0.11}
"""The same where there is no other landmark: the longest finger of the services' own sample ends 11 cm from the palm."""
LONGEST_M = 3.0
"""A point farther from the glasses than this is no hand of their wearer."""


def read_hands(folder: Path, name: str, calibration: AriaCalibration | None) -> Hands:
    """Both hands at every instant.

    Args:
        folder: the recording's.
        name: the file, relative to it.
        calibration: what puts them on the frame; None leaves them without pixels.

    Raises:
        RecordingError: where a column is missing, or no row has a time.
    """
    file = bounded(folder, name)
    landmarks = LANDMARKS if file.name == FILES[0] else tuple(POSE_REACH_M)
    wanted = {TIME: TIME} | {f"{side} sure": f"{side}_tracking_confidence" for side in SIDES}
    wanted |= {
        f"{side} {landmark} {axis}": f"t{axis}_{side}_{_column(number, landmark, landmarks)}_device"
        for side in SIDES
        for number, landmark in enumerate(landmarks)
        for axis in "xyz"
    }
    table = columns.read_columns(file, wanted)
    time_ns, there = columns.times(table.pop(TIME), unit="us", source=file)
    if not there.any():
        raise RecordingError(f"{file} has no row with a time in {TIME!r}. Copy the output of the services again.")
    rows = np.flatnonzero(there)[np.argsort(time_ns[there], kind="stable")]
    notes = [f"{int(np.sum(~there))} rows of {file.name} have no time: left out"] if not there.all() else []
    # a place that is no number is counted below, where a hand lacks it
    counted = {f"{side} sure": notes for side in SIDES}
    value = {meaning: columns.numbers(column, counted.get(meaning))[rows] for meaning, column in table.items()}
    sure = np.stack([value[f"{side} sure"] for side in SIDES], axis=1).reshape(-1)
    point_m = np.stack(
        [[[value[f"{side} {landmark} {axis}"] for axis in "xyz"] for landmark in landmarks] for side in SIDES]
    )  # (side, K, 3, N)
    return _hands(time_ns[rows], sure, point_m.transpose(3, 0, 1, 2).reshape(len(sure), -1, 3), landmarks, calibration, notes)


def _column(number: int, landmark: str, landmarks: tuple[str, ...]) -> str:
    return f"landmark_{number}" if len(landmarks) > len(POSE_REACH_M) else landmark


def _hands(
    time_ns: Times,
    sure: Values,
    point_m: Values,
    landmarks: tuple[str, ...],
    calibration: AriaCalibration | None,
    notes: list[str],
) -> Hands:
    """Rows of the left and the right hand in turn, 2N of them, as the stream."""
    with np.errstate(invalid="ignore"):
        near = (np.abs(point_m) < LONGEST_M).all(axis=(1, 2))
        seen = (sure > 0) & near
        odd = int(np.count_nonzero((sure > 0) & ~near))
    if odd:
        notes.append(f"{odd} hands have no finite place within {LONGEST_M:g} m: not valid")
    point_m = np.where(seen[:, None, None], point_m, np.nan)
    box_px, point_px = np.full((len(sure), 4), np.nan), None
    if calibration is None:
        notes.append("without the calibration in the recording's .vrs the hands have places in metres, but no pixels")
    else:
        reach_m = np.array([POSE_REACH_M[name] if len(landmarks) == len(POSE_REACH_M) else FLESH_M for name in landmarks])
        point_px, box_px[seen] = _projected(point_m, reach_m, calibration, seen)
        outside = int(np.count_nonzero(seen & np.isnan(box_px[:, 0])))
        if outside:
            notes.append(f"{outside} of {int(np.sum(seen))} tracked hands are not in the RGB camera's field: no box")
    return Hands(
        time_ns=np.repeat(time_ns, len(SIDES)),
        side=np.tile(np.array(SIDES), len(time_ns)),
        box_px=box_px,
        valid=seen,
        confidence=np.where(seen, np.clip(sure, 0.0, 1.0), np.nan),
        landmarks=landmarks,
        point_m=point_m,
        point_px=point_px,
        notes=tuple(notes),
    )


def _projected(
    point_m: Values, reach_m: Values, calibration: AriaCalibration, seen: NDArray[np.bool_]
) -> tuple[Values, Values]:
    """Landmarks on the frame, (M, K, 2), and boxes around what lies within reach of them, of those seen, (V, 4)."""
    point_px = np.full((*point_m.shape[:2], 2), np.nan)
    in_camera = calibration.device_in_camera(point_m[seen].reshape(-1, 3)).reshape(-1, len(reach_m), 3)
    point_px[seen] = calibration.upright_px(in_camera.reshape(-1, 3)).reshape(*in_camera.shape[:2], 2)
    aside = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]])
    around = in_camera[:, :, None] + reach_m[:, None, None] * aside  # (V, K, 4, 3)
    edge_px = calibration.upright_px(around.reshape(-1, 3)).reshape(len(in_camera), -1, 2)
    blank = np.isnan(edge_px[..., 0]).all(axis=1)
    edge_px[blank] = 0.0  # so that the minimum of nothing does not warn
    low, high = np.nanmin(edge_px, axis=1), np.nanmax(edge_px, axis=1)
    box_px = np.concatenate([low, high - low], axis=1)
    box_px[blank | (high <= low).any(axis=1)] = np.nan
    return point_px, box_px
