"""The files of captions: what was asked and counted, every caption, and the samples made of them."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foveate.dataset.jsonl import write_jsonl
from foveate.description.caption import CaptionedSequence, Captioning, caption_samples, report
from foveate.description.cells import cell
from foveate.description.write import write_files

COLUMNS = ("time_s", "frame", "sequence", "caption", "flag", "sequence_dropped")
"""Of captions.csv."""


def write_captions(
    job: Captioning,
    sequences: Sequence[CaptionedSequence],
    folder: Path,
    *,
    participant: str,
    complete: bool,
    home: Path | None = None,
) -> dict[str, Any]:
    """Write captions.json, captions.csv and samples.jsonl; files of the same names are replaced.

    Args:
        job: what was asked.
        sequences: what came back.
        folder: made where it is missing.
        participant: who wore it.
        complete: whether that is all.
        home: where the folder will be moved to; paths in samples.jsonl count from there. None: it stays.

    Returns:
        The counts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = report(job, sequences, complete=complete)
    recording = job.viewer.recording
    told["counts"]["samples"] = 0
    if recording.path is not None:
        made = caption_samples(recording, sequences, participant=participant, fps=job.viewer.fps)
        told["counts"]["samples"] = write_jsonl(made, folder / "samples.jsonl", home=home)
    first_ns = int(recording.scene.time_ns[0])
    rows = [
        (f"{(caption.time_ns - first_ns) / 1e9:.3f}", caption.index, number, caption.text, caption.flag, sequence.dropped)
        for number, sequence in enumerate(sequences)
        for caption in sequence.captions
    ]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(value) for value in row] for row in rows)
    as_json = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    write_files(folder, {"captions.csv": table.getvalue(), "captions.json": as_json})
    return dict(told["counts"])
