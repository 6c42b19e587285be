"""Where people look in a frame on the whole: mean and covariance of gaze, fitted on recordings, kept in a JSON file."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from foveate.errors import UsageError
from foveate.recording.recording import Recording

KIND = "foveate gaze prior 1"
"""First entry of the file."""
LEAST_SD = 0.005
"""In shares of the frame; a recording of people at work has more than ten times that."""


@dataclass(frozen=True)
class Prior:
    """A Gaussian of gaze in shares of the frame: 0 is left or top, 1 is right or bottom."""

    mean: tuple[float, float]
    """x, y."""
    covariance: tuple[tuple[float, float], tuple[float, float]]
    """Of x and y."""
    recordings: int
    """That it was fitted on."""
    samples: int
    """Gaze samples that went in."""

    def __post_init__(self) -> None:
        covariance = np.array(self.covariance)
        if covariance.shape != (2, 2) or not np.allclose(covariance, covariance.T):
            raise UsageError(f"a prior's covariance is a symmetric 2 x 2 matrix, got {self.covariance}")
        if not (np.linalg.eigvalsh(covariance) >= LEAST_SD**2).all():
            raise UsageError(
                f"a prior has a standard deviation of {LEAST_SD} of the frame or more in every direction, got the covariance "
                f"{self.covariance}: gaze that hardly moves tells nothing of where others look"
            )
        if not (np.array(self.mean).shape == (2,) and (np.abs(np.array(self.mean) - 0.5) <= 0.5).all()):
            raise UsageError(f"a prior's mean lies in the frame, in [0, 1], got {self.mean}")

    def __str__(self) -> str:
        counted = f"{self.recordings} {'recording' if self.recordings == 1 else 'recordings'}"
        return f"the mean gaze point of {counted}"


def fit(recordings: Iterable[Recording]) -> Prior:
    """Fit a prior; every recording counts alike, however long it is.

    Valid samples within the frame go in. Mean and covariance are those of the mixture of the recordings, each of one weight:
    the covariance holds the spread between people as well as that of each.

    Args:
        recordings: with measured gaze and a known size of frames.

    Raises:
        RecordingError: where one has no gaze.
        UsageError: where nothing is left.
    """
    first, second, samples = [], [], 0
    for recording in recordings:
        size_px = recording.frame_px
        if size_px is None:
            raise UsageError(f"{recording.name}: nothing tells the size of its frames, so gaze has no share of them")
        share = recording.gaze.point_px[recording.gaze.valid] / np.array(size_px, dtype=np.float64)
        share = share[((share >= 0) & (share < 1)).all(axis=1)]
        if not len(share):
            raise UsageError(f"{recording.name} has no valid gaze sample in the frame; fit without it")
        first.append(share.mean(axis=0))
        second.append(share.T @ share / len(share))
        samples += len(share)
    if not first:
        raise UsageError("a prior is fitted on at least one recording, got none")
    mean = np.mean(first, axis=0)
    (a, b), (_, c) = (np.mean(second, axis=0) - np.outer(mean, mean)).tolist()
    return Prior((float(mean[0]), float(mean[1])), ((a, b), (b, c)), len(first), samples)


def prior_text(prior: Prior) -> str:
    """The text of a prior's file."""
    return json.dumps({"kind": KIND, **asdict(prior)}, indent=1) + "\n"


def read_prior(file: Path) -> Prior:
    """Read a prior.

    Raises:
        UsageError: where the file is missing or something else.
    """
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"the prior {file} cannot be read: {error.strerror}") from None
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.pop("kind", None) != KIND:
        raise UsageError(f"{file} is no gaze prior; make one: foveate predict REC... --fit -o {file.name}")
    try:
        (a, b), (c, d) = told["covariance"]
        x, y = told["mean"]
        return Prior(
            (float(x), float(y)), ((float(a), float(b)), (float(c), float(d))), int(told["recordings"]), int(told["samples"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{file} is a broken gaze prior ({type(error).__name__}: {error}); fit it again") from None
