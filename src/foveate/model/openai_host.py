"""Where a served model is: the checked address, whether that is this machine, and which key goes there."""

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from foveate.errors import ModelError
from foveate.loopback import is_loopback

OPENAI = "api.openai.com"


@dataclass(frozen=True)
class Host:
    """A server that answers for a model."""

    url: str
    """Where its protocol begins, without a slash at its end."""
    name: str
    """The host in it."""
    key_name: str
    """The environment variable whose key goes there."""
    key: str | None = field(repr=False)
    """The key; None where there is none."""

    @property
    def is_remote(self) -> bool:
        """Whether what is sent there leaves this machine."""
        return not is_loopback(self.name)

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI itself, whose protocol has moved on."""
        return self.name == OPENAI

    def without_key(self, text: str) -> str:
        """A server's words on one line of at most 300 letters; some repeat the key, which is struck out."""
        text = " ".join(text.split())
        text = text.replace(self.key, "***") if self.key else text
        return text if len(text) <= 300 else f"{text[:297]}..."


def host_at(base_url: str) -> Host:
    """The host at an address such as ``http://localhost:11434/v1``; a bare one gets ``/v1``.

    Raises:
        ModelError: for an address that names no host or holds a key, or a key that is needed and not there.
    """
    try:
        parts = urlsplit(base_url)
        _ = parts.port  # read, so that a wrong one is found
    except ValueError as error:
        raise ModelError(f"{base_url!r} is no address ({error}); write openai:MODEL@http://localhost:11434/v1") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ModelError(f"the address of {parts.hostname} must hold no name, key or query; keys go into FOVEATE_API_KEY.")
    if not parts.hostname:
        raise ModelError(f"{base_url!r} names no host; write openai:MODEL@http://localhost:11434/v1")
    url = base_url.rstrip("/") + ("/v1" if parts.path in ("", "/") else "")
    return Host(url, parts.hostname, *find_key(parts.hostname))


def find_key(host: str) -> tuple[str, str | None]:
    """The environment variable whose key goes to a host, and the key; OpenAI's own goes to OpenAI and to OPENAI_BASE_URL only.

    Raises:
        ModelError: where OpenAI itself is asked and no key is set.
    """
    if key := os.environ.get("FOVEATE_API_KEY", "").strip():
        return "FOVEATE_API_KEY", key
    if host in (OPENAI, _base_host()) and (key := os.environ.get("OPENAI_API_KEY", "").strip()):
        return "OPENAI_API_KEY", key
    if host == OPENAI:
        raise ModelError(
            f"{OPENAI} needs a key: set OPENAI_API_KEY, or name another server: openai:MODEL@http://localhost:11434/v1"
        )
    return "FOVEATE_API_KEY", None


def _base_host() -> str | None:
    """The host in OPENAI_BASE_URL; None where it names none, which concerns only who asks that address."""
    try:
        return urlsplit(os.environ.get("OPENAI_BASE_URL", "")).hostname
    except ValueError:
        return None
