"""A model of Hugging Face's, or a folder of that form, loaded: where it lies, its processor, its weights, what pins it."""

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from foveate.errors import ModelError, UsageError, hint_beside, require
from foveate.model.torchvision_ops import ensure_operators

DTYPES = ("auto", "float32", "bfloat16", "float16")
FILES = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
"""What is fetched of a repository: no pickled weights, no code."""
NOT_FETCHED = ["*/*", "consolidated*"]
"""The same weights once more, in other forms."""
WITHOUT_WEIGHTS = "meta"
"""Torch's device of tensors that have a shape and no numbers."""
WHOLE_HASH_BYTES = 200_000_000
"""Weights up to this size are hashed whole; of larger ones headers, sizes and some of every tensor."""
SAMPLED_BYTES = 4096
"""Of a tensor, at its start and in its middle."""


@dataclass(frozen=True)
class Loaded:
    """A processor and its model, ready to run."""

    processor: Any
    model: Any
    device: str
    provenance: dict[str, str]


def find_folder(name: str, *, with_code: bool = False, with_folders: bool = False) -> tuple[Path, str | None]:
    """The folder of a model and its commit: a local folder first, then Hugging Face's cache or hub.

    Args:
        name: a folder, or ``owner/name`` with an optional ``@revision``.
        with_code: whether code that comes with the model is fetched too.
        with_folders: whether folders within it are.

    Raises:
        ModelError: where there is none, with what to do.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path, None
    if path.exists() or name.startswith((".", "/", "~")) or "\\" in name or name.count("/") != 1:
        raise ModelError(
            f"no model folder {name}{hint_beside(path)}; write a folder that holds config.json, "
            "or owner/name as on huggingface.co."
        )
    return _fetch(name, [*FILES, "*.py"] if with_code else FILES, [] if with_folders else NOT_FETCHED)


def _fetch(name: str, files: list[str], but: list[str]) -> tuple[Path, str | None]:
    from huggingface_hub import errors, snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    repository, _, revision = name.partition("@")
    try:
        folder = Path(snapshot_download(repository, revision=revision or None, allow_patterns=files, ignore_patterns=but))
    except errors.HFValidationError as error:
        raise ModelError(f"{name!r} cannot be a model's id: write owner/name as on huggingface.co.") from error
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{repository} is gated: accept its terms at https://huggingface.co/{repository}, then type: hf auth login"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(
            f"{repository} has no revision {revision!r}; look at https://huggingface.co/{repository}/tree/main"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise ModelError(
            f"no model {repository!r} on huggingface.co (or a private one: hf auth login); check the spelling."
        ) from error
    except errors.LocalEntryNotFoundError as error:
        offline = os.environ.get("HF_HUB_OFFLINE", "0").upper() in ("1", "TRUE", "YES", "ON")
        why = "HF_HUB_OFFLINE is set" if offline else "huggingface.co cannot be reached"
        raise ModelError(
            f"{repository} is not on this machine and {why}; where there is a network type: hf download {repository}, "
            "or name a folder: --model hf:/path/to/it"
        ) from error
    except errors.HfHubHTTPError as error:
        raise ModelError(f"huggingface.co answered {error.response.status_code} for {repository}; try again later.") from error
    return folder, folder.name


def load_folder(name: str, *, dtype: str, device: str, trust_remote_code: bool, processor_options: dict[str, Any]) -> Loaded:
    """Find and load a model and its processor.

    On the device ``meta`` nothing of the weights is read: such a model tells its visual tokens and cannot answer.

    Raises:
        ModelError: where it is not there, is no image-text model, or does not fit in memory.
    """
    require("torch", "transformers", "safetensors")
    if dtype not in DTYPES:
        raise UsageError(f"dtype {dtype!r} is not known; it can be {', '.join(DTYPES)}.")
    folder, commit = find_folder(name, with_code=trust_remote_code)
    _check(folder, name)
    ensure_operators()
    import transformers

    transformers.logging.set_verbosity_error()
    if not sys.stderr.isatty():
        transformers.logging.disable_progress_bar()
    device = _device(device)
    weights = sorted(folder.glob("*.safetensors"))
    dtype = _dtype(dtype, device=device, weight_bytes=sum(path.stat().st_size for path in weights))
    processor, model = _from_folder(folder, name, dtype, device, trust_remote_code, processor_options)
    if not hasattr(processor, "image_processor"):
        raise ModelError(f"{name} has no image processor ({type(processor).__name__}); take a vision-language model.")
    provenance = {
        "weights_sha256": weights_hash(weights),
        "settings_sha256": _settings_hash(folder, processor_options),
        **({"commit": commit} if commit else {}),
        "architecture": type(model).__name__,
        "dtype": str(model.dtype).removeprefix("torch."),
        "device": device,
        "torch": version("torch"),
        "transformers": version("transformers"),
    }
    return Loaded(processor, model, device, provenance)


def _from_folder(folder: Path, name: str, dtype: str, device: str, trusted: bool, options: dict[str, Any]) -> tuple[Any, Any]:
    import torch
    import transformers
    from safetensors import SafetensorError

    common = {"trust_remote_code": trusted, "local_files_only": True}
    try:
        processor = transformers.AutoProcessor.from_pretrained(folder, **common, **options)
        if device == WITHOUT_WEIGHTS:
            config = transformers.AutoConfig.from_pretrained(folder, **common)
            with torch.device(device):
                return processor, transformers.AutoModelForImageTextToText.from_config(config, trust_remote_code=trusted)
        model, told = transformers.AutoModelForImageTextToText.from_pretrained(
            folder, use_safetensors=True, dtype=dtype, output_loading_info=True, **common
        )
        model = model.to(device).eval()
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise ModelError(f"{name} does not fit in the memory of {device}; take a smaller model (foveate doctor).") from error
    except SafetensorError as error:
        raise ModelError(f"the weights of {name} are damaged ({one_line(error)}); fetch them again.") from error
    except (OSError, ValueError, ImportError, RuntimeError, KeyError, TypeError) as error:
        if "Unrecognized configuration class" in str(error):
            raise ModelError(
                f"{name} takes no images; take a vision-language model, such as those of: foveate doctor."
            ) from error
        raise ModelError(f"{name} cannot be loaded: {one_line(error)}") from error
    if missing := sorted(told["missing_keys"]):
        # transformers would fill them with random numbers and answer nonsense
        raise ModelError(f"the weights of {name} lack {len(missing)} tensors ({', '.join(missing[:3])} ...); fetch them again.")
    _decode_greedily(model, processor)
    return processor, model


def _check(folder: Path, name: str) -> None:
    if not (folder / "config.json").is_file():
        raise ModelError(f"{name} holds no config.json; a model folder has config.json, *.safetensors and a processor's files.")
    if not any(folder.glob("*.safetensors")):
        found = ", ".join(sorted(path.name for path in folder.glob("*.bin"))) or "no weights"
        raise ModelError(f"{name} has no *.safetensors (found: {found}); pickled weights are never loaded.")
    try:
        architectures = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{folder / 'config.json'} is not JSON ({error}); fetch the model again.") from error
    if not isinstance(architectures, dict):
        raise ModelError(f"{folder / 'config.json'} is not a model's configuration; fetch the model again.")


def _decode_greedily(model: Any, processor: Any) -> None:
    """Take back the sampling that a model's own files ask for; without it transformers would warn at every answer."""
    config = model.generation_config
    config.do_sample = False
    config.temperature = config.top_p = config.top_k = config.min_p = config.typical_p = None
    if config.pad_token_id is None:
        ends = config.eos_token_id
        config.pad_token_id = processor.tokenizer.pad_token_id if ends is None else ends if isinstance(ends, int) else ends[0]
    if processor.tokenizer.pad_token_id is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token


