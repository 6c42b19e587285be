"""How good must a tracker be: from which error, delay and loss on is the gaze crop worse than the middle of the frame?"""

from collections.abc import Callable

from foveate.experiment.sweep import Curve, Setting, Sweep, count, run
from foveate.gaze.treatment import Treatment

__all__ = ["PROTOCOL", "QUICK", "count", "run"]

ERRORS_DEG = (0, 1, 2, 4, 6, 8, 12, 16)
DELAYS_MS = (0, 100, 200, 400, 800, 1600)
LOSSES = (0, 0.25, 0.5, 0.75, 0.9)
BURST_MS = 2000
CENTER = Setting("center")
LOST = "share of the samples lost"


def _of(amounts: tuple[float, ...], treatment: Callable[[float], Treatment]) -> tuple[tuple[float, Setting], ...]:
    return tuple((amount, Setting(treatment=treatment(amount))) for amount in amounts)


def _in_bursts(share: float) -> Treatment:
    # nothing lost is one setting, however it would have been lost
    return Treatment(loss=share, burst_ms=BURST_MS) if share else Treatment()


CURVES = (
    Curve("error, degrees on each axis", "new in every sample", _of(ERRORS_DEG, lambda deg: Treatment(noise_deg=deg)), "deg"),
    Curve("error, degrees on each axis", "one for the recording", _of(ERRORS_DEG, lambda deg: Treatment(bias_deg=deg)), "deg"),
    Curve("delay, ms", "late", _of(DELAYS_MS, lambda ms: Treatment(delay_ms=ms)), "ms"),
    Curve(LOST, "one by one", _of(LOSSES, lambda share: Treatment(loss=share)), "of the samples"),
    Curve(LOST, "in bursts of 2 s", _of(LOSSES, _in_bursts), "of the samples"),
)
PROTOCOL = Sweep(
    "view_noise",
    title="How good gaze must be",
    question=(
        "The gaze of the toy kitchen's tracker (0.61 degrees rms of error, 5% lost) made worse: an error drawn from a "
        "Gaussian on each axis, by every sample for itself or once for a recording; gaze stamped too late; samples lost "
        "one by one or in bursts of 2 s. The crop of 448 px is 30 degrees wide. Where gaze is lost the view does as it "
        "always does: losses up to 75 ms are bridged, the last point is held for 500 ms, then the middle is shown. "
        "Every recording has one luck for all amounts."
    ),
    curves=CURVES,
    beside=(CENTER, Setting("full")),
    pairs=tuple((setting, CENTER) for setting in dict.fromkeys(setting for curve in CURVES for _, setting in curve.points)),
    falls_to=CENTER,
)
QUICK = PROTOCOL.quick()
