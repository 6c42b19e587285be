"""Run a job: what is left of it, item by item, each committed before the next is begun."""

import heapq
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

from foveate.errors import JobError
from foveate.job.disk import RefusedError, naming
from foveate.job.folder import FILES, Standings, claim, describe_job, files_of, keep_files, read_job, write_results
from foveate.job.here import Here
from foveate.job.item import Engine, Item, Json, MakeWork, Outcome, Report, Tally, Task
from foveate.job.journal import Journal
from foveate.job.local import Local
from foveate.job.lock import locked

ENGINES: dict[str, Callable[[Task, int], Engine]] = {"local": Local, "here": Here}
LONGEST_PAUSE_S = 60.0


class StoppedError(JobError):
    """Who a job's work asks answers nobody any more: what is done is kept, what is left is no failure."""

    def __init__(self, reason: str, kept: str) -> None:
        """Say how to go on.

        Args:
            reason: what stopped the job; a sentence.
            kept: how much is done: ``5 of 12 items are done``.
        """
        super().__init__(f"{reason} {kept} and kept; the same command goes on")
        self.reason = reason


@dataclass(frozen=True)
class Limits:
    """When an item is tried again, and when it is given up."""

    timeout_s: float | None = None
    """Longest time for one attempt (engine `local`)."""
    attempts: int = 3
    """Attempts at an item whose errors are worth another."""
    deaths: int = 2
    """Attempts at an item that hangs or takes its process with it."""
    pause_s: float = 1.0
    """Before the second attempt; doubled each time, at most a minute."""
    retry_on: tuple[type[Exception], ...] = (ConnectionError, TimeoutError)
    """Errors that are worth another attempt."""


def run_job(
    folder: Path | str,
    items: Sequence[Item],
    make_work: MakeWork,
    *,
    settings: Mapping[str, Json],
    workers: int = 1,
    limits: Limits = Limits(),
    engine: str = "local",
    files: str = FILES,
    restart: bool = False,
    grow: bool = False,
    again: bool | Callable[[Json], bool] = False,
    on_commit: Callable[[Tally], None] | None = None,
) -> Report:
    """Work on all items that are not finished yet; run the same again after a crash, a kill, Ctrl-C or a full disk.

    Args:
        folder: a new folder, or this job's own.
        items: in the order of the results; the same in every run.
        make_work: settings -> work, a function of a module: each worker process imports it. It is called once per worker.
        settings: all that results depend on, as JSON; without keys or passwords, since they are written to job.json.
        workers: processes; also the most items that a crash can have done twice.
        limits: when to try again and when to give up.
        engine: `local` (processes) or `here` (this process: no time-out, no shelter from a crash).
        files: where the folders of items lie, relative to ``folder``; a place that is the job's alone.
        restart: throw away what the folder's job has done, whatever its settings were.
        grow: whether the folder's job may get further items.
        again: also try those items again that failed or were quarantined; a function of an item's result tells which of those
            that are done are to be done again as well.
        on_commit: called with the count after every decision.

    Returns:
        Counts, and every item that failed with its reason; results are read with `results(folder)` or in results.jsonl.

    Raises:
        JobError: where the folder is taken, holds another job or cannot be written (RefusedError), or no worker can start.
            What was finished is kept.
        StoppedError: where who the work asks answers nobody any more (ServerGoneError). Items that are under way are left.
    """
    if workers < 1:
        raise JobError(f"workers must be at least 1 (got {workers})")
    if engine not in ENGINES:
        raise JobError(f"there is no engine {engine!r}; there are: {', '.join(ENGINES)}")
    folder = Path(folder).absolute()
    job = describe_job(items, settings, files=files)
    if folder.exists() and not folder.is_dir():
        raise JobError(f"{folder} is a file; give a folder for the results")
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with _saying_what_is_kept(), locked(folder):
        claim(folder, job, restart=restart, grow=grow)
        shutil.rmtree(folder / "work", ignore_errors=True)  # what a killed run was at
        with closing(Journal(folder / "journal.jsonl")) as journal:
            found = Standings((item.id for item in items), journal.outcomes)
            _put_back(folder / files, found, journal, again=again)
            todo = [Item(each["id"], each["payload"]) for each in job["items"] if found[each["id"]].state == "left"]
            if todo:
                task = Task(make_work, job["settings"], limits.retry_on, limits.timeout_s)
                with closing(ENGINES[engine](task, min(workers, len(todo)))) as pool:
                    tell = on_commit or (lambda tally: None)
                    _Run(folder, folder / files, pool, journal, found, limits, tell, todo).work_off()
            write_results(folder, found, files=files)
            shutil.rmtree(folder / "work", ignore_errors=True)
            return found.report(journal.damaged_lines)


