"""Small videos whose frames tell their own number."""

from pathlib import Path

import numpy as np

from foveate.geometry import Size
from foveate.recording.recording import Image
from foveate.video.write import VideoWriter

SIZE = Size(64, 48)
STEP = 8


def write_clip(path: Path, *, frames: int, fps: float = 30.0, size_px: Size = SIZE, first: int = 0) -> Path:
    """A video of grey frames, of which frame n is as bright as ``first + n`` (at most 28) steps."""
    with VideoWriter(path, size_px=size_px, fps=fps, crf=1, preset="ultrafast") as writer:
        for number in range(first, first + frames):
            writer.write(np.full((size_px.height_px, size_px.width_px, 3), 16 + STEP * (number % 28), dtype=np.uint8))
    return path


def number_of(image: Image) -> int:
    """The number that a frame of ``write_clip`` tells."""
    return round((float(image.mean()) - 16) / STEP)
