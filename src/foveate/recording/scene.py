"""A scene made of the parts that a device wrote: each a video, its frame times, or both."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from foveate.clock import Times, increasing
from foveate.errors import RecordingError
from foveate.geometry import Box, Size
from foveate.recording.inside import plain
from foveate.recording.recording import Image
from foveate.video import Video

MOST_REPAIRED = 0.1
"""Share of frame times that may be out of order; more than that is no clock any more."""


@dataclass(frozen=True)
class ScenePart:
    """One part of a scene."""

    path: Path
    """Its video file, which may be missing."""
    time_ns: Times | None
    """(F,) when the device says its frames were seen; None to take the video's own clock as the recording's."""
    to_clock: Callable[[Times], Times] | None = None
    """Instead of ``time_ns``, from a device that ties clocks: times on the container's clock -> on the recording's."""


def repaired_notes(moved: int, frames: int) -> tuple[str, ...]:
    """What a user is told of frame times of which some were put between their neighbours; nothing where none was."""
    return (f"{moved} of {frames} frame times ran backwards or stood still: put between their neighbours",) if moved else ()


class VideoScene:
    """The frames of one or more videos on the recording's clock; see the protocol ``Scene``."""

    def __init__(self, parts: Sequence[ScenePart]) -> None:
        """Index the videos of the parts; nothing is decoded yet.

        Raises:
            RecordingError: where no part has a video, sizes differ, or frame times are no clock.
            VideoError: where a video cannot be read.
        """
        notes: list[str] = []
        self._videos: list[Video] = []
        times: list[Times] = []
        self.timed_frames = 0
        for part in parts:
            if not plain(part.path).exists():
                lost = 0 if part.time_ns is None else len(part.time_ns)
                self.timed_frames += lost
                notes.append(f"{part.path.name} is missing: {lost} timed frames have no video")
                continue
            video = Video(part.path)
            notes += video.notes
            time_ns = _times(part, video)
            shared = min(len(time_ns), len(video.frame_time_ns))
            if shared < max(len(time_ns), len(video.frame_time_ns)):
                notes.append(
                    f"{part.path.name} has {len(video.frame_time_ns)} frames and {len(time_ns)} frame times: "
                    f"the first {shared} are used"
                )
            self.timed_frames += len(time_ns)
            self._videos.append(video)
            times.append(time_ns[:shared])
        if not any(len(time_ns) for time_ns in times):
            raise RecordingError(_no_video(parts))
        self.size_px = _one_size(self._videos, [part.path for part in parts if part.path.exists()])
        self._part = np.repeat(np.arange(len(times)), [len(time_ns) for time_ns in times])
        self._index = np.concatenate([np.arange(len(time_ns)) for time_ns in times])
        self.time_ns, moved = increasing(np.concatenate(times))
        notes += repaired_notes(moved, len(self.time_ns))
        if moved > MOST_REPAIRED * len(self.time_ns):
            raise RecordingError(
                f"{parts[0].path.parent}: {moved} of {len(self.time_ns)} frame times run backwards or stand still; "
                f"at most {MOST_REPAIRED:.0%} can be repaired. Copy the recording from the device again."
            )
        self.time_ns.setflags(write=False)
        self.notes = tuple(notes)

    @property
    def parts(self) -> tuple[ScenePart, ...]:
        """The videos that are there, each with the times of its frames as ``time_ns`` has them."""
        return tuple(ScenePart(video.path, self.time_ns[self._part == place]) for place, video in enumerate(self._videos))

    @property
    def files(self) -> tuple[Path, ...]:
        """What its pixels are in."""
        return tuple(video.path for video in self._videos)

    def frames(
        self,
        indices: Sequence[int],
        *,
        boxes_px: Sequence[Box | None] | None = None,
        sizes_px: Sequence[Size | None] | None = None,
    ) -> Iterator[Image]:
        """Yield the frames of increasing indices; each cropped to its box, then resampled to its size, where given."""
        for part, places in groupby(range(len(indices)), key=lambda place: int(self._part[indices[place]])):
            chosen = list(places)
            yield from self._videos[part].frames(
                [int(self._index[indices[place]]) for place in chosen],
                boxes_px=None if boxes_px is None else [boxes_px[place] for place in chosen],
                sizes_px=None if sizes_px is None else [sizes_px[place] for place in chosen],
            )


def _times(part: ScenePart, video: Video) -> Times:
    if part.to_clock is not None:
        return part.to_clock(video.start_ns + video.frame_time_ns)
    return video.frame_time_ns if part.time_ns is None else part.time_ns


def _no_video(parts: Sequence[ScenePart]) -> str:
    looked_for = ", ".join(part.path.name for part in parts) or "nothing"
    folder = parts[0].path.parent if parts else "the recording"
    return f"{folder} has no scene video (looked for: {looked_for}). Copy it from the device into the folder."


def _one_size(videos: Sequence[Video], paths: Sequence[Path]) -> Size:
    sizes = {video.size_px: path.name for video, path in zip(videos, paths, strict=True)}
    if len(sizes) > 1:
        told = ", ".join(f"{name} {size.width_px}x{size.height_px}" for size, name in sizes.items())
        raise RecordingError(f"{paths[0].parent}: the parts of one scene must have one size, got {told}")
    return next(iter(sizes))
