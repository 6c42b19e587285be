"""What one wearer recorded: scene frames, gaze, camera, events; each stream loads on first touch and fails by name."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Span, Times, usual_interval_ns
from foveate.errors import RecordingError
from foveate.geometry import Box, Camera, Points, Size
from foveate.recording.fitted_camera import fitted
from foveate.recording.unseen import UnseenScene

Image = NDArray[np.uint8]
"""(height, width, 3) RGB."""
FITTED = "the camera for frames of the scene's size"
"""Where a recording keeps it, beside its streams."""
UNRECORDED = ("unseen_scene", "gaze_source", "correction")
"""Streams that tell of what is missing, predicted or corrected, and that no device recorded."""


class Scene(Protocol):
    """The scene camera's frames, upright, by index."""

    size_px: Size
    """Upright frame size."""
    time_ns: Times
    """(F,) instants of the frames that have an image, strictly increasing, on the recording's clock."""
    timed_frames: int
    """Frames that the device timed, those without video included."""
    notes: tuple[str, ...]
    """What a user should know: missing parts, repaired times."""

    def frames(
        self,
        indices: Sequence[int],
        *,
        boxes_px: Sequence[Box | None] | None = None,
        sizes_px: Sequence[Size | None] | None = None,
    ) -> Iterator[Image]:
        """Yield the frames of increasing indices; each cropped to its box, then resampled to its size, where given."""
        ...


@dataclass(frozen=True)
class GazeStream:
    """Gaze points over time."""

    time_ns: Times
    """(N,) sorted, on the recording's clock."""
    point_px: Points
    """(N, 2) in pixels of the distorted, upright scene frame; NaN where missing."""
    valid: NDArray[np.bool_]
    """(N,) whether the tracker saw the eyes."""
    confidence: NDArray[np.float64] | None = None
    """(N,) in [0, 1] where the device tells it."""
    notes: tuple[str, ...] = ()
    """What a user should know: samples dropped, times sorted."""

    def __post_init__(self) -> None:
        n = len(self.time_ns)
        shapes = {"point_px": (self.point_px.shape, (n, 2)), "valid": (self.valid.shape, (n,))}
        if self.confidence is not None:
            shapes["confidence"] = (self.confidence.shape, (n,))
        for name, (got, wanted) in shapes.items():
            if got != wanted:
                raise RecordingError(f"gaze {name} has shape {got}, expected {wanted}")
        if np.any(np.diff(self.time_ns) < 0):
            raise RecordingError("gaze times run backwards; sort the samples by time first")
        if np.any(self.valid & ~np.isfinite(self.point_px).all(axis=1)):
            raise RecordingError("a gaze sample is marked valid but its point is not finite; missing gaze is NaN, not valid")
        for array in (self.time_ns, self.point_px, self.valid, self.confidence):
            if array is not None:
                array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.time_ns)

    @property
    def rate_hz(self) -> float | None:
        """One over the usual sample interval; None with fewer than two samples."""
        interval_ns = usual_interval_ns(self.time_ns)
        return NS_PER_S / interval_ns if interval_ns > 0 else None


@dataclass(frozen=True)
class Event:
    """Something that the wearer, the device or an annotator marked."""

    name: str
    """Its label."""
    span: Span | None
    """Its stretch of time, where it has one."""
    time_ns: int
    """Its instant, or the start of its span."""
    text: str = ""
    """A sentence about it: a narration."""


@dataclass(frozen=True)
class Recording:
    """One recording on disk (or drawn on the fly); opening is cheap, streams load on first touch."""

    name: str
    """How outputs call it."""
    format: str
    """The key of FORMATS that opened it."""
    device: str
    """What recorded it, as far as the files tell."""
    path: Path | None
    """Its folder or file; None where it is drawn on the fly."""
    loaders: Mapping[str, Callable[[], Any]]
    """Stream name -> what loads it: scene (or unseen_scene), gaze, camera, events, imu, eye_state, hands, about."""
    hint: str = ""
    """What to do where a stream is missing."""
    notes: tuple[str, ...] = ()
    """What was noticed on opening."""
    _streams: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def scene(self) -> Scene:
        scene: Scene = self.stream("scene")
        return scene

    @property
    def gaze(self) -> GazeStream:
        gaze: GazeStream = self.stream("gaze")
        return gaze

    @property
    def frame_px(self) -> Size | None:
        """Upright size of the scene's frames, also where their video is missing; None where nothing tells it."""
        seen = self._seen_or_not()
        return None if seen is None else seen.size_px

    @property
    def frame_time_ns(self) -> Times | None:
        """(F,) instants of the scene's frames, also where their video is missing; None where nothing tells them."""
        seen = self._seen_or_not()
        return None if seen is None else seen.time_ns

    def _seen_or_not(self) -> Scene | UnseenScene | None:
        """The scene, or what is known of it where its video is missing."""
        if "scene" in self.loaders:
            return self.scene
        unseen: UnseenScene | None = self.stream("unseen_scene") if "unseen_scene" in self.loaders else None
        return unseen

    @property
    def camera(self) -> Camera | None:
        """The scene camera's calibration, for frames of the scene's own size; None where the recording has none that fits.

        One for frames of another size and the same shape is scaled; one of another shape is not used. Either is a warning.
        """
        if "camera" not in self.loaders:
            return None
        if FITTED not in self._streams:
            self._streams[FITTED] = fitted(self.stream("camera"), self.frame_px)
        camera: Camera | None = self._streams[FITTED].camera
        return camera

    @property
    def events(self) -> tuple[Event, ...]:
        """Events in order of time; empty where the recording has none."""
        return self.stream("events") if "events" in self.loaders else ()

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams that were recorded, by the alphabet; none of them is loaded for it."""
        return tuple(sorted(name for name in self.loaders if name not in UNRECORDED))

    def stream(self, name: str) -> Any:
        """A stream by name.

        Raises:
            RecordingError: where the recording has none of that name, listing those it has.
        """
        if name not in self._streams:
            if name not in self.loaders:
                found = ", ".join(self.streams) or "nothing"
                raise RecordingError(f"{self.path or self.name} has no {name} stream (found: {found}). {self.hint}".rstrip())
            self._streams[name] = self.loaders[name]()
        return self._streams[name]

    def replaced(self, new: Mapping[str, Any], *, without: Collection[str] = ()) -> "Recording":
        """The same recording with other streams in place of its own, or beside them; both load what they share once.

        Args:
            new: name -> stream.
            without: streams that are left out.
        """
        gone = {*new, *without}
        kept: dict[str, Callable[[], Any]] = {name: partial(self.stream, name) for name in self.loaders if name not in gone}
        loaded = {name: stream for name, stream in self._streams.items() if name not in gone}
        given = dict(new)
        return replace(self, loaders=kept | {name: partial(given.get, name) for name in given}, _streams=loaded | given)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Notes of the recording and of every stream loaded so far, each once."""
        streams = [self._streams[name] for name in sorted(self._streams)]
        return tuple(dict.fromkeys([*self.notes, *(note for stream in streams for note in getattr(stream, "notes", ()))]))
