"""What a model was shown, decoded anew from the recording by its record, small enough for a page."""

import base64
import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from foveate.description.description import ShownFrame
from foveate.geometry import Size
from foveate.recording.recording import Image, Scene
from foveate.view import Frame, Glimpse
from foveate.view.fit import longest_side
from foveate.view.view import Paint

JPEG_QUALITY = 72


def seen(scene: Scene, frames: Sequence[ShownFrame], *, longest_px: int, paint: Paint | None = None) -> list[list[Image]]:
    """The images of shown frames, each list in the order of the view's images.

    Args:
        scene: whose frames; only the regions that were shown are decoded.
        frames: in order of time.
        longest_px: longest side of an image; none is enlarged.
        paint: what the view paints on an image (``ViewMaker.paint``); None to leave them as they are.
    """
    images: list[list[Image]] = [[] for _ in frames]
    for place in range(max((len(frame.boxes_px) for frame in frames), default=0)):
        having = [k for k, frame in enumerate(frames) if place < len(frame.boxes_px)]
        glimpses = [_glimpse(frames[k], place) for k in having]
        regions = scene.frames(
            [frames[k].index for k in having],
            boxes_px=[glimpse.box_px for glimpse in glimpses],
            sizes_px=[None if glimpse.warp else longest_side(longest_px)(glimpse.size_px) for glimpse in glimpses],
        )
        for k, glimpse, region in zip(having, glimpses, regions, strict=True):
            image = glimpse.image(region) if glimpse.warp else region
            images[k].append(image if paint is None else _painted(image, frames[k], glimpse, scene, paint))
    return images


def _painted(image: Image, shown: ShownFrame, glimpse: Glimpse, scene: Scene, paint: Paint) -> Image:
    known = shown.source in ("measured", "predicted", "held")
    frame = Frame(scene.size_px, int(scene.time_ns[shown.index]), shown.aim_px, aim_known=known)
    return paint(image, frame, replace(glimpse, size_px=Size(image.shape[1], image.shape[0])))


def spread(frames: Sequence[ShownFrame], count: int) -> list[ShownFrame]:
    """Some of the frames, evenly spread."""
    if len(frames) <= count:
        return list(frames)
    picks = np.linspace(0, len(frames) - 1, count + 2)[1:-1].round().astype(int) if count > 1 else [len(frames) // 2]
    return [frames[k] for k in sorted(set(picks))]


def data_uri(image: Image) -> str:
    """An image as JPEG that stands in a page itself."""
    from PIL import Image as Pillow

    out = io.BytesIO()
    Pillow.fromarray(image).save(out, "JPEG", quality=JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def _glimpse(frame: ShownFrame, place: int) -> Glimpse:
    warp = frame.warps[place] if frame.warps else None
    return Glimpse(frame.boxes_px[place], frame.sizes_px[place], warp)
