"""The frame in images of several scales, one within the other around the gaze: fine inside, ever coarser outside.

Source: Segment This Thing (arXiv 2506.11131) and Look, Focus, Act (arXiv 2507.15833) show an encoder nested squares, each at a
part of the density of the one inside it; GazeLLM (arXiv 2504.00221) proposes a multi-resolution periphery as future work. Those
encoders are trained on a fixed layout of their own; here the images are plain ones, so that any model takes them, and a model
that can be told where they lie (foveate.model.places) is shown each place once, at its finest.
"""

from math import log

from foveate.errors import UsageError
from foveate.geometry import Size, box_around
from foveate.view.extent import Extent
from foveate.view.fit import NestedFit
from foveate.view.view import Frame, Glimpse, ViewMaker

RATIO = 2.0
"""About how many times as long each region is as the one inside it."""


def make(*, size: Extent, fit: NestedFit, ratio: float = RATIO) -> ViewMaker:
    """A view that shows where the wearer looked, and around it everything, in steps; the finest image comes first.

    Args:
        size: of the innermost region.
        fit: holds all images together to what a frame may cost; none is longer than the innermost region.
        ratio: about how many times as long each region is as the one inside it; steps are even, and the last is the frame.

    Raises:
        UsageError: for a ratio that is not above 1.
    """
    if not ratio > 1:
        raise UsageError(f"the ratio of a foveated view's scales must be above 1, got {ratio:g}")

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        inner = size.size_px(frame.size_px, frame.camera)
        boxes = [box_around(frame.aim_px, region, frame.size_px) for region in regions(inner, frame.size_px, ratio=ratio)]
        sizes = fit.nested(boxes, frame.size_px)
        return tuple(Glimpse(box, image) for box, image in zip(boxes, sizes, strict=True))

    return ViewMaker(
        "foveated", uses_gaze=True, plan=plan, options=(("size", str(size)), ("ratio", f"{ratio:g}")), one_picture=True
    )


def regions(inner: Size, frame: Size, *, ratio: float) -> list[Size]:
    """Sizes of the regions from the innermost to the whole frame, each axis in even steps.

    Args:
        inner: of the innermost region, in pixels.
        frame: of the frame.
        ratio: the step of the axis that grows the most, about.
    """
    growth = [whole / part for whole, part in zip(frame, inner, strict=True)]
    if max(growth) <= 1:
        return [frame]
    steps = max(1, round(log(max(growth)) / log(ratio)))
    shares = [step / steps for step in range(steps + 1)]
    return [Size(*(round(side * by**share) for side, by in zip(inner, growth, strict=True))) for share in shares]
