"""All that a stopped training needs to go on as if it had not been, in one safetensors file."""

import os
from pathlib import Path
from typing import Any

from torch import Tensor


def save_state(path: Path, model: Any, heads: Any, optimizer: Any, average: dict[str, Tensor], *, step: int) -> None:
    """Write weights, optimiser, moving average and step; the old file is replaced only by a whole new one."""
    from safetensors.torch import save_file

    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"heads.{name}": value for name, value in heads.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
    # Tied weights share memory, which the format refuses.
    whole = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    unfinished = path.with_suffix(".part")
    save_file(whole, unfinished, metadata={"step": str(step)})
    os.replace(unfinished, path)


def load_state(path: Path, model: Any, heads: Any, optimizer: Any, average: dict[str, Tensor]) -> int:
    """Put a saved state into a training of the same configuration; the step that comes next."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
        step = int(file.metadata()["step"])

    def part(prefix: str) -> dict[str, Tensor]:
        return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}

    model.load_state_dict(part("model."))
    heads.load_state_dict(part("heads."))
    for name, value in part("average.").items():
        average[name].copy_(value)
    states: dict[int, dict[str, Tensor]] = {}
    for name, value in part("optimizer.").items():
        index, key = name.split(".", 1)
        states.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
    return step
