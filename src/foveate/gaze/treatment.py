"""What is done to measured gaze before it is used in a study: made worse, then made steadier."""

import zlib
from dataclasses import dataclass, fields

from foveate.gaze.clean import clean_recording
from foveate.gaze.correction import MOVED_WITH_GAZE
from foveate.gaze.degrade import check_amounts, degrade
from foveate.gaze.smoothing import check_smoothing, smoothed
from foveate.recording.recording import Recording


@dataclass(frozen=True)
class Treatment:
    """Amounts of error, delay and loss, and a way of smoothing; nothing by default."""

    noise_px: float = 0.0
    """Error that every sample draws for itself, standard deviation on each axis."""
    noise_deg: float = 0.0
    """The same in degrees of visual angle, through the scene camera's calibration."""
    bias_px: float = 0.0
    """Error that all samples of a recording share."""
    bias_deg: float = 0.0
    """The same in degrees of visual angle."""
    delay_ms: float = 0.0
    """How much too late gaze is stamped."""
    loss: float = 0.0
    """Share of the samples that are lost."""
    burst_ms: float = 0.0
    """Samples are lost together in stretches of this length; 0 loses each for itself."""
    smoothing: str = "none"
    """A key of SMOOTHINGS."""

    def __post_init__(self) -> None:
        check_amounts(**self.amounts)
        check_smoothing(self.smoothing)

    @property
    def amounts(self) -> dict[str, float]:
        """What ``degrade`` takes, by name."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "smoothing"}

    def __bool__(self) -> bool:
        return self != Treatment()

    def __str__(self) -> str:
        """What differs from gaze as it was recorded, in a few words."""
        told = {
            "noise": f"noise {self.noise_px:g} px" if self.noise_px else f"noise {self.noise_deg:g} deg",
            "bias": f"bias {self.bias_px:g} px" if self.bias_px else f"bias {self.bias_deg:g} deg",
            "delay": f"{self.delay_ms:g} ms late",
            "loss": f"{self.loss:.0%} lost" + (f" in bursts of {self.burst_ms:g} ms" if self.burst_ms else ""),
            "smoothing": self.smoothing,
        }
        done = {
            "noise": self.noise_px or self.noise_deg,
            "bias": self.bias_px or self.bias_deg,
            "delay": self.delay_ms,
            "loss": self.loss,
            "smoothing": self.smoothing != "none",
        }
        return ", ".join(text for name, text in told.items() if done[name])


def treated(recording: Recording, treatment: Treatment, *, seed: int = 0) -> Recording:
    """The recording with its gaze treated; what was done stands in the notes of its gaze.

    Gaze is cleaned before it is made worse, and the vendor's own fixations and blinks, found in what it was, are left out.
    The draws are those of the seed and the recording's name, so that every recording has its own, and the same ones whatever
    the amounts.

    Args:
        recording: with gaze; with a calibration where an amount is in degrees.
        treatment: what to do; nothing gives back the same recording.
        seed: of all draws.

    Raises:
        RecordingError: where there is no gaze.
        UsageError: for degrees without a calibration.
    """
    amounts = treatment.amounts
    if any(amounts.values()):
        camera = recording.camera if treatment.noise_deg or treatment.bias_deg else None
        seeds = (seed, zlib.crc32(recording.name.encode("utf-8", "surrogatepass")))
        worse = degrade(clean_recording(recording), **amounts, camera=camera, seed=seeds)
        recording = recording.replaced({"gaze": worse}, without=MOVED_WITH_GAZE)
    if treatment.smoothing != "none":
        recording = recording.replaced({"gaze": smoothed(recording, treatment.smoothing)})
    return recording
