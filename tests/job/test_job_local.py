"""What the engine `local` hears of its workers, and when."""

import json
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from foveate.job.item import Item, Outcome, Task
from foveate.job.local import Local, _Worker

ITEM = Item("one", {"number": 1})


class Starting:
    """A worker's pipe, in which its first message comes at the very moment when it was found empty."""

    def __init__(self, ours: Connection, theirs: Connection) -> None:
        self.ours, self.theirs, self.asked = ours, theirs, 0

    def poll(self) -> bool:
        self.asked += 1
        there = self.ours.poll()
        if self.asked == 1:
            self.theirs.send_bytes(b"")
        return there

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ours, name)


def test_that_a_worker_is_ready_is_never_taken_for_what_it_made(tmp_path: Path) -> None:
    ours, theirs = Pipe()
    with ours, theirs:
        alive: Any = SimpleNamespace(exitcode=None)
        pipe: Any = Starting(ours, theirs)
        pool = Local(Task(lambda settings: lambda item, folder: None, {}), workers=1)
        worker = _Worker(alive, pipe, float("inf"), ITEM, tmp_path)
        assert pool._look(worker, ITEM) is None
        assert not worker.ready
        assert pool._look(worker, ITEM) is None
        assert worker.ready
        assert json.loads(theirs.recv_bytes())["id"] == "one"
        made = Outcome("one", "done", result=1)
        theirs.send_bytes(made.json())
        assert pool._look(worker, ITEM) == made
        assert worker.item is None
