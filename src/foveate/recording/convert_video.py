"""The videos of a recording, copied or linked as they are; nothing is compressed again."""

import os
import shutil
from pathlib import Path

from foveate.clock import Times
from foveate.errors import RecordingError
from foveate.recording.recognise import VIDEO_SUFFIXES
from foveate.recording.recording import Recording
from foveate.recording.scene import ScenePart, VideoScene


def video_parts(recording: Recording) -> list[ScenePart]:
    """The recording's videos that have frames.

    Raises:
        RecordingError: where its frames are in no video file.
    """
    scene = recording.scene
    if not isinstance(scene, VideoScene):
        raise RecordingError(
            f"{recording.path or recording.name} keeps its frames in no video file (Aria: single pictures in a VRS), and "
            "frames compressed to a new video would not be those of the recording any more: leave them out (--no-video; their "
            "times, gaze and calibration are written), or make the video with the maker's own tool (Aria: vrs_to_mp4) and "
            "declare it with its gaze (docs/recordings/table.md)"
        )
    return [part for part in scene.parts if len(frame_times(part))]


def frame_times(part: ScenePart) -> Times:
    """(F,) when the frames of a part of a scene were seen."""
    assert part.time_ns is not None, "the parts of a scene have their frames' times"
    return part.time_ns


def write_videos(parts: list[ScenePart], folder: Path, *, link: bool) -> list[str]:
    """Copy or link the videos; their names in the folder.

    Raises:
        RecordingError: where a link cannot be made.
    """
    names = []
    for number, part in enumerate(parts, start=1):
        suffix = part.path.suffix.lower()
        name = ("scene" if len(parts) == 1 else f"scene-{number}") + (suffix if suffix in VIDEO_SUFFIXES else "")
        if link:
            _link(part.path.resolve(), folder / name)
        else:
            shutil.copyfile(part.path, folder / name)
        names.append(name)
    return names


def _link(video: Path, new: Path) -> None:
    try:
        os.link(video, new)
    except OSError as error:
        raise RecordingError(
            f"{video} cannot get a second name in {new.parent.parent} ({error.strerror}): a hard link needs both on one disk "
            "that has them; leave --link out to copy it"
        ) from error
