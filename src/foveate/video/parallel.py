"""Jobs side by side, results in order, memory flat: for spans of video, each thread with a decoder of its own."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import islice
from queue import Full, Queue
from threading import Event, Thread
from typing import Any, TypeVar

J = TypeVar("J")
R = TypeVar("R")

AHEAD = 2
"""Results that one job may be ahead of the caller."""
WAIT_S = 0.1
END = object()


def cpus() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    jobs: Iterable[J], open_worker: Callable[[], AbstractContextManager[Callable[[J], Iterator[R]]]], *, workers: int
) -> Iterator[R]:
    """Yield the results of all jobs, in the order of the jobs.

    Args:
        jobs: what to do, each yielding any number of results.
        open_worker: opens what one thread works with; that thread closes it.
        workers: threads; with 1 everything runs in the caller's.
    """
    if workers == 1:
        with open_worker() as work:
            for job in jobs:
                yield from work(job)
        return
    left, todo, stop = iter(jobs), Queue[Any](), Event()
    threads = [Thread(target=_work, args=(open_worker, todo, stop), daemon=True) for _ in range(workers)]
    begun: deque[Queue[Any]] = deque()

    def begin(count: int) -> None:
        for job in islice(left, count):
            begun.append(Queue(AHEAD))
            todo.put((job, begun[-1]))

    begin(workers + 1)
    for thread in threads:
        thread.start()
    try:
        while begun:
            results = begun.popleft()
            while (result := results.get()) is not END:
                if isinstance(result, _Failed):
                    raise result.error
                yield result
            begin(1)
    finally:
        stop.set()
        for _ in threads:
            todo.put(None)
        for thread in threads:
            thread.join()


@dataclass(frozen=True)
class _Failed:
    """An error on its way from a thread to the caller."""

    error: BaseException
    """What the thread raised."""


def _work(open_worker: Callable[[], AbstractContextManager[Any]], todo: "Queue[Any]", stop: Event) -> None:
    """Do jobs until there is none left or the caller has gone; an error goes to the caller in place of results."""
    with ExitStack() as opened:
        work = None
        while (taken := todo.get()) is not None and not stop.is_set():
            job, results = taken
            try:
                work = work or opened.enter_context(open_worker())
                for result in work(job):
                    if not _put(results, result, stop):
                        return
                _put(results, END, stop)
            except BaseException as error:
                _put(results, _Failed(error), stop)


def _put(results: "Queue[Any]", result: Any, stop: Event) -> bool:
    """Wait for room; False where the caller has gone."""
    while not stop.is_set():
        try:
            results.put(result, timeout=WAIT_S)
        except Full:
            continue
        return True
    return False
