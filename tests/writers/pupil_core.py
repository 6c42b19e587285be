"""A faithful folder of Pupil Capture, and one that Pupil Player exported of it; every point and time is known."""

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import msgpack
import numpy as np
import polars as pl

from foveate.geometry import Size
from writers.video import SIZE, STEP

START_S = 342_005.25
"""Pupil Time starts anywhere."""
FRAME_S, SAMPLE_S = 0.04, 0.008
GAZE_AFTER_S = 0.01
MATRIX = [[794.3, 0.0, 33.0], [0.0, 793.5, 25.0], [0.0, 0.0, 1.0]]
DISTORTION = [[-0.43, 0.21, 0.0005, 0.0008, -0.06, 0.1, 0.05, 0.01]]


def frame_seconds(frames: int, *, part: int = 0) -> np.ndarray:
    return START_S + 10 * part + FRAME_S * np.arange(frames)


def gaze_seconds(samples: int) -> np.ndarray:
    return START_S + GAZE_AFTER_S + SAMPLE_S * np.arange(samples)


def shares(samples: int) -> np.ndarray:
    """(samples, 2) points from the bottom left: rightwards at a quarter of the height."""
    return np.stack([0.25 + 0.001 * np.arange(samples), np.full(samples, 0.25)], axis=1)


def confidences(samples: int) -> np.ndarray:
    """Every tenth is unsure, every twentieth not seen at all."""
    index = np.arange(samples)
    return np.where(index % 20 == 19, 0.0, np.where(index % 10 == 9, 0.5, 0.96875))


def write_mjpeg(path: Path, *, frames: int, size_px: Size = SIZE, first: int = 0) -> Path:
    """A video as Capture writes it: one JPEG a frame, frame n as bright as ``first + n`` steps."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25, options={"qscale": "1"})
        stream.width, stream.height, stream.pix_fmt = *size_px, "yuvj422p"
        stream.time_base = Fraction(1, 1000)
        for number in range(frames):
            grey = np.full((size_px.height_px, size_px.width_px, 3), 16 + STEP * (first + number), np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24").reformat(format="yuvj422p")
            frame.pts, frame.time_base = number * 40, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def pack(data: Sequence[tuple[str, dict[str, Any]]]) -> bytes:
    """A .pldata file: every datum packed, then with its topic packed again."""
    return b"".join(msgpack.packb((topic, msgpack.packb(datum))) for topic, datum in data)


def gaze_data(samples: int) -> list[tuple[str, dict[str, Any]]]:
    """Data of gaze.pldata; what each is based on is packed once more (type 13), as Capture does it."""
    times, points, sure = gaze_seconds(samples), shares(samples), confidences(samples)
    pupil = msgpack.ExtType(13, msgpack.packb({"topic": "pupil.0.3d", "confidence": 0.9}))
    return [
        (
            "gaze.3d.01.",
            {
                "topic": "gaze.3d.01.",
                "norm_pos": points[k].tolist(),
                "confidence": float(sure[k]),
                "timestamp": float(times[k]),
                "gaze_point_3d": [1.0, 2.0, 300.0],
                "base_data": [pupil, pupil],
            },
        )
        for k in range(samples)
    ]


def lens(kind: str = "radial", size_px: Size = SIZE) -> bytes:
    """world.intrinsics."""
    bent = [DISTORTION[0][:4]] if kind == "fisheye" else DISTORTION
    entry = {"camera_matrix": MATRIX, "dist_coefs": bent, "resolution": list(size_px), "cam_type": kind}
    return msgpack.packb({"version": 1, str((size_px.width_px, size_px.height_px)): entry})


ONLINE_FIXATIONS = ((0, 0.1, 300.0, (0.2, 0.2)), (0, 0.2, 300.0, (0.4, 0.2)), (1, 0.55, 310.0, (0.5, 0.75)))
"""Windows as Capture's fixation detector tells them: id, start after START_S, duration in ms, place."""
ONLINE_BLINKS = (("offset", 0.05), ("onset", 0.3), ("onset", 0.31), ("offset", 0.4), ("offset", 0.42), ("onset", 0.7))
"""Marks as Capture's blink detector tells them: a blink from 0.3 s to 0.42 s between two halves of others."""


def write_online_events(folder: Path) -> None:
    """What Capture's detectors write beside the gaze, where they were switched on."""
    fixations = [
        {"topic": "fixations", "id": number, "timestamp": START_S + start, "duration": ms, "norm_pos": place, "dispersion": 1.2,
         "confidence": 0.9, "method": "3d gaze", "base_data": [["gaze.3d.01.", START_S + start]]}
        for number, start, ms, place in ONLINE_FIXATIONS
    ]  # fmt: skip
    blinks = [
        {"topic": "blinks", "type": kind, "timestamp": START_S + at, "confidence": 0.7, "record": True, "base_data": []}
        for kind, at in ONLINE_BLINKS
    ]
    (folder / "fixations.pldata").write_bytes(pack([("fixations", datum) for datum in fixations]))
    (folder / "blinks.pldata").write_bytes(pack([("blinks", datum) for datum in blinks]))


