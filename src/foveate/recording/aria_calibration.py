"""Project Aria's factory calibration: the RGB camera of the upright frame, and gaze as its pixels.

Gaze is told in the central pupil frame (CPF), which the calibration does not hold: it lies where the glasses' drawings put it,
relative to the left SLAM camera, which is the device's origin. A pixel is projected at the calibration's own size first, then
brought to the frame's.
Source: Project Aria's documentation (coordinate conventions, camera intrinsic models) and its public tools.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.errors import RecordingError, UsageError
from foveate.geometry import Camera, Points, Size

CAMERA = "camera-rgb"
ORIGIN = "camera-slam-left"
FULL_PX = Size(2880, 2880)
"""Frame for which a factory calibration holds."""
SMALLER_PX = (Size(1408, 1408), Size(704, 704))
"""Sizes that a device makes of the full frame, ..."""
BORDER_PX = 32
"""... after this much was cut off on each side."""
FIELD_RAD = 1.0
"""Greatest angle from the axis for which the maker vouches."""
CIRCLE_PX = 1415.0
"""Radius of the lens' image on the full frame; outside of it there is none."""
MODELS = {"FisheyeRadTanThinPrism": ("fisheye624", 1), "KannalaBrandtK3": ("kannala_brandt", 2)}
"""Name in the calibration -> model of ``Camera``, and how many focal lengths its parameters begin with."""
ORIGINS_IN_CPF = {
    "S": ((0.069051, 0.002372, 0.009254), (0.793353, 0.0, -0.608761), (0.607927, -0.052336, 0.792266)),
    "L": ((0.071351, 0.002372, 0.008454), (0.793353, 0.0, -0.608761), (0.607927, -0.052336, 0.792266)),
}
"""Size of the glasses -> where the left SLAM camera is in the central pupil frame: place in metres, its y axis, its z axis."""
BUILDS = {"DVT-S": "S", "EVT-S": "S", "DVT-L": "L", "EVT-L": "L"}
"""Build of a Gen 1 device -> size of its glasses."""


@dataclass(frozen=True)
class Pose:
    """Where a frame of reference is in another: a point p of the one is ``rotation @ p + place_m`` in the other."""

    rotation: NDArray[np.float64]
    """(3, 3)."""
    place_m: NDArray[np.float64]
    """(3,)."""

    def __call__(self, point_m: Points) -> Points:
        """(N, 3) -> (N, 3)."""
        moved: Points = point_m @ self.rotation.T + self.place_m
        return moved

    @property
    def inverse(self) -> "Pose":
        return Pose(self.rotation.T, -self.rotation.T @ self.place_m)


@dataclass(frozen=True)
class AriaCalibration:
    """What turns gaze and hands of a Gen 1 recording into pixels."""

    camera: Camera
    """The RGB camera of the upright frame, in the recording's size."""
    stored: Camera
    """The RGB camera of the stored frame, in the calibration's own size."""
    cpf_in_camera: Pose
    """The central pupil frame in the stored camera's."""
    device_in_camera: Pose
    """The device's frame, that of its left SLAM camera, in the stored camera's."""

    def pixels(self, point_m: Points) -> Points:
        """Upright pixels of points in the central pupil frame, (N, 3) -> (N, 2); NaN outside of the camera's field."""
        return self.upright_px(self.cpf_in_camera(point_m))

    def upright_px(self, in_camera_m: Points) -> Points:
        """Upright pixels of points in the stored camera's frame, (N, 3) -> (N, 2); NaN outside of the camera's field.

        The centre of the frame's first pixel is (0, 0), as in the maker's own tools.
        """
        stored_px = self.stored.pixels(in_camera_m)
        with np.errstate(invalid="ignore"):
            from_center_px = np.linalg.norm(stored_px - self.stored.matrix[:2, 2], axis=1)
            outside = from_center_px > CIRCLE_PX * _scale(self.stored.size_px)
        stored_px[outside] = np.nan
        upright = self.camera.size_px
        smaller_px = resized(stored_px, self.stored.size_px, Size(*upright[::-1]))
        return np.stack([upright.width_px - 1 - smaller_px[:, 1], smaller_px[:, 0]], axis=1)


