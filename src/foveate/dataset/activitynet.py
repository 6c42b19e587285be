"""ActivityNet Captions: third-person videos, for what holds without a wearer. It has no gaze and no participants.

Source: the published ``train.json``, ``val_1.json`` and ``val_2.json``: video -> duration, timestamps, sentences. Some spans
reach beyond their video: they are cut to it; some stop before they start: they are left out.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foveate.dataset.annotations import objects, read_json, seconds, span_of, text_of
from foveate.dataset.library import Library, videos_under
from foveate.dataset.sample import Sample
from foveate.recording import table

LOOKS_FOR = "ActivityNet Captions: train.json with val_1.json beside it, in the folder or in captions/"
TASKS = ("activity",)

FILES = {"train.json": "train", "val_1.json": "validation", "val_2.json": "validation"}
ANNOTATIONS = tuple(FILES)
FOLDERS = ("", "captions")


def detect(folder: Path) -> bool:
    """Whether a folder has ActivityNet's captions; val_1.json tells them from other files called train.json."""
    return any((folder / place / "val_1.json").is_file() for place in FOLDERS)


def samples(folder: Path, *, tasks: tuple[str, ...], videos: Path | None, left_out: "Counter[str]") -> Iterator[Sample]:
    """Per sentence an activity over its span. The participant is the video itself: nobody else is told."""
    library = Library(
        videos_under(videos or folder),
        table.open_path,
        format="table",
        hint="Put the video, such as v_QOlSCBRmfWY.mp4, into videos/.",
    )
    for name, side in FILES.items():
        for file in (folder / place / name for place in FOLDERS):
            if file.is_file():
                yield from _samples(file, side, library, left_out)


def _samples(file: Path, side: str, library: Library, left_out: "Counter[str]") -> Iterator[Sample]:
    for video, entry in objects(read_json(file), what="the file", file=file).items():
        told = entry if isinstance(entry, dict) else {}
        texts, spans, duration_s = told.get("sentences"), told.get("timestamps"), seconds(told.get("duration"))
        if not isinstance(texts, list) or not isinstance(spans, list) or len(texts) != len(spans):
            left_out["videos without as many sentences as timestamps"] += 1
            continue
        for place, (text, times) in enumerate(zip(texts, spans, strict=True)):
            start_s, stop_s = map(seconds, times) if isinstance(times, list) and len(times) == 2 else (None, None)
            if stop_s is not None and duration_s is not None:
                stop_s = min(stop_s, duration_s)
            span = span_of(start_s, stop_s)
            if span is None or not text_of(text):
                left_out["sentences without a span inside their video, or without text"] += 1
                continue
            yield Sample(
                library(video), span, "activity", text_of(text), video, "activity",
                id=f"{file.stem}/{video}/{place}", kind="caption", side=side,
            )  # fmt: skip


def facts(folder: Path) -> dict[str, Any]:
    """Nothing beside the samples."""
    return {}
