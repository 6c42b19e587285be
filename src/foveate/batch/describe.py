"""foveate describe for one recording of many."""

import hashlib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path

from foveate.batch.codes import coding_in, merged, told_of
from foveate.batch.entry import open_item
from foveate.batch.kind import rows_of
from foveate.batch.speaker import Speaker
from foveate.codes.coding import coded
from foveate.description.describe import Telling, check_limits, telling
from foveate.description.description import Description
from foveate.description.prompts import choose
from foveate.description.segments import check_segment, check_stretch
from foveate.description.write import COLUMNS as FILE_COLUMNS
from foveate.description.write import write
from foveate.job import Item, Json, Result, Work
from foveate.model.model import Model
from foveate.predict import files_of
from foveate.report.html import description_page
from foveate.view import make_view
from foveate.view.sampling import check_fps, sampling

__all__ = ["COLUMNS", "HOW", "file_marks", "job_of", "make_work", "merged", "rows"]

FILE, PAGE = "description.csv", "report.html"
COLUMNS = FILE_COLUMNS[1:]
"""Of description.csv, whose first names the recording."""
HOW = tuple(name for name, each in inspect.signature(telling).parameters.items() if each.kind is each.KEYWORD_ONLY)
"""Keywords of ``telling``: all of them, so that none is lost on the way."""
FILE_SUFFIXES = (".txt", ".md", ".csv", ".tsv")
"""Of prompts and segments that are files."""
FIRST_WORDS = 400
"""Letters of a summary or first answer that the index page shows."""


def make_work(settings: Mapping[str, Json], *, speaker: Speaker) -> Work:
    """Describe a recording, with the model loaded once.

    Args:
        settings: the keywords of ``telling`` (HOW); ``summary``; ``gaze``; ``correction``; ``codes``.
        speaker: the model, and what the answers do not depend on.
    """
    model = speaker.load()
    how = {name: settings[name] for name in HOW if name in settings}
    coding = coding_in(settings)
    # what is wrong for every recording is told once, and not by each of them
    choose(how["prompt"], model)
    if coding is not None:
        coding.check(model)
    make_view(how["view"], size=how["size"])
    check_fps(how["fps"])
    sampling(how["frames"])
    files_of(settings.get("gaze"))
    check_segment(how["segment"])
    check_stretch(how["start_s"], how["stop_s"])
    check_limits(**{name: how[name] for name in inspect.signature(check_limits).parameters})

    def work(item: Item, folder: Path) -> Json:
        recording = open_item(item, settings)
        whole = telling(recording, model, **how)
        job = whole if coding is None else coding.asked(whole)
        spans = list(job.spans())
        job.check_told(spans)
        description = job.finish(spans, summary=settings["summary"])
        told = _told(description, job.unusual)
        if coding is None:
            write(description, folder, also={PAGE: description_page(description, recording)})
            return told
        done = coded(description, job, coding, whole=whole)
        pages = {PAGE: description_page(description, recording)} if done.has_page else {}
        write(description, folder, also={**pages, **done.files(recording.name)})
        return told | told_of(done, told)

    return work


def job_of(item: Item, settings: Mapping[str, Json], model: Model) -> Telling:
    """What would be asked about a recording."""
    coding = coding_in(settings)
    job = telling(open_item(item, settings), model, **{name: settings[name] for name in HOW if name in settings})
    return job if coding is None else coding.asked(job)


def _told(description: Description, unusual: str) -> dict[str, Json]:
    """What the index page tells; without seconds, which differ from run to run."""
    totals = description.totals
    failed = [span for span in description.spans if span.text is None]
    reasons = [f"{totals.failed} of {totals.spans} spans have no answer; the first: {failed[0].reason}"] if failed else []
    text = description.summary or next((span.text for span in description.spans if span.text), "") or ""
    return {
        "device": description.recording["device"],
        "duration_s": description.recording["duration_s"],
        "told": f"{totals.described} of {totals.spans} spans",
        "text": text if len(text) <= FIRST_WORDS else f"{text[:FIRST_WORDS].rstrip()} ...",
        "notice": description.notice,
        "remarks": [
            *reasons,
            *([unusual] if unusual else []),
            *description.recording["warnings"],
            *([description.sent] if description.sent else []),
        ],
        "page": PAGE,
        "spans": totals.spans,
        "spans_failed": totals.failed,
    }


def rows(result: Result) -> Iterator[Mapping[str, Json]]:
    """One line per span."""
    return rows_of(result.file(FILE))


def file_marks(settings: Mapping[str, Json]) -> dict[str, Json]:
    """Checksums of the files that settings name: a batch goes on only with the same prompt, segments, hands and predictions."""
    named = [settings[name] for name in ("prompt", "segment") if settings[name]]
    files = [Path(name) for name in named if Path(name).suffix.lower() in FILE_SUFFIXES]
    files += [Path(settings["hands"])] if settings.get("hands") else []
    files += files_of(settings.get("gaze"))
    marks = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}
    return {"files": marks} if marks else {}
