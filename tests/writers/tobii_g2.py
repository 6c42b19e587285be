"""A faithful project tree of the Tobii Pro Glasses 2 with small frames; every gaze point and time is known."""

import gzip
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from writers.tobii_g3 import SIZE, write_lines
from writers.video import write_clip

FPS = 25.0
FRAME_US = 40_000
GAZE_US = 20_000
START_US = 484_678_568
"""On the recording unit's clock: the first gaze sample."""
VIDEO_AFTER_US = 799_544
"""From the first gaze sample of a segment to its first frame."""
SEGMENT_US = 60_000_000
"""From the start of a segment to that of the next."""
LOST = range(40, 44)
"""Samples with a status that is not 0."""
RECORDING = "gzz7stc"


def gaze_us(segment: int, index: int) -> int:
    """When a sample of a segment (from 1) was taken."""
    return START_US + (segment - 1) * SEGMENT_US + index * GAZE_US


def frame_us(segment: int, index: int) -> int:
    """When a frame of a segment was seen."""
    return gaze_us(segment, 0) + VIDEO_AFTER_US + index * FRAME_US


def point(segment: int, index: int) -> tuple[float, float]:
    """Normalised gaze point: it walks right; the segment tells its height."""
    return round(0.3 + 0.002 * index, 4), round(0.2 * segment, 4)


def packets_of(segment: int, samples: int) -> list[dict[str, Any]]:
    """A segment's packets in the device's order: of the sensors in bursts, so that times run to and fro."""
    first_us = gaze_us(segment, 0)
    packets: list[dict[str, Any]] = [{"ts": first_us + 159_993, "s": 0, "pts": 622438, "pv": 4}]
    for index in range(samples):
        if index % 25 == 0:
            packets += [
                {"ts": gaze_us(segment, index) + 9_588 * k, "s": 0, "ac": [0.039, -10.146, round(0.84 + k, 3)]}
                for k in range(3)
            ]
            packets.append({"ts": gaze_us(segment, index) + 5_000, "s": 0, "gy": [-1.26, -1.334, -1.301]})
        ts, status = gaze_us(segment, index), int(index in LOST)
        sample = {"ts": ts, "s": status, "gidx": 2765 + index}
        for side, sign, pupil in (("left", 1, 5.4), ("right", -1, 5.44)):
            packets.append({**sample, "pc": [27.72 * sign, -22.74, -34.5], "eye": side})
            packets.append({**sample, "pd": 0.0 if status else pupil, "eye": side})
            packets.append({**sample, "gd": [-0.0983, 0.1388, 0.9854], "eye": side})
        packets.append({**sample, "l": 434102, "gp": [0.0, 0.0] if status else list(point(segment, index))})
        packets.append({**sample, "gp3": [-42.68, 74.56, 669.47]})
    for tie in range(3):
        packets.append({"ts": frame_us(segment, 16 * tie), "s": 0, "vts": 16 * tie * FRAME_US})
    packets.append({"ts": first_us + 300_000, "s": 0, "dir": "out", "sig": 1})
    packets.append({"ts": first_us + 200_000, "s": 0, "ets": 1_389_000, "type": "task", "tag": "pour the tea"})
    return packets


def tslv() -> bytes:
    """The first records of et.tslv, the scene camera's calibration among them."""

    def record(kind: int, payload: bytes) -> bytes:
        return struct.pack("<HhI", kind, 0, len(payload)) + payload + b"\0" * (-len(payload) % 4)

    camera = struct.pack(
        "<2B2x3f9f2ff2f3f3f2H",
        *(4, 0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0),
        *(1136.5, 1136.25, 0.0, 921.125, 548.25, 0.0625, -0.3125, 0.3125, -0.0005, -0.00025, 0.0, 1920, 1080),
    )
    return record(21332, b"TSLV1") + record(2, b"ET") + record(300, camera) + record(10, b"\0" * 12)


def write_segment(folder: Path, number: int, *, samples: int, frames: int | None) -> None:
    """Write a segment; None frames for no video."""
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / "livedata.json.gz", packets_of(number, samples))
    (folder / "et.tslv.gz").write_bytes(gzip.compress(tslv()))
    (folder / "segment.json").write_text(json.dumps({"seg_id": number, "seg_calibrating": True, "seg_calibrated": True}))
    if frames is not None:
        write_clip(folder / "fullstream.mp4", frames=frames, fps=FPS, size_px=SIZE, first=7 * (number - 1))


def write_tobii_g2(
    project: Path, *, samples: Sequence[int] = (160,), frames: Sequence[int | None] = (60,), recording: str = RECORDING
) -> Path:
    """Write a project of one recording, or add a recording to it.

    Args:
        project: where.
        samples: gaze samples of each segment, at 50 Hz.
        frames: frames of each segment's video, at 25 fps; None for no video.
        recording: name of its folder.

    Returns:
        The project's folder.
    """
    folder = project / "recordings" / recording
    for number, (n_samples, n_frames) in enumerate(zip(samples, frames, strict=True), 1):
        write_segment(folder / "segments" / str(number), number, samples=n_samples, frames=n_frames)
    told = {
        "rec_id": recording,
        "rec_info": {"Name": "Recording011", "Notes": ""},
        "rec_participant": "vxgtdb2",
        "rec_project": "raoscyb",
        "rec_state": "done",
        "rec_segments": len(samples),
        "rec_created": "2019-03-20T13:25:47+0000",
        "rec_et_samples": sum(samples),
        "rec_et_valid_samples": sum(samples) - len(LOST) * len(samples),
    }
    (folder / "recording.json").write_text(json.dumps(told, indent=4))
    system = {"servicemanager_version": "1.25.3-citronkola", "hu_serial": "TG02G-010105956192"}
    (folder / "sysinfo.json").write_text(json.dumps(system))
    (project / "project.json").write_text(json.dumps({"pr_id": "raoscyb", "pr_info": {"Name": "DemoIntegratie"}}))
    wearer = project / "participants" / "vxgtdb2"
    wearer.mkdir(parents=True, exist_ok=True)
    (wearer / "participant.json").write_text(json.dumps({"pa_id": "vxgtdb2", "pa_info": {"Name": "Roy005"}}))
    return project
