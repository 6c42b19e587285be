"""A stub of the chat protocol on 127.0.0.1, with faults: what vLLM, Ollama and OpenAI answer, and how they fail.

In a test: ``with StubServer(faults=[Fault(status=429)]) as server: load_model(server.name)``.
By hand: ``python tests/model/stub_server.py``, which prints the name to give to ``--model``.
"""

import base64
import contextlib
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np

STATE = {"model": "stub-vl-2", "system_fingerprint": "fp_7"}
"""What it says of itself."""


@dataclass(frozen=True)
class Fault:
    """How one request fails."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)
    """Fields of the error's body."""
    body: dict[str, Any] | None = None
    """The error's body in another form than OpenAI's."""
    delay_s: float = 0.0
    """Silence before the reply."""
    cut: bool = False
    """The reply breaks off in the middle of its JSON."""
    silent_end: bool = False
    """The stream ends without a finish_reason."""
    empty: bool = False
    """A reply without text."""
    finish_reason: str = "stop"


@dataclass
class StubServer:
    """A server for the time of a ``with``; it answers with the number and size of the images that it got."""

    model: str = "stub-vl"
    faults: Iterable[Fault | None] = ()
    """One per request in order of arrival, then none; None for a request that succeeds."""
    key: str | None = None
    """The key that it wants."""
    streams: bool = True
    tells_usage: bool = True
    says: Callable[[str], str] | None = None
    """What it answers to the words of a question; None for the number and size of the images."""
    refuses_schema: Fault | None = None
    """How requests fail that hold the answer to a schema; None where they are as good as others."""
    port: int = 0
    """Where it listens; 0 for any that is free."""
    dies_after: int | None = None
    """Requests after which it dies: the next one's connection breaks, and then nobody answers there; None to live on."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of the requests that came."""
    headers: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._faults, self._lock, self.closing = iter(self.faults), threading.Lock(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), type("Handler", (_Handler,), {"stub": self}))
        self._server.daemon_threads = True
        self._server.block_on_close = False

        self.port = int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def name(self) -> str:
        """The name to load."""
        return f"openai:{self.model}@{self.url}"

    def __enter__(self) -> "StubServer":
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, body: dict[str, Any], headers: dict[str, str]) -> Fault:
        """Note a request and tell how it fails."""
        with self._lock:
            if self.dies_after is not None and len(self.requests) >= self.dies_after:
                self._server.shutdown()  # of the thread that accepts: this one serves a connection
                self._server.server_close()
                raise ConnectionAbortedError
            self.requests.append(body)
            self.headers.append(headers)
            return next(self._faults, None) or Fault()


class _Handler(BaseHTTPRequestHandler):
    stub: StubServer
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """Serve; a client that gave up waiting is no error of the server."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            models = [
                {"id": name, "object": "model", "created": 0, "owned_by": "stub"} for name in (self.stub.model, "other-model")
            ]
            self._json(200, {"object": "list", "data": models})
        else:
            self._json(404, {"error": {"message": "not found"}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fault = self.stub.take(body, {key.lower(): value for key, value in self.headers.items()})
        if self.stub.refuses_schema is not None and "response_format" in body:
            fault = self.stub.refuses_schema
        self.stub.closing.wait(fault.delay_s)
        sent = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.stub.key is not None and sent != self.stub.key:
            # OpenAI's message repeats the key
            self._json(401, {"error": {"message": f"Incorrect API key provided: {sent}", "code": "invalid_api_key"}})
        elif fault.status != 200:
            body = fault.body or {"error": {"message": f"fault {fault.status}", **fault.error}}
            self._json(fault.status, body, fault.headers)
        elif body["model"] != self.stub.model:
            self._json(404, {"error": {"message": f"The model `{body['model']}` does not exist", "code": "model_not_found"}})
        else:
            self._answer(body, fault)

    def _answer(self, body: dict[str, Any], fault: Fault) -> None:
        text = "" if fault.empty else self.stub.says(_question(body)) if self.stub.says else _text(body)
        limit = body.get("max_tokens", 1000)
        words = text.split(" ")[:limit] if text else []
        usage = {"prompt_tokens": 100, "completion_tokens": len(words), "total_tokens": 100 + len(words)}
        if not self.stub.tells_usage:
            usage = None
        if self.stub.streams and body.get("stream"):
            self._stream(words, usage, fault)
            return
        message = {"role": "assistant", "content": " ".join(words)}
        choice = {"index": 0, "message": message, "finish_reason": fault.finish_reason}
        self._json(
            200,
            {"id": "1", "object": "chat.completion", **STATE, "choices": [choice], "usage": usage},
            cut=fault.cut,
        )

    def _stream(self, words: list[str], usage: dict[str, int] | None, fault: Fault) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for index, word in enumerate(words):
            self._event(
                {"choices": [{"index": 0, "delta": {"content": word if index == 0 else f" {word}"}, "finish_reason": None}]}
            )
            if fault.cut and index == 1:
                self.wfile.write(b'data: {"choices": [{"index": 0, "del\n\n')
                return
        if fault.silent_end:
            return
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": fault.finish_reason}]})
        if usage is not None:
            self._event({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, fields: dict[str, Any]) -> None:
        event = {"id": "1", "object": "chat.completion.chunk", "created": 0, **STATE, **fields}
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def _json(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None, *, cut: bool = False) -> None:
        data = json.dumps(body).encode()
        data = data[: len(data) // 2] if cut else data
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)


def _question(body: dict[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def _text(body: dict[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        return f"No image came with: {content}"
    sizes = [_size(part["image_url"]["url"]) for part in content if part["type"] == "image_url"]
    return f"I got {len(sizes)} images: {', '.join(sizes)}; asked: {content[-1]['text']}"


def _size(url: str) -> str:
    image = cv2.imdecode(
        np.frombuffer(base64.b64decode(url.removeprefix("data:image/jpeg;base64,")), np.uint8), cv2.IMREAD_COLOR
    )
    return f"{image.shape[1]}x{image.shape[0]}"


if __name__ == "__main__":
    with StubServer() as server:
        print(f"--model {server.name}", flush=True)
        threading.Event().wait()
