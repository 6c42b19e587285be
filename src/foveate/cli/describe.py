"""foveate describe: what the wearer did, span by span."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foveate.cli.coding import Labelling, run_coding
from foveate.cli.groups import Correcting, Many, Seeing, Speaking, grouped
from foveate.cli.options import Declare, Overwrite, Quiet, RecordingPaths, WithoutGaze, declared
from foveate.errors import ServerGoneError

if TYPE_CHECKING:
    from foveate.batch.gather import Gathered
    from foveate.batch.speaker import Speaker
    from foveate.description.describe import Telling
    from foveate.description.description import Description, SpanDescription
    from foveate.description.estimate import Estimate


@grouped
def command(
    recordings: RecordingPaths,
    speaking: Speaking,
    seeing: Seeing,
    correcting: Correcting,
    labelling: Labelling,
    many: Many,
    segment: Annotated[
        str, typer.Option(help="Seconds per span, events:NAME (* for any letters), or a CSV file with start_s and stop_s.")
    ] = "10",
    prompt: Annotated[str | None, typer.Option(help="task, activity, next, a .txt file, or the text itself.")] = None,
    start: Annotated[float | None, typer.Option(help="Seconds from the first frame; leave out what is before.")] = None,
    stop: Annotated[float | None, typer.Option(help="Seconds from the first frame; leave out what is after.")] = None,
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
    overwrite: Overwrite = False,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Describe what the wearer did, span by span: of one recording, or of many (docs/many.md)."""
    from foveate.cli.many import gathered, only_for_many
    from foveate.predict import files_of, from_anywhere, with_gaze

    files_of(seeing.gaze)  # what is wrong is told before anything is opened
    correction, coding = correcting.correction(), labelling.coding(prompt)
    how: dict[str, Any] = {
        **{"view": seeing.view, "size": seeing.size, "fps": seeing.fps, "frames": seeing.frames},
        **{
            "segment": segment,
            "prompt": None if coding else prompt,
            **({"hands": str(seeing.hands.absolute())} if seeing.hands else {}),
        },
        **{"start_s": start, "stop_s": stop, "budget_tokens": seeing.budget, "without_gaze": without_gaze},
        **{"batch": batch, "max_new_tokens": max_new_tokens},
    }
    found = gathered(recordings, declared(declare), command="describe", out=out)
    if not isinstance(found, Path):
        settings = {**how, "summary": summary and not coding, **({"correction": asdict(correction)} if correction else {})}
        settings |= {"codes": coding.to_dict()} if coding else {}
        settings |= {"gaze": from_anywhere(seeing.gaze)} if seeing.gaze else {}
        _many(found, out, settings, speaking, many, estimate=estimate, quiet=quiet)
        return
    only_for_many(many)
    from foveate.cli.models import model_for
    from foveate.description.describe import telling
    from foveate.description.estimate import estimate as sampled
    from foveate.description.write import check_free
    from foveate.gaze.correction import corrected
    from foveate.recording import open_recording

    recording = corrected(with_gaze(open_recording(found, **declared(declare)), seeing.gaze), correction)
    folder = out or Path(f"{recording.name}-described")
    if not estimate and not overwrite:
        check_free(folder)
    device, dtype = speaking.device, speaking.dtype
    model = model_for(recording, speaking.model, send=speaking.send, device=device, dtype=dtype, quiet=quiet)
    if coding:
        run_coding(recording, model, coding, how, folder, estimate=estimate, quiet=quiet)
        return
    job = telling(recording, model, **how)
    if estimate:
        print_estimate(sampled(job))
        return
    _run(job, folder, summary=summary, quiet=quiet)


def _many(
    found: "Gathered",
    out: Path | None,
    settings: dict[str, Any],
    speaking: Speaking,
    many: Many,
    *,
    estimate: bool,
    quiet: bool,
) -> None:
    """Describe many recordings through a job."""
    from functools import partial

    from foveate.batch.describe import file_marks, make_work
    from foveate.batch.run import check_place
    from foveate.cli.many import run_many, speaker_for, tell_end

    folder = out or Path(f"{found.title}-described")
    if not estimate:
        check_place(folder)
    speaker = speaker_for(found, speaking)
    if estimate:
        _estimate_many(found, speaker, settings, many.workers, quiet=quiet)
        return
    settings = {"model": speaker.name, "dtype": speaker.dtype, **settings, **file_marks(settings)}
    work = partial(make_work, speaker=speaker)
    now = run_many("describe", found, folder, work, settings=settings, many=many, verb="describing", quiet=quiet)
    told = {"done": "coded", "tables": "index.html, labels.csv and all.csv"} if "codes" in settings else {"done": "described"}
    tell_end(found, now, folder, **told, quiet=quiet)


