"""The square that holds the gaze and the hands: what is looked at and what is done to it.

Source: the use of hands beside gaze is GazeLLM's outlook (arXiv 2504.00221). The boxes come from whoever makes the frame
known: a recording's own hand tracking, a file, a detector.
"""

from foveate.geometry import Box, Size, box_around
from foveate.view.extent import Extent
from foveate.view.fit import Fit
from foveate.view.view import Frame, Glimpse, ViewMaker

NOT_KNOWN = "no hand known: the gaze crop"


def make(*, size: Extent, fit: Fit) -> ViewMaker:
    """A view that shows where the wearer looked together with the hands; the gaze crop where no hand is known."""

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        least = size.size_px(frame.size_px, frame.camera)
        if not frame.hands_px:
            box = box_around(frame.aim_px, least, frame.size_px)
            return (Glimpse(box, fit(box.size_px), note=NOT_KNOWN),)
        left, top, right, bottom = _reach(frame.aim_px, frame.hands_px)
        side = max(right - left, bottom - top)
        middle = (left + right) / 2, (top + bottom) / 2
        wanted = Size(max(least.width_px, round(side)), max(least.height_px, round(side)))
        box = box_around(middle, wanted, frame.size_px)
        return (Glimpse(box, fit(box.size_px)),)

    return ViewMaker("hands", uses_gaze=True, plan=plan, options=(("size", str(size)),), uses_hands=True)


def _reach(point_px: tuple[float, float], boxes_px: tuple[Box, ...]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a point and some boxes together."""
    return (
        min(point_px[0], *(box.left_px for box in boxes_px)),
        min(point_px[1], *(box.top_px for box in boxes_px)),
        max(point_px[0], *(box.left_px + box.width_px for box in boxes_px)),
        max(point_px[1], *(box.top_px + box.height_px for box in boxes_px)),
    )
