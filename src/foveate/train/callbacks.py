"""What happens beside the steps of a run: its log on disk, its progress told, an early stop, a stop on request."""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from foveate.job.disk import naming, write_whole
from foveate.model.torchvision_ops import ensure_operators

ensure_operators()

from transformers import TrainerCallback  # noqa: E402

LOG = "log.jsonl"
Tell = Callable[[int, str], None]
"""Is told the step, and what an evaluation found; empty between."""


class Log(TrainerCallback):  # type: ignore[misc]
    """Every line that is logged, as JSON in log.jsonl; after a resumption the lines of steps that are done again are gone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            write_whole(self.path, "".join(f"{json.dumps(line)}\n" for line in state.log_history).encode())

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            with naming(self.path), self.path.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(state.log_history[-1])}\n")


class Progress(TrainerCallback):  # type: ignore[misc]
    """Tells a person how far it is."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.tell(state.global_step, "")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.tell(state.global_step, "")

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any) -> None:
        numbers = {name.removeprefix("eval_"): value for name, value in metrics.items() if name != "epoch"}
        self.tell(state.global_step, ", ".join(f"{name} {value:.3g}" for name, value in numbers.items()))


class Ending(TrainerCallback):  # type: ignore[misc]
    """Evaluates after the last step, and stops early where evaluations no longer become better.

    It remembers nothing itself: what it decides follows from the log, which a resumed run has too.
    """

    def __init__(self, *, best_by: str, higher: bool, patience: int, evaluates: bool) -> None:
        self.key, self.sign = f"eval_{best_by}", 1 if higher else -1
        self.patience, self.evaluates = patience, evaluates

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step >= state.max_steps and self.evaluates:
            control.should_evaluate = True

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.is_over(state):
            control.should_training_stop = control.should_save = True

    def is_over(self, state: Any) -> bool:
        """Whether the last step is taken, or too many evaluations were no better."""
        found = [self.sign * line[self.key] for line in state.log_history if self.key in line]
        since_best = len(found) - 1 - found.index(max(found)) if found else 0
        return state.global_step >= state.max_steps or (self.patience > 0 and since_best >= self.patience)


class Stop(TrainerCallback):  # type: ignore[misc]
    """Ends a run after the step at hand, with a checkpoint, once it was asked to."""

    def __init__(self) -> None:
        self.asked: str = ""

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.asked:
            control.should_training_stop = control.should_save = True

    @contextmanager
    def on_signals(self, tell: Callable[[str], None]) -> Iterator[None]:
        """Take SIGINT and SIGTERM as requests; a second one stops at once. In a thread nothing is taken."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def take(number: int, frame: FrameType | None) -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = signal.Signals(number).name
            tell(f"{self.asked}: a checkpoint is written after this step; once more stops at once")

        before = {each: signal.signal(each, take) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
