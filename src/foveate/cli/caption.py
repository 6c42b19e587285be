"""foveate caption: reference texts for recordings that have none, by a named model."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foveate.cli.groups import Many, Speaking, grouped
from foveate.cli.options import Budget, Declare, Fps, Overwrite, Quiet, RecordingPaths, declared
from foveate.errors import ServerGoneError, UsageError

if TYPE_CHECKING:
    from foveate.batch.gather import Gathered
    from foveate.description.caption import CaptionedSequence


@grouped
def command(
    recordings: RecordingPaths,
    speaking: Speaking,
    many: Many,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the files; default: REC's name + -captions.")
    ] = None,
    fps: Fps = 1.0,
    start: Annotated[float | None, typer.Option(help="Seconds from the first frame; leave out what is before.")] = None,
    stop: Annotated[float | None, typer.Option(help="Seconds from the first frame; leave out what is after.")] = None,
    budget: Budget = None,
    participant: Annotated[str, typer.Option(help="Who wore it, for splits; a list's column participant goes first.")] = "",
    max_new_tokens: Annotated[int, typer.Option(help="Longest answer about ten images, in tokens.")] = 640,
    overwrite: Overwrite = False,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Write reference texts: one sentence per second, shown ten at a time; what is unclear is flagged, dropped and counted."""
    from foveate.cli.many import gathered, only_for_many

    if speaking.model is None:
        raise UsageError("captions are said by a named model; give --model: hf:ID-OR-FOLDER, openai:MODEL@URL or mock")
    how = {"fps": fps, "start_s": start, "stop_s": stop, "budget_tokens": budget, "max_new_tokens": max_new_tokens}
    found = gathered(recordings, declared(declare), command="caption", out=out)
    if not isinstance(found, Path):
        _many(found, out, {**how, "participant": participant}, speaking, many, quiet=quiet)
        return
    only_for_many(many)
    _one(found, out, how, speaking, declared(declare), participant=participant, overwrite=overwrite, quiet=quiet)


def _one(
    path: Path,
    out: Path | None,
    how: dict[str, Any],
    speaking: Speaking,
    declared: dict[str, str],
    *,
    participant: str,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Caption one recording; Ctrl-C, or a model that goes away, keeps the sequences that are done."""
    from foveate.cli.models import model_for
    from foveate.cli.progress import progress
    from foveate.description.caption import captioning
    from foveate.description.caption_files import write_captions
    from foveate.description.write import check_folder, check_free
    from foveate.recording import open_recording

    recording = open_recording(path, **declared)
    folder = out or Path(f"{recording.name}-captions")
    if not overwrite:
        check_free(folder)
    device, dtype = speaking.device, speaking.dtype
    model = model_for(recording, speaking.model, send=speaking.send, device=device, dtype=dtype, quiet=quiet)
    job = captioning(recording, model, **how)
    check_folder(folder)
    done: list[CaptionedSequence] = []
    stop: KeyboardInterrupt | ServerGoneError | None = None
    with progress("captioning", len(job.spans), quiet=quiet) as advance:
        try:
            for sequence in job.sequences():
                done.append(sequence)
                advance()
        except (KeyboardInterrupt, ServerGoneError) as stopping:
            if not done:
                raise
            stop = stopping
    counts = write_captions(job, done, folder, participant=participant, complete=stop is None)
    if not quiet:
        print(
            "\n".join(f"{name:<55} {json.dumps(value) if isinstance(value, dict) else value}" for name, value in counts.items())
        )
        print(f"{'[toy model] ' if model.is_toy else ''}captions.json, captions.csv and samples.jsonl are in {folder}")
    if isinstance(stop, ServerGoneError):
        raise ServerGoneError(f"{stop} {len(done)} of {len(job.spans)} sequences were captioned before; they are in {folder}")
    if stop is not None:
        raise stop


def _many(
    found: "Gathered", out: Path | None, settings: dict[str, Any], speaking: Speaking, many: Many, *, quiet: bool
) -> None:
    """Caption many recordings through a job."""
    from functools import partial

    from foveate.batch.caption import make_work
    from foveate.batch.outputs import RECORDINGS
    from foveate.batch.run import check_place
    from foveate.cli.many import run_many, speaker_for, tell_end

    folder = out or Path(f"{found.title}-captions")
    check_place(folder)
    speaker = speaker_for(found, speaking)
    settings = {"model": speaker.name, "dtype": speaker.dtype, **settings}
    work = partial(make_work, speaker=speaker, home=folder.absolute() / RECORDINGS)
    now = run_many("caption", found, folder, work, settings=settings, many=many, verb="captioning", quiet=quiet)
    tell_end(found, now, folder, done="captioned", quiet=quiet)
