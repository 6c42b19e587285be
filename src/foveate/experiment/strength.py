"""How strong should the gaze loss be, under a correct KL and its smoothing?"""

from foveate.experiment.learner.arms import CEILING, CONTROLS, GAZE, NO_IMAGE
from foveate.experiment.study import TrainingStudy

STUDY = TrainingStudy(
    "How strong should the gaze loss be? Gaze-VLM found 100 best (future prediction .6317 / .7505 / .7354 SBERT at 0 "
    "/ 100 / 1000), with a loss whose second softmax makes it nearly zero. Here it is the KL of the paper's text; "
    "`gaze` has strength 1 and eps .01.",
    (
        GAZE,
        *(GAZE.called(f"strength {strength:g}", strength=strength) for strength in (0.01, 0.1, 10.0, 100.0)),
        *(GAZE.called(f"eps {eps:g}", smoothing=eps) for eps in (0.1, 0.001)),
        *CONTROLS,
        NO_IMAGE,
        CEILING,
    ),
    seeds=5,
)
