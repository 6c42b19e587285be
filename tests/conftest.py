"""What tests of several folders are given."""

from functools import partial

import pytest

from command_line import Foveate, called


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sends a key of whoever runs it, or passes for its sake."""
    for name in ("OPENAI_API_KEY", "FOVEATE_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def foveate(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Foveate:
    """The command line in this process: exit code, stdout, stderr."""
    return partial(called, monkeypatch, capfd)
