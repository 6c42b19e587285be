"""Times, counts and points of recordings beside those that the vendors' own tools read, sample by sample.

    python benchmarks/oracles.py --oracle-python NAME=/path/to/python ... [--data ../shared/data] [--out benchmarks/results]

The tools' pins cannot live in our environment, so each runs in an interpreter of its own (NAMEs and versions are in TOOLS):

    uv venv --python 3.11 env && uv pip install --python env/bin/python glassesTools==1.24.0
    python benchmarks/oracles.py --oracle-python glassestools=env/bin/python

Rows of tools that are not asked for stay as an earlier run left them; what was never compared is named as not made. Exits
with 1 where one is off by more than its limit. Seconds per comparison; the ffmpeg program is not needed.

To add a tool: a small script beside this one that takes what to read and a path and prints one JSON object, ``version`` and
named arrays (``oracle_aria.py``), a line in TOOLS, and its recordings in ``oracle_comparisons.py``.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from oracle_comparisons import COMPARISONS, Comparison

HERE = Path(__file__).parent
RESULTS = HERE / "results"
DOCUMENT = HERE.parent / "docs" / "recordings.md"
"""Shows the table of RESULTS."""


class Tool(NamedTuple):
    """A vendor's tool."""

    package: str
    version: str
    """That the committed results were made with."""
    script: str
    """That reads with it."""


TOOLS = {
    "glassestools": Tool("glassesTools", "1.24.0", "oracle_glassestools.py"),
    "neon": Tool("pupil-labs-neon-recording", "2.1.6", "oracle_neon.py"),
    "aria": Tool("projectaria-tools", "2.3.0", "oracle_aria.py"),
}
"""By the names for --oracle-python."""


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


def values_of(told: list[Any]) -> NDArray[Any]:
    """Whole numbers and texts as they are, since float64 holds no time of today to the nanosecond; else float64."""
    found = np.array(told)
    return found if found.dtype.kind in "iU" else np.array(told, dtype=np.float64)  # None becomes NaN


def read_by(tool: Tool, python: str, reader: str, path: Path) -> tuple[str, dict[str, NDArray[Any]]]:
    """The tool's version and what it reads.

    Exits where it cannot, and tells how to get it.
    """
    asked = [python, str(HERE / tool.script), reader, str(path)]
    try:
        ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    except OSError as error:
        sys.exit(f"{python} cannot be run: {error}. Install {tool.package}=={tool.version} in an environment of its own.")
    if ran.returncode:
        sys.exit(f"{tool.package} (tried with {tool.version}) failed on {path}: {ran.stderr.strip()[-2000:]}")
    answer: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return answer.pop("version"), {name: values_of(values) for name, values in answer.items()}


def compare(comparison: Comparison, data: Path, python: str) -> Iterator[Row]:
    """One row for each limit of a comparison."""
    tool, path = TOOLS[comparison.tool], data / comparison.source
    with tempfile.TemporaryDirectory() as temporary:
        if comparison.made is not None:
            path, source = Path(temporary) / "recording", path
            path.mkdir()
            comparison.made(source, path)
        version, told = read_by(tool, python, comparison.reader, path)
        ours = comparison.ours(path, told)
    for quantity, limit in comparison.limits.items():
        row = Row(comparison.recording, comparison.tool, tool.package, version, quantity, 0, 0, 0, 0, None, limit)
        yield difference(row, told[quantity], ours[quantity])


def difference(row: Row, theirs: NDArray[Any], mine: NDArray[Any]) -> Row:
    """A row with what was counted and the largest difference, where the counts are the same."""
    row = replace(row, samples=len(theirs), ours=len(mine))
    if len(theirs) != len(mine):
        return row
    theirs, mine = (values.reshape(len(values), -1) for values in (theirs, mine))
    if theirs.dtype.kind == "U":
        return replace(row, values=len(mine), largest_difference=float(np.sum(theirs != mine)))
    there, here = np.isfinite(theirs), np.isfinite(mine)
    off = np.abs(theirs - mine)[there & here]
    return replace(
        row,
        values=int(np.sum((there & here).any(axis=1))),
        missing_apart=int(np.sum((there != here).any(axis=1))),
        largest_difference=float(off.max()) if len(off) else 0.0,
    )


