"""A faithful recording of Project Aria: a VRS with frames stored turned, its calibration, and MPS gaze; all of it known."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from writers.vrs import write_vrs

STORED_PX = 704
"""The smallest frames that the device makes."""
START_S = 86.385
FRAME_S = 0.05
FULL_FOCAL_PX, FULL_CENTER_PX = 1200.0, (1439.5, 1439.5)
"""Of the calibration, at 2880 x 2880."""
FOCAL_PX, CENTER_PX = 300.0, 351.5
"""What the device makes of them at 704 x 704: (1439.5 - 32 + 0.5) / 4 - 0.5."""
LEFT_SLAM = {
    "DVT-S": ((0.069051, 0.002372, 0.009254), (0.793353, 0.0, -0.608761), (0.607927, -0.052336, 0.792266)),
    "DVT-L": ((0.071351, 0.002372, 0.008454), (0.793353, 0.0, -0.608761), (0.607927, -0.052336, 0.792266)),
}
"""The device's origin in the central pupil frame, by the drawings: place, y axis, z axis."""
CAMERA_IN_CPF = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""A camera that looks straight ahead: its x axis is down, its y axis left (columns), as the sensor is turned."""

HEADERS = {
    "eyegaze.csv": "yaw_rads_cpf,pitch_rads_cpf,depth_m,yaw_low_rads_cpf,pitch_low_rads_cpf,"
    "yaw_high_rads_cpf,pitch_high_rads_cpf",
    "general_eye_gaze.csv": "yaw_rads_cpf,pitch_rads_cpf,yaw_low_rads_cpf,pitch_low_rads_cpf,yaw_high_rads_cpf,"
    "pitch_high_rads_cpf,depth_m,session_uid",
}


def gaze_angles(samples: int) -> np.ndarray:
    """(samples, 2) yaw to the left and pitch up in radians: from the right to the left, slowly rising."""
    step = np.arange(samples) / max(samples - 1, 1)
    return np.stack([-0.4 + 0.8 * step, -0.1 + 0.3 * step], axis=1)


def write_aria(
    folder: Path,
    *,
    frames: int = 6,
    samples: int = 9,
    gaze: str = "mps/eye_gaze/general_eye_gaze.csv",
    build: str = "DVT-S",
    place_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
    distortion: list[float] | None = None,
    mark_px: tuple[int, int] | None = None,
    image_format: str = "jpg",
) -> Path:
    """Write a folder.

    Args:
        folder: where.
        frames: of the VRS; 0 for none.
        samples: of the gaze; 0 for none.
        gaze: its file.
        build: of the device.
        place_m: of the camera, in the central pupil frame.
        distortion: the camera's twelve coefficients; None for an equidistant lens.
        mark_px: stored pixel that is white in every frame, with its neighbours.
        image_format: what the VRS calls its images.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if frames:
        configuration = {
            "camera_id": ("uint32_t", 2), "nominal_rate": ("double", 1 / FRAME_S),
            "image_width": ("uint32_t", STORED_PX), "image_height": ("uint32_t", STORED_PX),
        }  # fmt: skip
        images = []
        for index in range(frames):
            time_s = START_S + index * FRAME_S
            numbers = {"camera_id": ("uint32_t", 2), "capture_timestamp_ns": ("int64_t", round(time_s * 1e9))}
            images.append((time_s, numbers, jpeg(index, mark_px)))
        tags = {"calib_json": calibration(build, place_m, distortion or [0.0] * 12), "device_type": "Aria"}
        write_vrs(
            folder / "recording.vrs",
            stream=(214, 1), tags=tags, configuration=configuration, images=images, image_format=image_format,
        )  # fmt: skip
    if samples:
        write_gaze(folder / gaze, samples)
    return folder


def write_gaze(file: Path, samples: int) -> None:
    """Gaze at 10 Hz from the first frame on, with a band of 0.03 around it; the third sample has a depth of 2 m."""
    file.parent.mkdir(parents=True, exist_ok=True)
    header = HEADERS[file.name if file.name in HEADERS else "general_eye_gaze.csv"]
    lines = [f"tracking_timestamp_us,{header}"]
    for index, (yaw, pitch) in enumerate(gaze_angles(samples)):
        cells = {
            "yaw_rads_cpf": yaw, "pitch_rads_cpf": pitch, "depth_m": 2.0 if index == 2 else "", "session_uid": "8d34a429",
            "yaw_low_rads_cpf": yaw - 0.03, "yaw_high_rads_cpf": yaw + 0.03,
            "pitch_low_rads_cpf": pitch - 0.03, "pitch_high_rads_cpf": pitch + 0.03,
        }  # fmt: skip
        time_us = round(START_S * 1e6) + 100_000 * index
        lines.append(",".join([str(time_us), *(str(cells[name]) for name in header.split(","))]))
    file.write_text("\n".join(lines) + "\n")


