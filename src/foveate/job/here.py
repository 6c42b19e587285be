"""The engine `here`: in the caller's own process, one item at a time.

For work that needs what is already loaded. Nothing shields the job from an item that hangs or kills the process.
"""

import time
from pathlib import Path

from foveate.job.item import Item, Outcome, Task
from foveate.job.worker import attempt


class Here:
    """Works on an item when it is waited for."""

    def __init__(self, task: Task, workers: int = 1) -> None:
        self.slots = 1
        self._task = task
        self._work = task.make_work(task.settings)
        self._given: list[tuple[Item, Path]] = []

    def submit(self, item: Item, folder: Path) -> None:
        """Remember the item."""
        self._given.append((item, folder))

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Work on what was given, however long it takes; without any, sleep."""
        if not self._given:
            time.sleep(timeout_s or 0.0)
        given, self._given = self._given, []
        return [attempt(self._work, item, folder, retry_on=self._task.retry_on) for item, folder in given]

    def close(self) -> None:
        """Forget what was given."""
        self._given.clear()
