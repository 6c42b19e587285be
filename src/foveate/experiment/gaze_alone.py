"""Does gaze without narration help? It needs no annotator: every recording with a tracker has it."""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy

WORLDS = ("kitchen",)

STUDY = TrainingStudy(
    "The narrated clips stay 250 or 1,000; beside them come 1,000 clips of other recordings that have gaze and no "
    "narration, for the gaze loss alone. Neither paper asks this.",
    (
        GAZE.called("1,000 clips, 1,000 with gaze alone", gaze_clips=1000, worlds=WORLDS),
        GAZE.called("250 clips, 1,000 with gaze alone", clips=250, gaze_clips=1000, worlds=WORLDS),
        GAZE,
        GAZE.called("gaze, 250 clips", clips=250, worlds=WORLDS),
        NO_LOSS,
        NO_LOSS.called("no loss, 250 clips", clips=250, worlds=WORLDS),
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
    pairs=(
        ("250 clips, 1,000 with gaze alone", "gaze, 250 clips"),
        ("250 clips, 1,000 with gaze alone", "no loss, 250 clips"),
        ("250 clips, 1,000 with gaze alone", "no loss"),
    ),
)
