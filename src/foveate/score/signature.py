"""What a number depends on beside the texts, on one line to be kept and printed with it."""

from collections.abc import Collection, Mapping
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from foveate.score.about import About
from foveate.score.semantic import folder_of


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
    elif about.rules > 1:
        parts.append(f"rules:{about.rules}")
    parts += [f"{option}:{_told(value)}" for option, value in options.items()]
    if name == "sbert":
        from foveate.model.hf_load import weights_hash

        parts.append(f"weights:{weights_hash(sorted(folder_of(str(options['model'])).glob('**/*.safetensors')))}")
    return "|".join(parts)


def _told(value: object) -> str:
    if isinstance(value, Collection) and not isinstance(value, str):
        listed = sorted(map(str, value))
        return f"{len(listed)} of {sha256(chr(10).join(listed).encode()).hexdigest()[:12]}"
    return str(value)
