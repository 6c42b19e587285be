"""foveate view: what views make of one frame, side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import CropSize, Declare, GazeFrom, HandsFile, Quiet, RecordingPath, declared
from foveate.errors import UsageError

if TYPE_CHECKING:
    from foveate.report.sheet import Sheet

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
"""Ending of the sheet's file -> what Pillow calls it."""


def command(
    rec: RecordingPath,
    out: Annotated[Path, typer.Option("-o", "--out", help="The contact sheet to write: .png or .jpg.")],
    at: Annotated[float, typer.Option("--at", help="Which frame, in seconds from the first.")] = 0.0,
    views: Annotated[str, typer.Option("--views", help="Names of views, with commas between; all of them by default.")] = "all",
    size: CropSize = "448",
    model: Annotated[
        str | None, typer.Option("--model", help="Whose visual tokens are counted, such as builtin; none by default.")
    ] = None,
    budget: Annotated[
        int | None, typer.Option("--budget", help="Greatest number of visual tokens per frame; needs --model.")
    ] = None,
    hands: HandsFile = None,
    gaze: GazeFrom = None,
    columns: Annotated[int | None, typer.Option("--columns", help="Pictures in a row; by default about a square.")] = None,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Draw a contact sheet: one frame, and what each view shows of it."""
    from foveate.cli.progress import working
    from foveate.description.budget import within_budget
    from foveate.model import load_model
    from foveate.predict import with_gaze
    from foveate.recording import open_recording
    from foveate.recording.gaze_source import gaze_notice
    from foveate.recording.hands_file import with_hands
    from foveate.report.sheet import view_sheet
    from foveate.view import make_view
    from foveate.view.fit import native

    check_out(out)
    if budget is not None and model is None:
        raise UsageError("--budget holds images to a model's visual tokens; say which with --model, such as --model builtin")
    if budget is not None and budget < 1:
        raise UsageError(f"--budget must be 1 visual token or more, got {budget}")
    names = listed(views)
    for name in names:
        make_view(name, size=size)  # a typo is told before anything is opened or loaded
    recording = with_gaze(open_recording(rec, **declared(declare)), gaze)
    recording = recording if hands is None else with_hands(recording, hands)
    counting = None
    if model is not None:
        with working(f"loading {model}", quiet=quiet):
            # only asked about sizes: no image is sent anywhere
            counting = load_model(model, send=False)
    fit = native if budget is None or counting is None else within_budget(counting, budget)
    makers = {name: make_view(name, size=size, fit=fit) for name in names}
    sheet = view_sheet(recording, makers, at_s=at, model=counting, columns=columns)
    write_sheet(sheet, out)
    if not quiet:
        print_sheet(sheet, out)
        for note in filter(None, [gaze_notice(recording), *recording.warnings]):
            print(f"! {note}")


def listed(views: str) -> list[str]:
    """The names of views out of a list with commas, each once.

    Raises:
        UsageError: where there is none.
    """
    from foveate.view import view_names

    names = [name.strip() for name in views.split(",") if name.strip()]
    if not names:
        raise UsageError(f"--views names no view; allowed: all, {', '.join(view_names())}")
    return list(view_names()) if names == ["all"] else list(dict.fromkeys(names))


def check_out(out: Path) -> None:
    """Refuse a file that could not be written, before anything is drawn.

    Raises:
        UsageError: for another ending, or a folder that is not there.
    """
    if out.suffix.lower() not in FORMATS:
        raise UsageError(f"-o takes a file that ends in {', '.join(FORMATS)}, got {out}")
    if not out.absolute().parent.is_dir() or out.is_dir():
        raise UsageError(f"{out} cannot be written: {'it is a folder' if out.is_dir() else 'its folder is not there'}")


def write_sheet(sheet: "Sheet", out: Path) -> None:
    """Write the picture whole."""
    import io

    from PIL import Image

    from foveate.job.disk import write_whole

    data = io.BytesIO()
    Image.fromarray(sheet.image).save(data, FORMATS[out.suffix.lower()], quality=80, optimize=True)
    write_whole(out, data.getvalue())


def print_sheet(sheet: "Sheet", out: Path) -> None:
    """One line per view: what it costs."""
    width = max(len(seen.name) for seen in sheet.seen)
    print(f"{out}: the frame at {sheet.time_s:.2f} s in {len(sheet.seen)} {'view' if len(sheet.seen) == 1 else 'views'}")
    for seen in sheet.seen:
        notes = "".join(f"; {note}" for note in seen.shown.frames[0].notes)
        print(f"  {seen.name:<{width}}  {seen.cost}{notes}")
