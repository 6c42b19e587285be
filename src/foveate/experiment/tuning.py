"""Which learning rate? The gaze arm and the arm without the loss, tuned alike, on worlds for validation."""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_IMAGE, NO_LOSS
from foveate.experiment.study import Study

RATES = (3e-4, 1e-3, 2e-3)
WORLDS = ("validation",)

STUDY = Study(
    "Which learning rate is used for all arms? Both arms had the same tuning runs; no test world was looked at.",
    (
        *(arm.called(f"{arm.name}, rate {rate:g}", rate=rate, worlds=WORLDS) for arm in (GAZE, NO_LOSS) for rate in RATES),
        NO_IMAGE.called(NO_IMAGE.name, worlds=WORLDS),
        CEILING.called(CEILING.name, worlds=WORLDS),
    ),
    seeds=1,
    conditions=WORLDS,
)
