"""Where a Run's recordings lie, as JSON, and how each is opened again."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from foveate.batch.entry import correction_in
from foveate.errors import RecordingError
from foveate.gaze.clock_error import ClockError
from foveate.gaze.correction import corrected
from foveate.predict import with_gaze
from foveate.recording import Recording, open_recording
from foveate.recording.hands_file import with_hands
from foveate.toykitchen import World

Place = Mapping[str, Any]
"""``{"world": {...}}``, ``{"path": ..., "declared": {...}, "called": ...}`` or ``{"dataset": ..., "recording": ...}``; with
``gaze`` and ``hands`` where those were put in place of its own; with ``correction`` where its gaze was corrected, and then
``clock_error`` (and its ``zero_ns``) where one was looked for."""


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
    told = place.get("clock_error")
    error = None if told is None else ClockError.from_dict(told, zero_ns=place["zero_ns"])
    gazed = corrected(with_gaze(recording, place.get("gaze") or None), correction_in(place), error=error)
    return gazed if not place.get("hands") else with_hands(gazed, place["hands"])


def open_first(place: Place, known: Place | None = None) -> tuple[Recording, Place]:
    """A recording of a study that begins, and its place with the clock error that was found, which is then never sought again.

    Args:
        place: without it.
        known: the same place where another process has sought it; None where nobody has.

    Raises:
        FoveateError: where it does not open, or its gaze cannot be corrected.
    """
    if known is not None and "clock_error" in known:
        place = {**place, **{name: known[name] for name in ("clock_error", "zero_ns")}}
        return open_place(place), place
    recording = open_place(place)
    found = recording.stream("correction").error if "correction" in recording.loaders else None
    return recording, place if found is None else {**place, "clock_error": found.to_dict(), "zero_ns": found.zero_ns}


def path_of(place: Place) -> Path | None:
    """Where a recording lies on disk; None for one that is drawn or that a data set knows."""
    return Path(place["path"]) if "path" in place else None


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
