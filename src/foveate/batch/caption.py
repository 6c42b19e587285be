"""foveate caption for one recording of many."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from foveate.batch.entry import Entry, open_raw
from foveate.batch.kind import rows_of
from foveate.batch.outputs import SAMPLES
from foveate.batch.speaker import Speaker
from foveate.description.caption import captioning
from foveate.description.caption_files import COLUMNS as FILE_COLUMNS
from foveate.description.caption_files import write_captions
from foveate.description.description import notice_of
from foveate.errors import UsageError
from foveate.job import Item, Json, Result, Work
from foveate.recording.info import facts

HOW = ("fps", "start_s", "stop_s", "budget_tokens", "max_new_tokens")
"""Keywords of ``captioning``."""
COLUMNS = FILE_COLUMNS
FILE = "captions.csv"


def make_work(settings: Mapping[str, Json], *, speaker: Speaker, home: Path) -> Work:
    """Caption a recording, with the model loaded once.

    Args:
        settings: the keywords of ``captioning`` (HOW); ``participant``.
        speaker: the model, and what the answers do not depend on.
        home: where the folders of the recordings will lie: paths in samples.jsonl count from there.
    """
    model = speaker.load()

    def work(item: Item, folder: Path) -> Json:
        recording = open_raw(item)
        job = captioning(recording, model, **{name: settings[name] for name in HOW})
        sequences = list(job.sequences())
        participant = item.payload.get("participant") or settings["participant"]
        counts = write_captions(job, sequences, folder, participant=participant, complete=True, home=home / item.id)
        if not counts["images"]:
            raise UsageError(f"no frame of {recording.name} could be captioned: {sequences[0].dropped}")
        told = facts(recording)
        used = [caption.text for each in sequences if not each.dropped for caption in each.captions if not caption.flag]
        dropped = counts["sequences dropped"]
        return {
            "device": told["device"],
            "duration_s": told["duration_s"],
            "told": f"{counts['captions used']} of {counts['images']} captions used, {counts['samples']} samples",
            "text": used[0] if used else "",
            "notice": notice_of(model, recording),
            "remarks": [*([f"{dropped} of {counts['sequences']} sequences dropped"] if dropped else []), *told["warnings"]],
            "page": None,
        }

    return work


def rows(result: Result) -> Iterator[Mapping[str, Json]]:
    """One line per frame."""
    return rows_of(result.file(FILE))


def merged(made: Sequence[tuple[Entry, Result]], folder: Path) -> Mapping[str, bytes]:
    """All samples in one file, with paths that count from its folder."""
    lines = []
    for file in (file for _, result in made for file in result.files if file.name == SAMPLES):
        for text in file.read_text(encoding="utf-8").splitlines():
            sample = json.loads(text)
            sample["recording"] = os.path.relpath(os.path.normpath(file.parent / sample["recording"]), folder)
            lines.append(json.dumps(sample, ensure_ascii=False) + "\n")
    return {SAMPLES: "".join(lines).encode("utf-8")}
