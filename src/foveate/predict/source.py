"""A gaze source by name, and a recording with its gaze."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from foveate.errors import RecordingError, UsageError, hint
from foveate.gaze.align import align, reach_ns
from foveate.predict.prediction import Frames, Prediction, frames_of
from foveate.recording.gaze_source import STREAM, GazeSource
from foveate.recording.recording import Recording

GAZE_SOURCES = {
    "center": "foveate.predict.center",
    "file": "foveate.predict.file",
    "attention": "foveate.predict.attention",
}
"""Name -> the module that predicts; see ``Source`` for what it holds."""

OF_THE_TRACKER = ("gaze", "gaze_angles", "blinks", "fixations", "saccades", "eye_state")
"""Streams that measured gaze is in: none of them may show through where a prediction stands in."""


class Source(Protocol):
    """What a module of GAZE_SOURCES holds."""

    TAKES: str
    """How it is asked for, in words, for messages."""

    def files(self, rest: str) -> list[Path]:
        """Files that all recordings are predicted with; ``rest`` is what stands after the name and a colon.

        Raises:
            UsageError: where no recording could be predicted with it.
        """
        ...

    def anywhere(self, rest: str) -> str:
        """The same for a process that runs in another folder."""
        ...

    def predict(self, frames: Frames, rest: str) -> Prediction:
        """Gaze for frames."""
        ...


def predict(recording: Recording, spec: str, *, name: str | None = None) -> Prediction:
    """What a source says of a recording's gaze; what was measured is not looked at.

    Args:
        recording: with a video, or with times and size of its frames.
        spec: ``center``, ``center:PRIOR.json``, ``file:PATH``, ``attention:MODEL``.
        name: by which a folder of predictions is searched; None for the recording's own.

    Raises:
        UsageError, RecordingError: for a source that there is not, or a file that does not fit.
    """
    source, rest = _source(spec)
    frames = frames_of(recording)
    return source.predict(frames if name is None else replace(frames, recording=name), rest)


def with_gaze(recording: Recording, spec: str | None, *, name: str | None = None) -> Recording:
    """The recording with predicted gaze in the place of its own; what stood in is its stream ``gaze_source``, and told.

    Its fixations, saccades, blinks and eye state go as well: they were measured by the tracker whose gaze is put aside.

    Args:
        recording: with or without gaze.
        spec: see ``predict``; None gives back the same recording.
        name: see ``predict``.
    """
    if spec is None:
        return recording
    told = predict(recording, spec, name=name)
    frame_ns = frames_of(recording).time_ns
    missing = int(np.count_nonzero(~align(told.gaze, frame_ns, tolerance_ns=reach_ns(told.gaze, frame_ns)).valid))
    if missing == len(frame_ns):
        raise RecordingError(f"{recording.name}: of its {len(frame_ns)} frames none has predicted gaze: {told.about}")
    source = GazeSource(spec.partition(":")[0], spec, told.about, "gaze" in recording.loaders, len(frame_ns), missing)
    lost = (f"{missing} of {len(frame_ns)} frames have no predicted gaze",) if missing else ()
    source = replace(source, notes=lost)
    return recording.replaced({"gaze": told.gaze, STREAM: source}, without=OF_THE_TRACKER)


def files_of(spec: str | None) -> list[Path]:
    """The files that a source reads for every recording; asked before anything is opened.

    Raises:
        UsageError: for a source that could not be used for any recording, saying what is allowed.
    """
    if spec is None:
        return []
    source, rest = _source(spec)
    return source.files(rest)


def from_anywhere(spec: str) -> str:
    """The same source, also for a process that runs in another folder."""
    source, rest = _source(spec)
    name, colon, _ = spec.partition(":")
    return f"{name}:{source.anywhere(rest)}" if rest else name + colon


def _source(spec: str) -> tuple[Source, str]:
    name, _, rest = spec.partition(":")
    if name not in GAZE_SOURCES:
        path = f"; for a file: file:{spec}" if Path(spec).exists() else hint(name, GAZE_SOURCES)
        raise UsageError(f"there is no gaze source {name!r}{path}; allowed: {'; '.join(_takes())}")
    return cast(Source, import_module(GAZE_SOURCES[name])), rest


def _takes() -> list[str]:
    modules: Mapping[str, Any] = {name: import_module(module) for name, module in GAZE_SOURCES.items()}
    return [module.TAKES for module in modules.values()]
