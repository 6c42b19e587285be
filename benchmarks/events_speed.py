"""How long fixations of a recording of 30 minutes at 200 Hz take, reading its tables included; called by ``events.py``."""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from foveate.clock import NS_PER_S
from foveate.toykitchen import World

LONG_S = 1800
START_NS = 1_700_000_000 * NS_PER_S
SEED = 97_900


def write_long(folder: Path) -> int:
    """A made export of Pupil Cloud with gaze of a drawn world and an IMU; the number of gaze samples."""
    world = World(SEED, duration_s=LONG_S)
    gaze = world.gaze()
    point = np.nan_to_num(gaze.point_px * (1088 / 1440))
    pl.DataFrame(
        {
            "timestamp [ns]": START_NS + gaze.time_ns,
            "gaze x [px]": point[:, 0],
            "gaze y [px]": point[:, 1],
            "worn": gaze.valid.astype(np.int8),
        }
    ).write_csv(folder / "gaze.csv")
    frames = START_NS + (np.arange(LONG_S * 30) * NS_PER_S) // 30
    pl.DataFrame({"timestamp [ns]": frames}).write_csv(folder / "world_timestamps.csv")
    rng = np.random.default_rng(SEED)
    rates = {f"gyro {axis} [deg/s]": rng.normal(0, 20, len(gaze)) for axis in "xyz"}
    pl.DataFrame({"timestamp [ns]": START_NS + gaze.time_ns} | rates).write_csv(folder / "imu.csv")
    matrix = [[766.0, 0, 544], [0, 766.0, 540], [0, 0, 1]]
    camera = {"camera_matrix": matrix, "dist_coefs": [[-0.12, 0.1, 0, 0, 0.02, 0.2, 0.01, 0.06]]}
    (folder / "scene_camera.json").write_text(json.dumps(camera))
    return len(gaze)


def measure(rounds: int = 3) -> list[dict[str, float | str]]:
    """Seconds of the processor that the whole command takes, the least of some rounds."""
    lines: list[dict[str, float | str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = write_long(folder)
        for detector in ("ivt", "idt"):
            command = [sys.executable, "-m", "foveate", "fixations", str(folder), "-o", str(folder / "out.csv")]
            took = [_took([*command, "--detector", detector, "--quiet"]) for _ in range(rounds)]
            rows = len((folder / "out.csv").read_text().splitlines()) - 1
            lines.append({"detector": detector, "samples": samples, "events": rows, "processor_s": min(took)})
    return lines


def _took(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)
