"""foveate ask: a question about a moment."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import (
    Budget,
    CropSize,
    Declare,
    Device,
    Dtype,
    FixDrift,
    Fps,
    Frames,
    HandsFile,
    ModelName,
    OffsetDeg,
    OffsetPx,
    Quiet,
    RecordingPath,
    Send,
    ViewName,
    correction,
    declared,
)

if TYPE_CHECKING:
    from foveate.model.model import Answer


def command(
    rec: RecordingPath,
    question: Annotated[str, typer.Argument(help="What to ask, in quotes.")],
    at: Annotated[float, typer.Option("--at", help="The moment, in seconds from the first frame.")],
    window: Annotated[float, typer.Option(help="Seconds before the moment that the model sees.")] = 5.0,
    model: ModelName = None,
    view: ViewName = "gaze",
    size: CropSize = "448",
    fps: Fps = 1.0,
    frames: Frames = "uniform",
    budget: Budget = None,
    hands: HandsFile = None,
    max_new_tokens: Annotated[int, typer.Option(help="Longest answer, in tokens.")] = 128,
    send: Send = False,
    device: Device = "auto",
    dtype: Dtype = "auto",
    offset_px: OffsetPx = None,
    offset_deg: OffsetDeg = None,
    fix_drift: FixDrift = False,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Ask about a moment; the answer streams."""
    from foveate.cli.models import model_for
    from foveate.description.ask import ask
    from foveate.description.description import notice_of
    from foveate.gaze.correction import corrected
    from foveate.recording import open_recording

    asked = correction(offset_px, offset_deg, fix_drift)
    recording = corrected(open_recording(rec, **declared(declare)), asked)
    loaded = model_for(recording, model, send=send, device=device, dtype=dtype, quiet=quiet)
    if asked and not quiet:
        for note in recording.stream("correction").notes:
            print(f"! {note}", file=sys.stderr)
    pieces = ask(
        recording,
        question,
        at_s=at,
        window_s=window,
        model=loaded,
        send=send,
        view=view,
        size=size,
        fps=fps,
        frames=frames,
        budget_tokens=budget,
        max_new_tokens=max_new_tokens,
        hands=hands,
    )
    notice = notice_of(loaded, recording)
    before = f"[{notice}] " if notice else ""
    for piece in pieces:
        if isinstance(piece, str):
            print(before + piece, end="", flush=True)
            before = ""
        else:
            print()
            if not quiet:
                _print_cost(piece)


def _print_cost(answer: "Answer") -> None:
    tokens = "unknown" if answer.usage.visual_tokens is None else answer.usage.visual_tokens
    first = "" if answer.first_token_s is None else f"first token after {answer.first_token_s:.2f} s, "
    notes = "".join(f"; {note}" for note in answer.notes)
    print(f"{answer.model}: {tokens} visual tokens, {first}{answer.total_s:.2f} s{notes}", file=sys.stderr)
