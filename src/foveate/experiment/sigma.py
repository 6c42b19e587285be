"""How wide is the blob around a gaze point?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "How wide is a gaze point? `gaze` has 90 px of the scene's 1440, as 14 of 224. Gaze-VLM: 20 px of 224 best, 50 px"
    " worse; for single points .6211 and .6512.",
    (
        GAZE,
        *(GAZE.called(f"sigma {sigma:g} px", aim_sigma_px=sigma, worlds=WORLDS) for sigma in (45.0, 180.0)),
        NO_LOSS,
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
)
