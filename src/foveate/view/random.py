"""A region at random: what any crop of that size is worth."""

from zlib import crc32

import numpy as np

from foveate.geometry import Box
from foveate.view.extent import Extent
from foveate.view.fit import Fit
from foveate.view.view import Frame, Glimpse, ViewMaker


def make(*, size: Extent, fit: Fit, seed: int = 0) -> ViewMaker:
    """A view that shows a region drawn uniformly among those inside the frame.

    The same seed, name of the recording and instant give the same one. Recordings draw for themselves: clocks of many begin at
    0, and with the same regions in all of them their participants would not be independent.
    """

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        rng = np.random.default_rng(
            [seed, crc32(frame.recording.encode("utf-8", "surrogatepass")), frame.time_ns & (2**63 - 1)]
        )
        width, height = size.size_px(frame.size_px, frame.camera)
        left = int(rng.integers(0, frame.size_px[0] - width + 1))
        top = int(rng.integers(0, frame.size_px[1] - height + 1))
        box = Box(left, top, width, height)
        return (Glimpse(box, fit(box.size_px)),)

    return ViewMaker("random", uses_gaze=False, plan=plan, options=(("size", str(size)), ("seed", str(seed))))
