"""And five seconds ahead?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "The future is asked for 5 s after the clip's end in place of the action that has just begun. Gaze-VLM: .6297 to .7315.",
    (
        GAZE.called("gaze, 5 s ahead", later=True, worlds=WORLDS),
        NO_LOSS.called("no loss, 5 s ahead", later=True, worlds=WORLDS),
        CEILING.called(CEILING.name, later=True, worlds=WORLDS),
    ),
    seeds=2,
    conditions=WORLDS,
)
