"""Write frames to an h264 mp4 that appears under its name only when it is whole."""

import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from foveate.errors import UsageError, VideoError
from foveate.geometry import Size

BT709, LIMITED = 1, 1


class VideoWriter:
    """An h264 video (yuv420p, BT.709, no audio) that is written beside its name and renamed when it is finished.

    A context manager; any error, Ctrl-C included, removes what was written.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        size_px: Size,
        fps: float | Fraction,
        crf: float = 20,
        gop: int = 30,
        b_frames: int = 2,
        preset: str = "veryfast",
    ) -> None:
        """Start a video.

        Args:
            path: .mp4, .mov or .mkv.
            size_px: width and height, both even.
            fps: frames per second.
            crf: constant rate factor, 0 (lossless) to 51.
            gop: greatest distance between keyframes, in frames.
            b_frames: most B frames in a row.
            preset: x264's trade of time for size.

        Raises:
            UsageError: where the size is odd or the extension unknown.
            VideoError: where the file cannot be made.
        """
        self.path = Path(path)
        self.size_px = Size(*size_px)
        if min(self.size_px) < 2 or self.size_px.width_px % 2 or self.size_px.height_px % 2:
            raise UsageError(
                f"h264 video needs an even width and height, got {self.size_px[0]}x{self.size_px[1]} px; round to even"
            )
        if self.path.suffix.lower() not in (".mp4", ".mov", ".mkv"):
            raise UsageError(f"video is written as .mp4, .mov or .mkv, got {self.path.name}")
        if not fps > 0:
            raise UsageError(f"frames per second must be above 0, got {fps}")
        self._part = self.path.with_name(f".{self.path.stem}.{os.getpid()}.part{self.path.suffix}")
        self._frames = 0
        self._reformatter = VideoReformatter()
        rate = Fraction(fps).limit_denominator(1001)
        options = {} if self.path.suffix.lower() == ".mkv" else {"movflags": "+faststart"}
        try:
            self._part.touch()  # the container is opened with the first frame: a folder that is not there is told now
            self._container = av.open(str(self._part), "w", options=options)
        except (av.error.FFmpegError, OSError) as error:
            raise VideoError(f"{self.path} cannot be written: {error.strerror}; choose another place") from error
        self._stream = self._container.add_stream("libx264", rate=rate)
        self._stream.width, self._stream.height = self.size_px
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.gop_size, context.max_b_frames = gop, b_frames
        context.colorspace, context.color_primaries, context.color_trc = BT709, BT709, BT709
        context.color_range = LIMITED
        # What 'ultrafast' alone leaves out although it is nearly free: without these a crop looks blocky.
        context.options = {"crf": f"{crf:g}", "preset": preset, "x264-params": "cabac=1:deblock=0,0"}

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            with suppress(av.error.FFmpegError, OSError):  # closing writes the end of a file that is removed anyway
                self._container.close()
            self._part.unlink(missing_ok=True)

    def write(self, rgb: NDArray[np.uint8]) -> None:
        """Append a frame, (height, width, 3) RGB.

        Raises:
            UsageError: where its size is not that of the video.
            VideoError: where it cannot be written: the disk is full.
        """
        if rgb.shape != (self.size_px.height_px, self.size_px.width_px, 3):
            raise UsageError(f"this video takes frames of shape {self.size_px[::-1] + (3,)}, got {rgb.shape}")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        self.write_frame(
            self._reformatter.reformat(frame, format="yuv420p", dst_colorspace=BT709, dst_color_range=LIMITED, threads=1)
        )

    def write_frame(self, frame: "av.VideoFrame") -> None:
        """Append a frame that is already yuv420p, as a decoder brings it."""
        frame.pts, frame.time_base = self._frames, 1 / self._stream.codec_context.rate
        frame.pict_type = 0
        self._frames += 1
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.error.FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def _finish(self) -> None:
        if not self._frames:
            raise VideoError(f"{self.path} was given no frames; nothing is written")
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._part.replace(self.path)
        except (av.error.FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> VideoError:
        what = getattr(error, "strerror", None) or error
        return VideoError(f"{self.path} cannot be written: {what}; free some space or choose another place")
