"""How far a predicted gaze point is from the measured one, in pixels and in degrees."""

import numpy as np

from foveate.errors import UsageError
from foveate.geometry import Camera, Points
from foveate.score.score import Score

NO_PAIR = "no frame with both a predicted and a measured direction"


def pixel_error(predicted_px: Points, measured_px: Points) -> Score:
    """Mean distance of predicted and measured points in pixels of the scene frame (the L2 distance of gaze estimation).

    Args:
        predicted_px: (N, 2).
        measured_px: (N, 2); pairs with NaN on either side are left out.

    Raises:
        UsageError: for different numbers of points.
    """
    _check(predicted_px, measured_px)
    return _mean(np.linalg.norm(np.asarray(predicted_px) - np.asarray(measured_px), axis=1))


def angular_error(predicted_px: Points, measured_px: Points, camera: Camera | None) -> Score:
    """Mean angle between predicted and measured directions of gaze in degrees, through the scene camera's calibration.

    Args:
        predicted_px: (N, 2).
        measured_px: (N, 2); pairs with NaN on either side, or beyond the camera's field, are left out.
        camera: the scene camera.

    Raises:
        UsageError: for different numbers of points.
    """
    if camera is None:
        return Score.unscored(reason="the recording has no camera calibration, so pixels are no degrees")
    _check(predicted_px, measured_px)
    a, b = camera.rays(predicted_px), camera.rays(measured_px)
    # of the cross and the dot product: the arc cosine alone is blunt at small angles
    return _mean(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.sum(a * b, axis=1))))


def _check(predicted_px: Points, measured_px: Points) -> None:
    if len(predicted_px) != len(measured_px):
        raise UsageError(f"one predicted point per measured one is needed, got {len(predicted_px)} and {len(measured_px)}")


def _mean(error: Points) -> Score:
    known = np.isfinite(error)
    return Score(float(error[known].mean())) if known.any() else Score.unscored(reason=NO_PAIR)
