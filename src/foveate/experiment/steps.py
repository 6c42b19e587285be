"""Does the gaze loss teach something else, or only sooner?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "Four times as many steps on the same clips: what the arm without the loss catches up with was only learned sooner.",
    (
        GAZE.called("gaze, 480 steps", steps=480, worlds=WORLDS),
        NO_LOSS.called("no loss, 480 steps", steps=480, worlds=WORLDS),
        GAZE,
        NO_LOSS,
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
)
