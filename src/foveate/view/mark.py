"""The whole frame with a ring around the gaze point: the weak baseline of published benchmarks."""

import numpy as np

from foveate.draw import open_ring
from foveate.geometry import Box
from foveate.recording.recording import Image
from foveate.view.fit import Fit
from foveate.view.view import Frame, Glimpse, ViewMaker

NO_GAZE = "no gaze known: no ring is drawn"
RADIUS = 1 / 8
"""Of the ring, in parts of the image's shorter side: what is looked at must be seen inside of it, also in an image of 96 px."""


def make(*, fit: Fit) -> ViewMaker:
    """A view that shows everything and marks where the wearer looked; the ring is drawn at the image's own size."""

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        whole = Box(0, 0, *frame.size_px)
        return (Glimpse(whole, fit(frame.size_px), note="" if frame.aim_known else NO_GAZE),)

    def paint(image: Image, frame: Frame, glimpse: Glimpse) -> Image:
        if not frame.aim_known:
            return image
        point_px = glimpse.to_view(np.array(frame.aim_px))
        return open_ring(image, point_px.tolist(), radius_px=min(image.shape[:2]) * RADIUS)

    return ViewMaker("mark", uses_gaze=True, plan=plan, paint=paint)
