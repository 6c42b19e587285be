"""What the doctor finds, and the line that it gives for each lack."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from foveate import doctor
from foveate.cli.doctor import command
from foveate.doctor import Check

RUNNER = CliRunner()


@pytest.fixture
def app() -> typer.Typer:
    application = typer.Typer()
    application.command()(command)
    return application


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def serve() -> Iterator[Callable[[bytes], str]]:
    """Serve one body on 127.0.0.1."""
    servers: list[tuple[HTTPServer, threading.Thread]] = []

    def start(body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing on stderr."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_every_lack_has_a_line_to_type(app: typer.Typer) -> None:
    result = RUNNER.invoke(app, ["--json"])
    report = json.loads(result.output)
    names = [check["name"] for check in report["checks"]]
    assert result.exit_code == 0
    assert report["ok"]
    assert {"python", "core", "extra local", "decoders", "memory", "disk", "keys", "gpu", "hub", "ollama"} <= set(names)
    assert all(check["ok"] or check["todo"] for check in report["checks"])
    assert "--model" in report["models"]


def test_the_page_is_for_reading(app: typer.Typer) -> None:
    result = RUNNER.invoke(app, [])
    assert result.exit_code == 0
    assert "ok python" in result.output
    assert "foveate works" in result.output


def test_keys_are_told_of_but_never_shown(app: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOVEATE_API_KEY", "sk-secret-0123")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for arguments in ([], ["--json"]):
        output = RUNNER.invoke(app, arguments).output
        assert "FOVEATE_API_KEY set, OPENAI_API_KEY not set" in output
        assert "sk-secret" not in output


def test_a_missing_extra_is_a_lack_not_a_failure(app: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.EXTRAS, "train", ("accelerate", "no_such_module"))
    check = doctor.check_extra("train")
    assert (check.ok, check.todo) == (False, "pip install 'foveate[train]'")
    assert check.found == "no_such_module not installed (needed for training)"
    assert RUNNER.invoke(app, ["--json"]).exit_code == 0


def test_a_broken_core_ends_with_1_and_stops_there(app: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "requires", lambda _: ["numpy>=2.0", "no-such-package[x]>=1; python_version>'3'", "torch; extra == 'local'"]
    )
    result = RUNNER.invoke(app, ["--json"])
    report = json.loads(result.output)
    assert (result.exit_code, report["ok"], report["models"]) == (1, False, None)
    assert report["checks"][-1]["todo"] == "pip install no-such-package"
    assert "foveate cannot work like this" in RUNNER.invoke(app, []).output


def _raises() -> bool:
    raise ImportError("undefined symbol: _ZN3c10\nmore")


@pytest.mark.parametrize(
    ("ensure", "ok", "found"),
    [
        (lambda: False, True, "fits torch"),
        (lambda: True, False, "its operators nms and qnms are missing; models do without"),
        (_raises, False, "cannot be imported, nor can local models (undefined symbol: _ZN3c10"),
    ],
    ids=["fits", "operators missing", "broken"],
)
def test_torchvision_beside_another_torch(
    ensure: Callable[[], bool], ok: bool, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foveate.model.torchvision_ops.ensure_operators", ensure)
    monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace())
    check = doctor.check_torchvision()
    assert (check.ok, bool(check.todo)) == (ok, not ok)
    assert found in check.found


@pytest.mark.parametrize(
    ("body", "ok", "found"),
    [
        (b'{"models": [{"name": "qwen2.5vl:3b"}]}', True, "runs with qwen2.5vl:3b"),
        (b'{"models": []}', False, "runs with no models"),
        (b"<html>", True, "a server that is not Ollama"),
        (b"[1]", True, "a server that is not Ollama"),
    ],
    ids=["a model", "none", "another server", "other JSON"],
)
def test_ollama(body: bytes, ok: bool, found: str, serve: Callable[[bytes], str]) -> None:
    check = doctor.check_ollama(serve(body))
    assert check.ok == ok
    assert check.found.startswith(found)
    assert check.todo == (None if ok else "ollama pull qwen2.5vl:3b")


def test_the_hub_is_reached_or_not(serve: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "HF_HUB_OFFLINE is set" in doctor.check_hub().found
    monkeypatch.delenv("HF_HUB_OFFLINE")
    assert doctor.check_hub(serve(b"ok")).ok
    lost = doctor.check_hub("http://127.0.0.1:9")
    assert (lost.ok, lost.todo) == (False, "copy a model's folder here and name it: --model hf:/path/to/it")


def test_decoders_that_are_missing_are_named_with_who_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.DECODERS, "no_such_codec", "nobody")
    check = doctor.check_decoders()
    assert (check.ok, check.core) == (False, False)
    assert "lacks no_such_codec (nobody)" in check.found


def test_a_gpu_that_torch_cannot_use_is_a_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    usable, not_usable = (SimpleNamespace(is_available=lambda told=told: told) for told in (True, False))
    torch = SimpleNamespace(
        cuda=not_usable, backends=SimpleNamespace(mps=not_usable), __version__="2.13.0+cpu", __spec__="there"
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr("foveate.model.offer.find_gpu", lambda: ("RTX 4090", 24.0))
    check = doctor.check_gpu()
    assert not check.ok
    assert check.found == "RTX 4090, 24 GB; torch 2.13.0+cpu cannot use it"
    torch.cuda = usable
    assert doctor.check_gpu().ok


@pytest.mark.parametrize(
    ("found", "broken"),
    [
        ([Check("a", True, "", core=True)], False),
        ([Check("a", False, "", "x")], False),
        ([Check("a", False, "", "x", core=True)], True),
    ],
)
def test_only_the_core_can_break(found: list[Any], broken: bool) -> None:
    assert doctor.core_is_broken(found) == broken
