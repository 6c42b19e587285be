"""foveate demo: the main job on a drawn recording whose truth is known."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Quiet

if TYPE_CHECKING:
    from foveate.description.description import Description
    from foveate.recording.recording import Recording
    from foveate.toykitchen.world import World

FPS = 10.0
"""Of the demo's video: enough for one frame a second, quick to draw."""


def command(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the recording and its description.")] = Path("demo"),
    seed: Annotated[
        int | None, typer.Option(help="Which toy kitchen; by default one that the model was not trained on.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Length of the recording.")] = 40.0,
    view: Annotated[str, typer.Option(help="What the model is shown: gaze, center, random or full.")] = "gaze",
    quiet: Quiet = False,
) -> None:
    """Draw a toy kitchen recording, describe it with the built-in model, and compare with the truth."""
    from foveate.cli.describe import tell_and_write
    from foveate.cli.progress import working
    from foveate.dataset.toykitchen import DEMO_SEED
    from foveate.description.describe import telling
    from foveate.description.write import check_folder
    from foveate.errors import require
    from foveate.model import load_model
    from foveate.recording import open_recording
    from foveate.toykitchen import World
    from foveate.view import make_view

    require("torch", "transformers")
    # before half a minute of drawing
    make_view(view)
    check_folder(out)
    world = World(DEMO_SEED if seed is None else seed, duration_s=seconds)
    recording = open_recording(_draw(world, out / f"toykitchen-{world.seed}-{seconds:g}s", quiet=quiet))
    with working("loading the built-in model", quiet=quiet):
        model = load_model("builtin")
    job = telling(recording, model, view=view, segment="events:*", prompt="activity", batch=8)
    description, stop = tell_and_write(job, out / "description", summary=False, quiet=quiet)
    if not quiet:
        _print_beside_truth(description, recording, out)
    if stop is not None:
        raise stop


def _draw(world: "World", folder: Path, *, quiet: bool) -> Path:
    """The world as a recording; one that was drawn before is taken as it is, since it appeared whole."""
    from foveate.cli.progress import progress
    from foveate.toykitchen import write_recording

    frames = round(world.duration_s * FPS)
    if not (folder / "foveate.toml").exists():
        with progress(f"drawing {frames} frames of 1440x1440", frames, quiet=quiet) as advance:
            write_recording(world, folder, fps=FPS, progress=lambda _done, _total: advance())
    return folder


def _print_beside_truth(description: "Description", recording: "Recording", out: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from foveate.cli.timeline import cost
    from foveate.clock import clock_text

    console = Console()
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("time", "what the model says", "what happened", ""):
        table.add_column(heading, overflow="fold")
    right = 0
    for span, event in zip(description.spans, recording.events, strict=True):
        same = span.text == event.text
        right += same
        mark = Text("same", style="green") if same else Text("differs", style="yellow")
        table.add_row(clock_text(span.start_s), Text(span.text or f"no answer: {span.reason}"), Text(event.text), mark)
    console.print(table)
    console.print(f"\n{right} of {len(description.spans)} sentences are the truth word for word. {cost(description)}.")
    console.print("The built-in model knows this drawn kitchen only; see foveate describe --help for real recordings.")
    console.print(Text(f"report: {out / 'description' / 'report.html'}"))
