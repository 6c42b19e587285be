"""StreamGaze: multiple-choice questions on past, present and coming moments of a video that is still running.

Source: the published ``qa/*.json`` and the benchmark's own evaluation (daeunni/StreamGaze): past tasks see everything up to the
question, present tasks the minute before it, proactive tasks everything up to each of their test points, and ask yes or no.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foveate.dataset.annotations import items, read_json, seconds, span_of, text_of
from foveate.dataset.choices import choices_of
from foveate.dataset.egtea import participant_of
from foveate.dataset.library import Library, videos_under
from foveate.dataset.sample import Sample
from foveate.errors import DatasetError
from foveate.recording import egtea, open_recording

LOOKS_FOR = "StreamGaze: past_*.json, present_*.json or proactive_*.json in the folder, qa/ or dataset/qa/"
TASKS = ("question",)

KINDS = ("past_", "present_", "proactive_")
ANNOTATIONS = ("past_scene_recall.json", "present_object_identification_easy.json", "proactive_gaze_triggered_alert.json")
"""Three of its tasks, one of each kind."""
FOLDERS = ("", "qa", "dataset/qa", "streamgaze/qa")
PRESENT_S = 60.0
"""How much of the video a present task may see."""
DRAWN = ("gaze_viz_video", "videos_egtea_viz", "videos_egoexolearn_viz", "videos_holoassist_viz")
"""Folders of videos with gaze drawn into them: never taken, since a view would show it to the model."""
YES_NO = ("Yes", "No")


def detect(folder: Path) -> bool:
    """Whether a folder has StreamGaze's questions."""
    return bool(_files(folder))


def samples(folder: Path, *, tasks: tuple[str, ...], videos: Path | None, left_out: "Counter[str]") -> Iterator[Sample]:
    """Per question one sample; per test point of a proactive question one with the choices Yes and No."""
    library = library_of(videos or folder)
    for file in _files(folder) if "question" in tasks else []:
        entries = read_json(file)
        if not isinstance(entries, list):
            raise DatasetError(f"{file} should hold a list of videos, found a {type(entries).__name__}. Download it again.")
        for number, entry in enumerate(entries):
            told = entry if isinstance(entry, dict) else {}
            video = Path(text_of(told.get("video_path"))).stem
            listed = told.get("questions")
            if not video or not isinstance(listed, list):
                left_out["entries without a video or questions"] += 1
                continue
            for place, question in enumerate(listed):
                asked = question if isinstance(question, dict) else {}
                make = _proactive if file.stem.startswith("proactive_") else _question
                yield from make(library, video, f"{file.stem}/{number}/{place}", asked, file.stem, left_out)


def library_of(folder: Path) -> Library:
    """Videos by name, of whatever format; never those with gaze drawn into them."""
    return Library(
        videos_under(folder, prefer=("original_video",), skip=DRAWN),
        open_recording,
        format="table",
        hint="Unpack the benchmark's original videos (not those with gaze drawn into them) into videos/.",
    )


def _question(
    library: Library, video: str, name: str, asked: dict[str, Any], kind: str, left_out: "Counter[str]"
) -> Iterator[Sample]:
    instant_s, text = seconds(asked.get("time_stamp")), text_of(asked.get("question"))
    found = choices_of(asked.get("options"), asked.get("answer"))
    span = None
    if instant_s is not None:
        span = span_of(0.0 if kind.startswith("past_") else max(0.0, instant_s - PRESENT_S), instant_s)
    if span is None or not text or found is None:
        left_out["questions without a time, text, options or a right one among them"] += 1
        return
    choices, answer = found
    yield Sample(
        library(video), span, text, choices[answer], _participant(video), "question",
        choices=choices, answer=answer, id=name, kind=kind, side="test",
    )  # fmt: skip


def _proactive(
    library: Library, video: str, name: str, asked: dict[str, Any], kind: str, left_out: "Counter[str]"
) -> Iterator[Sample]:
    text, points = text_of(asked.get("question")), asked.get("test_info")
    for place, point in enumerate(items(points)):
        told = point if isinstance(point, dict) else {}
        span = span_of(0.0, seconds(told.get("realtime")))
        if span is None or not text or told.get("type") not in (0, 1):
            left_out["test points without a time, text or expected answer"] += 1
            continue
        answer = 0 if told["type"] == 1 else 1
        yield Sample(
            library(video), span, f"{text} Has that happened yet?", YES_NO[answer], _participant(video), "question",
            choices=YES_NO, answer=answer, id=f"{name}/{place}", kind=kind, side="test",
        )  # fmt: skip
    if not isinstance(points, list) or not points:
        left_out["proactive questions without test points"] += 1


def facts(folder: Path) -> dict[str, Any]:
    """How many questions the files list."""
    listed = [entry for file in _files(folder) for entry in items(read_json(file)) if isinstance(entry, dict)]
    return {"questions listed": sum(len(items(entry.get("questions"))) for entry in listed)}


def _files(folder: Path) -> list[Path]:
    place = next((folder / place for place in FOLDERS if any((folder / place).glob("p*_*.json"))), folder)
    return [file for file in sorted(place.glob("*.json")) if file.name.startswith(KINDS)] if place.is_dir() else []


def _participant(video: str) -> str:
    """Known where the video is one of EGTEA's; EgoExoLearn's and HoloAssist's names do not tell."""
    return participant_of(video) if egtea.SESSION.fullmatch(video) else ""
