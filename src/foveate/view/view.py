"""What a model will see of one frame, planned before anything is decoded, and the map back to scene pixels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from foveate.clock import NS_PER_S
from foveate.errors import ViewError
from foveate.geometry import Affine, Box, Camera, Map, Points, Size, Warp
from foveate.recording.recording import Image, Scene
from foveate.video.resample import resample, resample_at


@dataclass(frozen=True)
class Frame:
    """What a view may know of a frame before it is decoded."""

    size_px: Size
    """Upright size of the scene frame."""
    time_ns: int
    """When it was taken."""
    aim_px: tuple[float, float]
    """Where the wearer looked, or what stands in for it."""
    camera: Camera | None = None
    """Calibration, needed for sizes in degrees."""
    aim_known: bool = True
    """Whether the wearer's gaze is known, now or a moment ago; False where the middle stands in for it."""
    gaze_px: Points = field(default_factory=lambda: np.empty((0, 2)), compare=False)
    """(K, 2) valid gaze points of the time before it, for a view that asks for them; never of the time after."""
    hands_px: tuple[Box, ...] | None = None
    """Boxes of the hands in view, for a view that asks for them; None where nothing is known of them."""
    recording: str = ""
    """Name of the recording it is of, so that what a view draws at random is each recording's own."""


@dataclass(frozen=True)
class Glimpse:
    """One image that a view takes of a frame: where it is cut out and how it is resampled."""

    box_px: Box
    """Region of the scene frame that has to be decoded."""
    size_px: Size
    """Size of the image."""
    warp: Warp | None = None
    """How the whole frame is resampled unevenly; None to resample the region evenly."""
    note: str = ""
    """What stands in for what the view should show; empty where nothing does. Counted over the frames."""

    @property
    def to_view(self) -> Map:
        """From scene pixels to pixels of the image."""
        return Affine.crop_and_resize(self.box_px, self.size_px) if self.warp is None else self.warp

    def image(self, region: Image) -> Image:
        """The image made of a picture of its region, which may have been drawn smaller than the region."""
        if self.warp is None:
            return resample(region, self.size_px)
        across, down = self.warp.edges_px
        height, width = region.shape[:2]
        columns_px, rows_px = across * (width / self.box_px.width_px), down * (height / self.box_px.height_px)
        return resample_at(region, columns_px=columns_px, rows_px=rows_px)


Plan = Callable[[Frame], tuple[Glimpse, ...]]
Paint = Callable[[Image, Frame, Glimpse], Image]


@dataclass(frozen=True)
class ViewMaker:
    """A view with its options: tells for any frame which glimpses to take."""

    name: str
    """Its key in VIEWS."""
    uses_gaze: bool
    """Whether it looks where the wearer looked."""
    plan: Plan
    """Frame -> glimpses."""
    options: tuple[tuple[str, str], ...] = ()
    """What it was made with, for the record."""
    gaze_window_s: float = 0.0
    """How much of the gaze before a frame it wants to know (``Frame.gaze_px``)."""
    uses_hands: bool = False
    """Whether it wants to know the hands' boxes (``Frame.hands_px``)."""
    paint: Paint | None = None
    """Draws on an image what the view adds to it; None where it adds nothing."""
    note: Callable[[Frame], str] | None = None
    """What a model is told of a frame in words, beside its images; None for nothing."""
    one_picture: bool = False
    """Whether a frame's images are parts of one picture; a model that can is then told where each of them lies."""


@dataclass(frozen=True)
class View:
    """The images that a model sees of one frame."""

    images: tuple[Image, ...]
    """One per glimpse."""
    glimpses: tuple[Glimpse, ...]
    """Where each image was cut out."""
    frame: Frame
    """The frame as it was known before decoding."""

    @property
    def time_s(self) -> float:
        return self.frame.time_ns / NS_PER_S

    @property
    def share_of_pixels(self) -> float:
        """Pixels of the frame that lie in some glimpse's region, over all of them; where regions overlap they count once."""
        boxes = np.array([glimpse.box_px for glimpse in self.glimpses])
        edges = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
        across, down = (np.unique(axis) for axis in edges.T)
        shown = np.zeros((len(down) - 1, len(across) - 1), dtype=bool)
        for left, top, width, height in boxes:
            shown |= ((across[:-1] >= left) & (across[1:] <= left + width)) & ((down[:-1] >= top) & (down[1:] <= top + height))[
                :, None
            ]
        area = np.diff(down)[:, None] * np.diff(across)
        return float(area[shown].sum()) / (self.frame.size_px.width_px * self.frame.size_px.height_px)

    def to_scene(self, point_px: Points, *, image: int = 0) -> Points:
        """Map pixels of one of the images to scene pixels, (..., 2) -> (..., 2)."""
        return self.glimpses[image].to_view.inverse(point_px)


def take(scene: Scene, indices: Sequence[int], frames: Sequence[Frame], maker: ViewMaker) -> Iterator[View]:
    """Decode what a view shows of some frames, and nothing else.

    Args:
        scene: where the frames come from.
        indices: increasing frame indices.
        frames: what is known of each of them.
        maker: the view.

    Yields:
        One View per index.

    Raises:
        ViewError: where the view shows nothing of a frame.
    """
    plans = [_plan(frame, maker) for frame in frames]
    # A scene cuts one box out of a frame: of several glimpses it is their hull, cut again below.
    boxes = [_hull([glimpse.box_px for glimpse in plan]) for plan in plans]
    sizes = [plan[0].size_px if len(plan) == 1 and plan[0].warp is None else None for plan in plans]
    images = scene.frames(indices, boxes_px=boxes, sizes_px=sizes)
    for image, plan, box, frame, size in zip(images, plans, boxes, frames, sizes, strict=True):
        shown = (image,) if size is not None else tuple(_cut(image, box, glimpse) for glimpse in plan)
        yield _view(shown, plan, frame, maker)


def see(image: Image, frame: Frame, maker: ViewMaker) -> View:
    """What a view shows of a frame that is already decoded.

    Args:
        image: (height, width, 3) the whole upright frame.
        frame: what is known of it.
        maker: the view.

    Raises:
        ViewError: where the view shows nothing of a frame.
    """
    plan = _plan(frame, maker)
    whole = Box(0, 0, *frame.size_px)
    return _view(tuple(_cut(image, whole, glimpse) for glimpse in plan), plan, frame, maker)


def _plan(frame: Frame, maker: ViewMaker) -> tuple[Glimpse, ...]:
    plan = maker.plan(frame)
    if not plan:
        raise ViewError(f"the view {maker.name!r} shows nothing of a frame; a view needs at least one glimpse")
    return plan


def _view(images: tuple[Image, ...], plan: tuple[Glimpse, ...], frame: Frame, maker: ViewMaker) -> View:
    if maker.paint is not None:
        images = tuple(maker.paint(image, frame, glimpse) for image, glimpse in zip(images, plan, strict=True))
    return View(images, plan, frame)


def _hull(boxes: Sequence[Box]) -> Box:
    left, top = min(box.left_px for box in boxes), min(box.top_px for box in boxes)
    right = max(box.left_px + box.width_px for box in boxes)
    bottom = max(box.top_px + box.height_px for box in boxes)
    return Box(left, top, right - left, bottom - top)


def _cut(image: Image, hull: Box, glimpse: Glimpse) -> Image:
    left, top = glimpse.box_px.left_px - hull.left_px, glimpse.box_px.top_px - hull.top_px
    return glimpse.image(image[top : top + glimpse.box_px.height_px, left : left + glimpse.box_px.width_px])
