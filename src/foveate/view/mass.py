"""The smallest square that holds a share of where the wearer has looked: wide while gaze wanders, narrow while it rests."""

import math

import numpy as np

from foveate.errors import UsageError
from foveate.geometry import Points, Size, box_around
from foveate.view.extent import Extent
from foveate.view.fit import Fit
from foveate.view.view import Frame, Glimpse, ViewMaker

MOST_POINTS = 240
"""Gaze points that are looked at; of more, evenly spread ones."""
NO_GAZE = "no gaze in its window: the gaze crop"


def make(*, size: Extent, fit: Fit, share: float = 0.9, window_s: float = 1.0) -> ViewMaker:
    """A view that shows where the wearer looked during the last while, and looks now.

    Args:
        size: the least that is shown, the crop of the view ``gaze``.
        fit: to which size the region is resampled.
        share: what part of the gaze points lies in the region.
        window_s: how long before the frame gaze counts. What comes after it is not known in live use, and would tell a model
            that is asked about the future.

    Raises:
        UsageError: for a share or a window that does not fit.
    """
    if not (0 < share <= 1 and window_s > 0):
        raise UsageError(f"a mass view needs a share in (0, 1] and a window above 0 s, got {share:g} and {window_s:g}")

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        width, height = size.size_px(frame.size_px, frame.camera)
        points = len(frame.gaze_px)
        if not points:
            box = box_around(frame.aim_px, Size(width, height), frame.size_px)
            return (Glimpse(box, fit(box.size_px), note=NO_GAZE),)
        spread = np.linspace(0, points - 1, min(points, MOST_POINTS)).round().astype(int)
        center_px, side_px = smallest_square(frame.gaze_px[spread], share)
        corners = np.array(center_px) + np.array([[-side_px / 2], [side_px / 2]])
        if frame.aim_known:  # the newest fixation may be young, and is what the wearer does now
            corners = np.stack([np.minimum(corners[0], frame.aim_px), np.maximum(corners[1], frame.aim_px)])
        side = math.ceil(float(np.ptp(corners, axis=0).max())) + 1  # whole pixels that hold what lies in the square
        x, y = corners.mean(axis=0).tolist()
        box = box_around((x, y), Size(max(width, side), max(height, side)), frame.size_px)
        return (Glimpse(box, fit(box.size_px)),)

    options = (("size", str(size)), ("share", f"{share:g}"), ("window_s", f"{window_s:g}"))
    return ViewMaker("mass", uses_gaze=True, plan=plan, options=options, gaze_window_s=window_s)


def smallest_square(point_px: Points, share: float) -> tuple[tuple[float, float], float]:
    """The smallest upright square that holds a share of some points, exactly.

    For every leftmost point, the rightmost one is found by bisection: a wider strip is never taller for the same number of
    points, so width and height cross once.

    Args:
        point_px: (N, 2), at least one.
        share: in (0, 1]; at least this part of the points is held.

    Returns:
        Its centre and its side, 0 for points that coincide.
    """
    points = point_px[np.argsort(point_px[:, 0], kind="stable")]
    count = max(1, math.ceil(share * len(points) - 1e-9))
    best: tuple[float, tuple[float, float]] = (math.inf, (0.0, 0.0))
    for left in range(len(points) - count + 1):
        low, high = left + count, len(points)  # how far the strip reaches, as a stop index
        while low <= high:
            stop = (low + high) // 2
            width = points[stop - 1, 0] - points[left, 0]
            rows = np.sort(points[left:stop, 1])
            heights = rows[count - 1 :] - rows[: len(rows) - count + 1]
            lowest = int(np.argmin(heights))
            side = max(width, heights[lowest])
            if side < best[0]:
                middle = (points[stop - 1, 0] + points[left, 0]) / 2, rows[lowest] + heights[lowest] / 2
                best = float(side), (float(middle[0]), float(middle[1]))
            low, high = (low, stop - 1) if width >= heights[lowest] else (stop + 1, high)
    return best[1], best[0]
