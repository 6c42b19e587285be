"""kill -9 at random moments, and Ctrl-C; benchmarks/kill.py does the same on a larger scale."""

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from benchmarks.kill import Trial, outputs, start, trial

from foveate.job import read_job

ITEMS, WORKERS, ITEM_S = 50, 2, 0.005

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are a POSIX matter")


def test_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    assert start(tmp_path / "whole", ITEMS, WORKERS, ITEM_S).wait() == 0
    expected = outputs(tmp_path / "whole")
    assert len(expected) == 2 + ITEMS // 10
    rng = random.Random(20261120)
    moments = [(rng.randrange(ITEMS), rng.uniform(0, 0.05)) for _ in range(10)]

    def one(number: int) -> Trial:
        folder, group, (after_items, moment_s) = tmp_path / str(number), number % 2 == 0, moments[number]
        return trial(
            folder,
            expected,
            moment_s=moment_s,
            after_items=after_items,
            group=group,
            items=ITEMS,
            workers=WORKERS,
            item_s=ITEM_S,
        )

    with ThreadPoolExecutor(4) as pool:  # most of the time goes to waiting for the disk
        trials = list(pool.map(one, range(10)))
    for done in trials:
        assert (done.lost, done.doubled, done.equal) == (0, 0, True), done
        assert done.repeated <= WORKERS, done
    assert any(0 < done.done < ITEMS for done in trials), "not one kill hit its mark"


def gone(group: int) -> bool:
    """Whether a process group has no members left, within five seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    running = start(tmp_path / "out", 4, 2, 600.0)
    until_s = time.monotonic() + 60
    while len(set((tmp_path / "out.log").read_text().split()) if (tmp_path / "out.log").exists() else ()) < 2:
        assert time.monotonic() < until_s
        time.sleep(0.05)
    running.kill()
    running.wait()
    assert gone(running.pid)


def test_ctrl_c_ends_all_processes_and_says_it_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "out"
    running = start(folder, ITEMS, WORKERS, 0.1)
    until_s = time.monotonic() + 60
    while not ((folder / "journal.jsonl").exists() and read_job(folder).tally.done >= 3):
        assert time.monotonic() < until_s
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(timeout=120) != 0
    assert gone(running.pid)
    assert capfd.readouterr().err.count("Traceback") == 1
    assert 3 <= read_job(folder).tally.done < ITEMS
