"""foveate render: a recording as a video to look at."""

from pathlib import Path
from typing import Annotated

import typer

from foveate.cli.groups import Correcting, grouped
from foveate.cli.options import Declare, GazeFrom, Quiet, RecordingPath, declared


@grouped
def command(
    rec: RecordingPath,
    out: Annotated[Path, typer.Option("-o", "--out", help="The video to write: .mp4, .mov or .mkv.")],
    correcting: Correcting,
    what: Annotated[str, typer.Option(help="overlay, crop or side-by-side.")] = "overlay",
    size: Annotated[int, typer.Option(help="Side of the crop in pixels.")] = 448,
    start: Annotated[float | None, typer.Option(help="Seconds from the first frame; leave out what is before.")] = None,
    stop: Annotated[float | None, typer.Option(help="Seconds from the first frame; leave out what is after.")] = None,
    gaze: GazeFrom = None,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Write a recording as a video: gaze and crop drawn on it, the crop alone, or both side by side."""
    from foveate.cli.progress import progress
    from foveate.clock import Span, seconds_to_ns
    from foveate.gaze.correction import corrected
    from foveate.predict import with_gaze
    from foveate.recording import open_recording
    from foveate.recording.gaze_source import gaze_notice
    from foveate.report.render import render, timetable

    asked = correcting.correction()
    recording = corrected(with_gaze(open_recording(rec, **declared(declare)), gaze), asked)
    times = recording.scene.time_ns
    first, last = int(times[0]), int(times[-1])
    span = Span(first + seconds_to_ns(start or 0.0), last + 1 if stop is None else first + seconds_to_ns(stop))
    _, index, _ = timetable(times, span)
    with progress("rendering", len(index), quiet=quiet) as advance:
        done = render(recording, out, what=what, size_px=size, span=span, progress=advance)  # type: ignore[arg-type]  # checked there
    if quiet:
        return
    aims = ", ".join(f"{count} {source}" for source, count in done.aims.items())
    print(f"{done.path}: {done.frames} frames of {done.size_px[0]}x{done.size_px[1]} px at {done.fps:.2f} fps; gaze: {aims}")
    if done.repeated or done.left_out:
        print(f"its rate is constant, the scene's is not: {done.repeated} frames repeated, {done.left_out} left out")
    for note in filter(None, [gaze_notice(recording), *recording.warnings]):
        print(f"! {note}")
