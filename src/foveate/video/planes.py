"""A box of a decoded frame as RGB: its planes are cropped before colour is converted, so that cost follows the box."""

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from foveate.geometry import Box

CROPPED_BY_PLANE = frozenset(("yuv420p", "yuvj420p", "yuv444p"))
"""Here a pixel's colour depends on its own chroma sample only. Of other formats (10 bit, 4:2:2: filtered chroma, dither) the
whole frame is converted first."""

Image = NDArray[np.uint8]


def box_rgb(frame: "av.VideoFrame", box_px: Box | None, reformatter: VideoReformatter) -> Image:
    """The RGB pixels of a box of a stored frame, (height, width, 3); the whole frame where the box is None.

    Equal to converting the whole frame and cropping: the planes are cropped at whole chroma samples around the box,
    and what is too much is cut off afterwards.
    """
    if box_px is None:
        return to_rgb(frame, reformatter)
    left, top, width, height = box_px
    if frame.format.name in CROPPED_BY_PLANE:
        outer = whole_samples_around(box_px, frame)
        frame = crop_planes(frame, outer)
        left, top = left - outer.left_px, top - outer.top_px
    return np.ascontiguousarray(to_rgb(frame, reformatter)[top : top + height, left : left + width])


def whole_samples_around(box_px: Box, frame: "av.VideoFrame") -> Box:
    """The smallest box around another that cuts no chroma sample of a frame."""
    step_x, step_y = 16 // frame.format.chroma_width(16), 16 // frame.format.chroma_height(16)
    left, top = box_px.left_px - box_px.left_px % step_x, box_px.top_px - box_px.top_px % step_y
    right = min(-(-(box_px.left_px + box_px.width_px) // step_x) * step_x, frame.width)
    bottom = min(-(-(box_px.top_px + box_px.height_px) // step_y) * step_y, frame.height)
    return Box(left, top, right - left, bottom - top)


def crop_planes(frame: "av.VideoFrame", box_px: Box) -> "av.VideoFrame":
    """A frame of the same 8-bit planar format that holds a box of another; the box cuts no chroma sample."""
    cropped = av.VideoFrame(box_px.width_px, box_px.height_px, frame.format.name)
    cropped.colorspace, cropped.color_range = frame.colorspace, frame.color_range
    for source, target in zip(frame.planes, cropped.planes, strict=True):
        step_x, step_y = round(frame.width / source.width), round(frame.height / source.height)  # 1 or 2
        left, top = box_px.left_px // step_x, box_px.top_px // step_y
        rows = np.frombuffer(source, np.uint8).reshape(-1, source.line_size)
        kept = np.frombuffer(target, np.uint8).reshape(-1, target.line_size)
        kept[:, : target.width] = rows[top : top + target.height, left : left + target.width]
    return cropped


def to_rgb(frame: "av.VideoFrame", reformatter: VideoReformatter) -> Image:
    """All of a frame as RGB, (height, width, 3), by the colour space and range that the stream declares."""
    return np.asarray(reformatter.reformat(frame, format="rgb24", threads=1).to_ndarray(), dtype=np.uint8)
