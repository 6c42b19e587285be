"""A faithful folder of the Tobii Pro Glasses 3 with small frames; every gaze point and time is known."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from foveate.geometry import Size
from writers.video import write_clip

SIZE = Size(64, 36)
"""Of the video: the device's shape, a thirtieth of its size."""
FPS = 25.0
RATE_HZ = 100
LOST = range(40, 48)
"""Samples without any data, as the device writes losses."""
CALIBRATION = {
    "position": [0.0, 0.0, 0.0],
    "rotation": [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]],
    "focal-length": [911.37, 912.08],
    "skew": 0.25,
    "principal-point": [963.65, 554.26],
    "radial-distortion": [-0.05, 0.03, 0.007],
    "tangential-distortion": [-0.0003, 0.0005],
    "resolution": [1920, 1080],
}


def second(index: int) -> float:
    """Time of a gaze sample, with the device's six digits."""
    return round(0.006684 + index / RATE_HZ, 6)


def point(index: int) -> tuple[float, float]:
    """Normalised gaze point of a sample: it walks right and leaves the frame's top at the end."""
    return round(0.3 + 0.002 * index, 4), round(0.5 - 0.004 * index, 4)


def gaze_line(index: int) -> dict[str, Any]:
    """What the device writes of a sample; the right eye of every tenth was not seen."""
    eye = {"gazeorigin": [28.5, -11.0, -25.2], "gazedirection": [-0.1463, -0.0633, 0.9872], "pupildiameter": 3.5}
    data = {
        "gaze2d": list(point(index)),
        "gaze3d": [50.0 + index, 66.5, 640.25],
        "eyeleft": eye,
        "eyeright": {} if index % 10 == 0 else {**eye, "pupildiameter": 4.5},
    }
    return {"type": "gaze", "timestamp": second(index), "data": {} if index in LOST else data}


def imu_line(index: int) -> dict[str, Any]:
    """What the device writes of head motion: every fifth line is the magnetometer's."""
    time = round(0.004052 + index / 120, 6)
    if index % 5 == 4:
        return {"type": "imu", "timestamp": time, "data": {"magnetometer": [-231.0, 133.0, 278.0]}}
    return {"type": "imu", "timestamp": time, "data": {"accelerometer": [0.1, 9.8, index], "gyroscope": [1.0, -2.0, 0.5]}}


EVENTS = [
    {"type": "syncport", "timestamp": 0.114832, "data": {"direction": "out", "value": 1}},
    {"type": "event", "timestamp": 0.5, "data": {"tag": "task", "object": {"step": 2}}},
    {"type": "event", "timestamp": 0.4, "data": {"tag": "pause", "object": None}},
]


def write_lines(file: Path, lines: Iterable[Any]) -> None:
    """Gzipped, one JSON value a line, without blanks, as Tobii's devices write them."""
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    file.write_bytes(gzip.compress(text.encode()))


def write_tobii_g3(folder: Path, *, samples: int = 120, frames: int = 28, video: bool = True, manifest: bool = True) -> Path:
    """Write a folder.

    Args:
        folder: where.
        samples: gaze samples, at 100 Hz.
        frames: of the video, at 25 fps, from time zero.
        video: whether there is one.
        manifest: whether there are recording.g3 and the folder meta.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / "gazedata.gz", map(gaze_line, range(samples)))
    write_lines(folder / "imudata.gz", map(imu_line, range(samples)))
    write_lines(folder / "eventdata.gz", EVENTS)
    if video:
        write_clip(folder / "scenevideo.mp4", frames=frames, fps=FPS, size_px=SIZE)
    if manifest:
        told = {
            "uuid": "e49a21d8-0000-4f3b-9d5e-000000000000",
            "name": "Recording 12",
            "version": 1,
            "duration": samples / RATE_HZ,
            "created": "2022-07-28T16:11:18.317077Z",
            "meta-folder": "meta",
            "scenecamera": {"file": "scenevideo.mp4", "camera-calibration": CALIBRATION, "snapshots": []},
            "gaze": {"file": "gazedata.gz", "samples": samples, "valid-samples": samples - len(LOST)},
            "events": {"file": "eventdata.gz"},
            "imu": {"file": "imudata.gz"},
        }
        (folder / "recording.g3").write_text(json.dumps(told, indent=2))
        (folder / "meta").mkdir(exist_ok=True)
        (folder / "meta" / "participant").write_text(json.dumps({"name": "1401"}))
        (folder / "meta" / "HuSerial").write_text("TG03G-010200450191\n")
        (folder / "meta" / "RuVersion").write_text("1.14.3+nudelsoppa\n")
    return folder
