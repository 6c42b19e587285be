"""Optical flow by RAFT (Teed and Deng, ECCV 2020), as torchvision has it: what Gaze-VLM used. Slow without a GPU."""

from pathlib import Path
from typing import Any, Literal

import numpy as np

from foveate.errors import ModelError, UsageError, hint_beside, require
from foveate.gaze.flow import Field, Flow, Gray, check_pair, padded

SIZES = {"small": "raft_small", "large": "raft_large"}
"""Size -> torchvision's name, in torchvision.models.optical_flow."""
LEAST_PX, MULTIPLE_PX = 128, 8
"""RAFT works at an eighth of the size, over four levels of its correlations."""


def make(*, weights: str | Path, size: Literal["small", "large"] = "large", device: str = "cpu") -> Flow:
    """Load RAFT from a local file; nothing is downloaded and no pickle is read.

    Args:
        weights: a safetensors file of the weights; torchvision's own are written as one, where they may be trusted, with
            ``safetensors.torch.save_file(raft_large(weights="DEFAULT").state_dict(), "raft_large.safetensors")``.
        size: a key of ``SIZES``.
        device: torch's name of where it runs.

    Raises:
        MissingExtraError: without torch, torchvision or safetensors.
        ModelError: where torchvision does not import, or the file is missing or holds something else.
    """
    if size not in SIZES:
        raise UsageError(f"RAFT comes as {' or '.join(SIZES)}, got size {size!r}")
    require("torch", "torchvision", "safetensors")
    network = _loaded(Path(weights), size).to(device).eval()
    import torch

    def as_input(image: Gray) -> Any:
        """(h, w) -> (1, 3, H, W) in [-1, 1]."""
        whole = torch.from_numpy(padded(image, least_px=LEAST_PX, multiple_px=MULTIPLE_PX)).to(device)
        return (whole.float() / 127.5 - 1).expand(1, 3, -1, -1)

    def flow(before: Gray, after: Gray) -> Field:
        check_pair(before, after)
        height, width = before.shape
        with torch.inference_mode():
            found = network(as_input(before), as_input(after))[-1]  # the last of its rounds, (1, 2, H, W)
        return np.ascontiguousarray(found[0, :, :height, :width].permute(1, 2, 0).float().cpu().numpy())

    return flow


def _loaded(path: Path, size: str) -> Any:
    name = SIZES[size]
    if not path.is_file():
        raise ModelError(
            f"there is no file {path}{hint_beside(path)}; RAFT needs its weights as a local safetensors file: "
            f'safetensors.torch.save_file({name}(weights="DEFAULT").state_dict(), "{name}.safetensors") writes torchvision\'s'
        )
    try:
        from torchvision.models import optical_flow
    except RuntimeError as error:
        raise ModelError(
            f"torchvision does not fit this torch ({error}): install the two of one release, or first call "
            "foveate.model.torchvision_ops.ensure_operators()"
        ) from None
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    network = getattr(optical_flow, name)(weights=None, progress=False)
    try:
        network.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError) as error:
        raise ModelError(f"{path} does not hold the weights of {name}: {' '.join(str(error).split())[:300]}") from None
    return network
