"""A recording as a video to look at: gaze and crop drawn on it, the crop alone, or both side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Span, Times, nearest
from foveate.draw import crop_box, gaze_ring, label, side_by_side
from foveate.draw.marks import BOX, FAINT, GAZE
from foveate.errors import UsageError
from foveate.gaze.align import align, reach_ns
from foveate.gaze.clean import clean_recording
from foveate.gaze.fallback import SOURCES, fallback
from foveate.geometry import Affine, Box, Size, box_around
from foveate.recording.gaze_source import gaze_came_from, gaze_notice
from foveate.recording.recording import Image, Recording
from foveate.video.resample import resample
from foveate.video.write import VideoWriter

WHATS = ("overlay", "crop", "side-by-side")
PANEL_HEIGHT_PX = 720
"""Most that a side-by-side video is high."""
GAP_PX = 8
NO_VIDEO_NS = NS_PER_S // 2
"""An instant that is farther than this from every frame bears the words 'no video'."""

What = Literal["overlay", "crop", "side-by-side"]


@dataclass(frozen=True)
class Rendered:
    """What a rendered video holds."""

    path: Path
    """The file."""
    size_px: Size
    """Of its frames."""
    fps: float
    """Its constant rate: the median rate of the scene's frames."""
    frames: int
    """Frames written."""
    repeated: int
    """Of these, how many show the frame before once more, because the scene has none at that instant."""
    left_out: int
    """Scene frames of the span that are not shown, because another is nearer to every instant."""
    aims: dict[str, int]
    """How many scene frames shown were aimed by a measured, a predicted, a held or the centre point."""


@dataclass(frozen=True)
class Shot:
    """One scene frame as it is to be drawn."""

    index: int
    """Its number in the scene."""
    far: tuple[bool, ...]
    """For every frame of the video that shows it, whether its instant is so far away that there is no video."""
    point_px: tuple[float, float]
    """Where the wearer looked, or what stands in for it."""
    source: str
    """measured, predicted, held or center."""
    box_px: Box
    """What is cut out around that point."""
    notice: str = ""
    """What the picture must bear: that gaze was not measured."""


def render(
    recording: Recording,
    path: Path | str,
    *,
    what: What = "overlay",
    size_px: int = 448,
    span: Span | None = None,
    progress: Callable[[int], None] | None = None,
) -> Rendered:
    """Write a recording as an h264 video.

    Memory does not grow with length. The rate is constant, the median rate of the scene: every instant of the video shows
    the scene frame nearest to it, at most half an interval off; where the scene's rate varies, frames repeat or are left out,
    and the result tells how many. A frame without valid gaze holds the last point for 500 ms, in grey, then the centre.

    Args:
        recording: what to show.
        path: .mp4, .mov or .mkv; appears when it is whole.
        what: ``overlay`` (the frame, gaze and crop drawn on it), ``crop`` (as a model sees it), ``side-by-side``.
        size_px: side of the crop; at most the frame's shorter side, made even.
        span: the stretch of time, on the recording's clock; None for all of it.
        progress: told how many more frames of the video are done.

    Raises:
        UsageError: where ``what`` is unknown, the size is too small, or the span holds no frame.
        RecordingError: where the recording has no scene or no gaze.
        VideoError: where the video cannot be written.
    """
    if what not in WHATS:
        raise UsageError(f"a recording is rendered as {', '.join(WHATS)}, got {what!r}")
    if size_px < 2:
        raise UsageError(f"the crop must be at least 2 px wide, got {size_px}")
    scene = recording.scene
    side = min(size_px, *scene.size_px) // 2 * 2
    fps, index, far = timetable(scene.time_ns, span)
    shots = plan(recording, Size(side, side), index, far)
    draw, out_px = {"overlay": _overlay, "crop": _crop, "side-by-side": _side_by_side}[what](scene.size_px, Size(side, side))
    boxes = [shot.box_px if what == "crop" else None for shot in shots]
    with VideoWriter(path, size_px=out_px, fps=fps, gop=max(1, round(fps)), b_frames=0, preset="ultrafast") as writer:
        for shot, image in zip(shots, scene.frames([shot.index for shot in shots], boxes_px=boxes), strict=True):
            drawn = draw(image, shot)
            for missing in shot.far:
                writer.write(_said(drawn, "no video", shot.notice) if missing else drawn)
            if progress is not None:
                progress(len(shot.far))
    aims = {source: sum(shot.source == source for shot in shots) for source in SOURCES}
    return Rendered(
        path=Path(path),
        size_px=out_px,
        fps=fps,
        frames=len(index),
        repeated=len(index) - len(shots),
        left_out=int(index[-1] - index[0]) + 1 - len(shots),
        aims={source: count for source, count in aims.items() if count},
    )


