"""A box of a decoded frame as RGB: its planes are cropped before colour is converted, so that cost follows the box."""

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from foveate.geometry import Box, Size

BYTES_PER_SAMPLE = {
    "yuv420p": 1, "yuvj420p": 1, "yuv422p": 1, "yuvj422p": 1, "yuv444p": 1, "yuvj444p": 1,
    "yuv420p10le": 2, "yuv422p10le": 2, "yuv444p10le": 2, "yuv420p12le": 2, "gbrp": 1,
}  # fmt: skip
"""Planar formats that are cropped plane by plane; of any other the whole frame is converted first."""

Image = NDArray[np.uint8]


def box_rgb(frame: "av.VideoFrame", box_px: Box | None, reformatter: VideoReformatter) -> Image:
    """The RGB pixels of a box of a stored frame, (height, width, 3); the whole frame where the box is None.

    Equal to converting the whole frame and cropping: the planes are cropped at whole chroma samples around the box,
    and what is too much is cut off afterwards.
    """
    if box_px is None:
        return to_rgb(frame, reformatter)
    left, top, width, height = box_px
    if frame.format.name not in BYTES_PER_SAMPLE:
        return to_rgb(frame, reformatter)[top : top + height, left : left + width].copy()
    step_x, step_y = 16 // frame.format.chroma_width(16), 16 // frame.format.chroma_height(16)
    outer_left, outer_top = left - left % step_x, top - top % step_y
    outer_right = min(-(-(left + width) // step_x) * step_x, frame.width)
    outer_bottom = min(-(-(top + height) // step_y) * step_y, frame.height)
    outer = Box(outer_left, outer_top, outer_right - outer_left, outer_bottom - outer_top)
    rgb = to_rgb(crop_planes(frame, outer), reformatter)
    left, top = left - outer_left, top - outer_top
    return np.ascontiguousarray(rgb[top : top + height, left : left + width])


def crop_planes(frame: "av.VideoFrame", box_px: Box) -> "av.VideoFrame":
    """A frame of the same format that holds a box of another, whose left and top lie on whole chroma samples."""
    bytes_per_sample = BYTES_PER_SAMPLE[frame.format.name]
    cropped = av.VideoFrame(box_px.width_px, box_px.height_px, frame.format.name)
    cropped.colorspace, cropped.color_range = frame.colorspace, frame.color_range
    for source, target in zip(frame.planes, cropped.planes, strict=True):
        # Ratio of this plane to the luma plane: 1 or 2.
        step_x, step_y = round(frame.width / source.width), round(frame.height / source.height)
        left, top = box_px.left_px // step_x * bytes_per_sample, box_px.top_px // step_y
        rows = np.frombuffer(source, np.uint8).reshape(-1, source.line_size)
        wide = target.width * bytes_per_sample
        kept = np.frombuffer(target, np.uint8).reshape(-1, target.line_size)
        kept[:, :wide] = rows[top : top + target.height, left : left + wide]
    return cropped


def to_rgb(frame: "av.VideoFrame", reformatter: VideoReformatter) -> Image:
    """All of a frame as RGB, (height, width, 3), by the colour space and range that the stream declares."""
    return np.asarray(reformatter.reformat(frame, format="rgb24").to_ndarray(), dtype=np.uint8)


def resample(image: Image, size_px: Size | None) -> Image:
    """An image at a size: by area where it shrinks, bicubic where it grows."""
    if size_px is None or (image.shape[1], image.shape[0]) == tuple(size_px):
        return image
    shrinks = size_px[0] <= image.shape[1] and size_px[1] <= image.shape[0]
    resized = cv2.resize(image, tuple(size_px), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(resized, dtype=np.uint8)
