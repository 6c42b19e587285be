"""Inside a worker: one attempt after another, each ending in an outcome; errors never get out, results are plain JSON."""

import json
import os
import signal
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path

from foveate.errors import FoveateError, ServerGoneError
from foveate.job.disk import MEND, cannot_write, disk_is_full, sync_tree
from foveate.job.item import Item, Outcome, State, Task, Work, to_json


def attempt(work: Work, item: Item, folder: Path, *, retry_on: tuple[type[Exception], ...]) -> Outcome:
    """Work on one item; whatever it raises becomes an outcome."""
    began_s = time.perf_counter()
    outcome = _attempt(work, item, folder, retry_on)
    return replace(outcome, seconds=round(time.perf_counter() - began_s, 3))


def _attempt(work: Work, item: Item, folder: Path, retry_on: tuple[type[Exception], ...]) -> Outcome:
    try:
        result = work(item, folder)
    except MemoryError:
        return Outcome(item.id, "died", reason="out of memory")
    except Exception as error:
        if disk_is_full(error):
            return Outcome(item.id, "halt", reason=f"the disk is full at item {item.id} ({one_line(error)}); {MEND}")
        trace = "" if isinstance(error, FoveateError) else traceback.format_exc(limit=-8)
        state: State = "retry" if isinstance(error, retry_on) else "failed"
        state = "gone" if isinstance(error, ServerGoneError) else state
        return Outcome(item.id, state, reason=one_line(error), trace=trace)
    try:
        to_json(result)
    except (TypeError, ValueError) as error:
        return Outcome(item.id, "failed", reason=f"the result is not plain JSON: {one_line(error)}")
    try:
        return Outcome(item.id, "done", result=result, files=sync_tree(folder))
    except OSError as error:
        return Outcome(item.id, "halt", reason=cannot_write(folder, error))


def one_line(error: BaseException) -> str:
    """An error in one line; the kind of those that are not written for users."""
    text = " ".join(str(error).split())
    return text if isinstance(error, FoveateError) and text else f"{type(error).__name__}: {text}".rstrip(": ")


def serve(connection: Connection, task: Task) -> None:
    """The life of a worker process: make the work, say so, then attempt what comes until nobody asks any more.

    Its first message is the reason why the work could not be made, empty where it could.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends its workers
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        work = task.make_work(task.settings)
    except Exception as error:
        reason = one_line(error)
        if not isinstance(error, FoveateError):
            traceback.print_exc()
            reason = f"a worker could not start: {reason}"
        connection.send_bytes(reason.encode())
        return
    with suppress(EOFError, OSError):  # the parent has closed its end, or died
        connection.send_bytes(b"")
        while True:
            fields = json.loads(connection.recv_bytes())
            item = Item(fields["id"], fields["payload"])
            outcome = attempt(work, item, Path(fields["folder"]), retry_on=task.retry_on)
            connection.send_bytes(outcome.json())
            if outcome.state == "died":
                return


def _die_with_parent() -> None:
    """A parent that is killed cannot end its workers: they watch it, so that nobody works on for nobody."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
