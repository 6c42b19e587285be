"""Drawn frames in place of a video."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from foveate.clock import NS_PER_S, Times
from foveate.errors import UsageError
from foveate.geometry import Box, Size
from foveate.recording.recording import Image

Draw = Callable[[int, Size, Box | None], Image]
"""(time_ns, size_px, box_px) -> the picture."""


def frame_times(duration_s: float, fps: float) -> Times:
    """(F,) instants of a camera's frames: the first at 0, the last before the end.

    Raises:
        UsageError: where there would be none.
    """
    if not fps > 0 or not duration_s > 0:
        raise UsageError(f"a recording needs a duration and frames per second above 0, got {duration_s:g} s and {fps:g}")
    count = max(1, int(np.floor(duration_s * fps + 1e-9)))
    return np.round(np.arange(count) * (NS_PER_S / fps)).astype(np.int64)


class DrawnScene:
    """Frames that are drawn when asked for; see the protocol ``Scene``."""

    def __init__(self, draw: Draw, *, size_px: Size, time_ns: Times) -> None:
        self._draw = draw
        self.size_px = size_px
        self.time_ns = time_ns
        self.time_ns.setflags(write=False)
        self.timed_frames = len(time_ns)
        self.notes: tuple[str, ...] = ()

    def frames(
        self,
        indices: Sequence[int],
        *,
        boxes_px: Sequence[Box | None] | None = None,
        sizes_px: Sequence[Size | None] | None = None,
    ) -> Iterator[Image]:
        """Yield the frames of indices, each cropped to its box and drawn at its size, where given."""
        for place, index in enumerate(indices):
            box = boxes_px[place] if boxes_px is not None else None
            size = sizes_px[place] if sizes_px is not None else None
            yield self._draw(int(self.time_ns[index]), size or (box.size_px if box else self.size_px), box)
