"""Times, counts and points of real recordings beside those that the vendors' own tools read, sample by sample.

    python benchmarks/oracles.py --oracle-python aria=/path/to/python [--data ../shared/data] [--out benchmarks/results]

The tools' pins cannot live in our environment, so each runs in an interpreter of its own, in which it was installed
(``pip install projectaria-tools``). Rows of tools that are not asked for stay as an earlier run left them; what was never
compared is named as not made. Exits with 1 where one is off by more than its limit. Seconds per comparison.

To add a tool: a small script beside this one that takes a path and prints one JSON object, ``version`` and named arrays
(``oracle_aria.py``), a line in TOOLS, and its recordings in COMPARISONS.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.recording import open_recording

HERE = Path(__file__).parent
DOCUMENT = HERE.parent / "docs" / "recordings.md"
"""Shows the table."""
Arrays = dict[str, NDArray[Any]]

TOOLS = {
    "aria": ("projectaria-tools", "oracle_aria.py"),
}
"""Name for --oracle-python -> the package, and the script that runs it."""


@dataclass(frozen=True)
class Comparison:
    """One recording, read by a tool and by us."""

    tool: str
    """Key of TOOLS."""
    recording: str
    """Folder or file below the folder of recordings."""
    ours: Callable[[Path, Arrays], Arrays]
    """Our arrays by the tool's names, of a path and the tool's arrays (inputs are among them)."""
    limits: dict[str, float]
    """Name of an array, with its unit -> largest difference allowed."""


@dataclass(frozen=True)
class Row:
    """One array compared."""

    recording: str
    name: str
    """Key of TOOLS."""
    tool: str
    version: str
    quantity: str
    samples: int
    """That the tool has."""
    ours: int
    """That we have."""
    values: int
    """How many of the samples have a value in both, and are compared."""
    missing_apart: int
    """That only one of the two has a value for."""
    largest_difference: float | None
    """None where the counts differ."""
    limit: float

    @property
    def holds(self) -> bool:
        off = self.largest_difference
        return self.samples == self.ours and not self.missing_apart and off is not None and off <= self.limit


def aria_recording(path: Path, told: Arrays) -> Arrays:
    recording = open_recording(path, format="aria")
    gaze, camera = recording.gaze, recording.camera
    assert camera is not None
    return {
        "frame time (ns)": recording.scene.time_ns,
        "gaze time (ns)": gaze.time_ns,
        "gaze point (px)": gaze.point_px,
        "pixels of rays (px)": camera.pixels(told["rays"]),
        "rays of pixels (1)": camera.rays(told["pixels"]),
    }


def aria_gaze(path: Path, told: Arrays) -> Arrays:
    angles = open_recording(path.parent, format="aria", gaze=path.name).stream("gaze_angles")
    return {
        "gaze time (ns)": angles.time_ns,
        "yaw (rad)": angles.yaw_rad,
        "pitch (rad)": angles.pitch_rad,
        "depth (m)": angles.depth_m,
    }


# the tool holds angles and depths as float32
ARIA_GAZE = {"gaze time (ns)": 0, "yaw (rad)": 1e-6, "pitch (rad)": 1e-6, "depth (m)": 1e-4}
ARIA_CAMERA = {"pixels of rays (px)": 0.01, "rays of pixels (1)": 1e-5}
ARIA = {"frame time (ns)": 0, "gaze time (ns)": 0, "gaze point (px)": 1, **ARIA_CAMERA}
COMPARISONS = (
    Comparison("aria", "aria/gen1/aria_everyday_activities_test_data", aria_recording, ARIA),
    *(
        Comparison("aria", f"aria/{name}", aria_gaze, ARIA_GAZE)
        for name in (
            "gen1/mps_sample/eye_gaze/eyegaze.csv",
            "gen1/mps_sample/eye_gaze/generalized_eye_gaze.csv",
            "gen1/mps_sample/eye_gaze_vergence/generalized_gaze.csv",
            "gen2/mps_sample/eye_gaze/general_eye_gaze.csv",
            "gen2/mps_sample/eye_gaze/personalized_eye_gaze.csv",
        )
    ),
)


def compare(comparison: Comparison, data: Path, python: str) -> Iterator[Row]:
    """One row for each limit of a comparison."""
    package, script = TOOLS[comparison.tool]
    path = data / comparison.recording
    ran = subprocess.run([python, str(HERE / script), str(path)], capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{package} failed on {path}: {ran.stderr.strip()[-2000:]}")
    answer: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    version = answer.pop("version")
    told = {name: np.array(values, dtype=np.float64) for name, values in answer.items()}  # None becomes NaN
    ours = {name: np.asarray(values, dtype=np.float64) for name, values in comparison.ours(path, told).items()}
    for quantity, limit in comparison.limits.items():
        theirs, mine = told[quantity], ours[quantity]
        row = Row(comparison.recording, comparison.tool, package, version, quantity, len(theirs), len(mine), 0, 0, None, limit)
        if theirs.shape == mine.shape:
            sides = (len(theirs), -1)
            there, here = (np.isfinite(values.reshape(sides)).all(axis=1) for values in (theirs, mine))
            off = np.abs(theirs - mine).reshape(sides)[there & here]
            row = replace(
                row,
                values=len(off),
                missing_apart=int(np.count_nonzero(there != here)),
                largest_difference=float(off.max()) if len(off) else 0.0,
            )
        yield row


def table(rows: list[Row], left: list[str]) -> str:
    columns = ("recording", "compared with", "what", "samples", "ours", "with a value", "largest difference", "limit")
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for row in rows:
        off = "counts differ" if row.largest_difference is None else f"{row.largest_difference:.2g}" if row.values else "-"
        off += (f", {row.missing_apart} values only in one" if row.missing_apart else "") + ("" if row.holds else " **missed**")
        counts = (row.samples, row.ours, row.values)
        cells = (row.recording, f"{row.tool} {row.version}", row.quantity, *counts, off, f"{row.limit:g}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, *([""] if left else []), *(f"Not made: {name}." for name in left)]) + "\n"


def kept(file: Path, renewed: set[str]) -> list[Row]:
    """Rows of an earlier run, less those of tools that run again."""
    if not file.exists():
        return []
    rows = json.loads(file.read_text())["rows"]
    return [Row(**{key: value for key, value in row.items() if key != "holds"}) for row in rows if row["name"] not in renewed]


def put_into(document: Path, shown: str) -> None:
    """Write the table between its two marks."""
    before, begin, rest = document.read_text().partition("<!-- oracles -->\n")
    _, end, after = rest.partition("<!-- /oracles -->")
    if not (begin and end):
        sys.exit(f"{document} has no marks <!-- oracles --> and <!-- /oracles --> for the table")
    document.write_text(before + begin + shown + end + after)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oracle-python", action="append", default=[], metavar="NAME=PATH", help=f"one of {', '.join(TOOLS)}")
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data", help="folder of the recordings")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder for oracles.json and oracles.md")
    asked = parser.parse_args()
    pythons = dict(given.partition("=")[::2] for given in asked.oracle_python)
    if unknown := set(pythons) - set(TOOLS):
        parser.error(f"no tool {', '.join(sorted(unknown))}; there are: {', '.join(TOOLS)}")
    rows = kept(asked.out / "oracles.json", set(pythons))
    before = {row.recording for row in rows}
    left: list[str] = []
    for comparison in COMPARISONS:
        if comparison.recording in before and comparison.tool not in pythons:
            continue
        if comparison.tool not in pythons:
            left.append(f"{comparison.recording} (no --oracle-python {comparison.tool}=PATH)")
        elif not (asked.data / comparison.recording).exists():
            left.append(f"{comparison.recording} (not below {asked.data.name})")
        else:
            rows += compare(comparison, asked.data, pythons[comparison.tool])
    order = [comparison.recording for comparison in COMPARISONS]
    rows.sort(key=lambda row: order.index(row.recording) if row.recording in order else len(order))
    asked.out.mkdir(parents=True, exist_ok=True)
    result = {"rows": [{**asdict(row), "holds": row.holds} for row in rows], "not_made": left}
    (asked.out / "oracles.json").write_text(json.dumps(result, indent=1) + "\n")
    (asked.out / "oracles.md").write_text(table(rows, left))
    if DOCUMENT.is_file():
        put_into(DOCUMENT, table(rows, left))
    print(table(rows, left))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
