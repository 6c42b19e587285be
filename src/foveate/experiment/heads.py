"""Can the language model's own heads be told where to look, without a block?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_BLOCK
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "The language model's own attention, all heads and layers, from the answer's tokens to 16 tokens a frame, is told"
    " where gaze was; there is no block. Its grid is coarser, so its scores of attention do not compare with a "
    "block's.",
    (
        GAZE.called("heads, gaze", mode="heads", worlds=WORLDS),
        GAZE.called("heads, no loss", mode="heads", strength=0.0, worlds=WORLDS),
        GAZE,
        NO_BLOCK,
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
)
