"""Asks the server in ``server.py`` for cases, from a process that may have threads, and so must not fork."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

SERVER = Path(__file__).with_name("server.py")
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
"""The server forks, and so must have no threads; and a case is too small to be worth any."""


class Client:
    """A server of its own, in a folder; a context manager."""

    def __init__(self, folder: Path, *, commands: bool) -> None:
        """Start it.

        Args:
            folder: where it writes.
            commands: whether the command line is used, too.
        """
        self._server = subprocess.Popen(
            [sys.executable, SERVER, folder, *(["commands"] if commands else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **ONE_THREAD},
        )  # fmt: skip

    def cases(self, kind: str, name: str) -> list[tuple[str, str]]:
        """All (file, mutation) of a whole."""
        return [(file, mutation) for file, mutation in self._ask(kind=kind, name=name)]

    def run(self, kind: str, name: str, file: str, mutation: str) -> dict[str, Any]:
        """An ``Outcome`` as a dictionary; the file may be a pattern, which means the first that it fits."""
        return self._ask(kind=kind, name=name, file=file, mutation=mutation)

    def _ask(self, **what: str) -> Any:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(what) + "\n")
        self._server.stdin.flush()
        if not (line := self._server.stdout.readline()):
            raise RuntimeError(f"the server of broken recordings ended at {what}")
        return json.loads(line)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(timeout=300)
        self._server.stdout.close()
