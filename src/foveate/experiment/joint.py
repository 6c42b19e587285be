"""Does it help to predict where gaze will be?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "A head predicts the next second's gaze together with the text.",
    (
        GAZE.called("gaze and next gaze", joint=True, worlds=WORLDS),
        NO_LOSS.called("next gaze, no loss on attention", joint=True, worlds=WORLDS),
        GAZE,
        NO_LOSS,
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
    pairs=(("next gaze, no loss on attention", "no loss"),),
)
