"""Nothing lost: a job of 1,000 items is killed (SIGKILL) at 100 random moments and run again.

    python -m benchmarks.kill                  # 10 to 20 minutes; writes benchmarks/results/kill.json and kill.md
    python -m benchmarks.kill --items 60 --moments 5 --out DIR

Every trial starts a fresh job, kills it at a moment drawn evenly from the time of an uninterrupted run (every other time its
workers too, otherwise only the process that keeps the journal), runs the same command again to the end, and compares.
"""

import argparse
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from foveate.job import Item, Work, run_job
from foveate.job.journal import parse

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).parent
SEED = 20261120


def make_work(settings: Mapping[str, Any], *, log: Path) -> Work:
    """Squares; every tenth item leaves a file. Every attempt is logged as it begins, so that repeats can be counted."""

    def work(item: Item, folder: Path) -> dict[str, int]:
        with log.open("ab", buffering=0) as begun:
            begun.write(f"{item.id}\n".encode())
        number = item.payload["number"]
        if number % 10 == 0:
            (folder / "square.txt").write_text(f"{number**2}\n" * 100, encoding="utf-8")
        time.sleep(settings["item_s"])
        return {"square": number**2}

    return work


def child(folder: Path, items: int, workers: int, item_s: float) -> None:
    """The job that is killed."""
    todo = [Item(f"item-{number:04}", {"number": number}) for number in range(items)]
    log = folder.with_suffix(".log")
    run_job(folder, todo, partial(make_work, log=log), settings={"item_s": item_s}, workers=workers)


def start(folder: Path, items: int, workers: int, item_s: float) -> "subprocess.Popen[bytes]":
    """The job in a process group of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.kill",
        "--child",
        folder,
        "--items",
        items,
        "--workers",
        workers,
        "--item-s",
        item_s,
    ]
    return subprocess.Popen([str(each) for each in command], cwd=ROOT, start_new_session=True)


def outputs(folder: Path) -> dict[str, bytes]:
    """All that a job has made, byte by byte."""
    kept = [folder / "results.jsonl", folder / "failures.jsonl", *sorted((folder / "files").rglob("*"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept if path.is_file()}


@dataclass(frozen=True)
class Trial:
    """What one kill did."""

    after_s: float
    """When it was killed."""
    group: bool
    """Whether its workers were killed too."""
    done: int
    """Items that the journal held then."""
    torn: bool
    """Whether the journal's last line was cut."""
    lost: int
    """Items in the journal then that were worked on once more, or that are missing at the end."""
    doubled: int
    """Items that stand in the journal or in the results more than once."""
    repeated: int
    """Attempts beyond one per item."""
    equal: bool
    """Whether results and files are byte by byte those of an uninterrupted run."""


def trial(
    folder: Path,
    expected: Mapping[str, bytes],
    *,
    moment_s: float,
    after_items: int = 0,
    group: bool,
    items: int,
    workers: int,
    item_s: float,
) -> Trial:
    """Kill once, so long after the start or after the first items were committed; run again, compare."""
    journal, log = folder / "journal.jsonl", folder.with_suffix(".log")
    began_s = time.perf_counter()
    killed = start(folder, items, workers, item_s)
    while after_items and killed.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < after_items):
        time.sleep(0.005)
    time.sleep(moment_s)
    after_s = time.perf_counter() - began_s
    (os.killpg if group else os.kill)(killed.pid, signal.SIGKILL)
    killed.wait()
    data = journal.read_bytes() if journal.exists() else b""
    before, good_end, _ = parse(data)
    if start(folder, items, workers, item_s).wait():
        raise SystemExit(f"the job could not be run again after a kill at {after_s:.3f} s")
    attempts = Counter(log.read_text(encoding="utf-8").split())
    done = Counter(outcome.item for outcome in parse(journal.read_bytes())[0])
    listed = Counter(json.loads(line)["item"] for line in (folder / "results.jsonl").read_bytes().splitlines())
    return Trial(
        after_s=round(after_s, 3),
        group=group,
        done=len(before),
        torn=good_end < len(data),
        lost=sum(attempts[each.item] > 1 for each in before) + items - len(listed),
        doubled=sum(count > 1 for count in done.values()) + sum(count > 1 for count in listed.values()),
        repeated=sum(attempts.values()) - len(attempts),
        equal=outputs(folder) == expected,
    )


