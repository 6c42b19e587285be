"""foveate ask: a question about a moment."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.groups import Correcting, Seeing, Speaking, grouped
from foveate.cli.options import Declare, Quiet, RecordingPath, declared

if TYPE_CHECKING:
    from foveate.model.model import Answer


@grouped
def command(
    rec: RecordingPath,
    speaking: Speaking,
    seeing: Seeing,
    correcting: Correcting,
    question: Annotated[str, typer.Argument(help="What to ask, in quotes.")],
    at: Annotated[float, typer.Option("--at", help="The moment, in seconds from the first frame.")],
    window: Annotated[float, typer.Option(help="Seconds before the moment that the model sees.")] = 5.0,
    max_new_tokens: Annotated[int, typer.Option(help="Longest answer, in tokens.")] = 128,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Ask about a moment; the answer streams."""
    from foveate.cli.models import model_for
    from foveate.description.ask import ask
    from foveate.description.description import notice_of
    from foveate.gaze.correction import corrected
    from foveate.predict import with_gaze
    from foveate.recording import open_recording

    asked = correcting.correction()
    recording = corrected(with_gaze(open_recording(rec, **declared(declare)), seeing.gaze), asked)
    device, dtype = speaking.device, speaking.dtype
    loaded = model_for(recording, speaking.model, send=speaking.send, device=device, dtype=dtype, quiet=quiet)
    if asked and not quiet:
        for note in recording.stream("correction").notes:
            print(f"! {note}", file=sys.stderr)
    pieces = ask(
        recording,
        question,
        at_s=at,
        window_s=window,
        model=loaded,
        send=speaking.send,
        view=seeing.view,
        size=seeing.size,
        fps=seeing.fps,
        frames=seeing.frames,
        budget_tokens=seeing.budget,
        max_new_tokens=max_new_tokens,
        hands=seeing.hands,
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
