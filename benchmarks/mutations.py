"""Bad input: every format and every data set, broken in every way of ``tests/broken/mutations.py`` that fits one of its files.

    python -m benchmarks.mutations             # about 20 minutes; writes benchmarks/results/mutations.json and mutations.md
    python -m benchmarks.mutations --only neon # measures one again and keeps the others' results

Promised: of 600 and more broken recordings every one ends in a typed error of one line or is read with what was lost counted;
no crash of the parent, no step longer than 30 s, no more than 2 GB of memory. Main files (gaze, video) are broken in up to 18
ways of those that fit them, the others in one each; what is done is seeded by the case's name. Each case runs in a process of
its own, which opens the recording, touches every stream, decodes its first frames, and runs the commands info, check, describe.
"""

import argparse
import json
import platform
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from broken.client import Client  # noqa: E402 - tests are no package
from broken.whole import DATASETS, RECORDINGS  # noqa: E402

WHOLES = {"recordings": RECORDINGS, "data sets": DATASETS}
FEWEST = 600
ENDS = {
    "error": "typed errors",
    "warning": "counted warnings",
    "unharmed": "unharmed",
    "other": "read as it stands",
    "failed": "failures",
}
"""How a case ended -> the column that counts it."""


def measure(client: Client, kind: str, name: str) -> dict[str, Any]:
    """All cases of one whole."""
    ends: Counter[str] = Counter()
    slowest, hungriest, failures = (0.0, ""), (0.0, ""), []
    for file, mutation in client.cases(kind, name):
        told = client.run(kind, name, file, mutation)
        ends[told["ended"]] += 1
        slowest = max(slowest, (told["seconds"], f"{file}: {mutation}"))
        hungriest = max(hungriest, (told["peak_mb"], f"{file}: {mutation}"))
        if told["ended"] == "failed":
            failures.append({"file": file, "mutation": mutation, "said": told["said"]})
    return {
        "kind": kind, "name": name, "cases": ends.total(), **{end: ends[end] for end in ENDS},
        "slowest_s": round(slowest[0], 1), "slowest": slowest[1],
        "peak_mb": round(hungriest[0]), "hungriest": hungriest[1], "failures": failures,
    }  # fmt: skip


def table(rows: Sequence[dict[str, Any]], kind: str) -> list[str]:
    """The rows of a kind as Markdown, with their sum."""
    mine = [row for row in rows if row["kind"] == kind]
    total = {key: sum(row[key] for row in mine) for key in ("cases", *ENDS)}
    total |= {key: max((row[key] for row in mine), default=0) for key in ("slowest_s", "peak_mb")}
    lines = [
        f"| {kind} | cases | {' | '.join(ENDS.values())} | slowest step, s | peak, MB |",
        "|---|" + "---|" * (len(ENDS) + 3),
    ]
    for row in [*mine, {**total, "name": "all"}]:
        counted = " | ".join(str(row[key]) for key in ("cases", *ENDS))
        lines.append(f"| {row['name']} | {counted} | {row['slowest_s']} | {row['peak_mb']} |")
    return lines


def document(rows: Sequence[dict[str, Any]]) -> str:
    """The measurement as Markdown."""
    lines = [
        "# Recordings and data sets broken on purpose",
        "",
        "`python -m benchmarks.mutations`",
        "",
        *table(rows, "recordings"),
        "",
        *table(rows, "data sets"),
        "",
        "Unharmed: every value is that of the whole. Read as it stands: values differ, and nothing in the file shows that they",
        "are wrong (another number in its place, a table cut between two lines, a file that may be missing).",
        f"Python {platform.python_version()}, {platform.system()}.",
    ]
    done = {(row["kind"], row["name"]) for row in rows}
    if left := [f"{name} ({kind})" for kind, wholes in WHOLES.items() for name in wholes if (kind, name) not in done]:
        lines += ["", f"Not measured yet: {', '.join(left)}; `--only NAME` adds them."]
    for row in rows:
        lines += [
            f"- FAILED {row['name']}, {failure['file']}, {failure['mutation']}: {failure['said'][0].strip().splitlines()[-1]}"
            for failure in row["failures"]
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure and write; 0 where nothing failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", help="names of formats or data sets")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    kept = given.out / "mutations.json"
    found = {(row["kind"], row["name"]): row for row in (json.loads(kept.read_bytes()) if given.only and kept.exists() else [])}
    todo = [(kind, name) for kind, wholes in WHOLES.items() for name in wholes]
    with TemporaryDirectory(prefix="mutations") as folder, Client(Path(folder), commands=True) as client:
        for kind, name in todo:
            if not given.only or name in given.only:
                row = found[kind, name] = measure(client, kind, name)
                print(f"{kind}, {name}: {row['cases']} cases, {row['failed']} failed", file=sys.stderr, flush=True)
    rows = [found[place] for place in todo if place in found]
    kept.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (given.out / "mutations.md").write_text(document(rows), encoding="utf-8")
    print(document(rows))
    enough = sum(row["cases"] for row in rows if row["kind"] == "recordings") >= FEWEST
    return 0 if enough and not any(row["failed"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
