"""Writing that survives a crash: a file is there whole or not at all, and on the disk before anybody is told."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident

from foveate.errors import JobError

DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""Errors that say nothing of the item at hand: every other one would meet them too."""


MEND = "make room or make it writable, then run the same command again"


class RefusedError(JobError):
    """A disk that cannot be written; what is kept of the work, who does it can tell."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn an I/O error into one line that names the path and says what to do."""
    try:
        yield
    except OSError as error:
        raise RefusedError(cannot_write(path, error)) from error


def cannot_write(path: Path, error: OSError) -> str:
    """The line for a disk that refuses."""
    if isinstance(error, NotADirectoryError):
        return f"cannot write {path}: a part of it is a file, not a folder; give another place"
    return f"cannot write {path}: {error.strerror or error}; {MEND}"


def disk_is_full(error: BaseException | None) -> bool:
    """Whether a full disk stands behind an error, however it was wrapped."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; the system may take them in parts."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def write_whole(path: Path, data: bytes, *, by_several: bool = False) -> None:
    """Replace a file at once: readers see the old or the new, never a half.

    Args:
        path: of the file.
        data: all of it.
        by_several: whether others may write the same file at this moment; one of them has the last word.
    """
    writer = f".{os.getpid()}-{get_ident()}" if by_several else ""
    part = path.with_name(f"{path.name}{writer}.part")
    with naming(path):
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(part, path)
            sync_folder(path.parent)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk; Windows does so by itself."""
    if os.name != "nt":
        _sync(folder, os.O_RDONLY)


def sync_tree(folder: Path) -> tuple[str, ...]:
    """Put all files under a folder on the disk; their paths relative to it, sorted, with forward slashes."""
    files = []
    for name, _, names in os.walk(folder):
        for file in (Path(name, each) for each in names):
            if not file.is_symlink():
                _sync(file, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
            files.append(file.relative_to(folder).as_posix())
        sync_folder(Path(name))
    return tuple(sorted(files))


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