def read_calibration(text: str, stored_px: Size, *, source: Path) -> AriaCalibration:
    """Read the file tag ``calib_json`` of a VRS file.

    Args:
        text: the tag.
        stored_px: size of the stored frames.
        source: file that messages name.

    Raises:
        RecordingError: where it is none, is of a device other than Gen 1, or frames have a size that it cannot be brought to.
    """
    try:
        calibration = json.loads(text)
        _check_device(calibration["DeviceClassInfo"], calibration["OriginSpecification"], source)
        entry = {entry["Label"]: entry for entry in calibration["CameraCalibrations"]}[CAMERA]
        stored = _stored_camera(entry)
        in_device = _pose(entry["T_Device_Camera"])
        size = BUILDS[calibration["DeviceClassInfo"]["BuildVersion"]]
        smaller = _resized_camera(stored, stored_px)
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError, AttributeError, UsageError) as error:
        what = f"{type(error).__name__}: {error}".strip(": ")[:200]
        raise RecordingError(
            f"{source}: its calibration (tag calib_json) cannot be used ({what}); views without gaze still can."
        ) from error
    cpf_in_device = _from_axes(*ORIGINS_IN_CPF[size]).inverse
    device_in_camera = in_device.inverse
    return AriaCalibration(
        camera=smaller.turned(),
        stored=stored,
        cpf_in_camera=Pose(
            device_in_camera.rotation @ cpf_in_device.rotation, device_in_camera(cpf_in_device.place_m[None])[0]
        ),
        device_in_camera=device_in_camera,
    )


def resized(point_px: Points, from_px: Size, to_px: Size) -> Points:
    """Points of a frame on the one that the device makes of it, (N, 2) -> (N, 2); pixel centres are whole numbers.

    Raises:
        ValueError: for a size that the device does not make.
    """
    if to_px == from_px:
        return point_px
    if from_px != FULL_PX or to_px not in SMALLER_PX:
        raise ValueError(f"frames of {to_px[0]}x{to_px[1]} are not made of the calibration's {from_px[0]}x{from_px[1]}")
    mapped: Points = (point_px - BORDER_PX + 0.5) * _scale(to_px) - 0.5
    return mapped


def _scale(size_px: Size) -> float:
    """Of a frame against the full one."""
    return 1.0 if size_px == FULL_PX else size_px.width_px / (FULL_PX.width_px - 2 * BORDER_PX)


def _resized_camera(camera: Camera, to_px: Size) -> Camera:
    matrix = camera.matrix.copy()
    matrix[[0, 1], [0, 1]] *= _scale(to_px) / _scale(camera.size_px)
    matrix[:2, 2] = resized(matrix[None, :2, 2], camera.size_px, to_px)[0]
    return Camera(matrix, camera.distortion, to_px, camera.model, camera.field_deg)


def _check_device(device: dict[str, Any], origin: dict[str, Any], source: Path) -> None:
    build = str(device["BuildVersion"])
    if build not in BUILDS:
        raise RecordingError(
            f"{source} was made by a device of build {build[:40]!r}; gaze becomes "
            f"pixels for Aria Gen 1 only ({', '.join(BUILDS)}). Project it with the maker's tools and open a table."
        )
    if origin["ChildLabel"] != ORIGIN:
        raise ValueError(f"its origin is {str(origin['ChildLabel'])[:40]!r}, expected {ORIGIN!r}")


def _stored_camera(entry: dict[str, Any]) -> Camera:
    name = entry["Projection"]["Name"]
    if name not in MODELS:
        raise ValueError(f"there is no camera model for {str(name)[:40]!r}; known: {', '.join(MODELS)}")
    model, focal_lengths = MODELS[name]
    parameters = np.array(entry["Projection"]["Params"], dtype=np.float64)
    fx, fy = parameters[0], parameters[focal_lengths - 1]
    cx, cy = parameters[focal_lengths : focal_lengths + 2]
    matrix = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
    told = entry.get("ConfigData", {})
    size = Size(int(told["ImageWidth"]), int(told["ImageHeight"])) if "ImageWidth" in told else FULL_PX
    return Camera(matrix, parameters[focal_lengths + 2 :], size, model, field_deg=float(np.degrees(FIELD_RAD)))


def _pose(entry: dict[str, Any]) -> Pose:
    """A translation in metres and a unit quaternion [w, [x, y, z]]."""
    w, (x, y, z) = entry["UnitQuaternion"]
    norm = float(np.sqrt(w * w + x * x + y * y + z * z))
    if not 0.99 < norm < 1.01:
        raise ValueError("the camera's quaternion is no rotation")
    w, x, y, z = w / norm, x / norm, y / norm, z / norm
    rotation = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
    place_m = np.array(entry["Translation"], dtype=np.float64)
    if place_m.shape != (3,) or not np.all(np.abs(place_m) < 1):
        raise ValueError("the camera does not sit on the glasses")
    return Pose(rotation, place_m)


def _from_axes(place_m: tuple[float, ...], y_axis: tuple[float, ...], z_axis: tuple[float, ...]) -> Pose:
    """A pose by its y and z axis, which the drawings round to six digits."""
    y, z = (np.array(axis) / np.linalg.norm(axis) for axis in (y_axis, z_axis))
    rotation = np.stack([np.cross(y, z), y, z], axis=1)
    left, _, right = np.linalg.svd(rotation)
    return Pose(left @ right, np.array(place_m))