COLUMNS = (
    "recording", "compared with", "frames", "gaze samples", "with a value", "validity mismatches",
    "time, largest difference (ns)", "point, largest difference (px)", "others",
)  # fmt: skip


def table(rows: list[Row], left: list[str]) -> str:
    """One line for each recording and tool."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for name, recording in dict.fromkeys((row.name, row.recording) for row in rows):
        lines.append(line([row for row in rows if (row.name, row.recording) == (name, recording)]))
    return "\n".join([*lines, *([""] if left else []), *(f"Not made: {name}." for name in left)]) + "\n"


def line(rows: list[Row]) -> str:
    """What was found of one recording by one tool."""
    by = {row.quantity: row for row in rows}
    frames, gaze, point = (by.get(name) for name in ("frame time (ns)", "gaze time (ns)", "gaze point (px)"))
    others = [row for row in rows if row is not point and not row.quantity.endswith("time (ns)")]
    valued = point or (others[0] if others else None)
    cells = (
        rows[0].recording,
        f"{rows[0].tool} {rows[0].version}",
        *(counted(row) if row else "-" for row in (frames, gaze)),
        valued.values if valued else "-",
        sum(row.missing_apart for row in rows),
        worst([row for row in rows if row.quantity.endswith("time (ns)")]),
        worst([point]) if point else "-",
        ", ".join(told(row, besides=gaze) for row in others) or "-",
    )
    return f"| {' | '.join(map(str, cells))} |"


def counted(row: Row) -> str:
    return str(row.samples) if row.samples == row.ours else f"{row.samples}, ours {row.ours}"


def worst(rows: list[Row]) -> str:
    """The largest difference, and whether a limit was missed."""
    off = [row.largest_difference for row in rows]
    shown = "counts differ" if None in off else f"{max(filter(None, off), default=0):.2g}"
    return shown if all(row.holds for row in rows) else f"{shown} **missed**"


def told(row: Row, *, besides: Row | None) -> str:
    """A quantity with its difference, its unit and, where it is not that of gaze, its count."""
    what, _, unit = row.quantity.removesuffix(")").partition(" (")
    shown = f"{worst([row])}{'' if unit == '1' else f' {unit}'}" if row.values or not row.holds else "none told"
    return f"{what} {shown}" + ("" if besides and row.samples == besides.samples else f" ({counted(row)})")


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
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for oracles.json and oracles.md")
    asked = parser.parse_args()
    pythons = dict(given.partition("=")[::2] for given in asked.oracle_python)
    if unknown := set(pythons) - set(TOOLS):
        parser.error(f"no tool {', '.join(sorted(unknown))}; there are: {', '.join(TOOLS)}")
    before = kept(asked.out / "oracles.json", set(pythons))
    rows: list[Row] = []
    left: list[str] = []
    for comparison in COMPARISONS:
        found = [row for row in before if (row.name, row.recording) == (comparison.tool, comparison.recording)]
        if comparison.tool not in pythons:
            rows += found
            left += [] if found else [f"{comparison.recording} (no --oracle-python {comparison.tool}=PATH)"]
        elif not (asked.data / comparison.source).exists():
            left.append(f"{comparison.recording} (not below {asked.data.name})")
        else:
            rows += compare(comparison, asked.data, pythons[comparison.tool])
    asked.out.mkdir(parents=True, exist_ok=True)
    result = {"rows": [{**asdict(row), "holds": row.holds} for row in rows], "not_made": left}
    (asked.out / "oracles.json").write_text(json.dumps(result, indent=1) + "\n")
    (asked.out / "oracles.md").write_text(table(rows, left))
    if asked.out == RESULTS:
        put_into(DOCUMENT, table(rows, left))
    print(table(rows, left))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
