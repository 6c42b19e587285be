"""How much of the gaze before a frame belongs to it, and does the occlusion check pay?"""

from foveate.experiment.learner.arms import CEILING, CONTROLS, GAZE, NO_IMAGE
from foveate.experiment.study import TrainingStudy

STUDY = TrainingStudy(
    "How is gaze gathered? `gaze` takes 200 ms with the occlusion check. Gaze-VLM: 200 ms .7505, 400 ms .7398, no "
    "occlusion filter .7298, a single point .6211.",
    (
        GAZE,
        *(GAZE.called(window, aim_window=window) for window in ("single", "200 ms", "400 ms, occlusion")),
        *CONTROLS,
        NO_IMAGE,
        CEILING,
    ),
    seeds=5,
)
