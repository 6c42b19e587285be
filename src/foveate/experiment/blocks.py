"""One block or two?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "Gaze-VLM found two blocks best.",
    (
        GAZE,
        NO_LOSS,
        *(arm.called(f"{arm.name}, one block", blocks=1, worlds=WORLDS) for arm in (GAZE, NO_LOSS)),
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
    pairs=(("gaze, one block", "no loss, one block"),),
)
