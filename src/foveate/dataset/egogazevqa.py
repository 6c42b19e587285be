"""EgoGazeVQA: multiple-choice questions on where, when and why, over key frames that were narrated with the gaze point.

Source: the published ``qa_pairs/*.json`` (or ``.csv``, which hold the same) and ``narrations/*.json``. The three parts are
EGTEA (24 fps), Ego-Exo4D and Ego4D (30 fps); a question names its key frames by number.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foveate.clock import Span, seconds_to_ns
from foveate.dataset.annotations import around, items, objects, read_json, read_rows, sentence, text_of
from foveate.dataset.choices import choices_of
from foveate.dataset.ego4d import WEARER
from foveate.dataset.egoexo4d import capture_of, take_folders
from foveate.dataset.egtea import participant_of, readable
from foveate.dataset.library import Library, videos_under
from foveate.dataset.sample import Sample
from foveate.recording import open_recording

LOOKS_FOR = "EgoGazeVQA: qa_pairs/spatial_*.json (or .csv), narrations/*.json"
TASKS = ("question", "activity")

KINDS = ("spatial", "temporal", "causal")
FPS = {"egtea": 24.0, "egoexo": 30.0, "ego4d": 30.0}
"""Part -> frames per second of its frame numbers."""
ANNOTATIONS = tuple(
    [f"{kind}_{part}.json or {kind}_{part}.csv" for part in FPS for kind in KINDS] + [f"{part}.json" for part in FPS]
)
FOLDERS = ("qa_pairs", "narrations")
COLUMNS = ("video_id", "group_id", "Question", "Answer Options", "Correct Answer")
FRAME = re.compile(r"(\d{1,8})\.jpe?g")


def detect(folder: Path) -> bool:
    """Whether a folder has EgoGazeVQA's questions or narrations."""
    return any(_questions_file(folder, kind, part) for kind in KINDS for part in FPS)


@dataclass(frozen=True)
class _Part:
    """One of the benchmark's parts."""

    name: str
    narrations: dict[str, Any]
    """Video -> what is told of it."""
    library: Library

    @property
    def fps(self) -> float:
        return FPS[self.name]

    def recording_of(self, video: str) -> str:
        """The name under which its recording is found: Ego-Exo4D's are told by uid."""
        told = self.narrations.get(video)
        return (text_of(told.get("take_name")) if isinstance(told, dict) else "") or video

    def participant(self, video: str) -> str:
        if self.name == "egtea":
            return participant_of(video)
        return capture_of(self.recording_of(video)) if self.name == "egoexo" else ""


def samples(folder: Path, *, tasks: tuple[str, ...], videos: Path | None, left_out: "Counter[str]") -> Iterator[Sample]:
    """Per question one sample over its key frames; per narration an activity, 3 s around it."""
    place = videos or folder
    library = Library(
        {**videos_under(place), **take_folders(place)},
        open_recording,
        format="table",
        hint="Get the videos of EGTEA, Ego-Exo4D or Ego4D, and name their folder as videos.",
    )
    for name in FPS:
        part = _Part(name, _narrations(folder, name), library)
        if "question" in tasks:
            for kind in KINDS:
                for number, (video, question) in enumerate(_questions(folder, kind, name)):
                    yield from _question(part, video, question, kind, f"{kind}_{name}/{video}/{number}", left_out)
        if "activity" in tasks:
            for video, told in part.narrations.items():
                yield from _told(part, video, told, left_out)


def _question(
    part: _Part, video: str, question: dict[str, Any], kind: str, name: str, left_out: "Counter[str]"
) -> Iterator[Sample]:
    frames = [int(match[1]) for frame in question["frames"] if (match := FRAME.fullmatch(text_of(frame)))]
    found = choices_of(question["options"], question["answer"])
    text = text_of(question["question"])
    if not frames or frames != sorted(frames) or len(frames) != len(question["frames"]) or found is None or not text:
        left_out["questions without key frames in order, text, options or a right one among them"] += 1
        return
    choices, answer = found
    yield Sample(
        part.library(part.recording_of(video)),
        Span(seconds_to_ns(frames[0] / part.fps), seconds_to_ns((frames[-1] + 1) / part.fps)),
        text,
        choices[answer],
        part.participant(video),
        "question",
        choices=choices,
        answer=answer,
        id=name,
        kind=kind,
        side="test",
        moments_ns=tuple(seconds_to_ns(frame / part.fps) for frame in frames),
    )


