"""What the items of test jobs do; in a module of its own, since worker processes import it."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foveate.errors import RecordingError, ServerGoneError
from foveate.job import Item, Work


def make_work(settings: Mapping[str, Any], *, scratch: Path) -> Work:
    """Do what the payload says; every attempt leaves a line in scratch/ID."""
    factor = settings.get("factor", 1)
    if factor == 0:
        raise RecordingError("the factor is 0; give another")

    def work(item: Item, folder: Path) -> Any:
        note = scratch / item.id
        with note.open("a", encoding="utf-8") as attempts:
            attempts.write("x\n")
        return DO[item.payload["do"]](item.payload.get("number", 0) * factor, folder, attempts_at(scratch, item.id))

    return work


def attempts_at(scratch: Path, item: str) -> int:
    """How often an item was begun."""
    note = scratch / item
    return len(note.read_text(encoding="utf-8").split()) if note.exists() else 0


def file(number: int, folder: Path, attempts: int) -> dict[str, int]:
    (folder / "deep").mkdir()
    (folder / "deep" / "number.txt").write_text(str(number), encoding="utf-8")
    (folder / "a.txt").write_text("a", encoding="utf-8")
    return {"number": number}


def page(number: int, folder: Path, attempts: int) -> dict[str, int]:
    (folder / "page.txt").write_text(f"{number}\n" * 50, encoding="utf-8")
    return {"number": number}


def wrong(number: int, folder: Path, attempts: int) -> None:
    (folder / "half.txt").write_text("half", encoding="utf-8")
    raise RecordingError("rec has no gaze; export it again")


def flaky(number: int, folder: Path, attempts: int) -> int:
    if attempts < 3:
        raise ConnectionError("no route")
    return number


def refuse(number: int, folder: Path, attempts: int) -> None:
    raise ConnectionError("no route")


def memory(number: int, folder: Path, attempts: int) -> None:
    raise MemoryError


def kill(number: int, folder: Path, attempts: int) -> None:
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def kill_once(number: int, folder: Path, attempts: int) -> int:
    if attempts == 1:
        os._exit(3)
    return number


def hang(number: int, folder: Path, attempts: int) -> None:
    """Wait for a program that does not end."""
    subprocess.run([sys.executable, "-c", "import time; time.sleep(600)", str(folder)], check=False)


def full(number: int, folder: Path, attempts: int) -> int:
    """The disk is full at the first attempt, and a reader of files says so in its own words."""
    if attempts == 1:
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise RecordingError("the video cannot be written") from error
    return number


def gone(number: int, folder: Path, attempts: int) -> int:
    """Nobody answers at the first attempt."""
    if attempts == 1:
        (folder / "half.txt").write_text("half", encoding="utf-8")
        raise ServerGoneError("no server answers; start it.")
    return number


DO = {
    "square": lambda number, folder, attempts: number**2,
    "null": lambda number, folder, attempts: None,
    "words": lambda number, folder, attempts: {"text": "größe 猫 \udcff\n", "list": (1, 2)},
    "bug": lambda number, folder, attempts: 1 // 0,
    "nan": lambda number, folder, attempts: float("nan"),
    "file": file,
    "page": page,
    "wrong": wrong,
    "flaky": flaky,
    "refuse": refuse,
    "memory": memory,
    "kill": kill,
    "kill_once": kill_once,
    "hang": hang,
    "full": full,
    "gone": gone,
}
