"""Fixations beside what is known, beside the vendor's and beside other programs; and how long they take.

    python benchmarks/events.py [--oracle-python PATH] [--data ../shared/data] [--worlds 10]    # about 3 minutes

1. Drawn worlds, whose eyes are known: precision, recall and kappa, mean over worlds with 95% intervals. Gaze has the noise,
   blinks and losses of the toy tracker; the head turns. ``imu`` is a gyroscope drawn from the head's path, mounted askew.
2. Recordings of Pupil Cloud, which bring the vendor's fixations.
3. The time that a recording of 30 minutes at 200 Hz takes, opening included.

pymovements and remodnav are asked where an interpreter that has them is given (``pip install pymovements remodnav``).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from events_speed import LONG_S, measure

from foveate.clock import NS_PER_S
from foveate.gaze.clean import clean
from foveate.gaze.events import DISPERSION_DEG, GazeEvents, calm_deg_per_s, detect
from foveate.gaze.events_agreement import agreement, matches
from foveate.gaze.events_path import HALF_WINDOW_MS, GazePath
from foveate.gaze.fixation import window
from foveate.gaze.head_motion_imu import GYROSCOPE
from foveate.recording import open_recording
from foveate.recording.eye_events import EyeEvents
from foveate.recording.recording import Recording
from foveate.recording.signals import Signals
from foveate.stats import interval
from foveate.toykitchen import World

HERE = Path(__file__).parent
FIRST_SEED = 97_000
WORLD_S, FPS = 20.0, 15.0
PROMISE_S = 5.0
VENDORS = ("pupil_invisible_glassesvalidator", "pupil_invisible_trampoline_01")
LEAST_SACCADE_DEG = 1.0
GRID_NS = 5_000_000
"""Other programs are given gaze at 200 Hz, even where the tracker's samples are not."""
FARTHEST_NS = 75_000_000
SAME = {"pymovements I-VT": "ivt", "pymovements I-DT": "idt"}
"""The same algorithms elsewhere."""
Found = dict[str, EyeEvents]


@dataclass(frozen=True)
class Truth:
    """What the eyes of a world did."""

    fixations: EyeEvents
    saccades: EyeEvents
    """Of a degree or more, with their amplitude and peak speed."""


def listed(spans_ns: list[list[int]], **values: Any) -> EyeEvents:
    spans = np.array(spans_ns, dtype=np.int64).reshape(-1, 2)
    return EyeEvents(spans[:, 0].copy(), spans[:, 1].copy(), np.arange(len(spans)), values=values)


def truth(world: World) -> Truth:
    """Fixations and saccades of which the tracker saw at least half, and that end before the recording."""
    gaze = clean(world.gaze())

    def seen(start_s: float, stop_s: float) -> bool:
        inside = (gaze.time_ns >= start_s * NS_PER_S) & (gaze.time_ns < stop_s * NS_PER_S)
        return stop_s <= world.duration_s and bool(inside.any()) and float(np.mean(gaze.valid[inside])) >= 0.5

    stops = [stop for stop in world.fixations if seen(stop.start_s, stop.stop_s)]
    jumps, amplitude, peak = [], [], []
    for one, other in pairwise(world.fixations):
        far_deg = float(np.hypot(*np.subtract(other.first_px, one.last_px))) / world.parameters.px_per_deg
        if far_deg >= LEAST_SACCADE_DEG and seen(one.stop_s, other.start_s):
            jumps.append([round(one.stop_s * NS_PER_S), round(other.start_s * NS_PER_S)])
            amplitude.append(far_deg)
            peak.append(1.875 * far_deg / (other.start_s - one.stop_s))  # of a movement of minimum jerk
    spans = [[round(stop.start_s * NS_PER_S), round(stop.stop_s * NS_PER_S)] for stop in stops]
    return Truth(listed(spans), listed(jumps, amplitude_deg=np.array(amplitude), peak_deg_per_s=np.array(peak)))


