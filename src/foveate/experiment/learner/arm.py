"""One way of training the learner: what an experiment varies."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from foveate.experiment.learner.targets import Aim
from foveate.model.attention.block import Output, Query
from foveate.train.loss import Direction

GazeTold = Literal["", "words", "ring"]


@dataclass(frozen=True)
class Arm:
    """Everything that an arm's weights and answers depend on, apart from the seed."""

    name: str
    """How tables call it; nothing depends on it."""
    strength: float = 1.0
    """Of the gaze loss; 0 for none."""
    smoothing: float = 0.01
    direction: Direction = "attention_to_gaze"
    mode: Literal["block", "heads", "none"] = "block"
    """Whose attention: the block's, the language model's own, or no block at all."""
    query: Query = "global"
    output: Output = "token"
    blocks: int = 2
    aim: Aim = field(default_factory=Aim)
    """What the targets are."""
    clips: int = 1000
    """Narrated clips, of both tasks together."""
    gaze_clips: int = 0
    """Clips beside those, of other worlds, that have gaze and no narration: they bring the gaze loss alone."""
    told: GazeTold = ""
    """Gaze put into the prompt as words, or drawn on frames as a ring, in training and when asked."""
    pointed: bool = False
    """The learner is pointed at what is looked at, in training and when asked: the ceiling."""
    frames: Literal["all", "one", "none"] = "all"
    """All frames of a clip; one still, the middle one of an activity or the last one before the future; or blank ones."""
    later: bool = False
    """The future is asked for 5 s ahead."""
    joint: bool = False
    """The next second's gaze is predicted together with the text."""
    stand: bool = False
    """Trained on a camera on a stand."""
    worlds: tuple[str, ...] = ("kitchen", "other")
    """In which it is asked: validation, kitchen, other, third_person."""
    rate: float = 3e-4
    """Highest learning rate of the language model and the connector."""
    steps: int = 120

    @property
    def fingerprint(self) -> str:
        """Of what the result depends on."""
        settings = {key: value for key, value in asdict(self).items() if key != "name"}
        if not self.gaze_clips:
            del settings["gaze_clips"]  # came later: what was trained without it is kept
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]

    def called(self, name: str, **changes: Any) -> "Arm":
        """The same but for some settings; ``aim_*`` change its target."""
        aim = {key.removeprefix("aim_"): changes.pop(key) for key in list(changes) if key.startswith("aim_")}
        return replace(self, name=name, aim=replace(self.aim, **aim), **changes)
