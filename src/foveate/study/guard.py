"""What every request must pass, and what every answer bears, before the study's own code sees it."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY_BYTES = 10_000
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    # a link is a rater's key: it is told to nobody
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "private, no-store",
}


class Guard:
    """Refuses requests that name another host, and posts that come from another page, are no JSON or too long."""

    def __init__(self, app: App, *, origins: frozenset[str]) -> None:
        """Wrap an application.

        Args:
            app: what is guarded.
            origins: as a browser sends them ("http://127.0.0.1:8737"); empty where the name of the host is not known, and a
                post must then come from the host that it is sent to.
        """
        self.app = app
        self.origins = origins
        self.hosts = frozenset(origin.partition("://")[2] for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                told = {name.lower() for name, _ in message.get("headers", ())}
                new = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in told]
                message = {**message, "headers": [*message.get("headers", ()), *new]}
            await send(message)

        refused = self._refused(scope["method"], headers)
        if refused is None:
            await self.app(scope, receive, send_with_headers)
            return
        status, reason = refused
        kind = [(b"content-type", b"text/plain; charset=utf-8")]
        await send_with_headers({"type": "http.response.start", "status": status, "headers": kind})
        await send_with_headers({"type": "http.response.body", "body": reason.encode()})

    def _refused(self, method: str, headers: MutableMapping[str, str]) -> tuple[int, str] | None:
        host, length = headers.get("host", ""), headers.get("content-length", "")
        origins = self.origins or {f"http://{host}", f"https://{host}"}
        kind = headers.get("content-type", "").partition(";")[0].strip()
        posts = method == "POST"
        rules = {
            (421, "this server is not of that name"): not self.hosts or host in self.hosts,
            (405, "not allowed"): posts or method in ("GET", "HEAD"),
            (403, "this came from another page"): not posts or headers.get("origin", "") in origins,
            (415, "JSON only"): not posts or kind == "application/json",
            (413, "too long"): not posts or (length.isdecimal() and int(length) <= MOST_BODY_BYTES),
        }
        return next((refusal for refusal, holds in rules.items() if not holds), None)


def signed(key: str, *words: str) -> str:
    """What only who knows the key can make of words."""
    return hmac.new(key.encode(), "\0".join(words).encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()
