"""Images that are not those that a Run had: what was other about them, and by how much where the Run kept its own."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.description.description import ShownFrame
from foveate.model.openai_request import jpeg
from foveate.run import RunLine, kept_image

SAME_AIM_PX = 1e-3
"""Aims nearer than this are equal: other versions of numpy may round otherwise."""


def same_frames(then: Sequence[ShownFrame], now: Sequence[ShownFrame]) -> bool:
    """Whether frames were shown alike: the same ones, from the same source, the same regions at the same sizes."""
    return len(then) == len(now) and all(
        (a.index, a.source, a.boxes_px, a.sizes_px, a.notes) == (b.index, b.source, b.boxes_px, b.sizes_px, b.notes)
        and all(abs(x - y) < SAME_AIM_PX for x, y in zip(a.aim_px, b.aim_px, strict=True))
        for a, b in zip(then, now, strict=True)
    )


def why_others(line: RunLine, frames: Sequence[ShownFrame], hashes: Sequence[str]) -> tuple[str, str]:
    """What differs first, then and now, in words.

    Args:
        line: what was shown.
        frames: what is shown now.
        hashes: of the images now.
    """
    if len(frames) != len(line.frames):
        return f"{len(line.frames)} frames", f"{len(frames)} frames"
    for then, now in zip(line.frames, frames, strict=True):
        if not same_frames([then], [now]):
            return _told(then, now), _told(now, then)
    place = next((k for k, (a, b) in enumerate(zip(line.images_sha256, hashes, strict=False)) if a != b), len(hashes))
    owners = [frame for frame in line.frames for _ in frame.sizes_px]
    at_s = f"{owners[place].time_s:.3f} s" if place < len(owners) else "the end"
    count = sum(a != b for a, b in zip(line.images_sha256, hashes, strict=False)) + abs(len(line.images_sha256) - len(hashes))
    return f"the image at {at_s}", f"the same region with other pixels ({count} of {len(hashes)} images)"


def how_far(folder: Path, hashes: Sequence[str], images: Sequence[NDArray[np.uint8]]) -> str:
    """By how much images differ from those that the Run kept, in words; empty where it kept none of them.

    Both go through the same JPEG, whose own loss is then no difference.
    """
    gaps = [
        float(np.abs(then.astype(np.int16) - now).mean())
        for sha256, image in zip(hashes, images, strict=False)
        if (file := kept_image(folder, sha256)).is_file()
        and (then := cv2.imread(str(file))) is not None
        and then.shape == (now := _through_jpeg(image)).shape
    ]
    return f", {max(gaps):.2f} of 255 grey levels away at most, on average over an image" if gaps else ""


def _through_jpeg(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    decoded: NDArray[np.uint8] = cv2.imdecode(np.frombuffer(jpeg(image), np.uint8), cv2.IMREAD_COLOR)  # type: ignore[assignment]
    return decoded


def _told(frame: ShownFrame, other: ShownFrame) -> str:
    """What of a frame is not as in the other one."""
    parts = {
        f"frame {frame.index}": frame.index != other.index,
        f"gaze {frame.source}": frame.source != other.source,
        f"aimed at {frame.aim_px[0]:.1f}, {frame.aim_px[1]:.1f} px": frame.aim_px != other.aim_px,
        f"regions {_boxes(frame)}": frame.boxes_px != other.boxes_px,
    }
    differing = [words for words, differs in parts.items() if differs]
    return f"at {frame.time_s:.3f} s {'; '.join(differing) or 'another record of the frame'}"


def _boxes(frame: ShownFrame) -> str:
    return ", ".join(f"{width}x{height} at {left}, {top}" for left, top, width, height in frame.boxes_px)
