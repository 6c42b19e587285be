"""The gaze that Project Aria's machine perception services write: angles in the central pupil frame, one CSV, many columns."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.errors import RecordingError
from foveate.geometry import Points
from foveate.recording import columns

Values = NDArray[np.float64]

TIME = "tracking_timestamp_us"
EYE_ORIGINS = tuple(f"t{axis}_{side}_eye_cpf" for side in ("left", "right") for axis in "xyz")
EYE_ANGLES = ("left_yaw_rads_cpf", "right_yaw_rads_cpf")
MOST_RAD = np.pi / 2
"""Gaze at a right angle or more to straight ahead is none."""
MOST_DEPTH_M = 10.0
"""Two eyes' rays that meet farther away than this are parallel."""


@dataclass(frozen=True)
class GazeAngles:
    """Gaze as the file has it, in its order, in the central pupil frame (x left, y up, z forward, between the eyes)."""

    source: Path
    """The file."""
    time_ns: Times
    """(N,) on the device's clock."""
    yaw_rad: Values
    """(N,) to the left; NaN where missing."""
    pitch_rad: Values
    """(N,) up: in the y-z plane (Gen 1), above the x-z plane (Gen 2); NaN where missing."""
    depth_m: Values
    """(N,) distance of the gazed point: told by the file, or where both eyes' rays meet; NaN where unknown."""
    yaw_band_rad: Points | None
    """(N, 2) lower and upper bound of the yaw, of the left and the right eye's mean where the file has both; None without."""
    pitch_band_rad: Points | None
    """(N, 2) lower and upper bound of the pitch."""
    notes: tuple[str, ...] = ()
    """What a user should know."""

    def points_m(self, *, depth_m: float) -> Points:
        """The gazed points of a Gen 1 file in the central pupil frame, (N, 3); NaN where missing.

        Args:
            depth_m: their distance where the file does not tell it.
        """
        ahead = np.stack([np.tan(self.yaw_rad), np.tan(self.pitch_rad), np.ones(len(self.time_ns))], axis=1)
        distance = np.where(np.isfinite(self.depth_m), self.depth_m, depth_m)
        point: Points = ahead / np.linalg.norm(ahead, axis=1, keepdims=True) * distance[:, None]
        return point

    @property
    def told(self) -> str:
        """How many samples there are, and from when to when."""
        first, last = self.time_ns.min() / NS_PER_S, self.time_ns.max() / NS_PER_S
        return f"{self.source.name} has {len(self.time_ns)} gaze samples from {first:.3f} s to {last:.3f} s"


def read_gaze(file: Path) -> GazeAngles:
    """Read a gaze file: ``eyegaze.csv``, ``general_``, ``generalized_`` or ``personalized_eye_gaze.csv``, of Gen 1 or Gen 2.

    Raises:
        RecordingError: where a column is missing, or there are no samples.
    """
    found = set(columns.column_names(file))
    eyes = set(EYE_ANGLES) <= found
    needed = [TIME, "pitch_rads_cpf"] + ([] if eyes and "yaw_rads_cpf" not in found else ["yaw_rads_cpf"])
    wanted = {name: name for name in [*needed, *(name for name in _OPTIONAL if name in found)]}
    table = columns.read_columns(file, wanted)
    time_ns, there = columns.times(table[TIME], unit="us", source=file)
    if not there.any():
        raise RecordingError(f"{file} has no gaze samples. Run the eye gaze service again, or copy its output again.")
    value = {name: columns.numbers(column)[there] for name, column in table.items() if name != TIME}
    yaw = value["yaw_rads_cpf"] if "yaw_rads_cpf" in value else _between(*(value[name] for name in EYE_ANGLES))
    pitch = value["pitch_rads_cpf"]
    with np.errstate(invalid="ignore"):
        seen = (np.abs(yaw) < MOST_RAD) & (np.abs(pitch) < MOST_RAD)
    yaw, pitch = np.where(seen, yaw, np.nan), np.where(seen, pitch, np.nan)
    notes = []
    if lost := int(np.count_nonzero(~there)):
        notes.append(f"{lost} rows of {file.name} have no time: left out")
    if lost := int(np.count_nonzero(~seen)):
        notes.append(f"{lost} of {len(seen)} gaze samples have no yaw and pitch that look ahead: missing")
    depth_m = value["depth_m"] if "depth_m" in value else _vergence_m(value, len(yaw))
    return GazeAngles(
        source=file,
        time_ns=time_ns[there],
        yaw_rad=yaw,
        pitch_rad=pitch,
        depth_m=np.where((depth_m > 0) & np.isfinite(depth_m), depth_m, np.nan),  # 0 and empty both mean that it is not known
        yaw_band_rad=_band(value, "yaw") if "yaw_low_rads_cpf" in value else _eyes_band(value),
        pitch_band_rad=_band(value, "pitch"),
        notes=tuple(notes),
    )


_OPTIONAL = (
    "depth_m", *EYE_ANGLES, "left_pitch_rads_cpf", "right_pitch_rads_cpf", *EYE_ORIGINS,
    *(f"{which}_{bound}_rads_cpf" for which in ("yaw", "pitch", "left_yaw", "right_yaw") for bound in ("low", "high")),
)  # fmt: skip


def _between(left_rad: Values, right_rad: Values) -> Values:
    """Yaw of the point where the two eyes' rays cross, seen from between them: the tangents' mean."""
    yaw: Values = np.arctan((np.tan(left_rad) + np.tan(right_rad)) / 2)
    return yaw


def _band(value: dict[str, Values], which: str) -> Points | None:
    names = [f"{which}_{bound}_rads_cpf" for bound in ("low", "high")]
    return np.stack([value[name] for name in names], axis=1) if set(names) <= set(value) else None


def _eyes_band(value: dict[str, Values]) -> Points | None:
    left, right = _band(value, "left_yaw"), _band(value, "right_yaw")
    if left is None or right is None:
        return None
    return np.stack([_between(left[:, bound], right[:, bound]) for bound in (0, 1)], axis=1)


def _vergence_m(value: dict[str, Values], samples: int) -> Values:
    """Distance of the point nearest to both eyes' rays, (N,); NaN where they do not meet within MOST_DEPTH_M ahead.

    Project Aria's own tools go on to tell 10 m there, which is no measurement.
    """
    names = {*EYE_ANGLES, "left_pitch_rads_cpf", "right_pitch_rads_cpf", *EYE_ORIGINS}
    if not names <= set(value):
        return np.full(samples, np.nan)
    origins, rays = [], []
    for side in ("left", "right"):
        origins.append(np.stack([value[f"t{axis}_{side}_eye_cpf"] for axis in "xyz"], axis=1))
        yaw, pitch = value[f"{side}_yaw_rads_cpf"], value[f"{side}_pitch_rads_cpf"]
        rays.append(np.stack([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)], axis=1))
    # along each ray to where it is nearest to the other: two linear equations
    between = origins[1] - origins[0]
    cosine = (rays[0] * rays[1]).sum(axis=1)
    ahead = [(between * ray).sum(axis=1) for ray in rays]
    with np.errstate(divide="ignore", invalid="ignore"):
        along_left = (ahead[0] - cosine * ahead[1]) / (1 - cosine**2)
        along_right = (cosine * ahead[0] - ahead[1]) / (1 - cosine**2)
        nearest = (origins[0] + along_left[:, None] * rays[0] + origins[1] + along_right[:, None] * rays[1]) / 2
        distance: Values = np.linalg.norm(nearest, axis=1)
        meets = (along_left > 0) & (along_right > 0) & (distance <= MOST_DEPTH_M)
    return np.where(meets, distance, np.nan)
