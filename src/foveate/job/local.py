"""The engine `local`: processes on this machine, so that an item that crashes, hangs or eats all memory takes only its own."""

import contextlib
import math
import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from foveate.errors import JobError
from foveate.job.item import Item, Outcome, Task, to_json
from foveate.job.worker import serve

LOOK_EVERY_S = 1.0
"""Pipes tell of nearly everything at once; a death that a grandchild hides, by keeping the pipe open, is seen this often."""
CLOSE_S = 2.0
"""Idle workers end by themselves within this time, or are killed."""


@dataclass
class _Worker:
    """A process, and what it is at."""

    process: SpawnProcess
    connection: Connection
    deadline_s: float
    """When its start, or then the attempt, has taken too long; on the monotonic clock."""
    item: Item | None = None
    folder: Path = Path()
    ready: bool = False
    began_s: float = 0.0


class Local:
    """A pool of spawned processes; each is started when it is first needed and replaced when it dies."""

    def __init__(self, task: Task, workers: int) -> None:
        self.slots = workers
        self._task = task
        self._workers: list[_Worker] = []

    def submit(self, item: Item, folder: Path) -> None:
        """Give an item to an idle worker, or to a new one."""
        worker = next((each for each in self._workers if each.item is None), None) or self._start()
        worker.item, worker.folder = item, folder
        if worker.ready:
            self._begin(worker, item)

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Sleep until an attempt ends or the time has passed; what has ended."""
        until_s = math.inf if timeout_s is None else time.monotonic() + timeout_s
        while True:
            busy = [(worker, worker.item) for worker in self._workers if worker.item]
            now_s = time.monotonic()
            pause_s = max(0.0, min([LOOK_EVERY_S, until_s - now_s, *(worker.deadline_s - now_s for worker, _ in busy)]))
            if busy:
                wait([each for worker, _ in busy for each in (worker.connection, worker.process.sentinel)], pause_s)
            else:
                time.sleep(pause_s)
            ended = [outcome for worker, item in busy if (outcome := self._look(worker, item))]
            if ended or time.monotonic() >= until_s:
                return ended

    def close(self) -> None:
        """End all processes: the idle by asking, the busy by force."""
        for worker in self._workers:
            worker.connection.close()
            if worker.item:
                _kill(worker.process)
        until_s = time.monotonic() + CLOSE_S
        for worker in self._workers:
            worker.process.join(max(0.0, until_s - time.monotonic()))
            _kill(worker.process)
        self._workers.clear()

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self._task))
        with _ctrl_c_ignored():
            process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours, time.monotonic() + self._task.start_timeout_s))
        return self._workers[-1]

    def _begin(self, worker: _Worker, item: Item) -> None:
        """Hand over the item to a worker that listens, and start the clock."""
        worker.began_s = time.monotonic()
        worker.deadline_s = worker.began_s + (self._task.timeout_s or math.inf)
        with contextlib.suppress(OSError):  # one that has just died is found out in wait()
            worker.connection.send_bytes(to_json({"id": item.id, "payload": item.payload, "folder": str(worker.folder)}))

    def _look(self, worker: _Worker, item: Item) -> Outcome | None:
        """What has become of a busy worker's attempt; None while it goes on."""
        dead = worker.process.exitcode is not None  # asked before the pipe is read: its last message may lie there
        try:
            if worker.connection.poll():  # asked once: its first message may come between two askings
                told = worker.connection.recv_bytes()
                if worker.ready:
                    return self._ended(worker, Outcome.from_json(told))
                if told:
                    raise JobError(told.decode())
                worker.ready = True
                self._begin(worker, item)
        except (EOFError, OSError):
            dead = True
        late = not dead and time.monotonic() >= worker.deadline_s
        return self._lost(worker, item, late=late) if dead or late else None

    def _ended(self, worker: _Worker, outcome: Outcome) -> Outcome:
        """An attempt of which the worker has told."""
        worker.item = None
        if outcome.state == "died":
            self._drop(worker)
        return outcome

    def _lost(self, worker: _Worker, item: Item, *, late: bool) -> Outcome:
        """The outcome of an attempt whose process has died or must."""
        if not late:
            worker.process.join(CLOSE_S)
        self._drop(worker)
        how = how_it_ended(worker.process.exitcode)
        if not worker.ready:
            raise JobError(
                f"a worker {'took too long to' if late else f'died ({how}) before it could'} start; see its output above"
            )
        seconds = round(time.monotonic() - worker.began_s, 3)
        if late:
            return Outcome(item.id, "late", reason=f"no end within {self._task.timeout_s:g} s", seconds=seconds)
        return Outcome(item.id, "died", reason=f"its process died ({how})", seconds=seconds)

    def _drop(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        _kill(worker.process)


def how_it_ended(exitcode: int | None) -> str:
    """An exit code in words."""
    if exitcode is None or exitcode >= 0:
        return f"exit code {exitcode}" if exitcode is None or exitcode < 256 else f"exit code {exitcode:#x}"
    names = {each.value: each.name for each in signal.Signals}
    name = names.get(-exitcode, f"signal {-exitcode}")
    return f"{name}, often for want of memory" if name == "SIGKILL" else name


def _kill(process: SpawnProcess) -> None:
    """End a process and all that it started (a decoder, say)."""
    import psutil

    if process.exitcode is None:
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    child.kill()
        process.kill()
        process.join(CLOSE_S)


@contextlib.contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """A child that starts now ignores Ctrl-C from its first instant on, and not only once it has imported its way there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
