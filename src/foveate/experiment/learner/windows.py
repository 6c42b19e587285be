"""Gaze gathered for a training target in the ways that are compared: one point, 200 or 400 ms, the occlusion check or none."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from foveate.gaze.aggregate import aggregate
from foveate.geometry import Points
from foveate.recording.recording import GazeStream, Scene


@dataclass(frozen=True)
class Window:
    """One way of gathering gaze."""

    ms: float
    """Length of the time up to the frame."""
    check: str | None
    """Occlusion check; None to move all points."""


WINDOWS = {
    "single": Window(1.0, None),
    "200 ms": Window(200.0, None),
    "200 ms, occlusion": Window(200.0, "local"),
    "400 ms, occlusion": Window(400.0, "local"),
}
"""As Gaze-VLM's ablation compares them."""


def gather(name: str, gaze: GazeStream, scene: Scene, indices: Sequence[int]) -> list[Points]:
    """For each frame the points of its own picture where gaze was, as WINDOWS's entry gathers them; clips may share frames."""
    cv2.setNumThreads(1)
    window = WINDOWS[name]
    wanted = np.unique(indices)
    found = aggregate(gaze, scene, wanted.tolist(), window_ms=window.ms, check=window.check)
    points = {one.index: one.point_px for one in found}
    return [points[index] for index in indices]
