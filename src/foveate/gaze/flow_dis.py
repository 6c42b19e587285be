"""Optical flow by dense inverse search (DIS; Kroeger et al., ECCV 2016), as OpenCV has it, preset medium."""

import cv2
import numpy as np

from foveate.gaze.flow import Field, Flow, Gray, check_pair, padded

LEAST_PX = 16
"""OpenCV refuses images below 12 px."""


def make() -> Flow:
    """One DIS object per image size, since a small image changes an object's finest scale silently and for good."""
    objects: dict[tuple[int, ...], cv2.DISOpticalFlow] = {}

    def flow(before: Gray, after: Gray) -> Field:
        check_pair(before, after)
        height, width = before.shape
        first, second = (padded(image, least_px=LEAST_PX) for image in (before, after))
        if first.shape not in objects:
            objects[first.shape] = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        moved = objects[first.shape].calc(first, second, None)
        return np.asarray(moved[:height, :width], dtype=np.float32)

    return flow
