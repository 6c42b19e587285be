"""What this machine has of what foveate needs, and for each lack the line to type.

It imports nothing but Python's own modules until it knows that foveate's packages are there.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from foveate.errors import EXTRA_OF_MODULE
from foveate.version import VERSION

GB = 1_000_000_000
MIN_PYTHON = (3, 11)
DECODERS = {
    "h264": "most trackers",
    "hevc": "newer trackers and phones",
    "mpeg4": "older trackers",
    "mjpeg": "world videos of Pupil Core",
}
"""Decoder -> who writes it."""
EXTRA_JOBS = {
    "local": "models on this machine",
    "train": "training",
    "metrics": "scores of texts",
    "hands": "foveate hands",
    "study": "foveate study",
}
"""Extra -> what it is needed for."""
EXTRAS = {extra: tuple(module for module, of in EXTRA_OF_MODULE.items() if of == extra) for extra in EXTRA_JOBS}
"""Extra -> modules that it brings."""
KEYS = ("FOVEATE_API_KEY", "OPENAI_API_KEY", "HF_TOKEN")
HUB_URL = "https://huggingface.co"
OLLAMA_URL = "http://127.0.0.1:11434"
TIMEOUT_S = 3.0


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    """Whether nothing is lacking."""
    found: str
    """What is there."""
    todo: str | None = None
    """What to type or do about a lack."""
    core: bool = False
    """Whether foveate cannot work without it."""


def checks() -> Iterator[Check]:
    """Every check, one after another; the slow ones come last, and none where the core is broken."""
    for first in (check_python(), check_core()):
        yield first
        if not first.ok:
            return
    for extra in EXTRAS:
        yield check_extra(extra)
    yield check_decoders()
    yield check_ram()
    yield check_disk()
    yield check_builtin()
    yield check_keys()
    yield check_gpu()
    if find_spec("torch") and find_spec("torchvision"):
        yield check_torchvision()
    yield check_hub()
    yield check_ollama()


def check_python() -> Check:
    """The interpreter's version."""
    found = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, MIN_PYTHON))
    ok = sys.version_info >= MIN_PYTHON
    return Check("python", ok, found, None if ok else f"install Python {wanted} or newer", core=True)


def check_core() -> Check:
    """The packages without which nothing works, as foveate's own metadata names them."""
    wanted = [line.split(";")[0].strip() for line in requires("foveate") or [] if "extra ==" not in line]
    names = [_name(line) for line in wanted]
    missing = [name for name in names if _version(name) is None]
    found = f"foveate {VERSION}, {len(names) - len(missing)} of {len(names)} packages"
    return Check("core", not missing, found, f"pip install {' '.join(missing)}" if missing else None, core=True)


def check_extra(extra: str) -> Check:
    """Whether an extra is installed."""
    missing = [module for module in EXTRAS[extra] if find_spec(module) is None]
    versions = [f"{module} {_version(module)}" for module in EXTRAS[extra] if module not in missing and _version(module)]
    if not missing:
        return Check(f"extra {extra}", True, ", ".join(versions))
    found = f"{', '.join(missing)} not installed (needed for {EXTRA_JOBS[extra]})"
    return Check(f"extra {extra}", False, found, f"pip install 'foveate[{extra}]'")


def check_decoders() -> Check:
    """Video decoders that PyAV brings."""
    from av.codec import Codec
    from av.error import FFmpegError

    missing = []
    for name in DECODERS:
        try:
            Codec(name, "r")
        except (FFmpegError, ValueError):
            missing.append(name)
    if missing:
        lost = ", ".join(f"{name} ({DECODERS[name]})" for name in missing)
        return Check(
            "decoders", False, f"PyAV {_version('av')} lacks {lost}", "pip install --force-reinstall av", core="h264" in missing
        )
    return Check("decoders", True, f"PyAV {_version('av')}: {', '.join(DECODERS)}")


def check_ram() -> Check:
    """Memory."""
    import psutil

    memory = psutil.virtual_memory()
    ok = memory.available > 2 * GB
    found = f"{memory.available / GB:.1f} GB free of {memory.total / GB:.1f} GB"
    return Check("memory", ok, found, None if ok else "close other programs: even small models take 2 GB")


