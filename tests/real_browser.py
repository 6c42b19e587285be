"""The system's chromium for tests that need a real browser; they skip where it or playwright is absent, and say so."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]

PATIENCE_S = 60
"""How long a condition may take to come true: far longer than on any machine at work, since nothing is said of speed."""


@contextmanager
def real_browser() -> Iterator[Any]:
    """A browser, closed at the end."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install 'foveate[dev]'")
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            sync_api.expect.set_options(timeout=PATIENCE_S * 1000)
            yield chromium
        finally:
            chromium.close()


def comes(page: Any, script: str) -> None:
    """Wait until a script tells true; a page's own policy may forbid it to wait by itself."""
    until_s = time.monotonic() + PATIENCE_S
    while not page.evaluate(script):
        assert time.monotonic() < until_s, f"this never came true: {script}"
        page.wait_for_timeout(50)