def measure(
    *, items: int, workers: int, item_s: float, moments: int, seed: int, side_by_side: int
) -> tuple[float, list[Trial]]:
    """Seconds of an uninterrupted run, and all trials."""
    rng = random.Random(seed)
    with TemporaryDirectory() as temporary, ThreadPoolExecutor(side_by_side) as pool:
        whole = Path(temporary) / "whole"
        began_s = time.perf_counter()
        if start(whole, items, workers, item_s).wait():
            raise SystemExit("the uninterrupted run failed")
        whole_s = time.perf_counter() - began_s
        expected = outputs(whole)
        moments_s = [rng.uniform(0, whole_s) for _ in range(moments)]

        def one(number: int) -> Trial:
            folder, group = Path(temporary) / f"trial-{number}", number % 2 == 0
            done = trial(folder, expected, moment_s=moments_s[number], group=group, items=items, workers=workers, item_s=item_s)
            shutil.rmtree(folder)
            return done

        trials = []
        for done in pool.map(one, range(moments)):
            trials.append(done)
            print(f"{len(trials)}/{moments}: {done}", file=sys.stderr, flush=True)
    return whole_s, trials


def summary(whole_s: float, trials: list[Trial], arguments: argparse.Namespace) -> dict[str, Any]:
    """The numbers that the promise is about."""
    found = {
        "items": arguments.items,
        "workers": arguments.workers,
        "moments": len(trials),
        "seed": arguments.seed,
        "uninterrupted_s": round(whole_s, 2),
        "killed_between_first_and_last_item": sum(0 < each.done < arguments.items for each in trials),
        "torn_lines": sum(each.torn for each in trials),
        "lost": sum(each.lost for each in trials),
        "doubled": sum(each.doubled for each in trials),
        "most_repeated": max(each.repeated for each in trials),
        "outputs_equal": sum(each.equal for each in trials),
        "python": platform.python_version(),
        "system": platform.system(),
        "trials": [asdict(each) for each in trials],
    }
    few = found["most_repeated"] <= found["workers"]
    return {**found, "kept": few and not found["lost"] and not found["doubled"] and found["outputs_equal"] == len(trials)}


def table(found: Mapping[str, Any]) -> str:
    """The summary as Markdown."""
    return f"""# kill -9 at {found["moments"]} random moments of a job of {found["items"]} items, {found["workers"]} workers

`python -m benchmarks.kill`

| | measured | promised |
|---|---|---|
| finished items lost | {found["lost"]} | 0 |
| items doubled | {found["doubled"]} | 0 |
| attempts repeated, worst case | {found["most_repeated"]} | at most {found["workers"]} |
| outputs byte-equal to an uninterrupted run | {found["outputs_equal"]} of {found["moments"]} | all |

{found["killed_between_first_and_last_item"]} kills fell between the first and the last item, the others before or after;
{found["torn_lines"]} cut a line of the journal. An uninterrupted run took {found["uninterrupted_s"]} s.
Python {found["python"]}, {found["system"]}, seed {found["seed"]}.
"""


def main() -> int:
    """Measure and write; 0 where the promise is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--item-s", type=float, default=0.002)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--side-by-side", type=int, default=3, help="trials at a time; most of their time is waiting for the disk"
    )
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.items, given.workers, given.item_s)
        return 0
    measured = measure(
        items=given.items, workers=given.workers, item_s=given.item_s, moments=given.moments, seed=given.seed,
        side_by_side=given.side_by_side,
    )  # fmt: skip
    found = summary(*measured, given)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "kill.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (given.out / "kill.md").write_text(table(found), encoding="utf-8")
    print(table(found))
    return 0 if found["kept"] else 1


if __name__ == "__main__":
    sys.exit(main())
