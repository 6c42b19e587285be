"""Is an offset between the clocks of gaze and video found, and a drift? On drawn worlds, where it is put in and so known.

    python benchmarks/drift.py [--worlds 12] [--long 3]

Promised: a drift of 300 ms in 30 minutes is found and corrected to 20 ms. A short world has one window of 12 s and one offset
between -300 and 300 ms; a long one lasts 30 minutes and its gaze falls behind by 10 ms a minute.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from foveate.clock import NS_PER_MS
from foveate.gaze.drift import drift
from foveate.recording.recording import Recording
from foveate.toykitchen import World

FIRST_SEED = 80_000
LONG_MIN = 30.0
SLOPE_MS_PER_MIN = 10.0


def early(recording: Recording, by_ms: Callable[[np.ndarray], np.ndarray]) -> Recording:
    """The recording with gaze stamped too early, by so much at each minute."""
    gaze = recording.gaze
    minutes = (gaze.time_ns - gaze.time_ns[0]) / 60e9
    moved = replace(gaze, time_ns=gaze.time_ns - np.round(by_ms(minutes) * NS_PER_MS).astype(np.int64))
    return replace(recording, loaders={**recording.loaders, "gaze": lambda: moved}, _streams={})


def short_worlds(count: int) -> list[dict[str, float | bool | None]]:
    lines = []
    for number in range(count):
        seed = FIRST_SEED + number
        true_ms = round(float(np.random.default_rng(seed).uniform(-300, 300)), 1)
        (lag,) = drift(
            early(World(seed, duration_s=13).recording(), lambda m, t=true_ms: np.full_like(m, t)), windows=1
        ).windows
        held = lag.interval_ms is not None and lag.interval_ms[0] <= true_ms <= lag.interval_ms[1]
        lines.append({"seed": seed, "true_ms": true_ms, "found_ms": lag.offset_ms, "interval_holds_it": held})
    return lines


def long_worlds(count: int) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = []
    for number in range(count):
        seed = FIRST_SEED + 1000 + number
        recording = World(seed, duration_s=LONG_MIN * 60).recording()
        found = drift(early(recording, lambda m: SLOPE_MS_PER_MIN * m))
        lags, slope = found.windows, found.ms_per_min
        found_ms = None if slope is None else round(slope.value * LONG_MIN, 1)
        interval = None if slope is None else [round(edge * LONG_MIN, 1) for edge in (slope.low, slope.high)]
        windows = sum(lag.offset_ms is not None for lag in lags)
        lines.append({"seed": seed, "windows": windows, "of": len(lags), "found_ms": found_ms, "interval_ms": interval})
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=12)
    parser.add_argument("--long", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    short, long = short_worlds(options.worlds), long_worlds(options.long)
    told = [line for line in short if line["found_ms"] is not None]
    errors = [abs(float(line["found_ms"] or 0) - float(line["true_ms"] or 0)) for line in told]
    lines = [
        "# Offset and drift between the clocks of gaze and video, put into drawn worlds",
        "",
        f"{len(told)} of {len(short)} short worlds estimable; "
        f"error: median {np.median(errors):.0f} ms, at most {max(errors):.0f} ms; "
        f"{sum(bool(line['interval_holds_it']) for line in told)} of {len(told)} 95% intervals hold the truth.",
        "",
        f"| 30 minutes, {SLOPE_MS_PER_MIN * LONG_MIN:.0f} ms put in | windows estimable | found, ms | 95% interval, ms |",
        "|---|---|---|---|",
        *(
            f"| seed {line['seed']} | {line['windows']} of {line['of']} | {line['found_ms']} | {line['interval_ms']} |"
            for line in long
        ),
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "drift.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (options.out / "drift.json").write_text(json.dumps({"short": short, "long": long}, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
