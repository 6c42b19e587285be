"""The whole frame."""

from foveate.geometry import Box
from foveate.view.fit import Fit
from foveate.view.view import Frame, Glimpse, ViewMaker


def make(*, fit: Fit) -> ViewMaker:
    """A view that shows everything."""

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        return (Glimpse(Box(0, 0, *frame.size_px), fit(frame.size_px)),)

    return ViewMaker("full", uses_gaze=False, plan=plan)
