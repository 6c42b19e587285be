"""A study that is being served to real sockets, on a port of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from drawn import drawn_recording
from made_study import make_study

uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'foveate[study]'")

from foveate.study import read_raters  # noqa: E402
from foveate.study.serve import listen, origins_of, prepare  # noqa: E402
from foveate.study.server import Service, make_app  # noqa: E402
from foveate.study.store import Store  # noqa: E402


@dataclass(frozen=True)
class Served:
    """A study that is being served."""

    port: int
    store: Store

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def served(folder: Path, raters: str, *, token: str = "", known: bool = True) -> Iterator[Served]:
    """Serve a study made by hand.

    Args:
        folder: where it is made.
        raters: lines of the section [raters].
        token: needed to join.
        known: whether the server knows by what name it is reached.
    """
    with patch("foveate.study.serve.open_place", lambda place: drawn_recording()):
        prepared = prepare(read_raters(make_study(folder, raters, clips=6)))
    listening = listen("127.0.0.1", 0)
    port = int(listening.getsockname()[1])
    service = Service(prepared.store, prepared.design, prepared.clips, prepared.consent, token)
    origins = origins_of(host="127.0.0.1" if known else "0.0.0.0", port=port, origin=None)
    server = uvicorn.Server(uvicorn.Config(make_app(service, origins=origins), log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Served(port, prepared.store)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        prepared.store.close()
