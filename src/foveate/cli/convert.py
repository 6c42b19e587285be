"""foveate convert: a recording as a table that other programs read."""

from pathlib import Path
from typing import Annotated

import typer

from foveate.cli.options import Declare, Quiet, RecordingPath, declared


def command(
    rec: RecordingPath,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to make; it must not exist yet, or be empty.")],
    link: Annotated[bool, typer.Option("--link", help="Hard-link the video instead of copying it.")] = False,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Write a recording as Parquet tables and its own video; times, points, validity, events and camera stay as they are."""
    import sys

    from foveate.recording import open_recording
    from foveate.recording.convert import convert

    recording = open_recording(rec, **declared(declare))
    done = convert(recording, out, link=link)
    if quiet:
        return
    many = "video" if done.videos == 1 else "videos"
    print(f"{done.folder}: {done.videos} {many} {'linked' if link else 'copied'}, {done.frames} frame times", end=", ")
    print("no gaze" if done.samples is None else f"{done.samples} gaze samples", end=", ")
    print(f"{done.events} events, {'the' if done.camera else 'no'} camera calibration; read back and equal")
    for warning in recording.warnings:
        print(f"! {warning}", file=sys.stderr)
    if done.left_out:
        print(f"left out: {', '.join(done.left_out)}", file=sys.stderr)
