"""Samples of one's own: a JSON object per line, and the writer of such files.

    {"recording": "rec1", "start_s": 2.0, "stop_s": 5.0, "task": "activity", "instruction": "activity",
     "reference": "The person slices a carrot.", "participant": "p01"}

``recording`` is a path relative to the file. Spans are in seconds from the first scene frame, or exact as ``start_ns`` and
``stop_ns`` on the recording's own clock. ``choices`` and ``answer`` (a place from 0), ``id``, ``kind``, ``side`` are optional.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from foveate.clock import Span, seconds_to_ns
from foveate.dataset.sample import TASKS as ALL_TASKS
from foveate.dataset.sample import Sample
from foveate.errors import DatasetError, UsageError
from foveate.recording import Recording, open_recording

LOOKS_FOR = "a file .jsonl with one sample a line, or a folder with samples.jsonl"
TASKS = ALL_TASKS

FILE_NAME = "samples.jsonl"
ANNOTATIONS = (FILE_NAME,)
FOLDERS = ("",)
LINE_BYTES = 2**20
REQUIRED = ("recording", "task", "instruction", "reference")
OPTIONAL = (
    "participant", "choices", "answer", "id", "kind", "side", "moments_ns", "start_s", "stop_s", "start_ns", "stop_ns",
)  # fmt: skip


def detect(folder: Path) -> bool:
    """Whether a path is a file of samples, or a folder with one."""
    return folder.suffix == ".jsonl" if folder.is_file() else (folder / FILE_NAME).is_file()


def samples(folder: Path, *, tasks: tuple[str, ...], videos: Path | None, left_out: "Counter[str]") -> Iterator[Sample]:
    """One sample per line.

    Raises:
        DatasetError: for the first line that is none, with its number and what is wrong.
    """
    file = _file(folder)
    opened: dict[str, Recording] = {}

    def recording(name: str) -> Recording:
        if name not in opened:
            opened[name] = open_recording((videos or file.parent) / name)
        return opened[name]

    for number, told in _lines(file):
        try:
            sample = _sample(told, recording, f"{file.stem}/{number}")
        except (ValueError, TypeError, UsageError) as error:
            raise DatasetError(f"{file}, line {number}: {error}") from error
        if sample.task in tasks:
            yield sample


def facts(folder: Path) -> dict[str, Any]:
    """Nothing beside the samples."""
    return {}


def write_jsonl(samples: Iterable[Sample], file: Path | str, *, home: Path | None = None) -> int:
    """Write samples, spans exact; the file appears only when it is whole.

    Args:
        samples: what to write.
        file: where.
        home: the folder from which the paths of recordings count; None for the file's own, another where it will be moved.

    Returns:
        How many there are.

    Raises:
        DatasetError: for a sample whose recording is not on this machine.
    """
    file = Path(file)
    temporary = file.with_name(f".{file.name}.part")
    written = 0
    try:
        with temporary.open("w", encoding="utf-8") as opened:
            for sample in samples:
                opened.write(json.dumps(_line(sample, home or file.parent), ensure_ascii=False) + "\n")
                written += 1
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return written


def _line(sample: Sample, folder: Path) -> dict[str, Any]:
    path = sample.recording.path
    if path is None:
        raise DatasetError(f"{sample.recording.name} is not on this machine, so that {sample.id or 'its sample'} has no path")
    line = {
        "recording": _relative(path.resolve(), folder.resolve()),
        "start_ns": sample.span.start_ns,
        "stop_ns": sample.span.stop_ns,
        **{name: getattr(sample, name) for name in ("task", "instruction", "reference", "participant", "id", "kind", "side")},
        "choices": list(sample.choices),
        "answer": sample.answer,
        "moments_ns": list(sample.moments_ns),
    }
    return {name: value for name, value in line.items() if value not in ("", [], None) or name in REQUIRED}


def _relative(path: Path, folder: Path) -> str:
    """A path as seen from a folder, with slashes; in full where none leads there: on another drive of Windows."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()


def _file(folder: Path) -> Path:
    return folder if folder.is_file() else folder / FILE_NAME


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        opened = file.open("rb")
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}") from error
    with opened:
        number = 0
        while line := opened.readline(LINE_BYTES):
            number += 1
            if not line.strip():
                continue
            try:
                told = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DatasetError(f"{file}, line {number}: no JSON object of less than 1 MiB ({error})") from error
            if not isinstance(told, dict):
                raise DatasetError(f"{file}, line {number}: a sample is a JSON object, found a {type(told).__name__}")
            yield number, told


def _sample(told: dict[str, Any], recording: Callable[[str], Recording], name: str) -> Sample:
    missing = [key for key in REQUIRED if not isinstance(told.get(key), str)]
    strange = [key for key in told if key not in (*REQUIRED, *OPTIONAL)]
    if missing or strange:
        raise ValueError(f"needs {', '.join(REQUIRED)} as text" if missing else f"there is no field {strange[0]!r}")
    found = recording(told["recording"])
    return Sample(
        found,
        _span(told, found),
        told["instruction"],
        told["reference"],
        str(told.get("participant", "")),
        told["task"],
        choices=tuple(str(choice) for choice in told.get("choices", ())),
        answer=told.get("answer"),
        id=str(told.get("id", name)),
        kind=str(told.get("kind", "")),
        side=str(told.get("side", "")),
        moments_ns=tuple(int(moment) for moment in told.get("moments_ns", ())),
    )


def _span(told: dict[str, Any], recording: Recording) -> Span:
    if "start_ns" in told and "stop_ns" in told:
        return Span(int(told["start_ns"]), int(told["stop_ns"]))
    if "start_s" not in told or "stop_s" not in told:
        raise ValueError("needs start_s and stop_s (from the first frame), or start_ns and stop_ns (the recording's clock)")
    first_ns = int(recording.scene.time_ns[0])
    return Span(first_ns + seconds_to_ns(float(told["start_s"])), first_ns + seconds_to_ns(float(told["stop_s"])))
