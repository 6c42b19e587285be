"""Jobs side by side: results in order, bounded, and no thread left behind."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from foveate.video.parallel import AHEAD, in_order


class Workers:
    """Opens workers that yield (job, 0), (job, 1) ... and counts."""

    def __init__(self, results: int = 3, *, fail_at: int | None = None) -> None:
        self.results, self.fail_at = results, fail_at
        self.opened = self.closed = self.made = 0
        self._lock = threading.Lock()

    @contextmanager
    def open(self) -> Iterator[Callable[[int], Iterator[tuple[int, int]]]]:
        with self._lock:
            self.opened += 1
        try:
            yield self._work
        finally:
            with self._lock:
                self.closed += 1

    def _work(self, job: int) -> Iterator[tuple[int, int]]:
        for number in range(self.results):
            if job == self.fail_at and number == 1:
                raise ValueError(f"job {job} failed")
            time.sleep(0.001 * (job % 3))  # so that later jobs finish earlier
            with self._lock:
                self.made += 1
            yield job, number


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_order(workers):
    opened = Workers()
    got = list(in_order(range(12), opened.open, workers=workers))
    assert got == [(job, number) for job in range(12) for number in range(3)]
    assert opened.opened == opened.closed <= workers


def test_no_jobs_give_no_results():
    assert list(in_order([], Workers().open, workers=3)) == []


def test_threads_do_not_run_ahead():
    opened = Workers(results=100)
    results = in_order(range(50), opened.open, workers=2)
    next(results)
    time.sleep(0.3)
    assert opened.made <= 3 * (AHEAD + 1) + 1, "three jobs are begun, each full and holding one more"
    results.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_comes_to_the_caller_in_its_place(workers):
    opened = Workers(fail_at=4)
    got: list[tuple[int, int]] = []
    with pytest.raises(ValueError, match="job 4 failed"):
        got.extend(in_order(range(12), opened.open, workers=workers))
    assert got == [(job, number) for job in range(4) for number in range(3)] + [(4, 0)]
    assert opened.opened == opened.closed


def test_a_caller_who_leaves_ends_the_threads():
    before = threading.active_count()
    opened = Workers(results=100)
    results = in_order(range(50), opened.open, workers=3)
    next(results)
    results.close()
    assert threading.active_count() == before
    assert opened.opened == opened.closed


def test_an_error_on_opening_comes_to_the_caller():
    @contextmanager
    def broken() -> Iterator[Callable[[int], Iterator[int]]]:
        raise OSError("too many open files")
        yield

    with pytest.raises(OSError, match="too many open files"):
        list(in_order(range(3), broken, workers=2))
