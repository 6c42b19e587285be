"""Who should ask: the whole sequence, or each frame for itself?"""

from foveate.experiment.learner.arms import CEILING, CONTROLS, GAZE, NO_BLOCK, NO_IMAGE
from foveate.experiment.study import TrainingStudy

STUDY = TrainingStudy(
    "Who asks the patches? Gaze-VLM: frame query .7284, global query .7505, block and global query without the loss "
    ".6701, base .6525.",
    (GAZE, GAZE.called("frame query", query="frame"), NO_BLOCK, *CONTROLS, NO_IMAGE, CEILING),
    seeds=5,
)
