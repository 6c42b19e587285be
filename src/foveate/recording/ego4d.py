"""Ego4D, one video with gaze: ``full_scale/UID.mp4`` and ``gaze/UID.csv`` (which the downloader may have called ``UID.mp4``).

Source: what public readers of the data do. ``canonical_timestamp_s`` is the canonical video's own time. ``norm_pos_y`` counts
from the BOTTOM, as in Pupil Labs' exports: the preprocessing of GLC (BolinLai/GLC, whose Ego4D numbers are published) takes
``1 - norm_pos_y`` as the image's y, and Pupil Labs documents normalised positions with the origin bottom left. Downloaded gaze
that is called .mp4 is told of in facebookresearch/Ego4d, issue 79. A clip's stretch is told by ``clips/manifest.csv``.
"""

from pathlib import Path

import numpy as np

from foveate.clock import NS_PER_S, seconds_to_ns
from foveate.errors import RecordingError
from foveate.geometry import Size
from foveate.recording import columns
from foveate.recording.bounded import bounded, limited
from foveate.recording.inside import inside
from foveate.recording.published import Published, find, head, look_for
from foveate.recording.recognise import VIDEO_SUFFIXES
from foveate.recording.recording import GazeStream, Recording
from foveate.recording.samples import check_overlap, gaze_stream

LOOKS_FOR = (
    "an Ego4D video or its gaze table (canonical_timestamp_s, norm_pos_x), with the other beside it, in gaze/ or full_scale/"
)
DECLARABLE: tuple[str, ...] = ("gaze", "start_s")

FRAME_PX = Size(1088, 1080)
"""Frame of the Pupil Invisible, with which the data set's gaze was recorded."""
FPS = 30.0
TIME, X, Y, CONFIDENCE = "canonical_timestamp_s", "norm_pos_x", "norm_pos_y", "confidence"
SURE = 0.6
"""Confidence from which Pupil Labs calls data useful."""
GAZE_FOLDERS = ("gaze", "gaze_csv")
VIDEO_FOLDERS = ("full_scale", "full_scale.gaze", "gaze_videos", "video_540ss", "clips")
MARGIN_NS = NS_PER_S // 2
"""Gaze of a clip is kept this long before and after it."""


def detect(path: Path) -> bool:
    """Whether a path is a gaze table, a video that has one, or a folder of one of each; reads the table's first line."""
    if path.is_dir():
        return _in_folder(path) is not None
    return is_gaze_table(path) or (path.suffix.lower() in VIDEO_SUFFIXES and _table_of(path) is not None)


def is_gaze_table(file: Path) -> bool:
    """Whether a file is a table of gaze, whatever it is called."""
    if not file.is_file():
        return False
    header = head(file)
    return TIME in header and X in header


def open_path(path: Path, gaze: str | None = None, start_s: float | str | None = None) -> Recording:
    """Open a video and its gaze; only names and headers are read until a stream is touched.

    Args:
        path: the video, its gaze table, or a folder that holds both.
        gaze: the gaze table, where it lies elsewhere.
        start_s: where the video is a clip: its start in the full video.

    Raises:
        RecordingError: where what is declared is not there.
    """
    table, video = _files(path, None if gaze is None else Path(gaze))
    notes = []
    start = _seconds(start_s) if start_s is not None else None
    if start is None and video is not None and (told := _clip(video)) is not None:
        start = told[1]
        notes.append(f"a clip of {told[0]} from {start:g} s on, by {video.parent.name}/manifest.csv")
    if table is not None and table.suffix.lower() not in columns.SUFFIXES:
        notes.append(f"{table.parent.name}/{table.name} is a table of gaze, not a video")
    published = Published(path, video, FRAME_PX, FPS, container_clock=True, any_shape=True)
    loaders = published.loaders()
    if table is not None:
        loaders["gaze"] = lambda: _gaze(table, published, None if start is None else seconds_to_ns(start))
    if video is None:
        notes.append("there is no video of that name beside the gaze or in full_scale/")
    return Recording(
        name=(video or table or path).stem,
        format="ego4d",
        device="Pupil Invisible (Ego4D)" if table is not None else "Ego4D",
        path=path,
        loaders=loaders,
        hint="Ego4D has gaze for a few dozen videos only: ego4d --datasets gaze.",
        notes=tuple(notes),
    )


def _files(path: Path, declared: Path | None) -> tuple[Path | None, Path | None]:
    """The gaze table and the video; each may be missing, not both."""
    if declared is not None and not is_gaze_table(limited(declared)):
        raise RecordingError(f"{declared} is no table of gaze with {TIME}, {X} and {Y}")
    if path.is_dir():
        found = _in_folder(path)
        if found is None:
            raise RecordingError(f"{path} holds no single Ego4D video with its gaze table; open the video itself")
        return declared or _bounded(found[0]), None if found[1] is None else inside(path, found[1].name)
    if is_gaze_table(path):
        return declared or limited(path), _video_of(path)
    table = _table_of(path)
    return declared or (None if table is None else _bounded(table)), path


