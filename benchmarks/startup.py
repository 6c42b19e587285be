"""How long a user waits for nothing: ``import foveate`` and ``foveate --help``, wall seconds, beside a bare Python.

    python benchmarks/startup.py [--rounds 15]

Promised: 0.3 s and 0.5 s on a warm disk. Rounds are interleaved; medians are told.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

JOBS = {
    "python -c pass": ([sys.executable, "-c", "pass"], None),
    "import foveate": ([sys.executable, "-c", "import foveate"], 0.3),
    "foveate --help": ([sys.executable, "-m", "foveate", "--help"], 0.5),
}
"""Name -> command and the seconds promised."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    seconds: dict[str, list[float]] = {name: [] for name in JOBS}
    for _ in range(options.rounds + 1):
        for name, (command, _promise) in JOBS.items():
            began_s = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds[name].append(time.perf_counter() - began_s)
    # the first round warms the disk
    medians = {name: round(statistics.median(values[1:]), 3) for name, values in seconds.items()}
    lines = [f"# Start-up, median wall seconds of {options.rounds} rounds", "", "| job | seconds | promised |", "|---|---|---|"]
    lines += [f"| {name} | {medians[name]} | {promise if promise else ''} |" for name, (_, promise) in JOBS.items()]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "startup.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (options.out / "startup.json").write_text(json.dumps({"rounds": options.rounds, "median_s": medians}, indent=1) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
