"""Where a served model is, and which key goes there."""

import pytest

from foveate.errors import ModelError
from foveate.model.openai_host import Host, find_key, host_at

KEY = "sk-secret-0123456789"


@pytest.mark.parametrize(
    ("address", "url", "name", "is_remote"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1", "localhost", False),
        ("http://localhost:11434/", "http://localhost:11434/v1", "localhost", False),
        ("http://LOCALHOST/v1/", "http://LOCALHOST/v1", "localhost", False),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1", "::1", False),
        ("http://0.0.0.0:8000/v1", "http://0.0.0.0:8000/v1", "0.0.0.0", True),
        ("http://box.localhost/v1", "http://box.localhost/v1", "box.localhost", True),
        ("https://box.example.org/api/v2", "https://box.example.org/api/v2", "box.example.org", True),
    ],
    ids=["bare", "a slash", "a slash behind the path", "IPv6", "every interface", "below localhost", "elsewhere"],
)
def test_an_address(address: str, url: str, name: str, is_remote: bool) -> None:
    host = host_at(address)
    assert (host.url, host.name, host.is_remote, host.is_openai) == (url, name, is_remote, False)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http:///v1", "names no host"),
        ("http://[::1/v1", "is no address"),
        ("http://host:port/v1", "is no address"),
        ("http://me:secret@host/v1", "address of host must hold no name, key or query"),
        ("https://host/v1?key=secret", "address of host must hold no name, key or query"),
        ("https://host/v1#secret", "address of host must hold no name, key or query"),
        ("https://api.openai.com/v1", r"api\.openai\.com needs a key: set OPENAI_API_KEY"),
    ],
)
def test_an_address_that_cannot_be_asked(address: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        host_at(address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "environment", "expected"),
    [
        ("api.openai.com", {"OPENAI_API_KEY": KEY}, KEY),
        ("evil.example.org", {"OPENAI_API_KEY": KEY}, None),
        ("127.0.0.1", {"OPENAI_API_KEY": KEY}, None),
        ("box.example.org", {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://box.example.org/v1"}, KEY),
        ("127.0.0.1", {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://[::1/v1"}, None),
        ("evil.example.org", {"FOVEATE_API_KEY": KEY}, KEY),
    ],
    ids=[
        *("OpenAI's to OpenAI", "not to others", "not to a local server", "to the base URL of the environment"),
        *("whatever stands in the base URL", "ours to any"),
    ],
)
def test_openais_key_goes_to_openai_only(
    monkeypatch: pytest.MonkeyPatch, host: str, environment: dict[str, str], expected: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert find_key(host)[1] == expected


def test_a_host_tells_its_key_to_nobody() -> None:
    host = Host("https://box/v1", "box", "FOVEATE_API_KEY", KEY)
    assert KEY not in repr(host)
    assert host.without_key(f"bad\nkey {KEY}") == "bad key ***"
    assert len(host.without_key(f"{KEY} " * 100)) == 300
