"""Run as a script: breaks recordings and uses them as a user does, each case in a process of its own.

    server.py FOLDER [commands]     takes cases as JSON, one a line: {"kind", "name", "file", "mutation"}; answers each with an
                                    Outcome, and {"kind", "name"} with all cases of that whole; "commands": see ``use``

It imports everything once and forks for each case, so that a case costs what its work costs; it does no work itself, since a
library that has started threads must not be forked. Each step of a case (opening, a command ...) has 30 s; the peak memory is
what the kernel tells of the process and of the processes that it started.
"""

import gc
import json
import os
import random
import resource
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1])]

from broken.cases import cases  # noqa: E402
from broken.harms import Target  # noqa: E402
from broken.mutations import MUTATIONS  # noqa: E402
from broken.use import USES  # noqa: E402
from broken.whole import DATASETS, RECORDINGS, write_spare  # noqa: E402
from foveate.video.untrusted import probe  # noqa: E402

Work = Callable[[Callable[[], object]], Any]
"""What a child does; it is given a function to call before each step."""
WHOLES = {"recordings": RECORDINGS, "data sets": DATASETS}
PATIENCE_S = 30.0
MOST_MEMORY_MB = 2000
MEMORY_GUARD_BYTES = 6 * 2**30
"""Of address space that is written to, so that a case that takes all of the memory harms itself only."""


@dataclass(frozen=True)
class Outcome:
    """How a case ended."""

    ended: str
    """error (typed, one line), warning (counted), unharmed (every value as in the whole), other (read as the file has it, which
    nothing shows to be wrong), or failed."""
    said: tuple[str, ...] = ()
    """Errors or warnings; of a failure the traceback."""
    seconds: float = 0.0
    """Wall time of the slowest step."""
    peak_mb: float = 0.0
    """Most memory resident at once."""


@dataclass
class Place:
    """One whole recording or data set on the disk."""

    root: Path
    """Its folder."""
    opened: Path
    """What a user names."""
    unbroken: dict[str, Any] = field(default_factory=dict)
    """How its use ends while it is whole."""


class Server:
    """Cases one after another in one folder."""

    def __init__(self, folder: Path, *, commands: bool) -> None:
        self.folder = folder
        self._commands = commands
        self._places: dict[tuple[str, str], Place] = {}
        self._forked(lambda beat: write_spare(folder / "spare"))

    def place(self, kind: str, name: str) -> Place:
        """The whole, written and used once."""
        if (kind, name) not in self._places:
            whole = WHOLES[kind][name]
            root = self.folder / kind / name
            root.parent.mkdir(parents=True, exist_ok=True)
            self._forked(lambda beat: whole.write(root))
            place = Place(root, root / whole.opened)
            for video in root.rglob("*.mp4"):
                probe(video)  # the verdict is kept: a case with the video whole need not try it again
            told, _ = self._forked(lambda beat: {**self._use(kind, place, beat), "modules": list(sys.modules)})
            for module in told.pop("modules", ()):
                try_import(module)
            gc.collect()
            gc.freeze()
            if told.get("failed") or told["errors"]:
                raise SystemExit(f"the whole {name} cannot be used: {told}")
            place.unbroken = told
            self._places[kind, name] = place
        return self._places[kind, name]

    def cases(self, kind: str, name: str) -> list[tuple[str, str]]:
        """(file, mutation) of a whole."""
        return cases(WHOLES[kind][name], self.place(kind, name).root)

    def run(self, kind: str, name: str, file: str, mutation: str) -> Outcome:
        """Break a file, use the recording, mend the file."""
        place = self.place(kind, name)
        target = Target(sorted(place.root.glob(file))[0], self.folder / "whole", self.folder / "spare")
        target.file.rename(target.whole)
        try:
            MUTATIONS[mutation].harm(target, random.Random(f"{kind}/{name}/{target.file.name}/{mutation}"))
            told, outcome = self._forked(lambda beat: self._use(kind, place, beat))
        finally:
            remove(target.file)
            target.whole.rename(target.file)
            shutil.rmtree(self.folder / "out", ignore_errors=True)
        return judged(told, place.unbroken, outcome)

    def _use(self, kind: str, place: Place, beat: Callable[[], object]) -> dict[str, Any]:
        return USES[kind](place.opened, self.folder / "out", beat, commands=self._commands)

    def _forked(self, work: Work) -> tuple[dict[str, Any], Outcome]:
        """What a work tells in a child process, and how that ended."""
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reads)
            alone(work, writes)
        os.close(writes)
        told, slowest_s, late, began_s = b"", 0.0, False, time.perf_counter()
        while True:
            late = not select.select([reads], [], [], PATIENCE_S)[0]
            slowest_s, began_s = max(slowest_s, time.perf_counter() - began_s), time.perf_counter()
            if late:
                os.killpg(child, signal.SIGKILL)
            if late or not (piece := os.read(reads, 2**20)):
                break
            told += piece
        os.close(reads)
        _, status, used = os.wait4(child, 0)
        code = os.waitstatus_to_exitcode(status)
        outcome = Outcome("", (), slowest_s, used.ru_maxrss / 1024)
        if late or code:
            return {"failed": f"hangs: no end in {PATIENCE_S:g} s" if late else f"the process died: {code}"}, outcome
        return json.loads(told), outcome


def try_import(module: str) -> None:
    try:
        import_module(module)
    except Exception:  # some exist only while another is imported
        return


def alone(work: Work, writes: int) -> None:
    """The child: works, tells, leaves without running what its parent has to run."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_GUARD_BYTES, MEMORY_GUARD_BYTES))
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends; strict, as a terminal is
    sys.stderr = open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    code = 1
    try:
        told = work(lambda: os.write(writes, b"\n"))
        os.write(writes, json.dumps(told if isinstance(told, dict) else {}).encode())
        code = 0
    finally:
        os._exit(code)


def remove(file: Path) -> None:
    if file.is_dir() and not file.is_symlink():
        shutil.rmtree(file)
    else:
        file.unlink(missing_ok=True)


def judged(told: dict[str, Any], unbroken: dict[str, Any], outcome: Outcome) -> Outcome:
    """How a case ended, beside the whole."""
    if "failed" in told:
        ended, said = "failed", [told["failed"]]
    elif outcome.peak_mb > MOST_MEMORY_MB:
        ended, said = "failed", [f"took {outcome.peak_mb:.0f} MB"]
    elif told["errors"]:
        ended, said = "error", told["errors"]
    elif new := [warning for warning in told["warnings"] if warning not in unbroken["warnings"]]:
        ended, said = "warning", new
    else:
        ended, said = ("unharmed" if told["values"] == unbroken["values"] else "other"), []
    return Outcome(ended, tuple(said), round(outcome.seconds, 3), round(outcome.peak_mb, 1))


def main() -> None:
    server = Server(Path(sys.argv[1]), commands=sys.argv[2:] == ["commands"])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        asked = json.loads(line)
        told = asdict(server.run(**asked)) if "file" in asked else server.cases(**asked)
        print(json.dumps(told), file=answers, flush=True)


if __name__ == "__main__":
    main()
