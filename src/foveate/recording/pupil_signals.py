"""The IMU's and the eyes' tables of Pupil Cloud as Signals.

Source: Pupil Labs' description of imu.csv and 3d_eye_states.csv; acceleration comes in shares of standard gravity.
"""

from pathlib import Path

from foveate.errors import RecordingError
from foveate.recording import columns
from foveate.recording.bounded import bounded
from foveate.recording.signals import Signals, read_signals

IMU, EYES = "imu.csv", "3d_eye_states.csv"
TIME = "timestamp [ns]"
STANDARD_GRAVITY_M_S2 = 9.80665
SIDES, AXES = ("left", "right"), ("x", "y", "z")

IN_G = {f"acceleration {axis} [{unit}]": f"acceleration_{axis}_m_per_s2" for axis in AXES for unit in ("g", "G")}
MOTION = (
    {f"gyro {axis} [deg/s]": f"gyro_{axis}_deg_per_s" for axis in AXES}
    | IN_G
    | {f"{angle}{unit}": f"{angle}_deg" for angle in ("roll", "pitch", "yaw") for unit in (" [deg]", "")}
    | {f"{turn} {axis}": f"quaternion_{axis}" for turn in ("quaternion", "rotation vector") for axis in "wxyz"}
)
EYE_STATE = (
    {f"pupil diameter {side} [mm]": f"pupil_diameter_{side}_mm" for side in SIDES}
    | {f"eye ball center {side} {axis} [mm]": f"eye_ball_center_{side}_{axis}_mm" for side in SIDES for axis in AXES}
    | {f"optical axis {side} {axis}": f"optical_axis_{side}_{axis}" for side in SIDES for axis in AXES}
    | {f"eyelid angle {lid} {side}": f"eyelid_angle_{lid}_{side}_rad" for side in SIDES for lid in ("top", "bottom")}
    | {f"eyelid aperture {side} [mm]": f"eyelid_aperture_{side}_mm" for side in SIDES}
)
"""Column, by its newer or its older name -> name of the signal."""


def imu(path: Path) -> Signals:
    """Rotation, acceleration and, as Cloud computed it, orientation out of the folder's imu.csv."""
    return _read(path, IMU, MOTION, scale=dict.fromkeys(IN_G.values(), STANDARD_GRAVITY_M_S2))


def eye_state(path: Path) -> Signals:
    """Pupils, eyeballs, optical axes and lids out of the folder's 3d_eye_states.csv, from the scene camera."""
    return _read(path, EYES, EYE_STATE)


def _read(path: Path, name: str, known: dict[str, str], *, scale: dict[str, float] | None = None) -> Signals:
    """The known columns that a table has; which these are changed over the years."""
    file = bounded(path, name)
    found = columns.column_names(file)
    there = {column: signal for column, signal in known.items() if column in found}
    if not there:
        raise RecordingError(
            f"{file} has none of the columns of Pupil Cloud's {name}, such as {next(iter(known))!r} "
            f"(found: {columns.listed(found)}). Download 'Timeseries Data' again."
        )
    return read_signals(file, time=TIME, unit="ns", names=there, scale=scale)