@contextmanager
def _saying_what_is_kept() -> Iterator[None]:
    """What a full disk, or one that may not be written, leaves of a job."""
    try:
        yield
    except RefusedError as error:
        raise RefusedError(f"{error}: finished items are kept") from error


def forget_undecided(folder: Path) -> None:
    """Leave nothing of a job of which no item was decided: the next, with an option put right, would be another job.

    One that a process works on stays.
    """
    if not (folder / "job.json").is_file():
        return
    with suppress(JobError), locked(folder):
        tally = read_job(folder).tally
        if not (tally.done or tally.failed or tally.quarantined):
            shutil.rmtree(folder, ignore_errors=True)


def _put_back(files: Path, found: Standings, journal: Journal, *, again: bool | Callable[[Json], bool]) -> None:
    """Items to do once more: on request those that failed or fell short; always those whose files are gone."""
    for item, standing in found.items():
        wanted = bool(again) and standing.state in ("failed", "quarantined")
        wanted |= callable(again) and standing.state == "done" and again(standing.last.result)
        gone = standing.state == "done" and not all(file.exists() for file in files_of(files, standing.last))
        if wanted or gone:
            back = Outcome(item, "again", reason="its files are gone" if gone else "on request")
            journal.append(back)
            found.apply(back)


@dataclass
class _Run:
    """One run over what is left."""

    folder: Path
    files: Path
    pool: Engine
    journal: Journal
    found: Standings
    limits: Limits
    on_commit: Callable[[Tally], None]
    todo: Sequence[Item]

    def __post_init__(self) -> None:
        self.items = {item.id: item for item in self.todo}
        self.ready = deque(item for item in self.todo if not self.found[item.id].deaths)
        self.suspects = deque(item for item in self.todo if self.found[item.id].deaths)
        self.later: list[tuple[float, str]] = []
        self.busy: dict[str, Path] = {}
        self.work = self.folder / "work" / token_hex(4)  # of this run only: a killed run's worker may still be at its own

    def work_off(self) -> None:
        """Until every item is decided.

        An item that died or hung is tried again alone, after all others: so it cannot be blamed for a neighbour's hunger.
        """
        with naming(self.work):
            self.work.mkdir(parents=True)
        alone = False
        while self.ready or self.suspects or self.later or self.busy:
            now_s = time.monotonic()
            while self.later and self.later[0][0] <= now_s:
                self.ready.append(self.items[heapq.heappop(self.later)[1]])
            alone = alone and bool(self.busy)
            while self.ready and not alone and len(self.busy) < self.pool.slots:
                self._submit(self.ready.popleft())
            if self.suspects and not (self.ready or self.later or self.busy):
                alone = True
                self._submit(self.suspects.popleft())
            ended = self.pool.wait(max(0.0, self.later[0][0] - now_s) if self.later else None)
            for outcome in sorted(ended, key=lambda each: each.state in ("halt", "gone")):  # what is done is kept first
                self._commit(outcome)

    def _submit(self, item: Item) -> None:
        place = self.work / token_hex(4)
        with naming(place):
            place.mkdir()
        self.busy[item.id] = place
        self.pool.submit(item, place)

    def _commit(self, outcome: Outcome) -> None:
        """Write down what one attempt came to, then act on it."""
        if outcome.state == "halt":
            raise RefusedError(outcome.reason)
        if outcome.state == "gone":
            raise StoppedError(outcome.reason, f"{self.found.tally().done} of {len(self.found)} items are done")
        item, made_in = self.items[outcome.item], self.busy.pop(outcome.item)
        keep_files(self.files, outcome, made_in)
        outcome = self._judge(outcome)
        self.journal.append(outcome)
        self.found.apply(outcome)
        if outcome.state == "retry":
            pause_s = min(self.limits.pause_s * 2 ** (self.found[item.id].tries - 1), LONGEST_PAUSE_S)
            heapq.heappush(self.later, (time.monotonic() + pause_s, item.id))
        elif outcome.state in ("died", "late"):
            self.suspects.append(item)
        self.on_commit(self.found.tally(self.pool.slots))

    def _judge(self, outcome: Outcome) -> Outcome:
        """The outcome, or quarantine where it was the last attempt."""
        standing = self.found[outcome.item]
        if outcome.state == "retry":
            tried, allowed = standing.tries + 1, self.limits.attempts
        elif outcome.state in ("died", "late"):
            tried, allowed = standing.deaths + 1, self.limits.deaths
        else:
            return outcome
        return (
            outcome if tried < allowed else replace(outcome, state="quarantined", reason=f"{outcome.reason} ({tried} attempts)")
        )
