"""Exact frames of a video by index: only packets that they need are decoded, only pixels that are asked for are converted."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.errors import UsageError, VideoError
from foveate.geometry import Box, Size
from foveate.video.index import PacketIndex, read_index
from foveate.video.packets import PacketReader, open_video
from foveate.video.parallel import cpus, in_order
from foveate.video.planes import box_rgb
from foveate.video.planner import Group, needed, plan
from foveate.video.resample import resample
from foveate.video.untrusted import probe
from foveate.video.upright import Turn, turn_of

Image = NDArray[np.uint8]
"""(height, width, 3) RGB."""

LONG_PACKETS = 100_000
"""An hour at 30 frames per second; an opened mp4 holds some 80 bytes per packet."""


class Video:
    """The frames of a video file, upright, by index.

    Opening reads headers; times are read (every packet once, nothing decoded) on first touch. A box is cut out of the
    planes before their colour is converted. Frames are those that sequential decoding brings, pixel for pixel.
    """

    path: Path
    """The file."""
    codec: str
    """h264, hevc ..."""
    size_px: Size
    """Upright frame size: the container's rotation is honoured, a pixel aspect ratio is not."""
    turn: Turn
    """How a stored frame is made upright."""

    def __init__(self, path: Path | str, *, trusted: bool = False, workers: int | None = None) -> None:
        """Open a video.

        Args:
            path: the file.
            trusted: skip the probe in a child process: for files that this program wrote itself.
            workers: threads that decode, each a stretch of its own; None for two, or one where the file is so long
                that two copies of its sample list would take more memory than they are worth.

        Raises:
            VideoError: where the file is missing or empty, is no video, or its decoder dies of it.
        """
        self.path = Path(path)
        self._workers = workers
        if not trusted:
            probe(self.path)
        with open_video(self.path) as container:
            stream = container.streams.video[0]
            self.codec = stream.codec_context.name
            self.turn, self._stored_px = first_frame(container, self.path)
        self.size_px = self.turn.size(self._stored_px)

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn from the stored frame to the upright one: 0, 90, 180 or 270."""
        return self.turn.clockwise_deg

    @cached_property
    def _index(self) -> PacketIndex:
        with open_video(self.path) as container:
            stream = container.streams.video[0]
            self._tick_ns = stream.time_base * NS_PER_S
            return read_index(container, stream, self.path)

    @cached_property
    def frame_time_ns(self) -> Times:
        """(F,) presentation time of every frame, strictly increasing; zero is the first frame.

        Where that first frame lies on the container's own clock is ``start_ns``.
        """
        pts = self._index.frame_pts
        times = ticks_to_ns(pts - pts[0], self._tick_ns.numerator, self._tick_ns.denominator)
        times.setflags(write=False)
        return times

    @property
    def start_ns(self) -> int:
        """Time of the first frame on the container's own clock, which its other tracks share."""
        return int(ticks_to_ns(self._index.frame_pts[:1], self._tick_ns.numerator, self._tick_ns.denominator)[0])

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know: frames left out, a file cut short."""
        return self._index.notes

    @property
    def fps(self) -> float:
        """One over the median interval between frames; 0 for a single frame."""
        if len(self.frame_time_ns) < 2:
            return 0.0
        return float(NS_PER_S / np.median(np.diff(self.frame_time_ns)))

    @property
    def duration_ns(self) -> int:
        """From the first frame to the end of the last, which lasts a median interval."""
        times = self.frame_time_ns
        return int(times[-1] + (np.median(np.diff(times)) if len(times) > 1 else 0))

    def __len__(self) -> int:
        return len(self.frame_time_ns)

    def frames(
        self,
        indices: Sequence[int],
        *,
        boxes_px: Sequence[Box | None] | None = None,
        sizes_px: Sequence[Size | None] | None = None,
    ) -> Iterator[Image]:
        """Yield the frames of strictly increasing indices, upright.

        Args:
            indices: frames, 0 .. len - 1.
            boxes_px: for each the box to cut out, in upright pixels; None for all of it.
            sizes_px: for each the size to resample to; None for as it is.

        Raises:
            UsageError: where indices do not increase or lie outside, or a box leaves the frame.
            VideoError: where a frame cannot be decoded.
        """
        boxes: list[Box | None] = [None] * len(indices) if boxes_px is None else list(boxes_px)
        sizes: list[Size | None] = [None] * len(indices) if sizes_px is None else list(sizes_px)
        self._check(indices, boxes, sizes)
        return self._rgb(indices, boxes, sizes)

    def _rgb(self, indices: Sequence[int], boxes: list[Box | None], sizes: list[Size | None]) -> Iterator[Image]:
        asked = dict(zip(map(int, indices), zip(boxes, sizes, strict=True), strict=True))

        @contextmanager
        def open_worker() -> Iterator[Callable[[Group], Iterator[Image]]]:
            reformatter = VideoReformatter()
            with PacketReader(self.path, self._index) as reader:

                def images(group: Group) -> Iterator[Image]:
                    for number, frame in zip(group.frames, self._group(reader, group), strict=True):
                        box, size = asked[number]
                        stored = None if box is None else self.turn.stored_box(box, self._stored_px)
                        image = self.turn(box_rgb(frame, stored, reformatter))
                        yield image if size is None else resample(image, size)

                yield images

        groups = list(plan(self._index, indices))
        workers = self._workers or (min(2, cpus()) if len(self._index.pts) <= LONG_PACKETS else 1)
        return in_order(groups, open_worker, workers=max(1, min(workers, len(groups))))

    def decoded(self, indices: Sequence[int]) -> Iterator["av.VideoFrame"]:
        """Yield the decoder's own frames (stored orientation, planes) of strictly increasing indices."""
        with PacketReader(self.path, self._index) as reader:
            for group in plan(self._index, indices):
                yield from self._group(reader, group)

    def _group(self, reader: PacketReader, group: Group) -> Iterator["av.VideoFrame"]:
        index = self._index
        given = 0
        for frame in reader.decode(group, needed(index, group)):
            yield self._sized(frame)
            given += 1
        if given < len(group.frames):
            # The headers promised more than the stream keeps: decode all of it from one entry point earlier.
            rest = group.frames[given:]
            entries = np.flatnonzero(index.entry)
            earlier = int(entries[max(int(np.searchsorted(entries, group.first_packet)) - 1, 0)])
            careful = replace(group, first_packet=earlier, frames=rest)
            every = np.ones(group.last_packet + 1 - earlier, dtype=bool)
            for frame in reader.decode(careful, every):
                yield self._sized(frame)
                given += 1
        if given < len(group.frames):
            at_s = self.frame_time_ns[group.frames[given]] / NS_PER_S
            raise VideoError(
                f"{self.path}: the frame at {at_s:.3f} s cannot be decoded; the file is damaged there: leave that stretch out"
                f" or re-encode it with ffmpeg -i {self.path.name} out.mp4"
            )

    def _sized(self, frame: "av.VideoFrame") -> "av.VideoFrame":
        if (frame.width, frame.height) != self._stored_px:
            width, height = self._stored_px
            raise VideoError(
                f"{self.path} changes its frame size from {width}x{height} to {frame.width}x{frame.height} px;"
                f" bring it to one size first: ffmpeg -i {self.path.name} -vf scale={width}:{height} out.mp4"
            )
        return frame

    def _check(self, indices: Sequence[int], boxes: list[Box | None], sizes: list[Size | None]) -> None:
        if len(boxes) != len(indices) or len(sizes) != len(indices):
            raise UsageError(
                f"{len(indices)} frames were asked for with {len(boxes)} boxes and {len(sizes)} sizes; give one for each"
            )
        wanted = np.asarray(indices, dtype=np.int64)
        if len(wanted) and (wanted[0] < 0 or wanted[-1] >= len(self) or np.any(np.diff(wanted) <= 0)):
            raise UsageError(
                f"frame indices must increase from 0 to {len(self) - 1}, got {wanted[:5].tolist()} ... {wanted[-1]}"
            )
        width, height = self.size_px
        for box in boxes:
            if box is None:
                continue
            left, top, wide, high = box
            if left < 0 or top < 0 or wide < 1 or high < 1 or left + wide > width or top + high > height:
                raise UsageError(f"the box {tuple(box)} (left, top, width, height) leaves the frame of {width}x{height} px")