def _bounded(file: Path) -> Path:
    return bounded(file.parent, file.name)


def _in_folder(path: Path) -> tuple[Path, Path | None] | None:
    """The only gaze table directly in a folder, and the video of its name (or the only one)."""
    files = [file for file in sorted(path.iterdir()) if file.is_file() and not file.name.startswith(".")]
    tables = [file for file in files if file.suffix.lower() in (".csv", *VIDEO_SUFFIXES) and is_gaze_table(file)]
    videos = [file for file in files if file.suffix.lower() in VIDEO_SUFFIXES and file not in tables]
    if len(tables) != 1 or len(videos) > 1:
        return None
    return tables[0], videos[0] if videos else None


def _around(file: Path, names: tuple[str, ...]) -> list[Path]:
    return [file.parent, *(file.parent.parent / name for name in names)]


def _table_of(video: Path) -> Path | None:
    uid = told[0] if (told := _clip(video)) is not None else video.stem
    for folder in _around(video, GAZE_FOLDERS):
        for suffix in (".csv", *VIDEO_SUFFIXES):
            file = look_for([folder], uid, (suffix,))
            if file is not None and is_gaze_table(file):
                return file
    return None


def _video_of(table: Path) -> Path | None:
    for folder in _around(table, VIDEO_FOLDERS):
        file = find([folder], table.stem)
        if file is not None and not is_gaze_table(file):
            return file
    return None


def _clip(video: Path) -> tuple[str, float] | None:
    """The full video that a clip was cut from, and where it starts there, from the manifest beside it."""
    manifest = video.parent / "manifest.csv"
    if not manifest.is_file() or "parent_start_sec" not in head(manifest):
        return None
    wanted = {"clip": "exported_clip_uid", "video": "parent_video_uid", "start": "parent_start_sec"}
    table = columns.read_columns(_bounded(manifest), wanted)
    clips = table["clip"].fill_null("").to_list()
    if video.stem not in clips:
        return None
    row = clips.index(video.stem)
    return str(table["video"][row]), _seconds(table["start"][row])


def _seconds(value: float | str | None) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = float("nan")
    if not 0 <= seconds < 1e6:
        raise RecordingError(f"start_s is where a clip starts in the full video, in seconds; got {value!r}")
    return seconds


def _gaze(file: Path, published: Published, start_ns: int | None) -> GazeStream:
    found = columns.column_names(file, any_name=True)
    wanted = {"time": TIME, "x": X, "y": Y} | ({"confidence": CONFIDENCE} if CONFIDENCE in found else {})
    table = columns.read_columns(file, wanted, any_name=True)
    time_ns, there = columns.times(table["time"], unit="s", source=file)
    notes = []
    if not there.all():
        notes.append(f"{int(np.sum(~there))} of {len(there)} gaze samples have no {TIME}: left out")
    frame_ns = published.scene.time_ns if published.video is not None else np.empty(0, np.int64)
    if start_ns is not None:
        time_ns = time_ns - start_ns
        mine = there & (time_ns >= -MARGIN_NS)
        if len(frame_ns):
            mine &= time_ns <= frame_ns[-1] + MARGIN_NS
        notes.append(
            f"{int(np.sum(there & ~mine))} of {int(np.sum(there))} gaze samples of the full video lie outside the clip"
        )
        if not mine.any():
            raise RecordingError(f"{file} has no gaze in the clip, which starts at {start_ns / NS_PER_S:g} s of the full video")
        there = mine
    x, y = columns.points(table["x"], table["y"], notes).T
    confidence = np.nan_to_num(columns.numbers(table["confidence"], notes), nan=0.0) if "confidence" in table else None
    if confidence is not None and (confidence.min(initial=0.0) < 0 or confidence.max(initial=0.0) > 1):
        raise RecordingError(f"{file}: {CONFIDENCE} runs from {confidence.min():g} to {confidence.max():g}; it is in [0, 1]")
    width_px, height_px = published.size_px
    with np.errstate(over="ignore"):  # a broken number becomes infinite, and so missing
        point = np.stack([x * width_px, (1.0 - y) * height_px], axis=1)
    gaze = gaze_stream(
        time_ns[there],
        point[there],
        valid=None if confidence is None else (confidence >= SURE)[there],
        confidence=None if confidence is None else confidence[there],
        source=file,
        notes=tuple(notes),
    )
    return check_overlap(
        gaze, frame_ns, source=file, remedy="Is the video a clip? Declare start_s, its start in the full video."
    )
