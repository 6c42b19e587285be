"""From where on does bad gaze hurt?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "The gaze that is trained with has an error that a whole recording keeps (standard deviation on each axis), comes"
    " late, or is lost in a share of the frames; beyond the tracker's own (.6 degrees, 5%). No gaze is given when "
    "asked.",
    (
        GAZE,
        *(GAZE.called(f"error {error:g} degrees", aim_error_deg=error, worlds=WORLDS) for error in (2.0, 4.0, 8.0)),
        *(GAZE.called(f"{late:g} ms late", aim_latency_ms=late, worlds=WORLDS) for late in (250.0, 500.0)),
        *(GAZE.called(f"{share:.0%} lost", aim_loss=share, worlds=WORLDS) for share in (0.4, 0.8)),
        NO_LOSS,
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
)
