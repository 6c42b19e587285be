"""Which learning rate has each arm? The gaze arm and the arm without the loss are tuned alike, on worlds for validation."""

from foveate.experiment.learner.arms import CEILING, CENTER, GAZE, MEAN, NO_IMAGE, NO_LOSS, SHUFFLED
from foveate.experiment.study import TrainingStudy

RATES = (1e-4, 3e-4, 1e-3, 2e-3)
WORLDS = ("validation",)

STUDY = TrainingStudy(
    "Each arm is trained at the rate that was best for it here: exact match, the mean of both tasks. The gaze arm and"
    " the arm without the loss had four tuning runs each, the other controls two. No test world was looked at.",
    (
        *(arm.called(f"{arm.name}, rate {rate:g}", rate=rate, worlds=WORLDS) for arm in (GAZE, NO_LOSS) for rate in RATES),
        *(
            arm.called(f"{arm.name}, rate {rate:g}", rate=rate, worlds=WORLDS)
            for arm in (CENTER, SHUFFLED, MEAN)
            for rate in RATES[1:3]
        ),
        NO_IMAGE.called(NO_IMAGE.name, worlds=WORLDS),
        CEILING.called(CEILING.name, worlds=WORLDS),
    ),
    seeds=1,
    conditions=WORLDS,
)
