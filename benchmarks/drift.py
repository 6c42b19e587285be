"""Is an error between the clocks of gaze and video found and corrected? On drawn worlds, where it is put in and so known.

    python benchmarks/drift.py [--worlds 12] [--long 6]        # about 4 minutes of one core

Promised: a drift of 300 ms in 30 minutes is found and corrected to 20 ms. A short world has one window of 12 s and one offset
between -300 and 300 ms. A long one lasts 30 minutes and is looked at three times: its gaze stamped early by 10 ms a minute, by
a constant 120 ms, and rightly. Frames are drawn at 15 a second, which is half the work. The seeds below were used for nothing
else; the method was made on seeds 90000 to 90031.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from foveate.clock import NS_PER_MS, NS_PER_S
from foveate.gaze.clock_error import ClockError
from foveate.gaze.drift import WINDOW_S, WINDOWS, clock_error, watched
from foveate.recording.recording import GazeStream
from foveate.toykitchen import World
from foveate.toykitchen.parameters import SCENE_PX

SHORT_SEED, LONG_SEED = 82_000, 83_000
LONG_MIN, FPS = 30.0, 15.0
CASES = {"drift of 300 ms": (0.0, 10.0), "lag of 120 ms": (120.0, 0.0), "nothing": (0.0, 0.0)}
"""What is put in: offset in ms, and its change in ms a minute."""
PROMISED_MS = 20.0


@dataclass(frozen=True)
class Found:
    """What was found in one world."""

    seed: int
    case: str
    true_lag_ms: float
    """At the minute where the lag is told."""
    lag_ms: tuple[float, float, float] | None
    """Value, low, high."""
    drift_ms: tuple[float, float, float] | None
    """The same, in 30 minutes."""
    kind: str
    windows: int
    """That are estimable."""
    worst_ms: float
    """Greatest error of any sample's time after the correction."""


def put_in(gaze: GazeStream, lag_ms: float, ms_per_min: float) -> GazeStream:
    """The gaze stamped too early, by a line over time."""
    early_ms = lag_ms + ms_per_min * gaze.time_ns / (60 * NS_PER_S)
    return replace(gaze, time_ns=gaze.time_ns - np.round(early_ms * NS_PER_MS).astype(np.int64))


def compared(seed: int, case: str, gaze: GazeStream, early: GazeStream, error: ClockError, lag_ms: float, rate: float) -> Found:
    left_ms = (error.retimed(early.time_ns) - gaze.time_ns) / NS_PER_MS
    lag, slope = error.lag_ms, error.ms_per_min
    return Found(
        seed,
        case,
        lag_ms + rate * error.lag_at_min,
        None if lag is None else (lag.value, lag.low, lag.high),
        None if slope is None else (slope.value * LONG_MIN, slope.low * LONG_MIN, slope.high * LONG_MIN),
        error.kind,
        len(error.known),
        float(np.abs(left_ms).max()),
    )


def short_world(seed: int) -> Found:
    lag_ms = round(float(np.random.default_rng(seed).uniform(-300, 300)), 1)
    recording = World(seed, duration_s=13).recording(FPS)
    early = put_in(recording.gaze, lag_ms, 0)
    error = clock_error(early, watched(recording, windows=1), SCENE_PX.width_px)
    return compared(seed, "one window", recording.gaze, early, error, lag_ms, 0)


def long_world(seed: int) -> list[Found]:
    recording = World(seed, duration_s=LONG_MIN * 60).recording(FPS)
    windows = watched(recording)
    found = []
    for case, (lag_ms, rate) in CASES.items():
        early = put_in(recording.gaze, lag_ms, rate)
        error = clock_error(early, windows, SCENE_PX.width_px)
        found.append(compared(seed, case, recording.gaze, early, error, lag_ms, rate))
    return found


def table(short: Sequence[Found], long: Sequence[Found]) -> list[str]:
    known = [one for one in short if one.lag_ms is not None]
    off_ms = [abs(one.lag_ms[0] - one.true_lag_ms) for one in known if one.lag_ms]
    held = sum(one.lag_ms[1] <= one.true_lag_ms <= one.lag_ms[2] for one in known if one.lag_ms)
    lines = [
        "# Errors between the clocks of gaze and video, put into drawn worlds",
        "",
        f"{len(known)} of {len(short)} short worlds (one window of {WINDOW_S:g} s) estimable; "
        f"error: median {np.median(off_ms):.0f} ms, at most {max(off_ms):.0f} ms; "
        f"{held} of {len(known)} 95% intervals hold the truth.",
        "",
        f"Worlds of {LONG_MIN:g} minutes, {WINDOWS} windows of {WINDOW_S:g} s. Drift and its interval are for 30 minutes;",
        "the last column is the greatest error of any gaze sample's time after the correction.",
        "",
        "| put in | seed | windows estimable | told as | drift found, ms | lag found - true, ms | left after correction, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in long:
        lag = "not estimable" if one.lag_ms is None else f"{one.lag_ms[0] - one.true_lag_ms:+.1f}"
        drift = "not estimable" if one.drift_ms is None else "{:+.1f} [{:+.1f}, {:+.1f}]".format(*one.drift_ms)
        lines.append(f"| {one.case} | {one.seed} | {one.windows} | {one.kind} | {drift} | {lag} | {one.worst_ms:.1f} |")
    drifts = [one for one in long if one.case == next(iter(CASES))]
    good = sum(one.worst_ms <= PROMISED_MS for one in drifts)
    return [
        *lines,
        "",
        f"The drift is corrected to {PROMISED_MS:g} ms, from the first sample to the last, in {good} of {len(drifts)} worlds.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=12)
    parser.add_argument("--long", type=int, default=6)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    began_s = time.process_time()
    short = [short_world(SHORT_SEED + number) for number in range(options.worlds)]
    long = []
    for number in range(options.long):
        long += long_world(LONG_SEED + number)
        print("\n".join(str(one) for one in long[-len(CASES) :]), flush=True)
    long.sort(key=lambda one: (list(CASES).index(one.case), one.seed))
    lines = table(short, long)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "drift.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    raw = {"short": [asdict(one) for one in short], "long": [asdict(one) for one in long]}
    (options.out / "drift.json").write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))
    print(f"{time.process_time() - began_s:.0f} s of CPU time")


if __name__ == "__main__":
    main()