def _device(device: str) -> str:
    import torch

    if device != "auto":
        try:
            torch.empty(1, device=device)
        except (RuntimeError, AssertionError) as error:
            raise ModelError(f"device {device!r} cannot be used here ({one_line(error)}); try --device cpu.") from error
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _dtype(dtype: str, *, device: str, weight_bytes: int) -> str:
    """On a CPU float32 where it fits (bfloat16 is emulated on most, and slower); elsewhere what the weights are stored in."""
    if dtype != "auto" or device != "cpu":
        return dtype
    return "float32" if 2 * weight_bytes < 0.7 * psutil.virtual_memory().available else "auto"


def weights_hash(weights: list[Path]) -> str:
    """A sha256 that pins the weights: of the whole files where they are small, else of headers, sizes and some of every tensor.

    Models that were tuned from one another have equal headers, and differ in the numbers of every tensor that was trained.
    """
    digest = hashlib.sha256()
    whole = sum(path.stat().st_size for path in weights) <= WHOLE_HASH_BYTES
    for path in weights:
        with path.open("rb") as file:
            digest.update(f"{path.name}:{path.stat().st_size}:".encode())
            if whole:
                digest.update(file.read())
                continue
            header_bytes = min(int.from_bytes(file.read(8), "little"), 100_000_000)
            header = file.read(header_bytes)
            digest.update(header)
            for place in _sampled_places(header):
                file.seek(8 + header_bytes + place)
                digest.update(file.read(SAMPLED_BYTES))
    return digest.hexdigest() if whole else f"sampled:{digest.hexdigest()}"


def _sampled_places(header: bytes) -> list[int]:
    """Start and middle of every tensor, in bytes after the header; none of a damaged file, which whoever loads it tells."""
    try:
        tensors = [told["data_offsets"] for name, told in json.loads(header).items() if name != "__metadata__"]
        return sorted(place for start, stop in tensors for place in (start, start + (stop - start) // 2))
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _settings_hash(folder: Path, processor_options: dict[str, Any]) -> str:
    """A sha256 of what else answers depend on: configuration, processor, tokenizer, chat template, code, options."""
    digest = hashlib.sha256(repr(sorted(processor_options.items())).encode())
    files = {path for pattern in (*FILES, "*.py") for path in folder.glob(pattern) if path.suffix != ".safetensors"}
    for path in sorted(files):
        digest.update(f"{path.name}:{path.stat().st_size}:".encode() + path.read_bytes())
    return digest.hexdigest()


def one_line(error: BaseException) -> str:
    """What an exception says, on one line and not endless."""
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else f"{text[:297]}..."
