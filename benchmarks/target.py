"""A patch target from N gaze points, CPU time beside a full-resolution Gaussian map that is then pooled.

    python benchmarks/target.py [--rounds 7]

Promised: 1/1000 of the map's time. Rounds are interleaved; ratios are taken within a round, and their medians told.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from foveate.gaze.target import target

SIZE, SIGMA_PX = (1440, 1440), 20.0
CASES = {"1 point, 16 x 16": (1, (16, 16)), "6 points, 16 x 16": (6, (16, 16)), "40 points, 51 x 51": (40, (51, 51))}
"""Name -> gaze points and grid; the last is Qwen2.5-VL's at full size and 200 ms of gaze at 200 Hz."""
PROMISE = 1e-3


def by_map(points_px: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """The paper's way: a Gaussian at every pixel for every point, normalised, summed over patches."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    heat = np.zeros(SIZE)
    for px, py in points_px:
        heat += np.exp(-((x + 0.5 - px) ** 2 + (y + 0.5 - py) ** 2) / (2 * SIGMA_PX**2))
    heat /= heat.sum()
    rows = np.linspace(0, SIZE[0], grid[0] + 1).astype(int)[:-1]
    columns = np.linspace(0, SIZE[1], grid[1] + 1).astype(int)[:-1]
    return np.add.reduceat(np.add.reduceat(heat, rows, axis=0), columns, axis=1)


def cpu_s(job: Callable[[], object], times: int) -> float:
    began_s = time.process_time()
    for _ in range(times):
        job()
    return (time.process_time() - began_s) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    results = {}
    for name, (number, grid) in CASES.items():
        points = rng.uniform(200, 1240, (number, 2))
        ours, theirs = [], []
        for _ in range(options.rounds + 1):  # the first warms up
            theirs.append(cpu_s(lambda: by_map(points, grid), 1))  # noqa: B023  # called at once
            ours.append(cpu_s(lambda: target(points, grid, SIZE, SIGMA_PX), 300))  # noqa: B023
        ratios = [a / b for a, b in zip(ours[1:], theirs[1:], strict=True)]
        apart = float(np.abs(target(points, grid, SIZE, SIGMA_PX) - by_map(points, grid)).max())
        results[name] = {
            "target_us": round(1e6 * statistics.median(ours[1:]), 1),
            "map_ms": round(1e3 * statistics.median(theirs[1:]), 1),
            "ratio": statistics.median(ratios),
            "largest_difference": apart,
        }
    lines = [
        f"# Patch target, median CPU time of {options.rounds} interleaved rounds ({platform.machine()})",
        "",
        f"Frame {SIZE[1]} x {SIZE[0]}, sigma {SIGMA_PX:g} px. Promised: at most 1/1000 of the map.",
        "",
        "| case | target, us | map, ms | 1 / ratio | largest difference of a probability |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {r['target_us']:g} | {r['map_ms']:g} | {1 / r['ratio']:,.0f} | {r['largest_difference']:.1e} |"
        for name, r in results.items()
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "target.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (options.out / "target.json").write_text(json.dumps({"rounds": options.rounds, "cases": results}, indent=1) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
