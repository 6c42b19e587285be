"""EGTEA Gaze+, one session or one of its clips: a video at 24 fps and gaze as the text that SMI's BeGaze exports.

Source: the data set's own reader of its gaze (``gaze_io_sample.py``, kept in BolinLai/GLC) and its users. Gaze is in pixels of
a 1280 x 960 frame. There are two layouts, of 7 columns with a frame number and of 26 columns with a time code HH:MM:SS:FF at
24 frames a second; the frame, not BeGaze's own clock, ties gaze to the video. ``OP01-R01-PastaSalad`` and
``P01-R01-PastaSalad`` are two people's sessions; ``P16-r03-BaconAndEggs`` is another spelling of ``P16-R03-BaconAndEggs``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.errors import RecordingError
from foveate.geometry import Points, Size
from foveate.recording.bounded import bounded, limited
from foveate.recording.columns import MISSING
from foveate.recording.eye_events import EyeEvents, of_samples
from foveate.recording.inside import inside
from foveate.recording.published import Published, find, look_for
from foveate.recording.recognise import VIDEO_SUFFIXES
from foveate.recording.recording import GazeStream, Recording
from foveate.recording.samples import check_overlap, gaze_stream

LOOKS_FOR = "an EGTEA Gaze+ session or clip, such as OP01-R01-PastaSalad.mp4, with its BeGaze text beside it or in gaze_data/"
DECLARABLE: tuple[str, ...] = ("gaze",)

FRAME_PX = Size(1280, 960)
"""Frame that gaze holds for; the published clips are 640 x 480."""
FPS = 24
SESSION = re.compile(r"(?P<session>O?P\d{2}-R\d{2}-[A-Za-z]+)(-\d+-\d+-F(?P<first>\d+)-F(?P<last>\d+))?", re.IGNORECASE)
"""The name of a session, or of a clip of it with its first and last frame."""
GAZE_FOLDER = "gaze_data"
MOST_GAZE_BYTES = 64 * 2**20
"""Of one session's text; those published have less than 20 MB."""
LEVELS = 4
"""Folders above a video in which its gaze is looked for."""
SHORT, LONG = 7, 26
"""Columns of the two layouts."""
MOST_STRANGE = 0.5
TIME_CODE = re.compile(r"(\d+):(\d+):(\d+):(\d+)")
BLANK = float("nan")
LOST = ("blink", "-", "")
"""What BeGaze says of a sample in which the eye was not seen."""


def detect(path: Path) -> bool:
    """Whether a path is a session's video, its gaze text, or a folder with those of one session; reads names only."""
    if path.is_dir():
        return _in_folder(path) is not None
    if SESSION.fullmatch(path.stem) is None:
        return False
    return path.suffix.lower() == ".txt" or (path.suffix.lower() in VIDEO_SUFFIXES and _text_of(path) is not None)


def open_path(path: Path, gaze: str | None = None) -> Recording:
    """Open a session or clip; only names are read until a stream is touched.

    Args:
        path: the video, the gaze text, or a folder that holds both.
        gaze: the gaze text, where it lies elsewhere.
    """
    text, video = _files(path, None if gaze is None else limited(Path(gaze), most_bytes=MOST_GAZE_BYTES))
    if gaze is not None and not Path(gaze).is_file():
        raise RecordingError(f"{gaze} does not exist")
    published = Published(path, video, FRAME_PX, FPS)
    loaders = published.loaders()
    name = (video or text or path).stem
    if text is not None:
        session = _Session(text, published, _first_frame(name))
        loaders["gaze"] = lambda: session.gaze
        of_kind: dict[str, Callable[[], EyeEvents]] = {
            "fixations": lambda: session.events("fixation"),
            "saccades": lambda: replace(session.events("saccade"), point_px=None),
        }
        loaders |= of_kind
    return Recording(
        name=name,
        format="egtea",
        device="SMI Eye Tracking Glasses",
        path=path,
        loaders=loaders,
        hint="EGTEA's gaze is in gaze_data.zip: unpack it to gaze_data/ beside the videos.",
        notes=() if video is not None else (f"there is no video called {name} beside the gaze or above it",),
    )