def write_pupil_core(folder: Path, *, frames: Sequence[int] = (20,), samples: int = 100, video: bool = True) -> Path:
    """Write a folder as Capture leaves it.

    Args:
        folder: where.
        frames: of each part of the world video.
        samples: gaze samples, at 125 Hz.
        video: whether world.mp4 is there; the frame times are in any case.
    """
    folder.mkdir(parents=True, exist_ok=True)
    info = {
        "duration_s": 12.0, "meta_version": "2.3", "min_player_version": "2.0", "recording_name": "2024_01_01",
        "recording_software_name": "Pupil Capture", "recording_software_version": "3.5.1",
        "start_time_synced_s": START_S, "start_time_system_s": 1_570_725_800.220913,
    }  # fmt: skip
    (folder / "info.player.json").write_text(json.dumps(info, indent=4))
    for part, count in enumerate(frames):
        stem = "world" if part == 0 else f"world_{part:03d}"
        np.save(folder / f"{stem}_timestamps.npy", frame_seconds(count, part=part))
        if video:
            write_mjpeg(folder / f"{stem}.mp4", frames=count, first=sum(frames[:part]))
    (folder / "world.intrinsics").write_bytes(lens())
    (folder / "gaze.pldata").write_bytes(pack(gaze_data(samples)))
    np.save(folder / "gaze_timestamps.npy", gaze_seconds(samples))
    notes = [("annotation", {"topic": "annotation", "label": "grasps", "timestamp": START_S + 0.5, "duration": 0.0})]
    (folder / "annotation.pldata").write_bytes(pack(notes))
    np.save(folder / "annotation_timestamps.npy", np.array([START_S + 0.5]))
    return folder


def gaze_table(samples: int, *, older: bool = False) -> dict[str, Any]:
    """Columns of gaze_positions.csv; older exports call two otherwise."""
    points = shares(samples)
    return {
        "timestamp" if older else "gaze_timestamp": gaze_seconds(samples),
        "index" if older else "world_index": (np.arange(samples) * SAMPLE_S / FRAME_S).astype(int),
        "confidence": confidences(samples),
        "norm_pos_x": points[:, 0],
        "norm_pos_y": points[:, 1],
        "base_data": [f"{time - 0.002:.6f}-0 {time + 0.002:.6f}-1" for time in gaze_seconds(samples)],
    }


def write_pupil_export(
    folder: Path, *, frames: int = 20, samples: int = 100, video: bool = True, older: bool = False, times: str = "npy"
) -> Path:
    """Write a folder as Player exports it.

    Args:
        folder: where, such as .../000/exports/000.
        frames: of the world video.
        samples: gaze samples, at 125 Hz.
        video: whether world.mp4 and its times are there.
        older: whether gaze_positions.csv has its older columns.
        times: npy or csv: which file has the times of the frames.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(gaze_table(samples, older=older)).write_csv(folder / "gaze_positions.csv")
    export = {"key": ["Player Software Version", "Data Format Version"], "value": ["3.5.1", "2.0"]}
    pl.DataFrame(export).write_csv(folder / "export_info.csv")
    fixations = {
        "id": [1, 2], "start_timestamp": START_S + np.array([0.1, 0.5]), "duration": [200.5, 160.0],
        "start_frame_index": [2, 12], "end_frame_index": [7, 16], "norm_pos_x": [0.25, 0.5], "norm_pos_y": [0.25, 0.75],
        "dispersion": [0.9, 1.1], "confidence": [0.9, 0.8], "method": ["3d gaze"] * 2,
    }  # fmt: skip
    pl.DataFrame(fixations).write_csv(folder / "fixations.csv")
    blinks = {"id": [1], "start_timestamp": [START_S + 0.3], "duration": [0.1], "end_timestamp": [START_S + 0.4]}
    pl.DataFrame(blinks).write_csv(folder / "blinks.csv")
    notes = {"index": [10], "timestamp": [START_S + 0.5], "label": ["grasps"], "duration": [0.0]}
    pl.DataFrame(notes).write_csv(folder / "annotations.csv")
    if video:
        write_mjpeg(folder / "world.mp4", frames=frames)
        if times == "npy":
            np.save(folder / "world_timestamps.npy", frame_seconds(frames))
        else:
            table = {"# timestamps [seconds]": frame_seconds(frames), "pts": np.arange(frames) * 512}
            pl.DataFrame(table).write_csv(folder / "world_timestamps.csv")
    return folder