def _told(part: _Part, video: str, told: Any, left_out: "Counter[str]") -> Iterator[Sample]:
    for place, narration in enumerate(_lines(told)):
        frame = narration.get("timestamp_frame")
        text = text_of(narration.get("narration_text") or narration.get("description"))
        if part.name == "ego4d":
            text = sentence(WEARER.sub("", text)) if WEARER.match(text) else ""
        if isinstance(frame, bool) or not isinstance(frame, int) or not 0 <= frame < 10**8 or not text:
            left_out["narrations without a frame or text, or of what others do"] += 1
            continue
        instant_s = frame / part.fps
        yield Sample(
            part.library(part.recording_of(video)),
            around(instant_s),
            "activity",
            readable(text) if part.name == "egtea" else text,
            part.participant(video),
            "activity",
            id=f"narration_{part.name}/{video}/{place}",
            kind="narration",
            moments_ns=(seconds_to_ns(instant_s),),
        )


def facts(folder: Path) -> dict[str, Any]:
    """Videos, lines and gaze points of every part's narrations; questions of every part."""
    told: dict[str, Any] = {}
    for part in FPS:
        narrations = _narrations(folder, part)
        if not narrations:
            continue
        lines = [line for entry in narrations.values() for line in _lines(entry)]
        gaze = [_gaze(line) for line in lines]
        told[f"{part}: videos narrated"] = len(narrations)
        told[f"{part}: lines narrated"] = len(lines)
        told[f"{part}: lines with a gaze point"] = sum(_has_point(point) for point in gaze)
        for kind, count in sorted(Counter(text_of(point.get("gaze_type")) for point in gaze).items()):
            if kind:
                told[f"{part}: lines in a gaze of kind {kind}"] = count
        told[f"{part}: questions"] = sum(1 for kind in KINDS for _ in _questions(folder, kind, part))
    return told


def _gaze(line: dict[str, Any]) -> dict[str, Any]:
    told = line.get("gaze_info")
    return told if isinstance(told, dict) else {}


def _has_point(gaze: dict[str, Any]) -> bool:
    """Whether a line tells where the wearer looked; (0, 0) of an untracked moment is no point."""
    point = (gaze.get("gaze_x"), gaze.get("gaze_y"))
    return all(isinstance(value, (int, float)) for value in point) and gaze.get("gaze_type") != "untracked"


def _lines(told: Any) -> list[dict[str, Any]]:
    listed = told.get("narrations") if isinstance(told, dict) else None
    return [line for line in items(listed) if isinstance(line, dict)]


def _narrations(folder: Path, part: str) -> dict[str, Any]:
    file = folder / "narrations" / f"{part}.json"
    return objects(read_json(file), what="the file", file=file) if file.is_file() else {}


def _questions_file(folder: Path, kind: str, part: str) -> Path | None:
    files = [folder / "qa_pairs" / f"{kind}_{part}{suffix}" for suffix in (".json", ".csv")]
    return next((file for file in files if file.is_file()), None)


def _questions(folder: Path, kind: str, part: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Video and {question, frames, options, answer} of every question."""
    file = _questions_file(folder, kind, part)
    if file is None:
        return
    if file.suffix == ".csv":
        for row in read_rows(file, COLUMNS):
            video, frames, question, options, answer = (row.get(column, "") for column in COLUMNS)
            yield video, {"question": question, "frames": frames.split(), "options": options.splitlines(), "answer": answer}
        return
    for video, listed in objects(read_json(file), what="the file", file=file).items():
        for entry in items(listed):
            told = entry if isinstance(entry, dict) else {}
            yield (
                video,
                {
                    "question": told.get("question"),
                    "frames": items(told.get("frames")),
                    "options": told.get("answer_options"),
                    "answer": told.get("correct_answer"),
                },
            )
