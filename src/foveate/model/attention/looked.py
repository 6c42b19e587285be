"""Where a model looked."""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class Looked:
    """Attention over the visual tokens of every frame, in one forward pass of a model; rows with fewer frames are padded."""

    attention: Float[Tensor, "batch frames patches"]
    """Sums to 1 over a frame's patches, 0 elsewhere; at least float32. A gaze loss acts on this."""
    present: Bool[Tensor, "batch frames patches"]
    """Which of them there are: a row may have fewer frames than another, and a frame fewer patches."""
