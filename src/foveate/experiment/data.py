"""How much text does gaze replace?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)
CLIPS = (250, 500, 2000)

STUDY = TrainingStudy(
    "The same with 250 to 2,000 narrated clips (of both tasks together). `gaze` and `no loss` have 1,000.",
    (
        GAZE,
        NO_LOSS,
        *(arm.called(f"{arm.name}, {clips} clips", clips=clips, worlds=WORLDS) for clips in CLIPS for arm in (GAZE, NO_LOSS)),
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
    pairs=tuple((f"gaze, {clips} clips", f"no loss, {clips} clips") for clips in CLIPS),
)