def ticks_to_ns(ticks: Times, numerator: int, denominator: int) -> Times:
    """Ticks as nanoseconds, exactly rounded; no float holds 1/90000 s for hours."""
    whole, rest = np.divmod(ticks, denominator)
    return np.asarray(whole * numerator + (rest * numerator + denominator // 2) // denominator, dtype=np.int64)


def first_frame(container: "av.container.InputContainer", path: Path) -> tuple[Turn, Size]:
    """Turn and stored size of the first frame that decodes; its side data carry the container's display matrix."""
    stream = container.streams.video[0]
    decoder = stream.codec_context
    try:
        for packet in container.demux(stream):
            frames = decoder.decode(packet)
            if not frames and packet.is_keyframe:  # not to wait for as many packets as the decoder may reorder
                frames = decoder.decode(None)
                decoder.flush_buffers()
            for frame in frames:
                matrix = next((data for data in frame.side_data if data.type.name == "DISPLAYMATRIX"), None)
                turn = Turn() if matrix is None else turn_of(np.frombuffer(matrix, np.int32))
                return turn, Size(frame.width, frame.height)
    except av.error.FFmpegError as error:
        raise VideoError(f"{path} cannot be decoded ({error.strerror}); export or record it again") from error
    raise VideoError(f"{path} has a video stream but no frame that can be decoded; record or export it again")
