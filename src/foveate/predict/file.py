"""Gaze source ``file:PATH``: what any gaze estimator wrote, in one of FORMS; a folder holds one file per recording."""

import re
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from foveate.errors import RecordingError, UsageError, hint_beside
from foveate.geometry import Size
from foveate.predict.file_table import SHARES, Table
from foveate.predict.prediction import Frames, Prediction, round_px
from foveate.recording.columns import column_names, listed
from foveate.recording.recording import GazeStream

TAKES = "file:PATH, file:PATH:px, file:PATH:shares or file:PATH:WIDTHxHEIGHT"

FORMS = {
    "foveate.predict.file_glc": ("frame", "x", "y", "gaze_type"),
    "foveate.predict.file_egoexo4d": ("frame_num", "x", "y"),
    "foveate.predict.file_points": (),
}
"""Module of a form -> the columns that it is recognised by, in the order of trying; it holds ``read(table) -> GazeStream``."""

ENDINGS = (".csv", ".tsv", ".parquet", "_frame_label.csv", "_eye_gaze_2d.csv", "_2d.csv")
"""What may follow a recording's name in a folder of predictions."""


def files(rest: str) -> list[Path]:
    """The file; none of a folder, to which predictions may be added."""
    path, _ = _split(rest)
    if not path.exists():
        raise UsageError(f"--gaze file:{path}: there is no such file or folder{hint_beside(path)}")
    return [] if path.is_dir() else [path]


def anywhere(rest: str) -> str:
    """The same path for a process in another folder."""
    return str(Path(rest).absolute())


def predict(frames: Frames, rest: str) -> Prediction:
    """Read the predictions for frames.

    Args:
        frames: which.
        rest: path of a file, or of a folder that holds ``<recording name>.csv`` or the like; may end in ``:px``, ``:shares``
            or ``:WIDTHxHEIGHT``.

    Raises:
        UsageError: where there is no such path.
        RecordingError: where there is no file for the recording, or it cannot be read without guessing.
    """
    files(rest)
    path, of_px = _split(rest, own=frames.size_px)
    file = _in_folder(path, frames.recording) if path.is_dir() else path
    names = {name.strip().lower(): name for name in column_names(file)}
    module = next(module for module, known in FORMS.items() if set(known) <= set(names))
    read: Callable[[Table], GazeStream] = import_module(module).read
    gaze = read(Table(file, frames, of_px, str(path), names))
    if path.is_dir():
        gaze = replace(gaze, notes=(f"predictions are those of {file.name}", *gaze.notes))
    return Prediction(gaze, round_px(frames.size_px), f"the predictions in {path.name}")


def _split(rest: str, *, own: Size | None = None) -> tuple[Path, Size | tuple[float, float] | None]:
    """A path and what is declared of its points."""
    path, colon, declared = rest.rpartition(":")
    size = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", declared)
    if colon and size:
        return Path(path), Size(int(size[1]), int(size[2]))
    if colon and declared in ("px", "shares"):
        return Path(path), own if declared == "px" else SHARES
    if not rest:
        raise UsageError(f"--gaze file needs a path; allowed: {TAKES}")
    return Path(rest), None


def _in_folder(folder: Path, recording: str) -> Path:
    """The file of a recording by its name, whatever the case of its letters."""
    wanted = {f"{recording}{ending}".lower() for ending in ENDINGS}
    files = sorted(file for file in folder.iterdir() if file.is_file())
    found = [file for file in files if file.name.lower() in wanted]
    if len(found) > 1:
        raise RecordingError(
            f"{folder} has several predictions for {recording}: {listed([file.name for file in found])}; keep one"
        )
    if not found:
        there = listed([file.name for file in files]) or "nothing"
        raise RecordingError(
            f"{folder} has no predictions for {recording} (found: {there}); "
            f"name them {', '.join(f'{recording}{ending}' for ending in ENDINGS)}"
        )
    return found[0]
