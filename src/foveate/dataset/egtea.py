"""EGTEA Gaze+: its actions.

Source: the data set's ``raw_annotations/action_labels.csv`` (semicolons; times in ms) and ``train_split1.txt`` to
``test_split3.txt``. Those splits put clips of ONE session on both sides; ``foveate.dataset.split`` makes one that does not.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foveate.dataset.annotations import before, read_rows, span_of
from foveate.dataset.library import Library, videos_under
from foveate.dataset.sample import Sample
from foveate.errors import DatasetError
from foveate.recording import egtea

LOOKS_FOR = "EGTEA Gaze+: action_labels.csv in the folder or in raw_annotations/"
TASKS = ("activity", "future")

LABELS = "action_labels.csv"
FOLDERS = ("", "raw_annotations", "action_annotation/raw_annotations")
PREFIX, SESSION, ACTION = "Clip Prefix (Unique)", "Video Session", "Action Label"
START, STOP = "Starting Time (ms)", "Ending Time (ms)"
SIDES = {"train_split1.txt": "train", "test_split1.txt": "test"}
ANNOTATIONS = (LABELS,)


def detect(folder: Path) -> bool:
    """Whether a folder has EGTEA's action labels."""
    return _file(folder) is not None


def samples(folder: Path, *, tasks: tuple[str, ...], videos: Path | None, left_out: "Counter[str]") -> Iterator[Sample]:
    """Per action an activity over its span and, from 5 s on, a future (the 5 s before it)."""
    file = _file(folder) or folder / LABELS
    library = library_of(videos or folder)
    sides = _sides(folder, file)
    for row in read_rows(file, (PREFIX, SESSION, START, STOP, ACTION), delimiter=";"):
        session, text = row.get(SESSION, ""), readable(row.get(ACTION, ""))
        start_s, stop_s = (_ms(row.get(column, "")) for column in (START, STOP))
        span = span_of(start_s, stop_s)
        if span is None or start_s is None or not text or not session:
            left_out["actions without a session, span or label"] += 1
            continue
        recording, who, name = library(session), participant_of(session), row[PREFIX]
        side = sides.get(name, "")
        if "activity" in tasks:
            yield Sample(recording, span, "activity", text, who, "activity", id=f"{name}/activity", kind="action", side=side)
        seen = before(start_s)
        if "future" in tasks and seen is not None:
            yield Sample(recording, seen, "next", text, who, "future", id=f"{name}/future", kind="action", side=side)


def library_of(folder: Path) -> Library:
    """Sessions by name."""
    return Library(
        videos_under(folder, prefer=("videos", "Videos"), skip=("cropped_clips",)),
        egtea.open_path,
        format="egtea",
        hint="Put the session's full video (24 fps) into videos/ and its gaze text into gaze_data/.",
    )


def participant_of(session: str) -> str:
    """OP01-R01-PastaSalad -> OP01; the data set has people OP01 to OP06 and P01 to P26."""
    return session.split("-", 1)[0].upper()


def readable(label: str) -> str:
    """ "Transfer cucumber,cutting_board,bowl" -> "Transfer cucumber, cutting board, bowl"."""
    return " ".join(label.replace("_", " ").replace(",", ", ").split())


def facts(folder: Path) -> dict[str, Any]:
    """How many gaze texts and sessions' videos are here."""
    texts = {file.stem.lower() for file in folder.rglob("*.txt") if egtea.SESSION.fullmatch(file.stem)}
    here = {name for name in videos_under(folder, skip=("cropped_clips",)) if egtea.SESSION.fullmatch(name)}
    return {"gaze texts here": len(texts), "sessions with video and gaze here": len(texts & here)}


def _file(folder: Path) -> Path | None:
    return next((folder / place / LABELS for place in FOLDERS if (folder / place / LABELS).is_file()), None)


def _sides(folder: Path, labels: Path) -> dict[str, str]:
    """Side of every clip in the data set's first split, by clip prefix."""
    sides: dict[str, str] = {}
    for name, side in SIDES.items():
        places = (labels.parent, labels.parent.parent, folder / "action_annotation")
        file = next((place / name for place in places if (place / name).is_file()), None)
        if file is not None:
            try:
                lines = file.read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as error:
                raise DatasetError(f"{file} cannot be read: {error}. Download it again.") from error
            clips = [line.split()[0] for line in lines if line.strip()]
            # "P05-R01-PastaSalad-583261-586055-F014000-F014067" is the clip of "P05-R01-PastaSalad-583261-586055"
            sides |= {clip.rsplit("-F", 2)[0]: side for clip in clips}
    return sides


def _ms(text: str) -> float | None:
    return int(text) / 1000 if text.isdecimal() and len(text) < 10 else None