def _files(path: Path, declared: Path | None) -> tuple[Path | None, Path | None]:
    """The gaze text and the video; each may be missing, not both."""
    if path.is_dir():
        found = _in_folder(path)
        if found is None:
            raise RecordingError(f"{path} does not hold the video and gaze of one session; open the video itself")
        return declared or _bounded(found[0]), None if found[1] is None else inside(path, found[1].name)
    if path.suffix.lower() == ".txt":
        folders = [path.parent, *(above / name for above in list(path.parents)[:LEVELS] for name in ("", "videos", "Videos"))]
        return declared or limited(path, most_bytes=MOST_GAZE_BYTES), find(folders, path.stem)
    text = _text_of(path)
    return declared or (None if text is None else _bounded(text)), path


def _bounded(file: Path) -> Path:
    return bounded(file.parent, file.name, most_bytes=MOST_GAZE_BYTES)


def _in_folder(path: Path) -> tuple[Path, Path | None] | None:
    files = [file for file in sorted(path.iterdir()) if SESSION.fullmatch(file.stem) and file.is_file()]
    texts = [file for file in files if file.suffix.lower() == ".txt"]
    videos = [file for file in files if file.suffix.lower() in VIDEO_SUFFIXES]
    if len(texts) != 1 or len(videos) > 1 or (videos and _session(videos[0].stem).lower() != _session(texts[0].stem).lower()):
        return None
    return texts[0], videos[0] if videos else None


def _text_of(video: Path) -> Path | None:
    above = list(video.parents)[:LEVELS]
    nested = [folder / name for folder in above for name in (GAZE_FOLDER, f"{GAZE_FOLDER}/{GAZE_FOLDER}")]
    return look_for([video.parent, *nested], _session(video.stem), (".txt",))


def _session(stem: str) -> str:
    """The session of a video's or clip's name."""
    match = SESSION.fullmatch(stem)
    return stem if match is None else match["session"]


def _first_frame(stem: str) -> int:
    match = SESSION.fullmatch(stem)
    return int(match["first"]) if match is not None and match["first"] else 0


@dataclass(frozen=True)
class _Session:
    """A gaze text and the video that it belongs to."""

    text: Path
    published: Published
    first_frame: int
    """Frame of the session that is the video's first."""

    @cached_property
    def _rows(self) -> tuple[NDArray[np.float64], Points, NDArray[np.str_], tuple[str, ...]]:
        return _read(self.text)

    @cached_property
    def gaze(self) -> GazeStream:
        frame, point, kind, notes = self._rows
        told = list(notes)
        frame = frame - self.first_frame
        mine = np.isfinite(frame)
        if self.first_frame and self.published.video is not None:
            mine = mine & (frame >= 0) & (frame < len(self.published.scene.time_ns))
            told.append(f"{int(np.sum(~mine))} of {len(mine)} gaze samples of the session lie outside the clip")
            if not mine.any():
                raise RecordingError(f"{self.text} has no gaze in the clip, which starts at frame {self.first_frame}")
        time_ns, there, more = self.published.times_of_frames(np.where(mine, frame, np.nan)[mine], source=self.text)
        point, kind = point[mine], kind[mine]
        lost = np.isin(kind, LOST) | (point == 0).all(axis=1)
        gaze = gaze_stream(
            time_ns[there],
            self.published.scaled(np.where(lost[:, None], np.nan, point))[there],
            valid=~lost[there],
            confidence=None,
            source=self.text,
            notes=(*told, *more),
        )
        frame_ns = self.published.scene.time_ns if self.published.video is not None else time_ns[:0]
        return check_overlap(gaze, frame_ns, source=self.text, remedy="Is it the gaze of this session?")

    def events(self, wanted: str) -> EyeEvents:
        """Fixations or saccades: samples in a row that BeGaze calls so."""
        frame, point, kind, _ = self._rows
        time_ns, there, _ = self.published.times_of_frames(frame - self.first_frame, source=self.text)
        mine = there & (kind == wanted)
        starts = mine & ~np.concatenate([[False], mine[:-1]])
        number = np.where(mine, np.cumsum(starts) - 1.0, np.nan)
        return of_samples(time_ns[there], number[there], self.published.scaled(point)[there])


