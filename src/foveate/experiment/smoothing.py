"""Does it pay to steady gaze before a crop is aimed by it?"""

from foveate.experiment.sweep import Curve, Setting, Sweep, count, run
from foveate.gaze.smoothing import SMOOTHINGS
from foveate.gaze.treatment import Treatment

__all__ = ["PROTOCOL", "QUICK", "count", "run"]

AXIS = "noise of every sample, degrees on each axis"
NOISE_DEG = (0.0, 2.0, 4.0, 8.0)


def _setting(noise_deg: float, how: str) -> Setting:
    return Setting(treatment=Treatment(noise_deg=noise_deg, smoothing=how))


PROTOCOL = Sweep(
    "smoothing",
    title="What steadying gaze is worth",
    question=(
        "Gaze as the toy kitchen's tracker writes it (0.61 degrees rms of error), and with an error of 2, 4 and 8 "
        "degrees on each axis that every sample draws for itself at 200 Hz, steadied in four ways: not at all, one-euro "
        "filter (looks back only), median of 200 ms, mean of the fixation (both look ahead). The crop is 448 px, 30 "
        "degrees."
    ),
    curves=tuple(Curve(AXIS, how, tuple((noise, _setting(noise, how)) for noise in NOISE_DEG), "deg") for how in SMOOTHINGS),
    beside=(Setting("center"),),
    pairs=tuple((_setting(noise, how), _setting(noise, "none")) for noise in NOISE_DEG for how in SMOOTHINGS if how != "none"),
)
QUICK = PROTOCOL.quick()
