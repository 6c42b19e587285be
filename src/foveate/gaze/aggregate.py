"""Where the wearer looked in the time up to a frame, as points of that frame: what a training target is made of.

Source: Gaze-VLM (arXiv 2510.21356), section 3.3 and Algorithm 2: the gaze of the 200 ms up to a frame (6 frames at 30 per
second); past points that are occluded in that frame are dropped, the others moved there by optical flow.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.clock import GAP_INTERVALS, NS_PER_MS, Times, nearest
from foveate.errors import UsageError, hint
from foveate.gaze.align import align, half_interval_ns
from foveate.gaze.flow import Flow, Gray, make_flow
from foveate.gaze.occlusion import CHECKS, Check, FramePair, unchecked, working_size
from foveate.geometry import Points
from foveate.recording.recording import GazeStream, Scene

Samples = Literal["frame", "all"]


@dataclass(frozen=True)
class WindowGaze:
    """The gaze of the time up to one frame, as points of that frame, and what was dropped."""

    index: int
    """The frame."""
    time_ns: int
    """Its instant."""
    point_px: Points
    """(N, 2) in scene pixels of this frame, the oldest first: ready for ``target_on``."""
    age_ns: Times
    """(N,) how much older each was than the frame."""
    lost: int
    """Frames (or samples) of the window without valid gaze."""
    occluded: int
    """Points dropped since what was looked at cannot be seen in this frame."""
    beyond: int
    """Points dropped since they lie beyond the frame, where they were looked at or after moving."""

    def __len__(self) -> int:
        return len(self.point_px)


def aggregate(
    gaze: GazeStream,
    scene: Scene,
    indices: Sequence[int],
    *,
    window_ms: float = 200.0,
    check: str | None = "local",
    samples: Samples = "frame",
    flow: Flow | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[WindowGaze]:
    """Gather for each of some frames the gaze of the time before it.

    The window is (t - window, t]: every video frame in it brings its gaze, this one's own included. No frame is decoded twice,
    and none that brings no gaze.

    Args:
        gaze: the samples, cleaned or as recorded; only valid ones are used.
        scene: the video.
        indices: strictly increasing frames.
        window_ms: length of the window in milliseconds.
        check: a key of ``CHECKS``; None to move all points and drop none as occluded.
        samples: ``frame`` for one point per video frame, the sample nearest to it, as in the paper, within half a frame
            interval; ``all`` for every sample, each moved with the frame that it is nearest to.
        flow: optical flow; DIS by default.
        progress: called after every frame with how many are done, and of how many.

    Yields:
        One ``WindowGaze`` per index, in their order.

    Raises:
        UsageError: at once, where an argument is not allowed.
    """
    wanted = np.asarray(indices, dtype=np.int64)
    if len(wanted) and (np.any(np.diff(wanted) <= 0) or wanted[0] < 0 or wanted[-1] >= len(scene.time_ns)):
        raise UsageError(f"frames must be strictly increasing indices from 0 to {len(scene.time_ns) - 1}, got {indices}")
    if not (np.isfinite(window_ms) and window_ms > 0):
        raise UsageError(f"window_ms must be positive and finite, got {window_ms}")
    if check is not None and check not in CHECKS:
        raise UsageError(f"there is no occlusion check {check!r}{hint(check, CHECKS)}; allowed: {', '.join(CHECKS)}, None")
    if samples not in ("frame", "all"):
        raise UsageError(f"samples must be 'frame' or 'all', got {samples!r}")
    pool = _Pool.of_frames(gaze, scene.time_ns) if samples == "frame" else _Pool.of_samples(gaze, scene.time_ns)
    first = np.searchsorted(scene.time_ns, scene.time_ns[wanted] - round(window_ms * NS_PER_MS), side="right")
    rule = unchecked if check is None else CHECKS[check]
    return _windows(scene, pool, list(zip(first.tolist(), wanted.tolist(), strict=True)), rule, flow or make_flow(), progress)


@dataclass(frozen=True)
class _Pool:
    """Gaze points and the video frames they belong to, in order of the frames."""

    frame: NDArray[np.intp]
    """(S,)"""
    time_ns: Times
    """(S,)"""
    point_px: Points
    """(S, 2)"""
    valid: NDArray[np.bool_]
    """(S,)"""

    @classmethod
    def of_frames(cls, gaze: GazeStream, frame_time_ns: Times) -> "_Pool":
        found = align(gaze, frame_time_ns)
        return cls(np.arange(len(found)), found.time_ns - found.age_ns, found.point_px, found.valid)

    @classmethod
    def of_samples(cls, gaze: GazeStream, frame_time_ns: Times) -> "_Pool":
        # between frames that lack none in between, every sample has its frame, also where their intervals vary
        tolerance_ns = round(GAP_INTERVALS * half_interval_ns(frame_time_ns))
        frame = nearest(frame_time_ns, gaze.time_ns, tolerance_ns=tolerance_ns)
        near = frame >= 0
        return cls(frame[near], gaze.time_ns[near], gaze.point_px[near], gaze.valid[near])

    def of(self, first: int, last: int) -> "_Pool":
        """Those of the frames from first to last."""
        part = slice(*np.searchsorted(self.frame, [first, last + 1]))
        return self.chosen(part)

    def chosen(self, part: slice | NDArray[np.bool_]) -> "_Pool":
        return _Pool(self.frame[part], self.time_ns[part], self.point_px[part], self.valid[part])

    def inside(self, size_px: tuple[int, int]) -> "_Pool":
        """The valid points that lie within the frame."""
        return self.chosen(self.valid & _inside(self.point_px, size_px))


def _inside(point_px: Points, size_px: tuple[int, int]) -> NDArray[np.bool_]:
    return np.asarray(((point_px >= 0) & (point_px < size_px)).all(axis=1))


def _windows(
    scene: Scene,
    pool: _Pool,
    windows: Sequence[tuple[int, int]],
    rule: Check,
    flow: Flow,
    progress: Callable[[int, int], None] | None,
) -> Iterator[WindowGaze]:
    compared = [_compared(pool.of(*window).inside(scene.size_px), window[1]) for window in windows]
    frames = _SmallFrames(scene, sorted(set().union(*compared)))
    for number, (first, last) in enumerate(windows):
        members = pool.of(first, last)
        known = members.inside(scene.size_px)
        frames.forget_before(first)
        point_px, kept = known.point_px.copy(), np.ones(len(known.frame), dtype=np.bool_)
        occluded = beyond = 0
        for past in sorted(compared[number] - {last}):
            own = known.frame == past
            followed = rule(FramePair(frames[past], frames[last], scene.size_px), known.point_px[own], flow)
            point_px[own], kept[own] = followed.point_px, followed.kept
            # what has left the frame cannot be seen either: counted once
            beyond += int(np.count_nonzero(followed.beyond))
            occluded += int(np.count_nonzero(followed.occluded & ~followed.beyond))
        time_ns = int(scene.time_ns[last])
        valid = int(np.count_nonzero(members.valid))
        yield WindowGaze(
            last,
            time_ns,
            point_px[kept],
            time_ns - known.time_ns[kept],
            lost=len(members.valid) - valid,
            occluded=occluded,
            beyond=beyond + valid - len(known.frame),
        )
        if progress is not None:
            progress(number + 1, len(windows))


def _compared(known: _Pool, last: int) -> set[int]:
    """The frames that must be seen for one window: those with gaze and the last one, or none where no other has gaze."""
    past = set(known.frame.tolist()) - {last}
    return past | {last} if past else past


class _SmallFrames:
    """Gray frames at the working size by index, each decoded once and kept while it is needed."""

    def __init__(self, scene: Scene, wanted: Sequence[int]) -> None:
        size = working_size(scene.size_px)
        images = scene.frames(wanted, sizes_px=[size] * len(wanted))
        self._coming = zip(wanted, images, strict=True)
        self._kept: dict[int, Gray] = {}

    def __getitem__(self, index: int) -> Gray:
        while index not in self._kept:
            number, image = next(self._coming)
            self._kept[number] = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        return self._kept[index]

    def forget_before(self, index: int) -> None:
        self._kept = {number: image for number, image in self._kept.items() if number >= index}