def check_disk() -> Check:
    """Space for models."""
    from foveate.model.offer import free_bytes, hub_folder

    folder = hub_folder()
    free_gb = free_bytes(folder) / GB
    ok = free_gb > 5
    todo = None if ok else "free some space, or move the models: export HF_HOME=/a/larger/disk"
    return Check("disk", ok, f"{free_gb:.0f} GB free (models are kept in {folder})", todo)


def check_builtin() -> Check:
    """The built-in model's weights."""
    weights = Path(__file__).parent / "model" / "builtin_weights" / "model.safetensors"
    if weights.is_file():
        return Check("builtin model", True, f"{weights.stat().st_size / 1e6:.0f} MB (a toy: knows the toy kitchen only)")
    return Check("builtin model", False, "its weights are not in the package", "pip install --force-reinstall foveate")


def check_keys() -> Check:
    """Which keys are set; their values are never shown."""
    found = ", ".join(f"{name} {'set' if os.environ.get(name) else 'not set'}" for name in KEYS)
    return Check("keys", True, f"{found} (only hosted models need one)")


def check_gpu() -> Check:
    """The accelerator, and whether torch can use it."""
    from foveate.model.offer import find_gpu

    name, memory_gb = find_gpu()
    if name is None:
        return Check("gpu", True, "none: local models run on the CPU")
    if find_spec("torch") is None:
        return Check("gpu", True, f"{name}, {memory_gb:.0f} GB (torch is not installed)")
    import torch

    usable = torch.cuda.is_available() or torch.backends.mps.is_available()
    found = f"{name}, {memory_gb:.0f} GB; torch {torch.__version__} {'uses' if usable else 'cannot use'} it"
    return Check("gpu", usable, found, None if usable else "install a build of torch for it: https://pytorch.org/get-started")


def check_torchvision() -> Check:
    """Whether the two fit each other; operators that are missing hurt nothing but flow by RAFT, which refuses by itself."""
    from foveate.model.hf_load import one_line
    from foveate.model.torchvision_ops import ensure_operators

    found = f"torchvision {_version('torchvision')}"
    todo = "install torch and torchvision of one release, built for the same device: https://pytorch.org/get-started"
    try:
        declared = ensure_operators()
        import torchvision  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        return Check("torchvision", False, f"{found} cannot be imported, nor can local models ({one_line(error)})", todo)
    if declared:
        misfit = f"{found} does not fit torch {_version('torch')}: its operators nms and qnms are missing; models do without"
        return Check("torchvision", False, misfit, todo)
    return Check("torchvision", True, f"{found} fits torch {_version('torch')}")


def check_hub(url: str | None = None) -> Check:
    """Whether models can be fetched."""
    url = url or os.environ.get("HF_ENDPOINT") or HUB_URL
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON"):
        return Check("hub", True, "HF_HUB_OFFLINE is set: only models that are on this machine")
    if _reads(url) is not None:
        return Check("hub", True, f"{url} answers")
    return Check("hub", False, f"{url} cannot be reached", "copy a model's folder here and name it: --model hf:/path/to/it")


def check_ollama(url: str = OLLAMA_URL) -> Check:
    """Whether a local server of models runs."""
    told = _reads(f"{url}/api/tags")
    if told is None:
        return Check("ollama", True, "no server on this machine (optional)")
    try:
        names = [model["name"] for model in json.loads(told)["models"]]
    except (ValueError, KeyError, TypeError):
        return Check("ollama", True, f"a server that is not Ollama answers at {url}")
    shown = ", ".join(names[:6]) or "no models"
    return Check("ollama", bool(names), f"runs with {shown}", None if names else "ollama pull qwen2.5vl:3b")


def models_that_fit() -> str:
    """One line that offers three models."""
    from foveate.model.offer import offer

    return offer()


def core_is_broken(found: list[Check]) -> bool:
    """Whether anything is lacking that foveate cannot work without."""
    return any(check.core and not check.ok for check in found)


def _reads(url: str) -> bytes | None:
    """What a GET answers, or None where nothing does."""
    try:
        with urlopen(Request(url, headers={"User-Agent": "foveate"}), timeout=TIMEOUT_S) as response:  # noqa: S310
            return bytes(response.read(1_000_000))
    except (URLError, OSError, ValueError):
        return None


def _name(requirement: str) -> str:
    """The package of a line such as ``numpy>=2.0``."""
    end = next((index for index, letter in enumerate(requirement) if letter in " <>=!~;["), len(requirement))
    return requirement[:end]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
