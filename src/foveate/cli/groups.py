"""Options that come together: a command takes a dataclass of them as one parameter, and each field is an option."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from foveate.cli.options import (
    Budget,
    CropSize,
    Device,
    Dtype,
    FixDrift,
    Fps,
    Frames,
    GazeFrom,
    HandsFile,
    ModelName,
    OffsetDeg,
    OffsetPx,
    Send,
    ViewName,
)

if TYPE_CHECKING:
    from foveate.gaze.correction import Correction


@dataclass(frozen=True)
class Speaking:
    """Who answers."""

    model: ModelName = None
    send: Send = False
    device: Device = "auto"
    dtype: Dtype = "auto"


@dataclass(frozen=True)
class Seeing:
    """What the model is shown."""

    view: ViewName = "gaze"
    size: CropSize = "448"
    fps: Fps = 1.0
    frames: Frames = "uniform"
    budget: Budget = None
    hands: HandsFile = None
    gaze: GazeFrom = None


@dataclass(frozen=True)
class Correcting:
    """What is done to gaze before it is used."""

    offset_px: OffsetPx = None
    offset_deg: OffsetDeg = None
    fix_drift: FixDrift = False

    def correction(self) -> "Correction":
        """The same, checked."""
        from foveate.gaze.correction import Correction, offset

        in_px, in_deg = (
            None if text is None else offset(option, text)
            for option, text in (("--offset-px", self.offset_px), ("--offset-deg", self.offset_deg))
        )
        return Correction(in_px, in_deg, self.fix_drift)


@dataclass(frozen=True)
class Many:
    """How many recordings are worked on; without meaning for one."""

    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Of many recordings: how many side by side; 1 by default, up to 4 where no model answers.",
        ),
    ] = None
    restart: Annotated[bool, typer.Option("--restart", help="Of many recordings: throw away what -o holds, begin anew.")] = (
        False
    )
    again: Annotated[bool, typer.Option("--again", help="Of many recordings: also try those again that failed.")] = False


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command as typer wants it: every field of its dataclass parameters as a parameter of its own."""
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, Any] = {
        name: each.annotation for name, each in signature.parameters.items() if is_dataclass(each.annotation)
    }
    flat: list[inspect.Parameter] = []
    for name, each in signature.parameters.items():
        if name not in groups:
            flat.append(each.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        hints = get_type_hints(groups[name], include_extras=True)
        flat += [
            inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
            for field in fields(groups[name])
        ]

    @wraps(command)
    def with_options(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        command(**given)

    with_options.__signature__ = signature.replace(parameters=flat)  # type: ignore[attr-defined]
    with_options.__annotations__ = {each.name: each.annotation for each in flat}
    return with_options
