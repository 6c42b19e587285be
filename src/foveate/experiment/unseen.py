"""Does what was learned in one kitchen hold in another?"""

from foveate.experiment.learner.arms import CEILING, CONTROLS, GAZE, NO_BLOCK, NO_IMAGE
from foveate.experiment.study import TrainingStudy

STUDY = TrainingStudy(
    "Trained in the toy kitchen, asked in the other world, whose narrations and gaze no arm and no base model ever "
    "saw (the encoder has seen its pictures). Gaze-VLM on EGTEA: .6501 to .7305 (future), .6963 to .7527 (activity).",
    (GAZE, NO_BLOCK, *CONTROLS, NO_IMAGE, CEILING),
    seeds=5,
    conditions=("other",),
)
