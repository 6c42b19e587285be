"""Project Aria's RGB camera out of a VRS file: JPEG images that are stored turned, shown upright."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from foveate.clock import NS_PER_S, increasing
from foveate.errors import RecordingError, VideoError
from foveate.geometry import Box, Size
from foveate.recording.recording import Image
from foveate.recording.scene import MOST_REPAIRED, repaired_notes
from foveate.recording.vrs import COPY_AGAIN, ImageStream
from foveate.video.resample import resample
from foveate.video.upright import Turn

RGB = "214"
"""Recordable type of the RGB camera."""
UPRIGHT = Turn(90)
"""The sensor sits turned in the glasses: a stored image is shown upright by a quarter turn clockwise."""


class AriaScene:
    """The frames of the RGB camera on the device's clock; see the protocol ``Scene``."""

    def __init__(self, stream: ImageStream) -> None:
        """Take the times of a stream; no image is read yet.

        Raises:
            RecordingError: where there are no RGB images, they are no JPEG images, or their times are no clock.
        """
        if not len(stream.time_s):
            found = ", ".join(stream.streams) or "nothing"
            raise RecordingError(f"{stream.path} has no images of the RGB camera (stream {RGB}-1; found: {found}).")
        if not stream.format:
            raise RecordingError(f"{stream.path}: its RGB records hold no image that can be read. {COPY_AGAIN}")
        if stream.format != "jpg":
            raise RecordingError(
                f"{stream.path}: its RGB images are stored as {stream.format!r}; only JPEG is read, as Aria "
                "Gen 1 writes it. Export them as an mp4 and open that as a table (docs/recordings/table.md)."
            )
        if stream.stored_px is None:
            raise RecordingError(f"{stream.path} does not tell the size of its RGB images. {COPY_AGAIN}")
        if not np.all(np.abs(stream.time_s) < 2**33):
            raise RecordingError(f"{stream.path}: the times of its RGB images are no clock. {COPY_AGAIN}")
        self._stream = stream
        self._stored_px = stream.stored_px
        self.size_px: Size = UPRIGHT.size(stream.stored_px)
        self.timed_frames = len(stream.time_s)
        # seconds as float64 hold whole nanoseconds for the first 100 days
        self.time_ns, moved = increasing(np.round(stream.time_s * NS_PER_S).astype(np.int64))
        if moved > MOST_REPAIRED * self.timed_frames:
            raise RecordingError(
                f"{stream.path}: {moved} of {self.timed_frames} frame times run backwards or stand still; at most "
                f"{MOST_REPAIRED:.0%} can be repaired. {COPY_AGAIN}"
            )
        self.notes: tuple[str, ...] = (*stream.notes, *repaired_notes(moved, self.timed_frames))
        self.time_ns.setflags(write=False)

    @property
    def files(self) -> tuple[Path, ...]:
        """What its pixels are in."""
        return (self._stream.path,)

    def frames(
        self,
        indices: Sequence[int],
        *,
        boxes_px: Sequence[Box | None] | None = None,
        sizes_px: Sequence[Size | None] | None = None,
    ) -> Iterator[Image]:
        """Yield the frames of increasing indices; each cropped to its box, then resampled to its size, where given.

        Raises:
            VideoError: where an image is damaged.
        """
        boxes = boxes_px or [None] * len(indices)
        sizes = sizes_px or [None] * len(indices)
        images = self._stream.images([int(index) for index in indices])
        for index, image, box, size in zip(indices, images, boxes, sizes, strict=True):
            frame = self._upright(image, box, int(index))
            yield frame if size is None else resample(frame, size)

    def _upright(self, image: bytes, box: Box | None, index: int) -> Image:
        """An image, or a box of it, upright; only the box is turned."""
        try:
            with Pillow.open(BytesIO(image), formats=("JPEG",)) as opened:
                if opened.size != self._stored_px:  # told by the header, before anything is decoded
                    raise VideoError(
                        f"{self._stream.path}: image {index} is {opened.size[0]}x{opened.size[1]}, the camera's are "
                        f"{self._stored_px[0]}x{self._stored_px[1]}. {COPY_AGAIN}"
                    )
                stored = np.asarray(opened.convert("RGB"), dtype=np.uint8)
        except UnidentifiedImageError as error:
            raise VideoError(f"{self._stream.path}: image {index} is no JPEG. {COPY_AGAIN}") from error
        except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
            raise VideoError(f"{self._stream.path}: image {index} is damaged ({error}). {COPY_AGAIN}") from error
        if box is not None:
            left, top, width, height = UPRIGHT.stored_box(box, self._stored_px)
            stored = stored[top : top + height, left : left + width]
        return UPRIGHT(stored)
