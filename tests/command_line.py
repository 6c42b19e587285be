"""The command line in this process."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from foveate.cli import main

Foveate = Callable[..., tuple[int, str, str]]
"""Its words -> exit code, stdout, stderr."""


def called(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    """What a command tells: exit code, stdout, stderr."""
    monkeypatch.setattr(sys, "argv", ["foveate", *map(str, words)])
    capfd.readouterr()
    try:
        main()
        code = 0
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    told = capfd.readouterr()
    return code, told.out, told.err
