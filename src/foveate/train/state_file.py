"""Nested states (optimiser, schedule, random generators) as one safetensors file: tensors as they are, the rest as JSON.

torch.save pickles, and loading a pickle can run what it likes. Nothing here can; and numbers come back to the last bit.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foveate.errors import ModelError

KEY = "state"
TENSOR, TUPLE, PAIRS = "tensor", "tuple", "pairs"
"""How JSON tells apart what it does not know: the name of a tensor, a tuple, a mapping whose keys are not texts."""


def save_state(path: Path, state: Any) -> None:
    """Write a state, into a folder that is not in use yet: a large one is not held in memory twice.

    Args:
        path: of the file.
        state: mappings, lists, tuples, tensors that share no memory, numbers, texts, None.

    Raises:
        SafetensorError: where the disk refuses.
    """
    from safetensors.torch import save_file

    tensors: dict[str, Tensor] = {}
    described = json.dumps(_describe(state, tensors))
    save_file(tensors, path, metadata={KEY: described})


def load_state(path: Path) -> Any:
    """Read what ``save_state`` wrote; tensors on the CPU.

    Raises:
        ModelError: where it is not there, or no such file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
            described = json.loads((file.metadata() or {})[KEY])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as a training's state ({error}); delete its checkpoint to go on") from error
    return _restore(described, tensors)


def _describe(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        name = f"{len(tensors):06d}"
        tensors[name] = value.detach().contiguous()
        return {TENSOR: name}
    if isinstance(value, Mapping):
        return {PAIRS: [[_describe(key, tensors), _describe(each, tensors)] for key, each in value.items()]}
    if isinstance(value, tuple):
        return {TUPLE: [_describe(each, tensors) for each in value]}
    if isinstance(value, list):
        return [_describe(each, tensors) for each in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ModelError(f"a training's state holds a {type(value).__name__}, which cannot be kept without pickle")


def _restore(described: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(described, list):
        return [_restore(each, tensors) for each in described]
    if not isinstance(described, dict):
        return described
    ((kind, value),) = described.items()
    if kind == TENSOR:
        return tensors[value]
    if kind == TUPLE:
        return tuple(_restore(each, tensors) for each in value)
    return {_restore(key, tensors): _restore(each, tensors) for key, each in value}


def random_state() -> dict[str, Any]:
    """Of every generator that a training draws from: Python's, numpy's, torch's on the CPU and on its accelerators."""
    import random

    import numpy as np

    name, words, *rest = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (name, [int(word) for word in words], *rest),
        "torch": torch.random.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def set_random_state(state: Mapping[str, Any]) -> None:
    """Put back what ``random_state`` told; accelerators only where there are as many."""
    import random

    import numpy as np

    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.random.set_rng_state(state["torch"])
    if len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