def with_gyroscope(world: World) -> Recording:
    """The world's recording with an IMU: the turning that its head path amounts to, from axes that sit askew, with noise."""
    time_ns = np.arange(round(world.duration_s * 110)) * (NS_PER_S // 110)
    maps = world.head.many(time_ns / NS_PER_S)
    middle = np.array(world.scene_px) / 2
    point = np.linalg.solve(maps[:, :, :2], (middle - maps[:, :, 2])[..., None])[..., 0]
    moved = np.einsum("nij,nj->ni", maps[1:, :, :2], point[:-1]) + maps[1:, :, 2] - middle
    roll = np.diff(np.unwrap(np.arctan2(maps[:, 1, 0], maps[:, 0, 0])))
    step_s = np.diff(time_ns) / NS_PER_S
    x, y = (moved / world.parameters.px_per_deg).T
    rate = np.stack([y, -x, -np.degrees(roll)], axis=1) / step_s[:, None]
    rng = np.random.default_rng(world.seed)
    askew, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    askew *= np.sign(np.linalg.det(askew))
    rate = rate @ askew.T + rng.normal(0, 0.3, rate.shape) + rng.normal(0, 1.0, 3)
    imu = Signals(time_ns[:-1] + np.diff(time_ns) // 2, dict(zip(GYROSCOPE, rate.T.copy(), strict=True)))
    recording = world.recording(fps=FPS)
    return replace(recording, loaders={**recording.loaders, "imu": lambda: imu}, _streams={})


def export(path: GazePath, file: Path) -> None:
    """The gaze for other programs."""
    before, after = window(path.time_ns, half_window_ms=HALF_WINDOW_MS)
    step_s = np.maximum(path.time_ns[after] - path.time_ns[before], 1) / NS_PER_S
    grid = np.arange(path.time_ns[0], path.time_ns[-1], GRID_NS)
    near = (grid - path.time_ns[0]).astype(np.float64), (path.time_ns - path.time_ns[0]).astype(np.float64)
    place = np.stack([np.interp(*near, path.path_deg[:, axis]) for axis in (0, 1)], axis=1)
    right = np.clip(np.searchsorted(path.time_ns, grid, side="right"), 1, len(path) - 1)
    place[path.time_ns[right] - path.time_ns[right - 1] > FARTHEST_NS] = np.nan
    np.savez(
        file,
        time_ns=path.time_ns,
        velocity_deg_per_s=(path.path_deg[after] - path.path_deg[before]) / step_s[:, None],
        grid_ns=grid,
        grid_deg=place,
        threshold_deg_per_s=calm_deg_per_s(path),
        dispersion_deg=DISPERSION_DEG,
    )


def asked(python: str | None, paths: list[GazePath]) -> tuple[list[Found], dict[str, str]]:
    """What other programs find in each path; nothing where none is given."""
    if python is None:
        return [{} for _ in paths], {}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.npz" for number in range(len(paths))]
        for path, file in zip(paths, files, strict=True):
            export(path, file)
        command = [python, str(HERE / "events_oracle.py"), *map(str, files)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"the other programs failed: {ran.stderr.strip()[-2000:]}")
    told = json.loads(ran.stdout.strip().splitlines()[-1])
    return [{tool: listed(spans) for tool, spans in found.items()} for found in told["found"]], told["versions"]


def compared(found: EyeEvents, known: EyeEvents, time_ns: np.ndarray) -> dict[str, float]:
    result = agreement(found, known, time_ns)
    return {
        "events": result.events,
        "reference": result.reference,
        "precision": result.matched_well / max(1, result.events),
        "recall": result.matched_well / max(1, result.reference),
        "f1": result.f1,
        "f1_well": result.f1_well,
        "kappa": result.kappa,
    }


ARMS = {
    "I-VT, head by IMU": {},
    "I-VT, head by flow": {"head": "flow"},
    "I-VT, head not removed": {"head": "none"},
    "I-DT, head by IMU": {"detector": "idt"},
    "I-DT, head not removed": {"head": "none", "detector": "idt"},
}


def drawn(count: int, python: str | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
    """Lines of fixations and of saccades, one per world and arm, and the versions of other programs."""
    lines, jumps, paths, worlds = [], [], [], []
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        world = World(seed, duration_s=WORLD_S)
        known, recording = truth(world), with_gyroscope(world)
        for arm, options in ARMS.items():
            found = detect(recording, **options)
            lines.append({"world": seed, "arm": arm} | compared(found.fixations, known.fixations, found.path.time_ns))
            jumps.append({"world": seed, "arm": arm} | jumped(found, known))
            if arm == "I-VT, head by IMU":
                paths.append(found.path)
                worlds.append((seed, known))
    others, versions = asked(python, paths)
    for (seed, known), path, found in zip(worlds, paths, others, strict=True):
        for tool, events in found.items():
            lines.append({"world": seed, "arm": f"{tool}, same gaze"} | compared(events, known.fixations, path.time_ns))
    return lines, jumps, versions


def jumped(found: GazeEvents, known: Truth) -> dict[str, float]:
    """How saccades fare: any overlap with a true one of a degree or more counts."""
    large = found.saccades.values["amplitude_deg"] >= LEAST_SACCADE_DEG
    pairs = matches(found.saccades, known.saccades)
    mine, theirs = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    ratio = {
        name: float(np.median(found.saccades.values[name][mine] / known.saccades.values[name][theirs])) if pairs else np.nan
        for name in ("amplitude_deg", "peak_deg_per_s")
    }
    right = len(set(mine.tolist()) & set(np.flatnonzero(large).tolist()))
    precision, recall = right / max(1, int(large.sum())), len(pairs) / max(1, len(known.saccades))
    return {"precision": precision, "recall": recall, "amplitude": ratio["amplitude_deg"], "peak": ratio["peak_deg_per_s"]}


def vendors(data: Path, python: str | None) -> list[dict[str, Any]]:
    """Lines of each recording and detector against the vendor's fixations."""
    lines = []
    for name in VENDORS:
        if not (data / name).is_dir():
            print(f"{data / name} is not there: its rows are left out", file=sys.stderr)
            continue
        recording = open_recording(data / name)
        known: EyeEvents = recording.stream("fixations")
        for detector in ("ivt", "idt"):
            found = detect(recording, detector=detector)
            label = f"{detector}, {found.threshold:.3g} {'deg/s' if detector == 'ivt' else 'deg'}, head {found.path.head}"
            lines.append({"recording": name, "arm": label} | compared(found.fixations, known, found.path.time_ns))
        (others,), _ = asked(python, [found.path])
        for tool, events in others.items():
            lines.append({"recording": name, "arm": tool} | compared(events, known, found.path.time_ns))
            if tool in SAME:
                ours = detect(recording, detector=SAME[tool], merge_ms=0)
                label = f"ours, not merged, against {tool}"
                lines.append({"recording": name, "arm": label} | compared(ours.fixations, events, found.path.time_ns))
    return lines


def spread(lines: list[dict[str, Any]], name: str) -> str:
    """Mean over worlds with its interval."""
    known = [line for line in lines if np.isfinite(line[name])]
    told = interval([line[name] for line in known], [line["world"] for line in known])
    return f"{told.mean:.2f}" + ("" if told.low is None else f" [{told.low:.2f}, {told.high:.2f}]")


def report(
    fixations: list[dict[str, Any]], jumps: list[dict[str, Any]], vendor: list[dict[str, Any]], speed: list[dict]
) -> str:
    """The tables."""
    measures = ("precision", "recall", "f1", "kappa")
    worlds = len({line["world"] for line in fixations})
    text = [
        f"Fixations of {worlds} drawn worlds of {WORLD_S:g} s against what the eyes did; right where half is in common.",
        "",
    ]
    text += ["| detector | precision | recall | F1, any overlap | kappa |", "|---|---|---|---|---|"]
    for arm in dict.fromkeys(line["arm"] for line in fixations):
        mine = [line for line in fixations if line["arm"] == arm]
        text.append(f"| {arm} | {' | '.join(spread(mine, name) for name in measures)} |")
    text += ["", "Saccades of a degree or more in the same worlds; amplitude and peak speed as shares of the true ones.", ""]
    text += ["| detector | precision | recall | amplitude | peak speed |", "|---|---|---|---|---|"]
    for arm in dict.fromkeys(line["arm"] for line in jumps):
        mine = [line for line in jumps if line["arm"] == arm]
        text.append(f"| {arm} | {' | '.join(spread(mine, name) for name in ('precision', 'recall', 'amplitude', 'peak'))} |")
    text += ["", "Recordings with the vendor's own fixations.", ""]
    text += [
        "| recording | found by | fixations | of | F1, any overlap | F1, half in common | kappa |",
        "|---|---|---|---|---|---|---|",
    ]
    for line in vendor:
        cells = (line["recording"], line["arm"], line["events"], line["reference"])
        text.append(f"| {' | '.join(map(str, cells))} | {line['f1']:.2f} | {line['f1_well']:.2f} | {line['kappa']:.2f} |")
    text += [
        "",
        f"The whole command on {LONG_S // 60} minutes at 200 Hz with an IMU; promised: under {PROMISE_S:g} s of the processor.",
        "",
    ]
    text += ["| detector | samples | events | processor seconds |", "|---|---|---|---|"]
    text += [f"| {' | '.join(str(value) for value in line.values())} |" for line in speed]
    return "\n".join(text) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--oracle-python", help="an interpreter that has pymovements and remodnav")
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data", help="folder of the recordings")
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    fixations, jumps, versions = drawn(options.worlds, options.oracle_python)
    vendor, speed = vendors(options.data, options.oracle_python), measure()
    text = report(fixations, jumps, vendor, speed)
    if versions:
        text += f"\nOther programs: {', '.join(f'{name} {version}' for name, version in versions.items())}.\n"
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "events.md").write_text(f"# Fixations and saccades\n\n{text}", encoding="utf-8")
    everything = {"versions": versions, "fixations": fixations, "saccades": jumps, "vendor": vendor, "speed": speed}
    (options.out / "events.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    print(text)
    return int(any(float(line["processor_s"]) > PROMISE_S for line in speed))


if __name__ == "__main__":
    sys.exit(main())
