"""The journal: one line of JSON per decision, with a checksum, on the disk before the next item is begun.

A crash can only tear the last line, which is dropped when the journal is opened again. A damaged line elsewhere (a bad disk,
an editor) is skipped and counted; its item is done again.
"""

import os
import zlib
from contextlib import suppress
from pathlib import Path

from foveate.job.disk import naming, sync_folder, write_all
from foveate.job.item import Outcome


def line(outcome: Outcome) -> bytes:
    """A decision with its checksum, as one line."""
    text = outcome.json()[:-1]
    return text + checksum(text) + b"\n"


def checksum(text: bytes) -> bytes:
    """The end of a line, which depends on all that stands before it."""
    return b',"crc32":"' + f"{zlib.crc32(text):08x}".encode() + b'"}'


def parse(data: bytes) -> tuple[list[Outcome], int, int]:
    """Decisions in a journal's bytes, where the last good line ends, and how many lines before that are damaged."""
    good: list[Outcome] = []
    begin = good_end = bad = damaged = 0
    size = len(checksum(b""))
    while (end := data.find(b"\n", begin)) >= 0:
        text, tail = data[begin:end][:-size], data[begin:end][-size:]
        begin = end + 1
        if tail == checksum(text):
            good.append(Outcome.from_json(text + b"}"))
            good_end, damaged = begin, bad
        else:
            bad += 1
    return good, good_end, damaged


class Journal:
    """An open journal; only one process may have it open (see lock.py)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with naming(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with naming(path):
                self.outcomes, self._end, self.damaged_lines = parse(path.read_bytes())
                if os.fstat(self._descriptor).st_size > self._end:  # a torn last line
                    os.ftruncate(self._descriptor, self._end)
                    os.fsync(self._descriptor)
                sync_folder(path.parent)
        except BaseException:
            self.close()
            raise

    def append(self, outcome: Outcome) -> None:
        """Commit; where this fails the journal ends before it."""
        written = line(outcome)
        with naming(self._path):
            try:
                write_all(self._descriptor, written)
                os.fsync(self._descriptor)
            except OSError:
                with suppress(OSError):  # where this fails too, opening it again drops the torn line
                    os.ftruncate(self._descriptor, self._end)
                raise
        self._end += len(written)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)
