"""Is it enough to tell the model where gaze was?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_BLOCK, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "Gaze put into the prompt, in training and when asked: as words (row and column of a 12 x 12 grid, a frame each) "
    "or as a ring on the frame; no block. `gaze` is not told gaze when asked. Gaze-VLM: text .7021, mark .6873, "
    "trained attention .7505, base .6525.",
    (
        GAZE,
        NO_BLOCK.called("gaze as words", told="words", worlds=WORLDS),
        NO_BLOCK.called("gaze as a ring", told="ring", aim_window="single", worlds=WORLDS),
        NO_BLOCK,
        NO_LOSS,
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
)
