"""foveate describe: what the wearer did, span by span."""

from pathlib import Path
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
    ModelName,
    OffsetDeg,
    OffsetPx,
    Quiet,
    RecordingPath,
    Send,
    ViewName,
    WithoutGaze,
    correction,
    declared,
)

if TYPE_CHECKING:
    from foveate.description.describe import Telling
    from foveate.description.description import Description


def command(
    rec: RecordingPath,
    model: ModelName = None,
    view: ViewName = "gaze",
    size: CropSize = "448",
    fps: Fps = 1.0,
    segment: Annotated[
        str, typer.Option(help="Seconds per span, events:NAME (* for any letters), or a CSV file with start_s and stop_s.")
    ] = "10",
    prompt: Annotated[str | None, typer.Option(help="task, activity, next, a .txt file, or the text itself.")] = None,
    start: Annotated[float | None, typer.Option(help="Seconds from the first frame; leave out what is before.")] = None,
    stop: Annotated[float | None, typer.Option(help="Seconds from the first frame; leave out what is after.")] = None,
    budget: Budget = None,
    without_gaze: WithoutGaze = "center",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the files; default: REC's name + -described.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="Spans asked at once; default 1, or 8 for a model that runs elsewhere.")
    ] = None,
    max_new_tokens: Annotated[int, typer.Option(help="Longest answer, in tokens.")] = 128,
    estimate: Annotated[bool, typer.Option("--estimate", help="Print spans, frames, tokens and hours, and stop.")] = False,
    summary: Annotated[bool, typer.Option(help="Ask the model to sum up its answers.")] = True,
    send: Send = False,
    device: Device = "auto",
    dtype: Dtype = "auto",
    offset_px: OffsetPx = None,
    offset_deg: OffsetDeg = None,
    fix_drift: FixDrift = False,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Describe what the wearer of a recording did, span by span."""
    from foveate.cli.models import model_for
    from foveate.description.describe import telling
    from foveate.gaze.correction import corrected
    from foveate.recording import open_recording

    asked = correction(offset_px, offset_deg, fix_drift)
    recording = corrected(open_recording(rec, **declared(declare)), asked)
    job = telling(
        recording,
        model_for(recording, model, send=send, device=device, dtype=dtype, quiet=quiet),
        view=view,
        size=size,
        fps=fps,
        segment=segment,
        prompt=prompt,
        start_s=start,
        stop_s=stop,
        budget_tokens=budget,
        without_gaze=without_gaze,  # type: ignore[arg-type]  # checked by telling, which names what is allowed
        batch=batch,
        max_new_tokens=max_new_tokens,
    )
    if estimate:
        _print_estimate(job)
        return
    _run(job, out or Path(f"{recording.name}-described"), summary=summary, quiet=quiet)


def _print_estimate(job: "Telling") -> None:
    from foveate.description.estimate import estimate

    guess = estimate(job)
    tokens = "unknown" if guess.visual_tokens is None else f"{guess.visual_tokens:,}"
    hours = f"{guess.hours:.2f} hours" if guess.hours >= 0.1 else f"{guess.hours * 3600:.0f} s"
    print(f"spans          {guess.spans}")
    print(f"frames         {guess.frames}")
    print(f"visual tokens  {tokens}")
    print(f"time           {hours} (from {guess.sampled_spans} spans that took {guess.sampled_s:.1f} s)")


def tell_and_write(job: "Telling", folder: Path, *, summary: bool, quiet: bool) -> "Description":
    """Run a telling with progress, write its files and its report; Ctrl-C keeps the spans that are done.

    Args:
        job: what to run.
        folder: where the files go.
        summary: whether the model is asked to sum up.
        quiet: whether to say nothing.

    Raises:
        UsageError: where no span at all has an answer.
    """
    from dataclasses import replace

    from foveate.cli.progress import progress
    from foveate.description.write import check_folder, write
    from foveate.errors import UsageError
    from foveate.report.html import description_page

    check_folder(folder)
    spans, complete = [], True
    with progress("describing", len(job.segments), quiet=quiet) as advance:
        try:
            for span in job.spans():
                spans.append(span)
                advance()
        except KeyboardInterrupt:
            if not spans:
                raise
            complete = False
    if complete and all(span.text is None for span in spans):
        name = job.viewer.recording.name
        raise UsageError(
            f"none of {len(spans)} spans of {name} could be described, so nothing was written; the first: {spans[0].reason}"
        )
    try:
        description = job.finish(spans, complete=complete, summary=summary)
    except KeyboardInterrupt:  # the answers are here: what was stopped is their summary
        description = replace(job.finish(spans, complete=complete, summary=False), summary_note="it was stopped")
    write(description, folder, also={"report.html": description_page(description, job.viewer.recording)})
    return description


def _run(job: "Telling", folder: Path, *, summary: bool, quiet: bool) -> None:
    from foveate.cli.timeline import print_description

    description = tell_and_write(job, folder, summary=summary, quiet=quiet)
    if not quiet:
        print_description(description, folder)
    if not description.complete:
        raise KeyboardInterrupt
