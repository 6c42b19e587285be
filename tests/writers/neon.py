"""A faithful native folder of Pupil Labs Neon, format 2.3 or 2.5, with small frames; every gaze point and time is known."""

import json
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from foveate.clock import Times
from foveate.recording.neon import CALIBRATION, SCENE
from writers.neon_streams import write_streams
from writers.video import write_clip

START_NS = 1_728_546_105_870_000_000
"""Start of the recording."""
PAUSE_NS = 2_000_000_000
"""Between two parts."""
FRAME_NS = 33_342_000


def frame_times(part: int, frames: int) -> Times:
    """Of a part (from 0); the first interval is short, as the device has it."""
    start_ns = START_NS + part * (PAUSE_NS + 1_000_000_000)
    return start_ns + np.concatenate([[0], 12_578_000 + FRAME_NS * np.arange(frames - 1)]).astype(np.int64)


def gaze_points(samples: int, part: int) -> np.ndarray:
    """(samples, 2) float32 points that walk right; the part is their y."""
    return np.stack([10 + 0.25 * np.arange(samples), np.full(samples, 10.0 + part)], axis=1).astype("<f4")


def write_neon(
    folder: Path,
    *,
    frames: Sequence[int] = (20, 15),
    samples: Sequence[int] = (100, 70),
    without_video: Sequence[int] = (),
    gaze_after_ms: int = 50,
    whole: bool = True,
    line_feed: bool = False,
    version: str = "2.3",
) -> Path:
    """Write a folder.

    Args:
        folder: where.
        frames: of each part.
        samples: gaze samples of each part, at 200 Hz.
        without_video: parts (from 1) whose mp4 is missing.
        gaze_after_ms: from the first frame of a part to its first sample.
        whole: also write gaze_200hz, which repeats the parts with times a few ns off, as the device does.
        line_feed: end worn files in a line feed, as some copies have it.
        version: of the format, 2.3 or 2.5.
    """
    folder.mkdir(parents=True, exist_ok=True)
    info = {"data_format_version": version, "start_time": START_NS, "module_serial_number": "404641", "gaze_offset": [0.0, 0.0]}
    (folder / "info.json").write_text(json.dumps(info))
    end = b"\n" if line_feed else b""
    points, times = [], []
    for part, (n_frames, n_samples) in enumerate(zip(frames, samples, strict=True)):
        stem = f"ps{part + 1}"
        time_ns = frame_times(part, n_frames)
        time_ns.astype("<i8").tofile(folder / f"{SCENE} {stem}.time")
        if part + 1 not in without_video:
            write_clip(folder / f"{SCENE} {stem}.mp4", frames=n_frames, first=sum(frames[:part]))
        points.append(gaze_points(n_samples, part))
        times.append(time_ns[0] + gaze_after_ms * 1_000_000 + 5_000_000 * np.arange(n_samples))
        points[-1].tofile(folder / f"gaze {stem}.raw")
        times[-1].astype("<i8").tofile(folder / f"gaze {stem}.time")
        (folder / f"worn {stem}.raw").write_bytes(b"\xff" * n_samples + end)
        write_streams(folder, part, times[-1], version=version)
    if whole:
        np.concatenate(points).tofile(folder / "gaze_200hz.raw")
        (np.concatenate(times) - 88).astype("<i8").tofile(folder / "gaze_200hz.time")
        (folder / "worn_200hz.raw").write_bytes(b"\xff" * sum(samples) + end)
    (folder / "event.txt").write_text("recording.begin\nrecording.end\n")
    np.array([START_NS, START_NS + 10**10], "<i8").tofile(folder / "event.time")
    write_calibration(folder / "calibration.bin")
    listed = [{"name": file.name, "size": file.stat().st_size} for file in sorted(folder.iterdir())]
    (folder / "manifest.json").write_text(json.dumps(listed))
    return folder


def write_calibration(file: Path) -> None:
    """A calibration.bin like that of a real Neon: a rational model that folds before the frame's corners."""
    entry = np.zeros((), CALIBRATION)
    entry["version"], entry["serial"] = 1, b"404641"
    for name in ("scene", "right", "left"):
        entry[f"{name}_matrix"] = [[889.7, 0, 817.1], [0, 889.5, 612.9], [0, 0, 1]]
        entry[f"{name}_distortion"] = [-0.13, 0.109, -1.5e-4, -2.5e-4, 0, 0.17, 0.05, 0.0256]
        entry[f"{name}_pose"] = np.eye(4)
    body = entry.tobytes()[:-4]
    file.write_bytes(body + zlib.crc32(body).to_bytes(4, "little"))
