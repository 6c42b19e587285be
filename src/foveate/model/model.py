"""What is asked of a model and what comes back; a model knows nothing of gaze."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from foveate.errors import ModelError, ServerGoneError
from foveate.geometry import Box, Size


class Region(NamedTuple):
    """Where an image lies on a picture that it is a part of, in shares of that picture's width and height."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, box_px: Box, picture_px: Size) -> "Region":
        """A box of pixels of a picture."""
        left, top, width, height = box_px
        return cls(left / picture_px[0], top / picture_px[1], width / picture_px[0], height / picture_px[1])


WHOLE = Region(0.0, 0.0, 1.0, 1.0)
"""All of a picture."""


@dataclass(frozen=True)
class TimedImage:
    """An image and when it was seen."""

    image: NDArray[np.uint8]
    """(height, width, 3) RGB."""
    time_s: float
    """Seconds from the start of the recording."""
    region: Region | None = None
    """Where it lies on the picture that it shares with others of its time; None where it stands alone."""

    @property
    def size_px(self) -> Size:
        return Size(self.image.shape[1], self.image.shape[0])


@dataclass(frozen=True)
class Turn:
    """One earlier exchange of a conversation."""

    question: str
    answer: str


@dataclass(frozen=True)
class Prompt:
    """An instruction and the images it is about, in order of time."""

    text: str
    images: tuple[TimedImage, ...] = ()
    history: tuple[Turn, ...] = ()
    """Earlier turns; their images are not shown again."""
    max_new_tokens: int = 128
    schema: Mapping[str, Any] | None = None
    """JSON schema of the answer, for models that can be held to one; the words ask for it too, since others go by these."""


@dataclass(frozen=True)
class Usage:
    """What an answer cost; None where a server does not say."""

    visual_tokens: int | None
    """Tokens that stand for the images, counted from what the processor made."""
    prompt_tokens: int | None
    """All tokens in, the visual ones included."""
    output_tokens: int | None


@dataclass(frozen=True)
class Answer:
    """A text and where it came from."""

    text: str
    model: str
    """The model's name as the user gave it."""
    usage: Usage
    first_token_s: float | None
    """Seconds from the request to the first token; None where answers come in one piece."""
    total_s: float
    """Seconds from the request to the last token (of the batch, where it was one of a batch)."""
    notes: tuple[str, ...] = ()
    """What the model's file had to do: splitting switched off, prompt shortened."""
    provenance: dict[str, str] = field(default_factory=dict)
    """What pins the model: weight hash, reported model, dtype, device, versions."""


UsualFrames = Mapping[str, tuple[int, int | None]]
"""Prompt name -> fewest and most frames of a span; None for no end."""


class Model(Protocol):
    """Answers prompts one by one, in batches or as a stream."""

    name: str
    """As the user gave it, such as ``hf:HuggingFaceTB/SmolVLM2-2.2B-Instruct``."""
    is_toy: bool
    """Whether its answers are no knowledge about the real world."""
    is_remote: bool
    """Whether images leave this machine."""
    usual_tokens: int | None
    """Visual tokens of the images that it was trained on most and is best at; None where any size will do."""
    usual_frames: UsualFrames
    """How many frames of a span it is made for with a prompt; empty where any number will do."""
    instructions: Mapping[str, str]
    """Prompt name -> the model's own wording, for a model that understands nothing else; empty where any text will do."""

    def visual_tokens(self, sizes_px: Sequence[Size]) -> list[int | None]:
        """Visual tokens that an image of each size would take; None where the model cannot tell."""
        ...

    def answer(self, prompt: Prompt) -> Answer:
        """Answer one prompt.

        Raises:
            ModelError: where the model cannot be reached or run.
        """
        ...

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        """Answer several prompts, in one batch or at the same time where the model can.

        Returns:
            One entry per prompt, in order: its answer, or the reason why it has none. An item that fails loses no other. A
            ServerGoneError says that no other prompt would fare better: those that were not asked have it too, and whoever has
            more of them stops.
        """
        ...

    def stream(self, prompt: Prompt) -> Iterator[str | Answer]:
        """Yield pieces of the text as they come, and the whole Answer last."""
        ...


def or_gone(answers: Sequence[Answer | ModelError]) -> Sequence[Answer | ModelError]:
    """What a model answered, where it is still there.

    Raises:
        ServerGoneError: where it is not.
    """
    for answer in answers:
        if isinstance(answer, ServerGoneError):
            raise answer
    return answers
