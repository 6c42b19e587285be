"""How does what attention finds reach the language side?"""

from foveate.experiment.learner.arms import CEILING, GAZE, NO_LOSS
from foveate.experiment.study import TrainingStudy
from foveate.model.attention.block import Output

WORLDS = ("kitchen",)
OUTPUTS: tuple[Output, ...] = ("pooled", "scaled")

STUDY = TrainingStudy(
    "How does what the block finds reach the language model? `gaze` and `no loss` give it as one more token per "
    "frame; `pooled` adds it to the frame's tokens, `scaled` scales the tokens by their attention. The base model has"
    " learned to read one pooled token, which favours the first.",
    (
        GAZE,
        NO_LOSS,
        *(
            arm.called(f"{arm.name}, {output}", output=output, worlds=WORLDS)
            for output in ("pooled", "scaled")
            for arm in (GAZE, NO_LOSS)
        ),
        CEILING,
    ),
    seeds=2,
    conditions=WORLDS,
    pairs=tuple((f"gaze, {output}", f"no loss, {output}") for output in OUTPUTS),
)
