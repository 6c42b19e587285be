"""Run by ``events.py`` in an interpreter that has pymovements and remodnav: the fixations that they find in exported gaze.

Each argument is a .npz file: ``time_ns`` and ``velocity_deg_per_s`` of our samples, ``grid_ns`` and ``grid_deg`` of the same
gaze at even steps, NaN where it is lost, and thresholds. Prints one JSON object: versions, and for each file a dict of tool ->
[[start_ns, stop_ns], ...].
"""

import json
import logging
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pymovements
from remodnav import EyegazeClassifier

MIN_DURATION_NS = 60_000_000
logging.getLogger("remodnav").setLevel("ERROR")


def rows(events: pymovements.Events, step_ns: int) -> list[list[int]]:
    """Its offsets are those of the last samples."""
    frame = events.frame
    return [[int(a), int(b) + step_ns] for a, b in zip(frame["onset"], frame["offset"], strict=True)]


def by_pymovements(data: dict, threshold_deg_per_s: float, dispersion_deg: float) -> dict[str, list[list[int]]]:
    step_ns = int(data["grid_ns"][1] - data["grid_ns"][0])
    ivt = pymovements.events.ivt(
        data["velocity_deg_per_s"],
        timesteps=data["time_ns"],
        minimum_duration=MIN_DURATION_NS,
        velocity_threshold=threshold_deg_per_s,
    )
    idt = pymovements.events.idt(
        data["grid_deg"],
        timesteps=data["grid_ns"],
        minimum_duration=MIN_DURATION_NS // step_ns * step_ns,
        dispersion_threshold=dispersion_deg,
    )
    return {"pymovements I-VT": rows(ivt, step_ns), "pymovements I-DT": rows(idt, step_ns)}


def by_remodnav(data: dict) -> list[list[int]]:
    """Its pursuit counts as fixation, since the eyes that balance a moving head follow something in the frame."""
    rate_hz = 1e9 / float(data["grid_ns"][1] - data["grid_ns"][0])
    finder = EyegazeClassifier(px2deg=1.0, sampling_rate=rate_hz)
    gaze = np.rec.fromarrays(list(data["grid_deg"].T), names="x,y")
    found = finder(finder.preproc(gaze, savgol_length=7 / rate_hz), classify_isp=True, sort_events=True)
    start_ns = int(data["grid_ns"][0])
    kept = [event for event in found if event["label"] in ("FIXA", "PURS")]
    return [[start_ns + round(event["start_time"] * 1e9), start_ns + round(event["end_time"] * 1e9)] for event in kept]


told = []
for file in sys.argv[1:]:
    data = dict(np.load(Path(file)))
    found = by_pymovements(data, float(data["threshold_deg_per_s"]), float(data["dispersion_deg"]))
    told.append(found | {"remodnav": by_remodnav(data)})
versions = {name: version(name) for name in ("pymovements", "remodnav")}
print(json.dumps({"versions": versions, "found": told}))