def _read(file: Path) -> tuple[NDArray[np.float64], Points, NDArray[np.str_], tuple[str, ...]]:
    """Every sample's (N,) frame of the session, (N, 2) point in pixels of FRAME_PX, (N,) kind in lower case; and notes."""
    frames: list[float] = []
    points: list[tuple[float, float]] = []
    kinds: list[str] = []
    columns: tuple[int, int, int, int] | None = None
    lines = strange = odd = 0
    with file.open(encoding="utf-8", errors="replace") as opened:
        for line in opened:
            values = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
            if not values or line.startswith("#") or (len(values) > 1 and values[1] == "MSG"):
                continue
            if values[0].strip() == "Time":
                columns = _named(values, file)
                continue
            lines += 1
            row = _row(values, columns)
            if row is None:
                strange += 1
                continue
            frames.append(row[0])
            x, y = _number(row[1]), _number(row[2])
            odd += x is None or y is None
            points.append((BLANK if x is None else x, BLANK if y is None else y))
            kinds.append(row[3])
    if strange > MOST_STRANGE * lines or not frames:
        raise RecordingError(
            f"{file}: {strange} of {lines} lines are no samples of BeGaze ({SHORT} or {LONG} columns, or named in a header). "
            "Unpack gaze_data.zip again."
        )
    notes = [f"{strange} of {lines} lines of {file.name} are no gaze samples: left out"] if strange else []
    if odd:
        notes.append(f"{odd} of {lines} gaze points of {file.name} are no numbers: taken as missing")
    return np.array(frames), np.array(points, dtype=np.float64), np.array(kinds), tuple(notes)


def _named(header: list[str], file: Path) -> tuple[int, int, int, int]:
    """Places of x, y, frame and kind in a header."""
    places = []
    for pattern in (r"[LBR] POR X \[px\]", r"[LBR] POR Y \[px\]", r"Frame", r"[LBR] Event Info|Event Info|Type of Event"):
        found = [place for place, name in enumerate(header) if re.fullmatch(pattern, name.strip())]
        if not found:
            raise RecordingError(f"{file} has no column {pattern.split('|')[0]!r} (found: {', '.join(header[:20])})")
        places.append(found[0])
    return places[0], places[1], places[2], places[3]


def _row(values: list[str], columns: tuple[int, int, int, int] | None) -> tuple[float, str, str, str] | None:
    """Frame, x, y and kind of a line; None where it is none."""
    if columns is None:
        columns = {SHORT: (3, 4, 5, 6), LONG: (5, 6, LONG - 2, LONG - 1)}.get(len(values))
    if columns is None or max(columns) >= len(values):
        return None
    x, y, frame, kind = (values[place].strip() for place in columns)
    number = _frame(frame)
    return None if number is None else (number, x, y, kind.lower())


def _number(text: str) -> float | None:
    """A number, NaN where a program wrote that there is none; None for anything else."""
    try:
        return float(text)
    except ValueError:
        return BLANK if text.lower() in MISSING else None


def _frame(text: str) -> int | None:
    """A frame number, from itself or from a time code; None where it is neither."""
    if (code := TIME_CODE.fullmatch(text)) is not None:
        hours, minutes, seconds, frames = (int(part) for part in code.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * FPS + frames if frames < FPS else None
    return int(text) if text.isdecimal() and len(text) < 10 else None
