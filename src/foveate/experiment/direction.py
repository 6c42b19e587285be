"""Which way round should the divergence be taken?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "D_KL(A || H'), as in the paper, or D_KL(H' || A), or a squared error (whose numbers are smaller, hence its strength)?",
    (
        GAZE,
        GAZE.called("gaze to attention", direction="gaze_to_attention", worlds=WORLDS),
        GAZE.called("squared error, strength 1000", direction="mse", strength=1000.0, worlds=WORLDS),
        NO_LOSS,
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
)
