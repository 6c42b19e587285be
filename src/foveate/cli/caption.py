"""foveate caption: reference texts for a recording that has none, by a named model."""

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Budget, Declare, Device, Dtype, Fps, Quiet, RecordingPath, Send, declared

if TYPE_CHECKING:
    from foveate.description.caption import CaptionedSequence, Captioning


def command(
    rec: RecordingPath,
    model: Annotated[str, typer.Option("--model", help="Who says it: hf:ID-OR-FOLDER, openai:MODEL@URL or mock.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the files; default: REC's name + -captions.")
    ] = None,
    fps: Fps = 1.0,
    start: Annotated[float | None, typer.Option(help="Seconds from the first frame; leave out what is before.")] = None,
    stop: Annotated[float | None, typer.Option(help="Seconds from the first frame; leave out what is after.")] = None,
    budget: Budget = None,
    participant: Annotated[str, typer.Option(help="Who wore it, for splits.")] = "",
    max_new_tokens: Annotated[int, typer.Option(help="Longest answer about ten images, in tokens.")] = 640,
    send: Send = False,
    device: Device = "auto",
    dtype: Dtype = "auto",
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Write reference texts: one sentence per second, shown ten at a time; what is unclear is flagged, dropped and counted."""
    from foveate.cli.models import model_for
    from foveate.cli.progress import progress
    from foveate.description.caption import captioning
    from foveate.description.write import check_folder
    from foveate.recording import open_recording

    recording = open_recording(rec, **declared(declare))
    loaded = model_for(recording, model, send=send, device=device, dtype=dtype, quiet=quiet)
    job = captioning(
        recording, loaded, fps=fps, start_s=start, stop_s=stop, budget_tokens=budget, max_new_tokens=max_new_tokens
    )
    folder = out or Path(f"{recording.name}-captions")
    check_folder(folder)
    done: list[CaptionedSequence] = []
    complete = True
    with progress("captioning", len(job.spans), quiet=quiet) as advance:
        try:
            for sequence in job.sequences():
                done.append(sequence)
                advance()
        except KeyboardInterrupt:
            if not done:
                raise
            complete = False
    counts = write(job, done, folder, participant=participant, complete=complete)
    if not quiet:
        print(
            "\n".join(f"{name:<55} {json.dumps(value) if isinstance(value, dict) else value}" for name, value in counts.items())
        )
        print(f"{'[toy model] ' if loaded.is_toy else ''}captions.json, captions.csv and samples.jsonl are in {folder}")
    if not complete:
        raise KeyboardInterrupt


def write(
    job: "Captioning", sequences: "list[CaptionedSequence]", folder: Path, *, participant: str, complete: bool
) -> dict[str, object]:
    """Write what was asked and counted, every caption, and the samples made of them.

    Returns:
        The counts.
    """
    from foveate.dataset.jsonl import write_jsonl
    from foveate.description.caption import caption_samples, report
    from foveate.description.write import write_files

    folder.mkdir(parents=True, exist_ok=True)
    told = report(job, sequences, complete=complete)
    recording = job.viewer.recording
    if recording.path is not None:
        made = caption_samples(recording, sequences, participant=participant, fps=job.viewer.fps)
        told["counts"]["samples"] = write_jsonl(made, folder / "samples.jsonl")
    first_ns = int(recording.scene.time_ns[0])
    rows = [
        (f"{(caption.time_ns - first_ns) / 1e9:.3f}", caption.index, number, caption.text, caption.flag, sequence.dropped)
        for number, sequence in enumerate(sequences)
        for caption in sequence.captions
    ]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerows([("time_s", "frame", "sequence", "caption", "flag", "sequence_dropped"), *rows])
    as_json = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    write_files(folder, {"captions.csv": table.getvalue(), "captions.json": as_json})
    return dict(told["counts"])
