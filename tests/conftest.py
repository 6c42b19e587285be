"""What tests of several folders are given."""

from functools import partial

import pytest

from command_line import Foveate, called


@pytest.fixture
def foveate(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Foveate:
    """The command line in this process: exit code, stdout, stderr."""
    return partial(called, monkeypatch, capfd)
