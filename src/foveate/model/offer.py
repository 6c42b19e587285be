"""Three models that fit this machine, offered where the user named none: there is no silent default."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

GB = 1_000_000_000
OVERHEAD_GB = 1.5
"""Activations, images and the program itself, beside the weights."""
CPU_PARAMETERS_B = 2.5
"""Billions of parameters beyond which an answer takes minutes on a CPU."""
OFFERED = 3


@dataclass(frozen=True)
class Candidate:
    """A published model, with round numbers."""

    parameters_b: float
    """Billions of parameters; two bytes each in memory."""
    download_gb: float
    """Its safetensors; some are published in float32."""

    @property
    def memory_gb(self) -> float:
        return 2 * self.parameters_b * 1.1 + OVERHEAD_GB


CANDIDATES = {
    "Qwen/Qwen3-VL-8B-Instruct": Candidate(8.8, 17.5),
    "Qwen/Qwen2.5-VL-7B-Instruct": Candidate(8.3, 16.6),
    "Qwen/Qwen3-VL-4B-Instruct": Candidate(4.4, 8.9),
    "Qwen/Qwen2.5-VL-3B-Instruct": Candidate(3.8, 7.5),
    "Qwen/Qwen3-VL-2B-Instruct": Candidate(2.1, 4.3),
    "OpenGVLab/InternVL3-2B-hf": Candidate(2.1, 4.2),
    "HuggingFaceTB/SmolVLM2-2.2B-Instruct": Candidate(2.2, 9.0),
    "OpenGVLab/InternVL3-1B-hf": Candidate(0.9, 1.9),
    "HuggingFaceTB/SmolVLM2-500M-Video-Instruct": Candidate(0.5, 2.0),
}
"""Hugging Face's id -> how large it is; the more able first."""

SERVED = "openai:qwen2.5vl:3b@http://localhost:11434/v1"
"""A model behind a server: here Ollama's, which keeps its weights in four bits."""


@dataclass(frozen=True)
class Machine:
    """What decides which models fit."""

    ram_gb: float
    """Memory that is free now."""
    disk_gb: float
    """Space that is free where Hugging Face's models are kept."""
    gpu: str | None
    """Name of the accelerator."""
    gpu_gb: float
    """Its memory; 0 without one."""
    has_local: bool
    """Whether the extra ``local`` is installed."""
    downloaded: frozenset[str] = frozenset()
    """Candidates that are here already."""


def offer(machine: Machine | None = None) -> str:
    """One line that names three models, what they take, and what to type.

    Args:
        machine: what they have to fit; None to look at this one.
    """
    machine = machine or look()
    told = []
    for name, one in fitting(machine):
        fetch = "already here" if name in machine.downloaded else f"{one.download_gb:.0f} GB download"
        told.append(f"--model hf:{name} ({one.memory_gb:.0f} GB memory, {fetch})")
    gpu = f"{machine.gpu} with {machine.gpu_gb:.0f} GB" if machine.gpu else "no GPU"
    here = f"RAM {machine.ram_gb:.0f} GB free, disk {machine.disk_gb:.0f} GB free, {gpu}"
    local = "" if machine.has_local else " after pip install 'foveate[local]'"
    served = f"--model {SERVED} (after ollama pull qwen2.5vl:3b)"
    if not told:
        return f"No local model that foveate knows fits this machine ({here}); add a served one: {served}."
    return f"Add one that fits this machine ({here}){local}: {'; or '.join(told)}. Or a served one: {served}."


def fitting(machine: Machine) -> list[tuple[str, Candidate]]:
    """At most three candidates that fit, one of each kind of size: the most able, and smaller and quicker ones."""
    room_gb = max(machine.gpu_gb, 0.0) if machine.gpu else machine.ram_gb
    fits = [
        (name, one)
        for name, one in CANDIDATES.items()
        if one.memory_gb <= room_gb
        and (machine.gpu or one.parameters_b <= CPU_PARAMETERS_B)
        and (name in machine.downloaded or one.download_gb * 1.05 <= machine.disk_gb)
    ]
    if len(fits) <= OFFERED:
        return fits
    return [fits[0], fits[len(fits) // 2], fits[-1]]


def look() -> Machine:
    """What this machine has."""
    folder = hub_folder()
    gpu, gpu_gb = find_gpu()
    return Machine(
        ram_gb=psutil.virtual_memory().available / GB,
        disk_gb=free_bytes(folder) / GB,
        gpu=gpu,
        gpu_gb=gpu_gb,
        has_local=all(find_spec(module) is not None for module in ("torch", "transformers", "torchvision")),
        downloaded=frozenset(name for name in CANDIDATES if is_downloaded(folder, name)),
    )


def find_gpu() -> tuple[str | None, float]:
    """Name and memory in GB of the accelerator, without importing torch; (None, 0) where there is none."""
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "Apple GPU", psutil.virtual_memory().available / GB
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout
        name, _, memory_mb = told.splitlines()[0].rpartition(", ")
        return name, float(memory_mb) * 1024**2 / GB
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None, 0.0


def hub_folder() -> Path:
    """Where Hugging Face's models are kept, by the rules of its library."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def is_downloaded(folder: Path, name: str) -> bool:
    """Whether a model's weights are in the cache."""
    return any((folder / f"models--{name.replace('/', '--')}").glob("snapshots/*/*.safetensors"))


def free_bytes(folder: Path) -> int:
    """Free space where a folder is, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free
