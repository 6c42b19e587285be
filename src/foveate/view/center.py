"""The middle of the frame: GazeLLM's control for a crop that knows nothing of gaze."""

from foveate.geometry import box_around
from foveate.view.extent import Extent
from foveate.view.fit import Fit
from foveate.view.view import Frame, Glimpse, ViewMaker


def make(*, size: Extent, fit: Fit) -> ViewMaker:
    """A view that shows the middle."""

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        middle = frame.size_px[0] / 2, frame.size_px[1] / 2
        box = box_around(middle, size.size_px(frame.size_px, frame.camera), frame.size_px)
        return (Glimpse(box, fit(box.size_px)),)

    return ViewMaker("center", uses_gaze=False, plan=plan, options=(("size", str(size)),))
