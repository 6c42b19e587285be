"""Gaze source ``center``: the middle of every frame, or with ``center:PRIOR.json`` the mean of a fitted prior."""

from pathlib import Path

import numpy as np

from foveate.predict.prediction import Frames, Prediction
from foveate.predict.prior import read_prior
from foveate.recording.recording import GazeStream

TAKES = "center, or center:PRIOR.json (made by foveate predict --fit)"
CENTER_SHARE = 0.25
"""Standard deviation of the map of ``center`` without a prior, as a share of each side: a Gaussian stretched to the frame is
the baseline of Judd et al. (2012), who do not give its width."""


def files(rest: str) -> list[Path]:
    """The prior, where there is one."""
    if rest:
        read_prior(Path(rest))
    return [Path(rest)] if rest else []


def anywhere(rest: str) -> str:
    """The same path for a process in another folder."""
    return str(Path(rest).absolute())


def predict(frames: Frames, rest: str) -> Prediction:
    """The same point for every frame.

    Args:
        frames: which.
        rest: path of a prior, or nothing.

    Raises:
        UsageError: where the prior cannot be read.
    """
    size = np.array(frames.size_px, dtype=np.float64)
    if rest:
        prior = read_prior(Path(rest))
        mean, covariance, about = np.array(prior.mean), np.array(prior.covariance), f"{prior} ({Path(rest).name})"
    else:
        mean, covariance, about = np.full(2, 0.5), np.eye(2) * CENTER_SHARE**2, "the middle of the frame"
    count = len(frames.time_ns)
    gaze = GazeStream(frames.time_ns, np.tile(mean * size, (count, 1)), np.ones(count, dtype=np.bool_))
    return Prediction(gaze, covariance * np.outer(size, size), about)
