"""Run by ``oracles.py`` in an interpreter that has projectaria-tools: what it reads of a recording's folder or a gaze file."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from projectaria_tools.core import calibration, data_provider, mps
from projectaria_tools.core.mps.utils import get_gaze_vector_reprojection
from projectaria_tools.core.sensor_data import TimeDomain

CAMERA = "camera-rgb"
HANDS = "mps/hand_tracking"
DEPTH_M = 1.0


def gaze(file: Path) -> dict:
    """A gaze file, and where its gaze of Gen 1 would lie in the frames of the recording beside it."""
    gazes = mps.read_eyegaze(str(file))
    beside = file.parents[2] / "aria_everyday_activities_test_data"
    return {
        "gaze time (ns)": [round(gaze.tracking_timestamp.total_seconds() * 1e6) * 1000 for gaze in gazes],
        "yaw (rad)": [gaze.yaw for gaze in gazes],
        "pitch (rad)": [gaze.pitch for gaze in gazes],
        "depth (m)": [gaze.depth or None for gaze in gazes],  # 0 says that it is not known
        **({"gaze point (px)": points(gazes, opened(beside))} if beside.is_dir() else {}),
    }


def opened(folder: Path):
    return data_provider.create_vrs_data_provider(str(folder / "recording.vrs"))


def upright_camera(device):
    return calibration.rotate_camera_calib_cw90deg(device.get_camera_calib(CAMERA))


def points(gazes, provider) -> list:
    device = provider.get_device_calibration()
    upright = upright_camera(device)
    found = [
        get_gaze_vector_reprojection(gaze, CAMERA, device, upright, gaze.depth or DEPTH_M, make_upright=True) for gaze in gazes
    ]
    return [[None, None] if point is None else list(point) for point in found]


def recording(folder: Path) -> dict:
    provider = opened(folder)
    upright = upright_camera(provider.get_device_calibration())
    gazes = mps.read_eyegaze(str(folder / "mps/eye_gaze/general_eye_gaze.csv"))
    angle, around = np.meshgrid(np.linspace(0.01, 0.95, 40), np.linspace(0, 2 * np.pi, 50, endpoint=False))
    across = np.stack([np.cos(around), np.sin(around)], axis=-1) * np.sin(angle)[..., None]
    rays = np.concatenate([across, np.cos(angle)[..., None]], axis=-1).reshape(-1, 3)
    pixels = [upright.project_no_checks(ray) for ray in rays]
    back = [upright.unproject_no_checks(pixel) for pixel in pixels]
    return {
        "frame time (ns)": provider.get_timestamps_ns(provider.get_stream_id_from_label(CAMERA), TimeDomain.DEVICE_TIME),
        "gaze time (ns)": [round(gaze.tracking_timestamp.total_seconds() * 1e6) * 1000 for gaze in gazes],
        "gaze point (px)": points(gazes, provider),
        "rays": rays.tolist(),
        "pixels": [list(pixel) for pixel in pixels],
        "pixels of rays (px)": [list(pixel) for pixel in pixels],
        "rays of pixels (1)": [list(ray / np.linalg.norm(ray)) for ray in back],
    }


def hands(folder: Path) -> dict:
    found = mps.hand_tracking.read_hand_tracking_results(str(folder / HANDS / "hand_tracking_results.csv"))
    return sides(found, folder, mps.hand_tracking.kNumHandLandmarks, lambda side: side.landmark_positions_device)


def wrists(folder: Path) -> dict:
    found = mps.hand_tracking.read_wrist_and_palm_poses(str(folder / HANDS / "wrist_and_palm_poses.csv"))
    return sides(found, folder, 2, lambda side: [side.wrist_position_device, side.palm_position_device])


def sides(found, folder: Path, landmarks: int, places) -> dict:
    """The left and the right hand of every instant in turn, in metres of the device and on the upright frame."""
    upright = upright_camera(opened(folder).get_device_calibration())
    to_camera = upright.get_transform_device_camera().inverse()
    seen = [side for instant in found for side in (instant.left_hand, instant.right_hand)]
    places_m = [np.full((landmarks, 3), np.nan) if side is None else np.array(places(side)) for side in seen]

    def pixel(place_m: np.ndarray) -> list[float]:
        point_px = None if np.isnan(place_m).any() else upright.project(to_camera @ place_m)
        return [np.nan, np.nan] if point_px is None else point_px.tolist()

    return {
        "hand time (ns)": [round(instant.tracking_timestamp.total_seconds() * 1e6) * 1000 for instant in found for _ in "lr"],
        "confidence (1)": [None if side is None else side.confidence for side in seen],
        "landmarks (m)": [place_m.tolist() for place_m in places_m],
        "landmarks (px)": [[pixel(point_m) for point_m in place_m] for place_m in places_m],
    }


READERS = {read.__name__: read for read in (recording, gaze, hands, wrists)}
what, path = sys.argv[1], Path(sys.argv[2])
print(json.dumps({"version": version("projectaria-tools"), **READERS[what](path)}))
