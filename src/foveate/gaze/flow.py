"""How the picture moved from one frame to another: one method per file, one line in FLOWS."""

from importlib import import_module
from inspect import signature
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError, hint

Gray = NDArray[np.uint8]
"""(height, width)."""
Field = NDArray[np.float32]
"""(height, width, 2): x and y."""

FLOWS = {"dis": "foveate.gaze.flow_dis", "raft": "foveate.gaze.flow_raft"}
"""Name -> the module that holds ``make(**options) -> Flow``."""


class Flow(Protocol):
    """Optical flow between two gray images."""

    def __call__(self, before: Gray, after: Gray) -> Field:
        """How far every pixel of the first image has moved in the second, in pixels.

        Args:
            before: (h, w).
            after: (h, w), the same size.

        Returns:
            (h, w, 2): x to the right, y down.
        """
        ...


def make_flow(name: str = "dis", **options: Any) -> Flow:
    """Make a flow by name.

    Args:
        name: a key of FLOWS.
        options: what its own ``make`` takes.

    Raises:
        UsageError: for a name or an option that there is not.
    """
    if name not in FLOWS:
        raise UsageError(f"there is no flow {name!r}{hint(name, FLOWS)}; allowed: {', '.join(FLOWS)}")
    make = import_module(FLOWS[name]).make
    taken = signature(make).parameters
    for option in options:
        if option not in taken:
            raise UsageError(f"the flow {name!r} takes no option {option!r}; allowed: {', '.join(taken) or 'none'}")
    flow: Flow = make(**options)
    return flow


def padded(image: Gray, *, least_px: int, multiple_px: int = 1) -> Gray:
    """An image continued to the right and below by its border pixels, for methods that need a least size or a multiple."""
    height, width = (max(least_px, -(-side // multiple_px) * multiple_px) for side in image.shape)
    below, right = height - image.shape[0], width - image.shape[1]
    # DIS and torch both ask for contiguous memory, which a crop is not
    return np.ascontiguousarray(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE))


def check_pair(before: Gray, after: Gray) -> None:
    """Refuse what is no pair of gray images of one size."""
    for image in (before, after):
        if image.ndim != 2 or image.dtype != np.uint8 or not image.size:
            raise UsageError(f"flow needs gray images (h, w) of uint8, got shape {image.shape} of {image.dtype}")
    if before.shape != after.shape:
        raise UsageError(f"flow needs two images of one size, got {before.shape} and {after.shape}")
