"""One line of a Run: one sample, shown in one way to one model with one instruction."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from foveate.description.description import ShownFrame
from foveate.geometry import Box, Size, Warp
from foveate.geometry.magnification import Magnification

STANDING_IN = ("held", "center")
"""Sources of an aim that stand in for gaze where none was valid."""


class Key(NamedTuple):
    """What names a line within its Run."""

    sample: str
    shown: str
    model: str
    instruction: str


@dataclass(frozen=True, kw_only=True)
class RunLine:
    """What was asked about a sample, what was shown, what came back."""

    sample: str
    """The sample's name: the same however it is shown and to whomever, in this Run and in others."""
    shown: str
    """The way of showing, as the study names it: ``gaze``, ``center``, ``no image``, ``gaze, noise 4 deg``."""
    model: str
    """The model's name as the user gave it."""
    instruction: str
    """Name of the instruction: a key of PROMPTS, ``own`` for the sample's own question."""
    recording: str
    """Whose span it is: the unit of every test, unless participants are told."""
    participant: str = ""
    """Who wore it; empty where nobody told."""
    category: str = ""
    """What tables are split by: the user's column, or what the data set calls such a sample; empty for none."""
    task: str
    """Of the sample: activity, future, question or code."""
    start_s: float
    """Of the span, in seconds from the first scene frame."""
    stop_s: float
    """First instant outside."""
    asked: str
    """All words that were put to the model."""
    references: tuple[str, ...] = ()
    """Texts that a perfect model would answer; empty where there are none."""
    choices: tuple[str, ...] = ()
    """What a question lets one choose from."""
    answer: int | None = None
    """Place of the right choice."""
    objects: tuple[str, ...] = ()
    """What can be seen in the clip; empty where nobody told."""
    text: str | None = None
    """The answer; None where there is none."""
    reason: str | None = None
    """Why there is no answer."""
    frames: tuple[ShownFrame, ...] = ()
    """What was shown."""
    images_sha256: tuple[str, ...] = ()
    """Of every image that the model was given, in order: its shape and pixels (``image_hash``)."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Reason -> frames that should have been shown and were not."""
    visual_tokens: int | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    first_token_s: float | None = None
    """Seconds from the request to the first token; None where the answer was already known, or the model does not tell."""
    total_s: float | None = None
    """To the last one, of the whole batch where it was one of several; None where the answer was already known."""
    model_s: float | None = None
    """Its share of the seconds that the model worked on its batch; None where the answer was already known."""
    notes: tuple[str, ...] = ()
    """What the model's file had to do."""
    provenance: Mapping[str, str] = field(default_factory=dict)
    """What pins the model."""
    version: int | None = None
    """Place in the Run's ``versions`` of those that it was asked with; None where nothing was asked."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Score -> its value."""
    unscored: Mapping[str, str] = field(default_factory=dict)
    """Score -> why there is none."""

    @property
    def key(self) -> Key:
        return Key(self.sample, self.shown, self.model, self.instruction)

    @property
    def known(self) -> bool:
        """Whether the answer was there before it was asked for, so that nobody waited for it."""
        return self.text is not None and self.model_s is None

    @property
    def stood_in(self) -> int:
        """Frames whose aim was not the wearer's gaze of that moment but stood in for it."""
        return sum(frame.source in STANDING_IN for frame in self.frames)

    def without(self, names: Container[str]) -> "RunLine":
        """The same line without some of its scores, and without the reasons why they are missing."""
        scores = {name: value for name, value in self.scores.items() if name not in names}
        return replace(self, scores=scores, unscored={name: why for name, why in self.unscored.items() if name not in names})

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "RunLine":
        """What ``dataclasses.asdict`` and JSON made of a line.

        Raises:
            TypeError, ValueError, KeyError: where it is none.
        """
        lists = {each.name for each in fields(cls) if str(each.type).startswith("tuple")} - {"frames"}
        plain: dict[str, Any] = {name: tuple(value) if name in lists else value for name, value in told.items()}
        plain |= {"frames": tuple(frame_from_json(frame) for frame in told.get("frames", ()))}
        return cls(**plain)


def frame_from_json(told: Mapping[str, Any]) -> ShownFrame:
    """What ``dataclasses.asdict`` and JSON made of a shown frame."""
    return ShownFrame(
        **{
            **told,
            "aim_px": tuple(told["aim_px"]),
            "boxes_px": tuple(Box(*box) for box in told["boxes_px"]),
            "sizes_px": tuple(Size(*size) for size in told["sizes_px"]),
            "warps": tuple(_warp(warp) for warp in told.get("warps", ())),
            "notes": tuple(told.get("notes", ())),
        }
    )


def _warp(told: Mapping[str, Any] | None) -> Warp | None:
    return None if told is None else Warp(Magnification(**told["x"]), Magnification(**told["y"]))
