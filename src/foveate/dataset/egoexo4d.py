"""Ego-Exo4D: atomic action descriptions (of instants) and keysteps (of spans), seen by the wearer.

Source: the data set's documentation ("Atomic Action Descriptions", "Keystep"). Several annotators describe a take; what one was
unsure of, what is not visible in the wearer's view and what somebody else does is told apart in the file.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foveate.dataset.annotations import around, before, items, objects, read_json, seconds, sentence, span_of, text_of
from foveate.dataset.library import Library
from foveate.dataset.sample import Sample
from foveate.recording import egoexo4d

LOOKS_FOR = "Ego-Exo4D: takes.json, or atomic_descriptions_train.json / keystep_train.json in annotations/"
TASKS = ("activity", "future")

SIDES = {"train": "train", "val": "validation", "test": "test"}
ATOMIC, KEYSTEPS = "atomic_descriptions", "keystep"
ANNOTATIONS = ("takes.json", *(f"{what}_{side}.json" for what in (ATOMIC, KEYSTEPS) for side in ("train", "val")))
FOLDERS = ("", "annotations")


def detect(folder: Path) -> bool:
    """Whether a folder has Ego-Exo4D's annotations."""
    return (folder / "takes.json").is_file() or bool(_files(folder, ATOMIC) or _files(folder, KEYSTEPS))


def samples(folder: Path, *, tasks: tuple[str, ...], videos: Path | None, left_out: "Counter[str]") -> Iterator[Sample]:
    """Per description an activity (3 s around it) and a future (the 5 s before it); per keystep an activity over its span."""
    takes = {text_of(take.get("take_uid")): take for take in _takes(folder)}
    library = Library(
        take_folders(videos or folder),
        egoexo4d.open_path,
        format="egoexo4d",
        hint="Download it with: egoexo --parts downscaled_takes/448 take_eye_gaze --uids UID.",
    )
    for side, file in _files(folder, ATOMIC):
        for uid, annotators in _annotations(file).items():
            for place, annotator in enumerate(items(annotators)):
                yield from _described(
                    library, takes.get(uid, {}), uid, f"{uid}/{place}", annotator, side=side, tasks=tasks, left_out=left_out
                )
    for side, file in _files(folder, KEYSTEPS):
        for uid, entry in _annotations(file).items():
            take = {**(entry if isinstance(entry, dict) else {}), **takes.get(uid, {})}
            if "activity" in tasks:
                yield from _steps(library, take, uid, entry, side=side, left_out=left_out)


def _described(
    library: Library,
    take: dict[str, Any],
    uid: str,
    name: str,
    annotator: Any,
    *,
    side: str,
    tasks: tuple[str, ...],
    left_out: "Counter[str]",
) -> Iterator[Sample]:
    entry = annotator if isinstance(annotator, dict) else {}
    listed = items(entry.get("descriptions"))
    if entry.get("rejected") is True:
        left_out["descriptions of annotators whose work was rejected"] += len(listed)
        return
    recording, participant = library(text_of(take.get("take_name")) or uid), _participant(take)
    for place, description in enumerate(listed):
        told = description if isinstance(description, dict) else {}
        instant_s, text = seconds(told.get("timestamp")), text_of(told.get("text"))
        if (reason := _reason(told, instant_s, text)) is not None:
            left_out[reason] += 1
            continue
        assert instant_s is not None, "a description without a time has a reason to be left out"
        reference, number = sentence(text.removeprefix("C ")), f"{name}/{place}"
        if "activity" in tasks:
            span = around(instant_s)
            yield Sample(
                recording, span, "activity", reference, participant, "activity",
                id=f"{number}/activity", kind="atomic", side=side,
            )  # fmt: skip
        seen = before(instant_s)
        if "future" in tasks and seen is not None:
            yield Sample(
                recording, seen, "next", reference, participant, "future", id=f"{number}/future", kind="atomic", side=side
            )


def _reason(told: dict[str, Any], instant_s: float | None, text: str) -> str | None:
    """Why a description is left out; None where it is not."""
    if instant_s is None or not text:
        return "descriptions without a time or text"
    if text_of(told.get("subject")) not in ("C", "") or not text.startswith("C "):
        return "descriptions of what others do (subject is not C)"
    if told.get("unsure") is True:
        return "descriptions that their annotator was unsure of"
    return "descriptions of what the wearer's camera does not see" if told.get("ego_visible") is False else None


def _steps(
    library: Library, take: dict[str, Any], uid: str, entry: Any, *, side: str, left_out: "Counter[str]"
) -> Iterator[Sample]:
    listed = entry.get("segments") if isinstance(entry, dict) else None
    recording = library(text_of(take.get("take_name")) or uid)
    for place, segment in enumerate(items(listed)):
        told = segment if isinstance(segment, dict) else {}
        span = span_of(seconds(told.get("start_time")), seconds(told.get("end_time")))
        text = text_of(told.get("step_description")) or text_of(told.get("step_name"))
        if span is None or not text:
            left_out["keysteps without a span or text"] += 1
            continue
        yield Sample(
            recording, span, "activity", text, _participant(take), "activity",
            id=f"{uid}/keystep/{place}", kind="keystep", side=side,
        )  # fmt: skip


def facts(folder: Path) -> dict[str, Any]:
    """How many takes there are and have gaze, by takes.json and by the files that are here."""
    takes = _takes(folder)
    here = {path.resolve() for path in take_folders(folder).values()}
    tables = {name: sum((take / "eye_gaze" / name).is_file() for take in here) for name in egoexo4d.GAZE}
    told: dict[str, Any] = {}
    if takes:
        told["takes in takes.json"] = len(takes)
        told["takes that takes.json says have gaze"] = sum(take.get("has_trimmed_eye_gaze") is True for take in takes)
    return {**told, "takes here": len(here), **{f"takes with {name} here": count for name, count in tables.items()}}


def _participant(take: dict[str, Any]) -> str:
    return text_of(take.get("participant_uid")) or capture_of(text_of(take.get("take_name")))


def capture_of(take_name: str) -> str:
    """The capture that a take was cut from: one wearer's session, so the nearest to a participant that a name tells."""
    head, _, number = take_name.rpartition("_")
    return head if head and number.isdecimal() else take_name


def _takes(folder: Path) -> list[dict[str, Any]]:
    file = folder / "takes.json"
    listed = read_json(file) if file.is_file() else []
    return [take for take in items(listed) if isinstance(take, dict)]


def _files(folder: Path, what: str) -> list[tuple[str, Path]]:
    """The annotation files of a kind by side of the data set's own split."""
    files = [(side, folder / place / f"{what}_{ours}.json") for ours, side in SIDES.items() for place in ("annotations", "")]
    return [(side, file) for side, file in files if file.is_file()]


def _annotations(file: Path) -> dict[str, Any]:
    found = objects(read_json(file), what="the file", file=file)
    return objects(found.get("annotations"), what="'annotations'", file=file)


def take_folders(folder: Path) -> dict[str, Path]:
    """Takes on this machine, by name and, where a folder is called so, by uid."""
    places = [folder / "takes", folder]
    return {
        take.name.lower(): take
        for place in reversed(places)
        if place.is_dir()
        for take in sorted(place.iterdir())
        if take.is_dir() and egoexo4d.detect(take)
    }
