"""A recording whose every pixel and gaze point is known: red tells x, green tells y, blue tells the frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from foveate.clock import Times
from foveate.errors import VideoError
from foveate.geometry import Box, Size
from foveate.recording.recording import Event, GazeStream, Image, Recording
from foveate.video.resample import resample

FRAME_PX = Size(200, 100)


@dataclass(frozen=True)
class DrawnScene:
    """Frames drawn from their index."""

    time_ns: Times
    size_px: Size = FRAME_PX
    notes: tuple[str, ...] = ()

    @property
    def timed_frames(self) -> int:
        return len(self.time_ns)

    def whole(self, index: int) -> Image:
        width, height = self.size_px
        image = np.empty((height, width, 3), dtype=np.uint8)
        image[..., 0] = np.arange(width)[None, :]
        image[..., 1] = np.arange(height)[:, None]
        image[..., 2] = index % 256
        return image

    def frames(
        self,
        indices: Sequence[int],
        *,
        boxes_px: Sequence[Box | None] | None = None,
        sizes_px: Sequence[Size | None] | None = None,
    ) -> Iterator[Image]:
        boxes = boxes_px or [None] * len(indices)
        sizes = sizes_px or [None] * len(indices)
        for index, box, size in zip(indices, boxes, sizes, strict=True):
            image = self.whole(index)
            if box is not None:
                image = image[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
            yield resample(image, size) if size is not None else image


class TornScene(DrawnScene):
    """Frames, of which those of 2.5 to 3 s cannot be decoded."""

    def frames(self, indices: Sequence[int], **how: Any) -> Iterator[Image]:
        if any(25 <= index < 30 for index in indices):
            raise VideoError("the frame at 2.500 s cannot be decoded")
        return super().frames(indices, **how)


def torn_recording(*, seconds: float = 6.0) -> Recording:
    """One with such a scene, at 10 frames a second."""
    whole = drawn_recording(seconds=seconds)
    return replace(whole, loaders={**whole.loaders, "scene": lambda: TornScene(whole.scene.time_ns)}, _streams={})


def drawn_recording(
    *,
    seconds: float = 6.0,
    fps: float = 10.0,
    start_ns: int = 5_000_000_000,
    lost_s: tuple[float, float] | None = None,
    events: tuple[Event, ...] = (),
    device: str = "drawing",
    name: str = "drawn",
) -> Recording:
    """A recording whose gaze walks from left to right, 100 samples a second, none valid between ``lost_s``."""
    time_ns = start_ns + (np.arange(round(seconds * fps)) * 1e9 / fps).astype(np.int64)
    gaze_ns = start_ns + (np.arange(round(seconds * 100)) * 1e7).astype(np.int64)
    share = np.arange(len(gaze_ns)) / len(gaze_ns)
    point = np.stack([share * FRAME_PX.width_px, np.full(len(gaze_ns), 50.0)], axis=1)
    valid = np.ones(len(gaze_ns), dtype=bool)
    if lost_s is not None:
        elapsed_s = (gaze_ns - start_ns) / 1e9
        valid &= ~((elapsed_s >= lost_s[0]) & (elapsed_s < lost_s[1]))
        point[~valid] = np.nan
    return Recording(
        name=name,
        format="drawn",
        device=device,
        path=None,
        loaders={
            "scene": lambda: DrawnScene(time_ns),
            "gaze": lambda: GazeStream(gaze_ns, point, valid),
            "events": lambda: events,
        },
    )
