"""The region around the wearer's gaze.

Source: GazeLLM (arXiv 2504.00221) cuts 448 x 448 out of 1440 x 1440 around the gaze point. It does not say what happens at a
border; here the crop is shifted inside the frame, so that its size and its scale never change.
"""

from foveate.geometry import box_around
from foveate.view.extent import Extent
from foveate.view.fit import Fit
from foveate.view.view import Frame, Glimpse, ViewMaker


def make(*, size: Extent, fit: Fit) -> ViewMaker:
    """A view that shows where the wearer looked."""

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        box = box_around(frame.aim_px, size.size_px(frame.size_px, frame.camera), frame.size_px)
        return (Glimpse(box, fit(box.size_px)),)

    return ViewMaker("gaze", uses_gaze=True, plan=plan, options=(("size", str(size)),))