def timetable(time_ns: Times, span: Span | None) -> tuple[float, NDArray[np.intp], NDArray[np.bool_]]:
    """At constant rate, which scene frame every frame of the video shows.

    Args:
        time_ns: (F,) instants of the scene's frames, increasing.
        span: what to show; None for all.

    Returns:
        The rate in frames per second; (V,) the scene frame nearest to each instant; (V,) whether even that is far.
    """
    inside = time_ns[span.of(time_ns)] if span is not None else time_ns
    if not len(inside):
        first_s, last_s = time_ns[0] / NS_PER_S, time_ns[-1] / NS_PER_S
        raise UsageError(f"the span holds no frame; the scene has frames from {first_s:.3f} s to {last_s:.3f} s of its clock")
    interval_ns = float(np.median(np.diff(time_ns))) if len(time_ns) > 1 else NS_PER_S / 30
    count = round(float(inside[-1] - inside[0]) / interval_ns) + 1
    instants = inside[0] + np.round(np.arange(count) * interval_ns).astype(np.int64)
    index = nearest(inside, instants)
    far = np.abs(inside[index] - instants) > NO_VIDEO_NS
    return NS_PER_S / interval_ns, index + int(np.searchsorted(time_ns, inside[0])), far


def plan(recording: Recording, crop_px: Size, index: NDArray[np.intp], far: NDArray[np.bool_]) -> list[Shot]:
    """What to draw of every scene frame that is shown."""
    scene = recording.scene
    # as description.viewer aims, so that the video shows what a model is shown
    gaze = clean_recording(recording)
    frame_gaze = align(gaze, scene.time_ns, tolerance_ns=reach_ns(gaze, scene.time_ns))
    aim = fallback(frame_gaze, gaze, frame_size_px=scene.size_px, came_from=gaze_came_from(recording))
    notice = gaze_notice(recording) or ""
    shown, first = np.unique(index, return_index=True)
    return [
        Shot(number, tuple(there.tolist()), (x, y), str(aim.source[number]), box_around((x, y), crop_px, scene.size_px), notice)
        for number, there, (x, y) in zip(shown.tolist(), np.split(far, first[1:]), aim.point_px[shown].tolist(), strict=True)
    ]


Draw = Callable[[Image, Shot], Image]


def _marked(image: Image, shot: Shot, to_image: Affine | None = None) -> Image:
    """An image with gaze and crop box: bright where gaze was measured, grey where a point stands in for it."""
    point, box = shot.point_px, shot.box_px
    if to_image is not None:
        x, y = to_image(np.array(point)).tolist()
        point = (x, y)
        corners = to_image(np.array([box[:2], (box.left_px + box.width_px, box.top_px + box.height_px)], dtype=np.float64))
        left, top, right, bottom = np.round(corners).astype(int).ravel().tolist()
        box = Box(left, top, right - left, bottom - top)
    image = crop_box(image, box, color=BOX if shot.source == "measured" else FAINT)
    if shot.source != "center":
        image = gaze_ring(image, point, color=GAZE if shot.source == "measured" else FAINT)
    return _said(image, "no gaze" if shot.source == "center" else "", shot.notice)


def _said(image: Image, *words: str) -> Image:
    """An image with words on it, where there are any."""
    return label(image, "; ".join(filter(None, words))) if any(words) else image


def _overlay(frame_px: Size, crop_px: Size) -> tuple[Draw, Size]:
    even = Size(frame_px.width_px // 2 * 2, frame_px.height_px // 2 * 2)
    return lambda image, shot: _marked(image, shot)[: even.height_px, : even.width_px], even


def _crop(frame_px: Size, crop_px: Size) -> tuple[Draw, Size]:
    return lambda image, shot: _said(image, shot.notice), crop_px


def _side_by_side(frame_px: Size, crop_px: Size) -> tuple[Draw, Size]:
    height = min(PANEL_HEIGHT_PX, frame_px.height_px) // 2 * 2
    left = Size(round(frame_px.width_px * height / frame_px.height_px / 2) * 2, height)
    to_left = Affine.crop_and_resize(Box(0, 0, *frame_px), left)

    def draw(image: Image, shot: Shot) -> Image:
        box = shot.box_px
        cut = image[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
        return side_by_side([_marked(resample(image, left), shot, to_left), cut], height_px=height, gap_px=GAP_PX)

    return draw, Size(left.width_px + GAP_PX + height, height)
