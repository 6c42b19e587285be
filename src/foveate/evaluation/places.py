"""Where a Run's recordings lie, as JSON, and how each is opened again."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from foveate.errors import RecordingError
from foveate.predict import with_gaze
from foveate.recording import Recording, open_recording
from foveate.recording.hands_file import with_hands
from foveate.toykitchen import World

Place = Mapping[str, Any]
"""``{"world": {...}}``, ``{"path": ..., "declared": {...}, "called": ...}`` or ``{"dataset": ..., "recording": ...}``; with
``gaze`` and ``hands`` where those were put in place of its own."""


def open_place(place: Place) -> Recording:
    """The recording of a place, as it was when the study was begun.

    Raises:
        RecordingError: where it is not there any more.
    """
    if "world" in place:
        recording = World(**place["world"]).recording()
    elif "path" in place:
        recording = open_recording(Path(place["path"]), **place.get("declared", {}))
    elif "dataset" not in place:
        raise RecordingError(
            f"the Run does not tell where the recording lies ({', '.join(place) or 'nothing'} told); evaluate again"
        )
    else:
        recording = _of_dataset(place["dataset"], place.get("name") or None, place.get("videos"), place["recording"])
    if "called" in place:
        recording = replace(recording, name=place["called"])
    gazed = with_gaze(recording, place.get("gaze") or None)
    return gazed if not place.get("hands") else with_hands(gazed, place["hands"])


@lru_cache(maxsize=2)
def _library(dataset: str, name: str | None, videos: str | None) -> dict[str, Recording]:
    """Recordings of a data set by name; its annotations are read once per process."""
    from foveate.dataset import samples

    return {sample.recording.name: sample.recording for sample in samples(dataset, name=name, videos=videos)}


def _of_dataset(dataset: str, name: str | None, videos: str | None, recording: str) -> Recording:
    known = _library(dataset, name, videos)
    if recording not in known:
        raise RecordingError(f"the data set {dataset} has no recording {recording!r} any more")
    return known[recording]
