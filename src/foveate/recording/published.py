"""What recordings of data sets have in common: one video, which may be missing or scaled, and gaze for a known frame size."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.errors import RecordingError
from foveate.geometry import Points, Size
from foveate.recording.inside import inside
from foveate.recording.recognise import VIDEO_SUFFIXES
from foveate.recording.samples import place_in_frame
from foveate.recording.scene import ScenePart, VideoScene
from foveate.recording.unseen import UnseenScene

SAME_SHAPE = 0.02
"""Greatest relative difference of two aspect ratios that are the same but for rounding."""
SAME_RATE = 0.01
"""Greatest relative difference of two frame rates that are the same but for rounding."""
FEWEST_IN_VIDEO = 0.01
"""Share of samples that must name a frame of the video; fewer, and it is another video."""
LONGEST_S = 24 * 3600
"""No frame index leads further than this where there is no video to compare it with."""


@dataclass(frozen=True)
class Published:
    """A published video and the frame that its gaze holds for."""

    folder: Path
    """What messages name."""
    video: Path | None
    """The scene video; None where it was not found."""
    frame_px: Size
    """Frame that gaze holds for; the video may be a scaled copy of it."""
    fps: float
    """Rate of the published video."""
    container_clock: bool = False
    """Whether the recording's clock is the container's own, rather than zero at the first frame."""
    any_shape: bool = False
    """Whether gaze holds for a video of any shape, since it is told in shares of the frame."""

    @cached_property
    def scene(self) -> VideoScene:
        """The video's frames.

        Raises:
            RecordingError: where it cannot be a scaled copy of the frame that gaze holds for.
        """
        assert self.video is not None, "there is a loader for the scene only where there is a video"
        scene = VideoScene([ScenePart(self.video, None, (lambda time_ns: time_ns) if self.container_clock else None)])
        shape, wanted = (size.width_px / size.height_px for size in (scene.size_px, self.frame_px))
        if not self.any_shape and abs(shape / wanted - 1) > SAME_SHAPE:
            raise RecordingError(
                f"{self.video} is {scene.size_px.width_px}x{scene.size_px.height_px}, but its gaze holds for "
                f"{self.frame_px.width_px}x{self.frame_px.height_px} or a scaled copy of it. Is it another camera's video?"
            )
        return scene

    @property
    def size_px(self) -> Size:
        """Of the video; of the frame that gaze holds for where there is none."""
        return self.frame_px if self.video is None else self.scene.size_px

    def loaders(self) -> dict[str, Callable[[], Any]]:
        """The loader of ``scene``, or of ``unseen_scene`` where the video is missing."""
        if self.video is not None:
            return {"scene": lambda: self.scene}
        note = f"the frame is taken to be {self.frame_px.width_px}x{self.frame_px.height_px}, as published"
        return {"unseen_scene": lambda: UnseenScene(self.frame_px, None, (note,))}

    def scaled(self, point_px: Points) -> Points:
        """Points of the frame that gaze holds for as points of the video, (N, 2)."""
        with np.errstate(over="ignore"):  # a broken number becomes infinite, and so missing
            return np.asarray(point_px * (np.array(self.size_px) / np.array(self.frame_px)), dtype=np.float64)

    def times_of_frames(self, index: NDArray[np.float64], *, source: Path) -> tuple[Times, NDArray[np.bool_], tuple[str, ...]]:
        """When samples were taken that name the frame they belong to; those of one frame are spread over it in their order.

        Args:
            index: (N,) frame of every sample, from 0; NaN where it names none.
            source: file that messages name.

        Returns:
            (N,) times, (N,) which samples have one, and notes.

        Raises:
            RecordingError: where hardly a sample names a frame of the video.
        """
        notes = []
        frame_ns = None if self.video is None else self.scene.time_ns
        if frame_ns is not None and len(frame_ns) > 1:
            fps = NS_PER_S / float(np.median(np.diff(frame_ns)))
            if abs(fps / self.fps - 1) > SAME_RATE:
                notes.append(f"the video has {fps:.2f} fps where {self.fps:g} were published: gaze is placed by seconds")
                frame_ns = None
        most = LONGEST_S * self.fps if frame_ns is None else len(frame_ns)
        there = (index >= 0) & (index < most) & (index == np.floor(index))
        if len(index) and np.mean(there) < FEWEST_IN_VIDEO:
            found = f"{np.nanmin(index):g} to {np.nanmax(index):g}" if np.isfinite(index).any() else "nothing"
            raise RecordingError(
                f"{source}: samples name the frames {found}, but the video has {most:g}. Is it the gaze of another video?"
            )
        if not there.all():
            notes.append(f"{int(np.sum(~there))} of {len(there)} gaze samples name no frame of the video: left out")
        whole = np.where(there, index, 0).astype(np.int64)
        step_ns = round(NS_PER_S / self.fps)
        if frame_ns is None:
            start_ns = np.round(whole * (NS_PER_S / self.fps)).astype(np.int64)
            length_ns = np.full(len(whole), step_ns)
        else:
            start_ns, length_ns = frame_ns[whole], np.append(np.diff(frame_ns), step_ns)[whole]
        place, count = place_in_frame(whole, there)
        return start_ns + length_ns * place // count, there, tuple(notes)


def find(folders: Iterable[Path], stem: str, suffixes: Iterable[str] = VIDEO_SUFFIXES) -> Path | None:
    """The first file of a name in some folders, whatever the case of its letters; None where there is none.

    Raises:
        RecordingError: where it is a link out of its folder.
    """
    file = look_for(folders, stem, suffixes)
    return None if file is None else inside(file.parent, file.name)


def look_for(folders: Iterable[Path], stem: str, suffixes: Iterable[str] = VIDEO_SUFFIXES) -> Path | None:
    """The same for telling a format only: nothing is read, so a link may lead anywhere."""
    wanted = {f"{stem}{suffix}".lower() for suffix in suffixes}
    for folder in folders:
        if not folder.is_dir():
            continue
        plain = [folder / f"{stem}{suffix}" for suffix in suffixes]
        file = next((file for file in plain if file.is_file()), None)
        file = file or next((file for file in sorted(folder.iterdir()) if file.name.lower() in wanted and file.is_file()), None)
        if file is not None:
            return file
    return None


def head(file: Path) -> str:
    """The first line of a file as text, cut after 64 KiB; what is no text becomes replacement characters."""
    with file.open("rb") as opened:
        return opened.readline(65_536).decode("utf-8", errors="replace")
