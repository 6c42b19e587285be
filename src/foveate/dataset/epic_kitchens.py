"""EPIC-KITCHENS-100: its narrated actions. It has no gaze: only the views full, center and random can be made of it.

Source: the data set's ``EPIC_100_train.csv`` and ``EPIC_100_validation.csv``.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foveate.dataset.annotations import before, read_rows, seconds, span_of, text_of
from foveate.dataset.library import Library, videos_under
from foveate.dataset.sample import Sample
from foveate.recording import table

LOOKS_FOR = "EPIC-KITCHENS-100: EPIC_100_train.csv or EPIC_100_validation.csv"
TASKS = ("activity", "future")

FILES = {"EPIC_100_train.csv": "train", "EPIC_100_validation.csv": "validation"}
ANNOTATIONS = tuple(FILES)
FOLDERS = ("", "epic-kitchens-100-annotations", "annotations")
WANTED = ("narration_id", "participant_id", "video_id", "start_timestamp", "stop_timestamp", "narration")


def detect(folder: Path) -> bool:
    """Whether a folder has EPIC-KITCHENS-100's narrations."""
    return bool(_files(folder))


def samples(folder: Path, *, tasks: tuple[str, ...], videos: Path | None, left_out: "Counter[str]") -> Iterator[Sample]:
    """Per narrated action an activity over its span and, from 5 s on, a future (the 5 s before it)."""
    library = Library(
        videos_under(videos or folder),
        table.open_path,
        format="table",
        hint="Download EPIC-KITCHENS' videos, such as P01_01.MP4.",
    )
    for file, side in _files(folder):
        for row in read_rows(file, WANTED):
            start_s = seconds(row.get("start_timestamp"))
            span = span_of(start_s, seconds(row.get("stop_timestamp")))
            text, video = text_of(row.get("narration")), row.get("video_id", "")
            if span is None or start_s is None or not text or not video:
                left_out["narrations without a video, span or text"] += 1
                continue
            recording, who, name = library(video), row.get("participant_id", ""), row["narration_id"]
            if "activity" in tasks:
                yield Sample(
                    recording, span, "activity", text, who, "activity", id=f"{name}/activity", kind="narration", side=side
                )
            seen = before(start_s)
            if "future" in tasks and seen is not None:
                yield Sample(recording, seen, "next", text, who, "future", id=f"{name}/future", kind="narration", side=side)


def facts(folder: Path) -> dict[str, Any]:
    """Nothing beside the samples."""
    return {}


def _files(folder: Path) -> list[tuple[Path, str]]:
    found = [(folder / place / name, side) for name, side in FILES.items() for place in FOLDERS]
    return [(file, side) for file, side in found if file.is_file()]
