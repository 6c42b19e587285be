"""One process per job folder. The system holds the lock and lets go of it when its holder dies, however it dies."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from foveate.errors import JobError
from foveate.job.disk import naming

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond the text, which others may then read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone; a lock file that was left behind by a crash is no hindrance.

    Raises:
        JobError: where another process holds it, or the file system cannot lock.
    """
    path = folder / "job.lock"
    with naming(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _take(descriptor)
        except (BlockingIOError, PermissionError) as error:
            holder = path.read_text(encoding="utf-8", errors="replace").strip() or "another process"
            raise JobError(f"{folder} is being worked on by {holder}; wait until it ends, or give another folder") from error
        except OSError as error:
            raise JobError(
                f"{folder} lies on a file system that cannot lock ({error.strerror}); give a folder elsewhere"
            ) from error
        with suppress(OSError):  # who holds it is only told for the message above
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        yield
    finally:
        os.close(descriptor)
