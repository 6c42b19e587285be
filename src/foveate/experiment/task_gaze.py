"""Does a task's own gaze teach better than somebody else's?"""

from foveate.experiment.learner.arms import CEILING, CENTER, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "`gaze` is the wearer's while doing things. In its place: gaze that searches (any thing in view) and gaze of "
    "somebody who watches (spread and dwelling alike, independent of what is done); and the static prior.",
    (
        GAZE,
        *(GAZE.called(f"{whose} gaze", aim_task_gaze=whose, worlds=WORLDS) for whose in ("search", "passive viewing")),
        CENTER,
        NO_LOSS,
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
)
