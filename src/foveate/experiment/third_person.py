"""Does gaze teach a camera that nobody wears?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("third_person",)

STUDY = TrainingStudy(
    "Trained on a camera on a stand that sees all of the worktop, with the wearer's gaze mapped into it, and asked there.",
    tuple(arm.called(arm.name, stand=True, aim_window="single", worlds=WORLDS) for arm in (GAZE, NO_LOSS, CEILING)),
    seeds=2,
    conditions=WORLDS,
)
