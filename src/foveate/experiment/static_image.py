"""What is left with a single still?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "One still in the place of three or five frames. Gaze-VLM asks it of its base.",
    (
        GAZE.called("one still, gaze", frames="one", worlds=WORLDS),
        NO_LOSS.called("one still, no loss", frames="one", worlds=WORLDS),
        GAZE,
        NO_LOSS,
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
)
