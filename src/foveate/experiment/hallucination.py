"""Does gaze keep a model from naming what is not there?"""

from foveate.experiment.learner.arms import CEILING, CONTROLS, GAZE, NO_BLOCK
from foveate.experiment.study import TrainingStudy

STUDY = TrainingStudy(
    "Which share of the answers names a thing that is not in view? Gaze-VLM: 41 of 200 answers without gaze, 28 with "
    "(Fisher's exact test of these numbers gives p = .11). The arms are those of `query`; see the last table of each "
    "condition.",
    (GAZE, NO_BLOCK, *CONTROLS, CEILING),
    seeds=5,
)
