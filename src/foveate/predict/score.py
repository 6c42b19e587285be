"""How well a gaze source tells where the wearer did look, frame by frame, beside the middle of the frame."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.errors import RecordingError
from foveate.gaze.align import align, reach_ns
from foveate.gaze.clean import clean_recording
from foveate.gaze.target import target
from foveate.geometry import Points, Size
from foveate.predict.prediction import SIGMA_SHARE, Prediction, frames_of
from foveate.predict.source import predict
from foveate.recording.recording import GazeStream, Recording
from foveate.score.gaze_error import angular_error
from foveate.score.saliency import auc_judd, kl, nss
from foveate.score.score import Score
from foveate.stats import Interval, interval

BASELINE = "center"
"""The source that every other is put beside."""
METRICS = ("auc_judd", "nss", "kl", "angular_error_deg")
"""Of a source; only of the last two is less better."""
GRID_CELLS = 64
"""Of a map along the longer side of the frame."""


@dataclass(frozen=True)
class Scored:
    """One source on one recording."""

    scores: Mapping[str, Score]
    """Name of METRICS -> mean over the frames compared."""
    about: str
    """What the source says, in words."""


@dataclass(frozen=True)
class Comparison:
    """A source and the baseline on one recording, on the same frames."""

    frames: int
    """Scene frames."""
    without_measured: int
    """Of these, how many have no measured gaze point in the frame."""
    without_predicted: int
    """Of those that have, how many have no predicted one: not compared."""
    source: Scored
    baseline: Scored

    @property
    def compared(self) -> int:
        """Frames with both."""
        return self.frames - self.without_measured - self.without_predicted

    @property
    def counts(self) -> str:
        """How many frames were compared, and why not all, in words."""
        left = ((self.without_measured, "no measured gaze in the frame"), (self.without_predicted, "no prediction"))
        lost = "".join(f"; with {what}: {count}" for count, what in left if count)
        return f"{self.compared} of {self.frames} frames compared{lost}"

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        scores = {
            who: {"about": scored.about, **{name: vars(score) for name, score in scored.scores.items()}}
            for who, scored in (("source", self.source), ("baseline", self.baseline))
        }
        counts = {"frames": self.frames, "frames_compared": self.compared}
        lost = {"frames_without_measured": self.without_measured, "frames_without_predicted": self.without_predicted}
        return {**counts, **lost, **scores}


def compare(recording: Recording, spec: str, *, name: str | None = None) -> Comparison:
    """Score a source, and the baseline, against a recording's measured gaze.

    Measured gaze is cleaned and brought to frames as for views. A frame's map is a Gaussian around the predicted point, or the
    prior's own; for KL the measured point is a Gaussian of SIGMA_SHARE of the frame's longer side as well.

    Args:
        recording: with gaze.
        spec: of the source, see ``predict``.
        name: see ``predict``.

    Raises:
        RecordingError: where it has no gaze, or no frame has both a measured and a predicted point.
    """
    frames = frames_of(recording)
    size_px, time_ns = frames.size_px, frames.time_ns
    told, base = predict(recording, spec, name=name), predict(recording, BASELINE)
    measured = _in_frame(_at(clean_recording(recording), time_ns), size_px)
    looked = np.isfinite(measured).all(axis=1)
    known = np.isfinite(_at(told.gaze, time_ns)).all(axis=1)
    both = looked & known
    if not both.any():
        raise RecordingError(
            f"{recording.name}: no frame has both measured and predicted gaze: {told.about} "
            f"({int(looked.sum())} of {len(time_ns)} have measured gaze, {int(known.sum())} a prediction)"
        )
    source, baseline = (
        Scored(_scores(each, _at(each.gaze, time_ns)[both], measured[both], recording, size_px), each.about)
        for each in (told, base)
    )
    return Comparison(len(time_ns), int(np.sum(~looked)), int(np.sum(looked & ~known)), source, baseline)


def means(comparisons: Iterable[Comparison]) -> dict[str, dict[str, Interval]]:
    """Mean over recordings with its 95% interval: ``source``, ``baseline`` and ``difference`` -> metric -> interval."""
    rows = list(comparisons)
    values = {
        who: {metric: [_number(getattr(row, who).scores[metric]) for row in rows] for metric in METRICS}
        for who in ("source", "baseline")
    }
    values["difference"] = {
        metric: [a - b for a, b in zip(values["source"][metric], values["baseline"][metric], strict=True)] for metric in METRICS
    }
    names = list(range(len(rows)))
    return {who: {metric: interval(found, names) for metric, found in each.items()} for who, each in values.items()}


def map_of(point_px: NDArray[np.float64], covariance_px: NDArray[np.float64], size_px: Size) -> NDArray[np.float64]:
    """The density of a Gaussian at the middle of every cell of a map of the frame, (rows, columns), of sum 1."""
    rows, columns = _grid(size_px)
    x, y = ((np.arange(count) + 0.5) * side / count for count, side in ((columns, size_px[0]), (rows, size_px[1])))
    away = np.stack(np.meshgrid(x, y), axis=-1) - point_px
    far = np.einsum("ijk,kl,ijl->ij", away, np.linalg.inv(covariance_px), away)
    density = np.exp(-0.5 * (far - far.min()))  # of a point far outside of the frame, the nearest cell still has mass
    return np.asarray(density / density.sum(), dtype=np.float64)


def _scores(told: Prediction, predicted: Points, measured: Points, recording: Recording, size_px: Size) -> dict[str, Score]:
    frame_px = (size_px.height_px, size_px.width_px)
    sigma_px = SIGMA_SHARE * max(size_px)
    found: dict[str, list[float]] = {"auc_judd": [], "nss": [], "kl": []}
    maps: dict[bytes, NDArray[np.float64]] = {}  # a prior says the same of every frame
    for point, looked in zip(predicted, measured, strict=True):
        key = point.tobytes()
        if key not in maps:
            maps = {key: map_of(point, told.covariance_px, size_px)}
        found["auc_judd"].append(_number(auc_judd(maps[key], looked[None], frame_px)))
        found["nss"].append(_number(nss(maps[key], looked[None], frame_px)))
        found["kl"].append(_number(kl(maps[key], target(looked[None], _grid(size_px), frame_px, sigma_px))))
    scores = {name: Score(float(np.nanmean(values))) for name, values in found.items()}
    return {**scores, "angular_error_deg": angular_error(predicted, measured, recording.camera)}


def _grid(size_px: Size) -> tuple[int, int]:
    """(rows, columns) of cells that are about square."""
    longer = max(size_px)
    return max(1, round(GRID_CELLS * size_px.height_px / longer)), max(1, round(GRID_CELLS * size_px.width_px / longer))


def _at(gaze: GazeStream, time_ns: NDArray[np.int64]) -> Points:
    """(F, 2) gaze of every frame, NaN where there is none."""
    return align(gaze, time_ns, tolerance_ns=reach_ns(gaze, time_ns)).point_px


def _in_frame(point_px: Points, size_px: Size) -> Points:
    with np.errstate(invalid="ignore"):
        inside = np.all((point_px >= 0) & (point_px < np.array(size_px)), axis=1)
    return np.where(inside[:, None], point_px, np.nan)


def _number(score: Score) -> float:
    return float("nan") if score.value is None else score.value
