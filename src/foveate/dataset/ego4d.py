"""Ego4D: its narrations, for all videos or those with gaze.

Source: the data set's annotation schemas. ``narration.json`` has, for every video, up to two passes of narrations, each of an
instant. ``#C`` begins what the camera's wearer does, ``#O`` what others do; ``#unsure`` stands for what could not be told.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foveate.dataset.annotations import around, before, items, objects, read_json, seconds, sentence, text_of
from foveate.dataset.library import Library, videos_under
from foveate.dataset.sample import Sample
from foveate.errors import RecordingError
from foveate.recording import columns, ego4d

LOOKS_FOR = "Ego4D: narration.json in the folder, v1/annotations or v2/annotations"
TASKS = ("activity", "future")

NARRATIONS = "narration.json"
METADATA = "ego4d.json"
ANNOTATIONS = (NARRATIONS,)
FOLDERS = ("", "annotations", "v2/annotations", "v1/annotations", "v2_1/annotations")
PASSES = ("narration_pass_1", "narration_pass_2")
WEARER = re.compile(r"^#C\s+C\b\s*", re.IGNORECASE)
PREFER = ("full_scale", "full_scale.gaze", "gaze_videos", "video_540ss")
"""Of several copies of a video, the largest; clips have names of their own."""
UNSURE = "#unsure"


def detect(folder: Path) -> bool:
    """Whether a folder has Ego4D's narrations."""
    return _file(folder, NARRATIONS) is not None


def samples(folder: Path, *, tasks: tuple[str, ...], videos: Path | None, left_out: "Counter[str]") -> Iterator[Sample]:
    """Per narration an activity (3 s around it) and, from 5 s on, a future (the 5 s before it)."""
    file = _file(folder, NARRATIONS) or folder / NARRATIONS
    found = objects(read_json(file), what="the file", file=file)
    narrated = objects(found.get("videos", found), what="'videos'", file=file)
    library = Library(
        videos_under(videos or folder, prefer=PREFER, skip=("gaze",)),
        ego4d.open_path,
        format="ego4d",
        hint="Download it with: ego4d --datasets full_scale --video_uids UID.",
    )
    people = _participants(folder)
    for uid, entry in narrated.items():
        if not isinstance(entry, dict):
            left_out["videos whose entry is no JSON object"] += 1
            continue
        if text_of(entry.get("status")) == "redacted":
            left_out["videos whose narrations are redacted"] += 1
            continue
        for number, one_pass in enumerate(PASSES, start=1):
            told = entry.get(one_pass)
            for place, narration in enumerate(items(told.get("narrations")) if isinstance(told, dict) else []):
                yield from _samples(library, uid, f"{uid}/{number}/{place}", narration, people.get(uid, ""), tasks, left_out)


def _samples(
    library: Library, uid: str, name: str, narration: Any, participant: str, tasks: tuple[str, ...], left_out: "Counter[str]"
) -> Iterator[Sample]:
    told = narration if isinstance(narration, dict) else {}
    instant_s, text = seconds(told.get("timestamp_sec")), text_of(told.get("narration_text"))
    if instant_s is None or not text:
        left_out["narrations without a time or text"] += 1
    elif UNSURE in text.lower():
        left_out["narrations with #unsure"] += 1
    elif not WEARER.match(text):
        left_out["narrations of what others do (not #C C)"] += 1
    else:
        reference = sentence(WEARER.sub("", text))
        recording = library(uid)
        if "activity" in tasks:
            span = around(instant_s)
            yield Sample(
                recording, span, "activity", reference, participant, "activity", id=f"{name}/activity", kind="narration"
            )
        seen = before(instant_s)
        if "future" in tasks and seen is not None:
            yield Sample(recording, seen, "next", reference, participant, "future", id=f"{name}/future", kind="narration")


def facts(folder: Path) -> dict[str, Any]:
    """How many videos have gaze: by the metadata, by files, by what can be read of them, and together with their video."""
    told: dict[str, Any] = {}
    metadata = _metadata(folder)
    if metadata:
        told["videos in ego4d.json"] = len(metadata)
        told["videos that ego4d.json says have gaze"] = sum(video.get("has_gaze") is True for video in metadata)
    tables = gaze_tables(folder)
    on_disk = videos_under(folder, prefer=PREFER, skip=("gaze",))
    rows, readable, timed, misnamed = 0, 0, 0, 0
    for table in tables:
        misnamed += table.suffix.lower() != ".csv"
        try:
            column = columns.read_columns(table, {"time": ego4d.TIME}, any_name=True)["time"]
            count = int(columns.times(column, unit="s", source=table)[1].sum())
        except RecordingError:
            continue
        readable += 1
        rows += count
        timed += count > 0
    told |= {
        "gaze tables": len(tables),
        "gaze tables that can be read": readable,
        "gaze tables with samples": timed,
        "gaze tables called .mp4": misnamed,
        "gaze samples": rows,
        "gaze tables whose video is here": sum(table.stem.lower() in on_disk for table in tables),
    }
    return told


def gaze_tables(folder: Path) -> list[Path]:
    """Every table of gaze in a folder called gaze, at most two levels down."""
    places = [place for pattern in ("gaze", "*/gaze") for place in sorted(folder.glob(pattern)) if place.is_dir()]
    return [file for place in places for file in sorted(place.iterdir()) if ego4d.is_gaze_table(file)]


def _file(folder: Path, name: str) -> Path | None:
    return next((folder / place / name for place in FOLDERS if (folder / place / name).is_file()), None)


def _metadata(folder: Path) -> list[dict[str, Any]]:
    file = next((file for place in ("", "v2", "v1", "v2_1", "..") if (file := folder / place / METADATA).is_file()), None)
    if file is None:
        return []
    listed = objects(read_json(file), what="the file", file=file).get("videos")
    return [video for video in items(listed) if isinstance(video, dict)]


def _participants(folder: Path) -> dict[str, str]:
    """Who recorded each video, as far as the metadata tells: people are numbered within each university."""
    people = {}
    for video in _metadata(folder):
        who, where = text_of(video.get("fb_participant_id")), text_of(video.get("video_source"))
        if who and text_of(video.get("video_uid")):
            people[text_of(video["video_uid"])] = f"{where}-{who}" if where else who
    return people
