"""A faithful folder of Pupil Cloud's "Timeseries Data", of Neon or of Invisible; every number in it is known."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from foveate.clock import Times
from foveate.geometry import Size
from writers.video import write_clip

START_NS = 1_685_088_812_484_000_000
FRAME_NS, SAMPLE_NS = 33_333_000, 5_000_000
GAZE_AFTER_NS = 40_000_000
"""From the first frame of a section to its first gaze sample."""
SECTION_NS = 4_000_000_000
"""From the start of a section to the next."""
RECORDING = "b2345e8e-d5d9-49fe-a6bc-2a04432a24e5"
SECTIONS = ("f04c7b44-5076-4f28-a28d-7b7863f63221", "0a1b2c3d-5076-4f28-a28d-7b7863f63222")
SIZE = {"neon": Size(1600, 1200), "invisible": Size(1088, 1080)}
MATRIX = {
    "neon": [[889.7, 0, 817.1], [0, 889.5, 612.9], [0, 0, 1]],
    "invisible": [[758.4, 0, 527.9], [0, 757.8, 533.5], [0, 0, 1]],
}
DISTORTION = [-0.125, 0.099, 0.0005, 0.0009, 0.017, 0.2, 0.01, 0.062]


def frame_times(section: int, frames: int) -> Times:
    return START_NS + section * SECTION_NS + FRAME_NS * np.arange(frames)


def gaze_times(section: int, samples: int) -> Times:
    return START_NS + section * SECTION_NS + GAZE_AFTER_NS + SAMPLE_NS * np.arange(samples)


def gaze_table(samples: Sequence[int]) -> dict[str, Any]:
    """The columns of gaze.csv: points walk right, the section is their y; two fixations and a blink in each section."""
    time_ns = np.concatenate([gaze_times(section, n) for section, n in enumerate(samples)])
    place = np.concatenate([np.arange(n) for n in samples])
    section = np.repeat(np.arange(len(samples)), samples)
    fixation = np.select([place < 10, (place >= 20) & (place < 40)], [2 * section + 1, 2 * section + 2], 0)
    return {
        "section id": [SECTIONS[k] for k in section],
        "recording id": [RECORDING] * len(section),
        "timestamp [ns]": time_ns,
        "gaze x [px]": 400 + 0.5 * place,
        "gaze y [px]": 300.0 + section,
        "worn": np.ones(len(section)),
        "fixation id": [str(number) if number else "" for number in fixation],
        "blink id": ["1" if 10 <= k < 14 else "" for k in place],
        "azimuth [deg]": -10 + 0.01 * place,
        "elevation [deg]": np.zeros(len(section)),
    }


def fixations_table(samples: Sequence[int]) -> dict[str, Any]:
    """The columns of fixations.csv, which tell the same as the ids of gaze.csv."""
    gaze = pl.DataFrame(gaze_table(samples), strict=False)
    rows = []
    for (number,), mine in gaze.filter(pl.col("fixation id") != "").group_by("fixation id", maintain_order=True):
        start_ns = int(mine["timestamp [ns]"][0])
        stop_ns = int(mine["timestamp [ns]"][-1]) + SAMPLE_NS
        x, y = mine["gaze x [px]"].mean(), mine["gaze y [px]"].mean()
        rows.append((mine["section id"][0], RECORDING, number, start_ns, stop_ns, (stop_ns - start_ns) // 10**6, x, y, 0, 0))
    names = ("section id", "recording id", "fixation id", "start timestamp [ns]", "end timestamp [ns]", "duration [ms]",
             "fixation x [px]", "fixation y [px]", "azimuth [deg]", "elevation [deg]")  # fmt: skip
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def imu_table(device: str, *, older: bool) -> dict[str, Any]:
    """Thirty rows; Invisible has no compass, so that yaw and the full rotation are empty."""
    g, unit, turn = ("G", "", "rotation vector") if older else ("g", " [deg]", "quaternion")
    index, empty = np.arange(30), [""] * 30
    full = device == "neon"
    table: dict[str, Any] = {
        "section id": [SECTIONS[0]] * 30,
        "recording id": [RECORDING] * 30,
        "timestamp [ns]": START_NS + 9_000_000 * index,
    }
    table |= {f"gyro {axis} [deg/s]": index + k for k, axis in enumerate("xyz")}
    table |= {f"acceleration {axis} [{g}]": [float(axis == "z")] * 30 for axis in "xyz"}
    table |= {f"roll{unit}": index * 0.1, f"pitch{unit}": index * 0.2, f"yaw{unit}": index * 0.3 if full else empty}
    return table | {f"{turn} {axis}": [float(axis == "w")] * 30 if full else empty for axis in "wxyz"}


def eye_table(*, older: bool) -> dict[str, Any]:
    """Ten rows of 3d_eye_states.csv; the lids came later."""
    sides = ("left", "right")
    table: dict[str, Any] = {
        "section id": [SECTIONS[0]] * 10,
        "recording id": [RECORDING] * 10,
        "timestamp [ns]": gaze_times(0, 10),
    }
    table |= {f"pupil diameter {side} [mm]": [3.5 + k] * 10 for k, side in enumerate(sides)}
    table |= {f"eye ball center {side} {axis} [mm]": [float(k)] * 10 for side in sides for k, axis in enumerate("xyz")}
    table |= {f"optical axis {side} {axis}": [float(axis == "z")] * 10 for side in sides for axis in "xyz"}
    if not older:
        table |= {f"eyelid angle {lid} {side}": [0.25] * 10 for side in sides for lid in ("top", "bottom")}
        table |= {f"eyelid aperture {side} [mm]": [9.5] * 10 for side in sides}
    return table


def put_table(file: Path, table: Mapping[str, Any]) -> None:
    """Write a table as CSV."""
    pl.DataFrame(dict(table), strict=False).write_csv(file)


def write_pupil_cloud(
    folder: Path,
    *,
    device: str = "neon",
    frames: Sequence[int] = (12,),
    samples: Sequence[int] = (100,),
    videos: Sequence[str | None] | None = None,
    older: bool = False,
) -> Path:
    """Write a folder.

    Args:
        folder: where.
        device: neon or invisible.
        frames: of each section.
        samples: gaze samples of each section, at 200 Hz.
        videos: names of the sections' videos, None where it is missing; None alone for no video at all.
        older: columns as they were called before, without those that came later.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sections = range(len(frames))
    serial = {"neon": {"module_serial_number": "404641"}, "invisible": {"glasses_serial_number": "mwbzd"}}[device]
    info = {"recording_id": RECORDING, "start_time": START_NS, "gaze_offset": [0.0, 0.0], "wearer_name": "P1", **serial}
    (folder / "info.json").write_text(json.dumps(info, indent=4))
    bent = {"dist_coefs": [DISTORTION]} if device == "invisible" else {"distortion_coefficients": [DISTORTION]}
    camera = {"camera_matrix": MATRIX[device], **bent, "serial_number": "rx7vp", "version": "v1"}
    (folder / "scene_camera.json").write_text(json.dumps(camera, indent=4))
    ids = [SECTIONS[k] for k in sections for _ in range(frames[k])]
    times = np.concatenate([frame_times(k, frames[k]) for k in sections])
    put_table(
        folder / "world_timestamps.csv", {"section id": ids, "recording id": [RECORDING] * len(ids), "timestamp [ns]": times}
    )
    gaze = gaze_table(samples)
    put_table(folder / "gaze.csv", {name: gaze[name] for name in gaze if not (older and name == "worn")})
    put_table(folder / "fixations.csv", fixations_table(samples))
    blink = gaze_times(0, samples[0])[[10, 14]]
    blinks = {"section id": [SECTIONS[0]], "recording id": [RECORDING], "blink id": [1], "start timestamp [ns]": blink[:1]}
    put_table(folder / "blinks.csv", blinks | {"end timestamp [ns]": blink[1:], "duration [ms]": [20]})
    events = {"recording id": [RECORDING] * 2, "timestamp [ns]": [START_NS, START_NS + 10**10]}
    put_table(folder / "events.csv", events | {"name": ["recording.begin", "recording.end"], "type": ["recording"] * 2})
    put_table(folder / "imu.csv", imu_table(device, older=older))
    if device == "neon":
        put_table(folder / "3d_eye_states.csv", eye_table(older=older))
    for k, name in enumerate(videos or ()):
        if name is not None:
            write_clip(folder / name, frames=frames[k], size_px=SIZE[device], first=sum(frames[:k]))
    return folder