def _estimate_many(
    found: "Gathered", speaker: "Speaker", settings: dict[str, Any], workers: int | None, *, quiet: bool
) -> None:
    from foveate.batch.estimate import estimate_batch
    from foveate.cli.progress import progress, working

    with working(f"loading {speaker.name}", quiet=quiet):
        model = speaker.load()
    with progress("counting", len(found.entries), quiet=quiet) as advance:
        guess = estimate_batch(found, model, settings=settings, on_recording=advance)
    print(f"recordings     {guess.recordings} of {len(found.entries)}")
    if guess.total is not None:
        print_estimate(guess.total, workers or 1)
    for name, reason in guess.failed:
        print(f"foveate: {name}: {reason}", file=sys.stderr)


def print_estimate(guess: "Estimate", workers: int = 1) -> None:
    tokens = "unknown" if guess.visual_tokens is None else f"{guess.visual_tokens:,}"
    hours = f"{guess.hours:.2f} hours" if guess.hours >= 0.1 else f"{guess.hours * 3600:.0f} s"
    side = f"; less with {workers} workers, at most {workers} times" if workers > 1 else ""
    print(f"spans          {guess.spans}")
    print(f"frames         {guess.frames}")
    print(f"visual tokens  {tokens}")
    print(f"time           {hours} (from {guess.sampled_spans} spans that took {guess.sampled_s:.1f} s){side}")


def tell_and_write(
    job: "Telling",
    folder: Path,
    *,
    summary: bool,
    quiet: bool,
    files: "Callable[[Description], Mapping[str, str]] | None" = None,
) -> "tuple[Description, KeyboardInterrupt | ServerGoneError | None]":
    """Run a telling with progress, write its files and its report; Ctrl-C, or a model that goes away, keeps what is done.

    Args:
        job: what to run.
        folder: where the files go.
        summary: whether the model is asked to sum up.
        quiet: whether to say nothing.
        files: makes what is written beside the description, name -> text; None for its report.

    Returns:
        The description, and what stopped it before its last span, to be raised when it has been told; None where nothing did.

    Raises:
        UsageError: where no span at all has an answer.
    """
    from dataclasses import replace

    from foveate.cli.progress import progress
    from foveate.description.write import check_folder, write
    from foveate.report.html import description_page

    check_folder(folder)
    if not quiet and (unusual := job.unusual):
        print(f"foveate: {unusual}", file=sys.stderr)
    spans: list[SpanDescription] = []
    stop: KeyboardInterrupt | ServerGoneError | None = None
    with progress("describing", len(job.segments), quiet=quiet) as advance:
        try:
            for span in job.spans():
                spans.append(span)
                advance()
        except (KeyboardInterrupt, ServerGoneError) as stopping:
            if not spans:
                raise
            stop = stopping
    if stop is None:
        job.check_told(spans)
    elif isinstance(stop, ServerGoneError):
        stop = ServerGoneError(f"{stop} {len(spans)} of {len(job.segments)} spans were told before; they are in {folder}")
    try:
        description = job.finish(spans, complete=stop is None, summary=summary)
    except KeyboardInterrupt:  # the answers are here: what was stopped is their summary
        description = replace(job.finish(spans, complete=stop is None, summary=False), summary_note="it was stopped")
    pages = {"report.html": description_page(description, job.viewer.recording)} if files is None else files(description)
    write(description, folder, also=pages)
    return description, stop


def _run(job: "Telling", folder: Path, *, summary: bool, quiet: bool) -> None:
    from foveate.cli.timeline import print_description

    description, stop = tell_and_write(job, folder, summary=summary, quiet=quiet)
    if not quiet:
        print_description(description, folder)
    if stop is not None:
        raise stop
