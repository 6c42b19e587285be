"""A recording seen through a view: which frames of a span, aimed where, decoded and counted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, NS_PER_S, Span, Times, clock_text, nearest, seconds_to_ns
from foveate.description.description import ShownFrame
from foveate.errors import VideoError
from foveate.gaze.align import align, reach_ns
from foveate.gaze.clean import clean_recording
from foveate.gaze.events import detect
from foveate.gaze.fallback import Aim, fallback
from foveate.gaze.frame_gaze import FrameGaze
from foveate.geometry import Box, Points
from foveate.model.model import Region, TimedImage
from foveate.recording.eye_events import EyeEvents
from foveate.recording.gaze_source import gaze_came_from
from foveate.recording.hands import hand_boxes
from foveate.recording.recording import GazeStream, Recording
from foveate.view import Frame, View, ViewMaker, take
from foveate.view.sampling import Sampling, sampling, uniform

Fallback = Literal["center", "skip"]
INSTANT_NS = 100 * NS_PER_MS
"""An instant that is asked for by itself has a frame at most this far away."""


@dataclass(frozen=True)
class Shown:
    """What a model is shown of one span."""

    views: tuple[View, ...]
    """In order of time."""
    frames: tuple[ShownFrame, ...]
    """The record of each view."""
    skipped: dict[str, int]
    """Reason -> frames that should have been shown and were not."""
    failure: VideoError | None = None
    """Why its frames cannot be decoded."""
    told: str = ""
    """What the model is told of the frames in words; empty where the view adds none."""

    def prompt(self, text: str) -> str:
        """An instruction with what the view tells in words before it."""
        return f"{self.told}\n{text}" if self.told else text


@dataclass(frozen=True)
class Viewer:
    """Shows spans of a recording."""

    recording: Recording
    """What is shown."""
    maker: ViewMaker
    """How."""
    fps: float = 1.0
    """Frames shown per second."""
    then: Fallback = "center"
    """What to do with a frame without valid gaze for longer than the hold."""
    hold_ms: float = 500.0
    """How long the last valid gaze point stands in."""
    frames: str = "uniform"
    """Which frames of a span are shown: a key of SAMPLINGS."""
    like: Recording | None = None
    """With ``then`` skip: frames that the gaze of this recording leaves out are left out here as well."""

    @cached_property
    def gaze(self) -> GazeStream:
        """The recording's gaze, cleaned once."""
        return clean_recording(self.recording)

    @cached_property
    def fixations(self) -> EyeEvents:
        """The wearer's fixations, by the vendor's program where the recording has them, found once."""
        return detect(self.recording, vendor="fixations" in self.recording.loaders).fixations

    def count(self, span: Span) -> int:
        """How many frames of a span would be shown, before any is dropped for want of gaze."""
        return len(self._indices(span)[0])

    def show(self, span: Span, *, at_ns: Times | None = None) -> Shown:
        """Decode what the view shows of a span.

        Args:
            span: the stretch of time.
            at_ns: (K,) increasing instants in it that are shown instead of those that ``frames`` and ``fps`` choose.
        """
        indices, missing = self._indices(span, at_ns)
        shown = self.show_frames(indices)
        if not len(indices) and not missing and self._sampling.uses_fixations:
            return replace(shown, skipped={"no fixation in the span": len(uniform(span, fps=self.fps))})
        return replace(shown, skipped={"no frame at that time": missing, **shown.skipped}) if missing else shown

    def show_if_possible(self, span: Span, *, at_ns: Times | None = None) -> Shown:
        """The same; a stretch that is damaged is told, and does not take all others with it."""
        try:
            return self.show(span, at_ns=at_ns)
        except VideoError as error:
            return Shown((), (), {}, error)

    def show_frames(self, indices: NDArray[np.intp]) -> Shown:
        """Decode what the view shows of scene frames, given by increasing index."""
        skipped = {}
        aim, frame_gaze = self._aim(indices)
        kept = np.flatnonzero((aim.source != "skip") & self._alike(indices))
        if len(kept) < len(indices):
            skipped["no valid gaze"] = len(indices) - len(kept)
        frames = self._frames(indices[kept], aim.point_px[kept], aim.source[kept])
        views = tuple(take(self.recording.scene, [int(indices[k]) for k in kept], frames, self.maker))
        records = tuple(
            self._record(view, int(indices[k]), str(aim.source[k]), None if frame_gaze is None else int(frame_gaze.age_ns[k]))
            for view, k in zip(views, kept, strict=True)
        )
        return Shown(views, records, skipped, told=told(self.maker, frames, first_ns=int(self.recording.scene.time_ns[0])))

    def _frames(self, indices: NDArray[np.intp], point_px: Points, source: NDArray[np.str_]) -> list[Frame]:
        """What is known of frames before they are decoded, as far as the view asks for it."""
        scene, camera, maker = self.recording.scene, self.recording.camera, self.maker
        time_ns = scene.time_ns[indices]
        hands: list[tuple[Box, ...]] | list[None] = [None] * len(indices)
        if maker.uses_hands and "hands" in self.recording.loaders:
            hands = list(hand_boxes(self.recording, time_ns))
        return [
            Frame(
                scene.size_px,
                int(instant),
                (float(point[0]), float(point[1])),
                camera,
                aim_known=str(came_from) in ("measured", "predicted", "held"),
                gaze_px=self._gaze_before(int(instant)),
                hands_px=boxes,
                recording=self.recording.name,
            )
            for instant, point, came_from, boxes in zip(time_ns, point_px, source, hands, strict=True)
        ]

    def _gaze_before(self, time_ns: int) -> Points:
        """The valid gaze points of the view's window, which ends at an instant."""
        if not self.maker.gaze_window_s:
            return np.empty((0, 2))
        first, last = np.searchsorted(
            self.gaze.time_ns, [time_ns - seconds_to_ns(self.maker.gaze_window_s), time_ns], side="right"
        )
        inside = slice(int(first), int(last))
        return self.gaze.point_px[inside][self.gaze.valid[inside]]

    def instants(self, span: Span) -> Times:
        """(K,) when frames of a span should be shown."""
        looks = {"fixations": self.fixations} if self._sampling.uses_fixations else {}
        return self._sampling.times(span, fps=self.fps, **looks)

    @property
    def _sampling(self) -> Sampling:
        return sampling(self.frames)

    def _indices(self, span: Span, at_ns: Times | None = None) -> tuple[NDArray[np.intp], int]:
        """Frames nearest to the wanted instants, each within its slot, and how many instants have none."""
        wanted_ns = self.instants(span) if at_ns is None else at_ns
        far_ns = round(NS_PER_S / self.fps / 2) if at_ns is None else INSTANT_NS
        scene_ns = self.recording.scene.time_ns
        inside = span.of(scene_ns)
        found = nearest(scene_ns[inside], wanted_ns, tolerance_ns=far_ns)
        missing = int(np.sum(found < 0))
        return np.unique(found[found >= 0]) + inside.start, missing

    def frame_gaze(self, indices: NDArray[np.intp]) -> FrameGaze:
        """The nearest valid gaze sample of each frame, within half an interval of frames or of gaze."""
        time_ns = self.recording.scene.time_ns
        return align(self.gaze, time_ns[indices], tolerance_ns=reach_ns(self.gaze, time_ns))

    def _aim(self, indices: NDArray[np.intp]) -> tuple[Aim, FrameGaze | None]:
        size_px = self.recording.scene.size_px
        if not self.maker.uses_gaze:
            middle = np.tile(np.array(size_px, dtype=np.float64) / 2, (len(indices), 1))
            return Aim(middle, np.full(len(indices), "none")), None
        frame_gaze = self.frame_gaze(indices)
        hold_ns = round(self.hold_ms * NS_PER_MS)
        came_from = gaze_came_from(self.recording)
        aim = fallback(frame_gaze, self.gaze, frame_size_px=size_px, hold_ns=hold_ns, then=self.then, came_from=came_from)
        return aim, frame_gaze

    @cached_property
    def _like_gaze(self) -> GazeStream | None:
        """The gaze of ``like``, cleaned once."""
        return None if self.like is None else clean_recording(self.like)

    def _alike(self, indices: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(F,) whether ``like`` has gaze for a frame, or for a moment before it; True everywhere where none is given."""
        gaze, scene = self._like_gaze, self.recording.scene
        if gaze is None or self.then != "skip":
            return np.ones(len(indices), dtype=bool)
        frame_gaze = align(gaze, scene.time_ns[indices], tolerance_ns=reach_ns(gaze, scene.time_ns))
        hold_ns = round(self.hold_ms * NS_PER_MS)
        aim = fallback(frame_gaze, gaze, frame_size_px=scene.size_px, hold_ns=hold_ns, then=self.then)
        return np.asarray(aim.source != "skip")

    def _record(self, view: View, index: int, source: str, age_ns: int | None) -> ShownFrame:
        first_ns = int(self.recording.scene.time_ns[0])
        return ShownFrame(
            index=index,
            time_s=(view.frame.time_ns - first_ns) / NS_PER_S,
            aim_px=view.frame.aim_px,
            source=source,
            age_ms=age_ns / NS_PER_MS if source in ("measured", "predicted") and age_ns is not None else None,
            boxes_px=tuple(glimpse.box_px for glimpse in view.glimpses),
            sizes_px=tuple(glimpse.size_px for glimpse in view.glimpses),
            share_of_pixels=view.share_of_pixels,
            warps=tuple(glimpse.warp for glimpse in view.glimpses) if any(glimpse.warp for glimpse in view.glimpses) else (),
            notes=tuple(glimpse.note for glimpse in view.glimpses if glimpse.note),
        )


def timed_images(views: Sequence[View], maker: ViewMaker, *, first_ns: int) -> tuple[TimedImage, ...]:
    """Images as a model is given them, in order of time; with where each lies on its frame where they are one picture.

    Args:
        views: what is shown, in order of time.
        maker: the view.
        first_ns: the instant that seconds count from.
    """
    return tuple(
        TimedImage(
            image,
            (view.frame.time_ns - first_ns) / NS_PER_S,
            Region.of(glimpse.box_px, view.frame.size_px) if maker.one_picture else None,
        )
        for view in views
        for image, glimpse in zip(view.images, view.glimpses, strict=True)
    )


def told(maker: ViewMaker, frames: Sequence[Frame], *, first_ns: int) -> str:
    """What a view tells of frames in words, a line each with its time; empty where it tells nothing."""
    if maker.note is None:
        return ""
    return "\n".join(f"At {clock_text((frame.time_ns - first_ns) / NS_PER_S)} {maker.note(frame)}." for frame in frames)
