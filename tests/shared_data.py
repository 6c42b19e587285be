"""Real recordings beside the checkout, for tests that only they can make; the tests skip where they are absent."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    """The folder of a real recording, or a skip that says why."""
    folder = FOLDER / name
    if not folder.is_dir():
        pytest.skip(f"the real recording {name} is not beside the checkout (../shared/data/{name})")
    return folder
