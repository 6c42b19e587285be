"""The arms that many experiments share: the gaze arm, the controls, the floors and the ceiling; rates are those of `tuning`."""

from foveate.experiment.learner.arm import Arm

GAZE = Arm("gaze")
"""The paper's method as it stands here: block, global query, D_KL(A || H'), 200 ms with the occlusion check."""
NO_LOSS = GAZE.called("no loss", strength=0.0, rate=1e-3)
CENTER = GAZE.called("center prior", aim_control="center")
SHUFFLED = GAZE.called("another clip's gaze", aim_control="shuffled")
MEAN = GAZE.called("recording's mean map", aim_control="mean")
CONTROLS = (NO_LOSS, CENTER, SHUFFLED, MEAN)
"""The same block, steps and tuning, and not the wearer's gaze."""
NO_BLOCK = NO_LOSS.called("no block", mode="none")
NO_IMAGE = GAZE.called("no image", mode="none", strength=0.0, frames="none")
CEILING = GAZE.called("pointed at the truth", mode="none", strength=0.0, pointed=True)
"""Weights on what the wearer looked at, in training and when asked."""
