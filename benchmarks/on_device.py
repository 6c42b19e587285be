"""What work takes on an accelerator: time between two events, and the most memory above what stood before."""

import platform
from collections.abc import Callable, Mapping, Sequence


def on_device(work: Callable[[], object]) -> dict[str, float]:
    """Milliseconds of the device and megabytes of its memory that a piece of work takes.

    Where what it leaves (gradients) was given back before, every piece of work is measured alike.
    """
    import torch

    torch.cuda.synchronize()
    stood = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    began.record()
    work()
    ended.record()
    torch.cuda.synchronize()
    return {"ms": float(began.elapsed_time(ended)), "mb": (torch.cuda.max_memory_allocated() - stood) / 2**20}


def device_name() -> str:
    """What it runs on, with versions."""
    import torch
    import transformers

    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    return f"{torch.cuda.get_device_name()}, {versions}, {platform.machine()}"


def in_turns(
    arms: Sequence[str], work: Callable[[str], Callable[[], object]], *, rounds: int
) -> list[Mapping[str, dict[str, float]]]:
    """Every arm once in each round, another one first in each; two rounds before them are not counted.

    Args:
        arms: names.
        work: readies an arm and tells what is to be measured.
        rounds: how many are counted.
    """
    found: list[Mapping[str, dict[str, float]]] = []
    for number in range(rounds + 2):
        order = [*arms[number % len(arms) :], *arms[: number % len(arms)]]
        found.append({arm: on_device(work(arm)) for arm in order})
    return found[2:]
