"""foveate convert: a recording as a table that other programs read."""

from pathlib import Path
from typing import Annotated

import typer

from foveate.cli.options import Declare, Quiet, RecordingPath, declared


def command(
    rec: RecordingPath,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to make; it must not exist yet, or be empty.")],
    link: Annotated[bool, typer.Option("--link", help="Hard-link the video instead of copying it.")] = False,
    video: Annotated[
        bool, typer.Option("--video/--no-video", help="Whether the video goes along; gaze does in any case.")
    ] = True,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Write a recording as Parquet tables and its own video, equal to the last bit."""
    import sys

    from foveate.recording import open_recording
    from foveate.recording.beside import COUNTED
    from foveate.recording.convert import convert

    recording = open_recording(rec, **declared(declare))
    done = convert(recording, out, link=link, video=video)
    if quiet:
        return
    said = [f"{done.videos} video{'s' * (done.videos != 1)} {'linked' if link else 'copied'}" if done.videos else "no video"]
    said += [f"{done.frames} frame times"] + ([] if "gaze" in done.rows else ["no gaze"])
    said += [f"{rows} {name}{'' if name in COUNTED else ' samples'}" for name, rows in done.rows.items()]
    said += ["the camera calibration" if done.camera else "no camera calibration"]
    print(f"{done.folder}: {', '.join(said)}; read back and equal")
    for warning in recording.warnings:
        print(f"! {warning}", file=sys.stderr)
    for what in done.left_out:
        print(f"left out: {what}", file=sys.stderr)
