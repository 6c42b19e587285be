"""The region around gaze as it is, and the whole frame small: fovea and periphery as two images.

Source: GazeLLM (arXiv 2504.00221) proposes a crop beside a downsampled full view as future work, without sizes or a share.
Here both together cost what one image may. Without a budget the small frame is as long as the crop.
"""

from foveate.errors import UsageError
from foveate.geometry import Box, box_around
from foveate.view.extent import Extent
from foveate.view.fit import Fit, longest_side
from foveate.view.view import Frame, Glimpse, ViewMaker

SHARE = 0.75
"""What part of the tokens the crop takes: of 256 that leaves a frame of 8 x 8 tokens beside a crop of 13 x 13."""


def make(*, size: Extent, fit: Fit, share: float = SHARE) -> ViewMaker:
    """A view that shows where the wearer looked and, small, what is around it; the crop comes first.

    Args:
        size: of the crop.
        fit: holds both images to what one may cost.
        share: what part of that the crop may take; what it leaves is the frame's, and the other way round.

    Raises:
        UsageError: for a share that is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise UsageError(f"the crop's share of a dual view's tokens must be between 0 and 1, got {share:g}")

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        box = box_around(frame.aim_px, size.size_px(frame.size_px, frame.camera), frame.size_px)
        small = longest_side(max(box.size_px))(frame.size_px)
        crop_px, frame_px = fit.together((box.size_px, small), (share, 1 - share))
        return Glimpse(box, crop_px), Glimpse(Box(0, 0, *frame.size_px), frame_px)

    return ViewMaker("dual", uses_gaze=True, plan=plan, options=(("size", str(size)), ("share", f"{share:g}")))