def jpeg(index: int, mark_px: tuple[int, int] | None = None) -> bytes:
    """A stored frame: grey, brighter with its index, its left half (the upper one when upright) darker."""
    image = np.full((STORED_PX, STORED_PX, 3), 60 + 20 * index, np.uint8)
    image[:, : STORED_PX // 2] //= 2
    if mark_px is not None:
        x, y = mark_px
        image[y - 4 : y + 5, x - 4 : x + 5] = 255
    stored = io.BytesIO()
    Image.fromarray(image).save(stored, "JPEG", quality=90)
    return stored.getvalue()


def calibration(build: str, place_m: tuple[float, float, float], distortion: list[float]) -> str:
    """The tag ``calib_json``: the camera at a place of the central pupil frame, looking straight ahead."""
    origin_m, y_axis, z_axis = (np.array(values) for values in LEFT_SLAM[build])
    origin = np.stack([np.cross(y_axis, z_axis), y_axis, z_axis], axis=1)
    x, y, z, w = Rotation.from_matrix(origin.T @ CAMERA_IN_CPF).as_quat()
    camera = {
        "Calibrated": True,
        "Label": "camera-rgb",
        "Projection": {"Name": "FisheyeRadTanThinPrism", "Params": [FULL_FOCAL_PX, *FULL_CENTER_PX, *distortion]},
        "SerialNumber": "0450577b",
        "T_Device_Camera": {"Translation": list(origin.T @ (np.array(place_m) - origin_m)), "UnitQuaternion": [w, [x, y, z]]},
    }
    slam = {
        **camera,
        "Label": "camera-slam-left",
        "T_Device_Camera": {"Translation": [0, 0, 0], "UnitQuaternion": [1, [0, 0, 0]]},
    }
    return json.dumps(
        {
            "CameraCalibrations": [slam, camera],
            "DeviceClassInfo": {"BuildVersion": build, "DeviceClass": "Aria"},
            "OriginSpecification": {"ChildLabel": "camera-slam-left", "Type": "Custom"},
        }
    )


PALM = (0.1, -0.2, 0.4)
"""Where the left hand's palm is in the central pupil frame (left, up, forward) in metres; the right's is at the other side."""
TRACKED = 4
"""Rows in which both hands are seen; in the others neither is."""


def in_device(point_m: tuple[float, float, float], build: str = "DVT-S") -> np.ndarray:
    """A point of the central pupil frame in the device's frame."""
    origin_m, y_axis, z_axis = (np.array(values) for values in LEFT_SLAM[build])
    origin = np.stack([np.cross(y_axis, z_axis), y_axis, z_axis], axis=1)
    return origin.T @ (np.array(point_m) - origin_m)


def landmark_m(side: str, row: int, number: int = 20) -> tuple[float, float, float]:
    """A landmark in the central pupil frame: the palm (20) sinks by 1 cm a row, the others lie to its left, the wrist below."""
    x, y, z = PALM
    left = (x if side == "left" else -x) + (0.004 * (20 - number) if number != 5 else 0.0)
    return left, y - 0.01 * row - (0.08 if number == 5 else 0.0), z


def write_hands(file: Path, rows: int = 6) -> None:
    """Both hands at 10 Hz from the first frame on: all landmarks, or wrist and palm, by the file's name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    named = {f"landmark_{k}": k for k in range(21)} if file.name.startswith("hand_") else {"wrist": 5, "palm": 20}
    header, lines = ["tracking_timestamp_us"], []
    for side in ("left", "right"):
        header.append(f"{side}_tracking_confidence")
        header += [f"t{axis}_{side}_{name}_device" for name in named for axis in "xyz"]
    for row in range(rows):
        cells: list[object] = [round(START_S * 1e6) + 100_000 * row]
        for side in ("left", "right"):
            places = [in_device(landmark_m(side, row, number)) if row < TRACKED else np.zeros(3) for number in named.values()]
            cells += [0.75 if row < TRACKED else -1, *np.concatenate(places).tolist()]
        lines.append(",".join(map(str, cells)))
    file.write_text("\n".join([",".join(header), *lines]) + "\n")
