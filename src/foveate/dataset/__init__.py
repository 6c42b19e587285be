"""Samples out of recordings and annotations: one data set per file, one line each in DATASETS."""

from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from foveate.dataset.missing import missing
from foveate.dataset.sample import Sample
from foveate.errors import DatasetError, hint, hint_beside

__all__ = ["DATASETS", "Sample", "counts", "dataset_of", "samples"]

DATASETS = {
    "ego4d": "foveate.dataset.ego4d",
    "egoexo4d": "foveate.dataset.egoexo4d",
    "egtea": "foveate.dataset.egtea",
    "epic_kitchens": "foveate.dataset.epic_kitchens",
    "activitynet": "foveate.dataset.activitynet",
    "streamgaze": "foveate.dataset.streamgaze",
    "egogazevqa": "foveate.dataset.egogazevqa",
    "jsonl": "foveate.dataset.jsonl",
}
"""Data set -> the module that reads it, in the order of trying; see ``DataSet`` for what it holds."""


class DataSet(Protocol):
    """What a module of a data set holds."""

    LOOKS_FOR: str
    """What it recognises, in words, for messages."""
    TASKS: tuple[str, ...]
    """Tasks that it has samples of."""
    ANNOTATIONS: tuple[str, ...]
    """Names of its published files; "a.json or a.csv" where either does."""
    FOLDERS: tuple[str, ...]
    """Where they may lie, relative to its folder."""

    def detect(self, folder: Path) -> bool:
        """Whether a folder (or file) holds this data set; quick, reads names rather than contents."""
        ...

    def samples(
        self, folder: Path, *, tasks: tuple[str, ...], videos: Path | None, left_out: "Counter[str]"
    ) -> Iterator[Sample]:
        """Its samples, in an order that does not change; what is left out is counted by its reason."""
        ...

    def facts(self, folder: Path) -> dict[str, Any]:
        """What is there beside samples: tables of gaze, what the metadata claims."""
        ...


def dataset_of(folder: Path | str, *, name: str | None = None) -> tuple[str, DataSet]:
    """Which data set a folder holds.

    Args:
        folder: where its annotations are, as published.
        name: a key of DATASETS, or None to detect it.

    Raises:
        DatasetError: where the folder is missing or holds none that is known.
    """
    folder = Path(folder)
    if name is not None and name not in DATASETS:
        raise DatasetError(f"there is no data set {name!r}{hint(name, DATASETS)}; allowed: {', '.join(DATASETS)}")
    if not folder.exists():
        raise DatasetError(f"{folder} does not exist{hint_beside(folder)}")
    modules = {key: cast(DataSet, import_module(module)) for key, module in DATASETS.items() if name in (None, key)}
    for key, module in modules.items():
        if module.detect(folder):
            return key, module
    absent = {key: missing(folder, module.ANNOTATIONS, module.FOLDERS) for key, module in modules.items()}
    if name is not None and len(absent[name]) < len(modules[name].ANNOTATIONS):
        return name, modules[name]
    near = [f"{found} to be {key}'s {file}" for key, files in absent.items() for file, found in files.items() if found]
    meant = f"; did you mean {near[0]}" if near else ""
    looked_for = "; ".join(f"{key}: {module.LOOKS_FOR}" for key, module in modules.items())
    found = ", ".join(sorted(file.name for file in folder.iterdir())[:8]) if folder.is_dir() else folder.name
    what = "data set that is known" if name is None else name
    raise DatasetError(f"{folder} holds no {what} (found: {found or 'nothing'}){meant}. Looked for {looked_for}")


def samples(
    folder: Path | str,
    *,
    name: str | None = None,
    tasks: tuple[str, ...] | None = None,
    videos: Path | str | None = None,
    with_video: bool = False,
    with_gaze: bool = False,
    left_out: "Counter[str] | None" = None,
) -> Iterator[Sample]:
    """The samples of a published data set, in an order that does not change.

    Args:
        folder: where its annotations are, as published.
        name: a key of DATASETS, or None to detect it.
        tasks: which of its tasks; None for all.
        videos: folder of its videos, where they are not under ``folder``.
        with_video: whether samples without a video on this machine are left out.
        with_gaze: whether samples without gaze on this machine are left out.
        left_out: takes how many annotations or samples were left out, by reason.

    Yields:
        Samples; the recording of one whose video is missing has no stream ``scene`` and says so when it is asked for.

    Raises:
        DatasetError: where annotations are missing or broken.
    """
    folder = Path(folder)
    key, module = dataset_of(folder, name=name)
    strange = [task for task in tasks or () if task not in module.TASKS]
    if strange:
        raise DatasetError(f"{key} has no samples of the task {strange[0]!r}; it has: {', '.join(module.TASKS)}")
    counter: Counter[str] = Counter() if left_out is None else left_out
    place = None if videos is None else Path(videos)
    for sample in module.samples(folder, tasks=tasks or module.TASKS, videos=place, left_out=counter):
        if with_video and "scene" not in sample.recording.loaders:
            counter["samples whose video is not on this machine"] += 1
        elif with_gaze and "gaze" not in sample.recording.loaders:
            counter["samples whose gaze is not on this machine"] += 1
        else:
            yield sample


def counts(folder: Path | str, *, name: str | None = None, videos: Path | str | None = None) -> dict[str, Any]:
    """Count what is really there: nothing is taken from a paper.

    Returns:
        data set, recordings (annotated; of these with and without a video and gaze on this machine), participants, samples
        and hours by task, kind and side of the data set's own split, what was left out by reason, annotation files that
        are not here with the name beside that may be meant, and what only this data set has (its ``facts``).
    """
    folder = Path(folder)
    key, module = dataset_of(folder, name=name)
    left_out: Counter[str] = Counter()
    streams: dict[str, tuple[bool, bool]] = {}
    participants: set[str] = set()
    by: dict[str, Counter[str]] = {part: Counter() for part in ("task", "kind", "side")}
    total, seconds = 0, 0.0
    for sample in samples(folder, name=key, videos=videos, left_out=left_out):
        total += 1
        seconds += sample.span.duration_s
        recording = sample.recording
        streams[recording.name] = ("scene" in recording.loaders, "gaze" in recording.loaders)
        participants |= {sample.participant} - {""}
        for part, counter in by.items():
            counter[getattr(sample, part) or "not told"] += 1
    filmed, gazed = (sum(each) for each in zip(*streams.values(), strict=True)) if streams else (0, 0)
    absent = missing(folder, module.ANNOTATIONS, module.FOLDERS)
    return {
        "data set": key,
        "recordings": len(streams),
        "recordings with video here": filmed,
        "recordings without video here": len(streams) - filmed,
        "recordings with gaze here": gazed,
        "recordings without gaze here": len(streams) - gazed,
        "participants": len(participants),
        "samples": total,
        "hours of samples": round(seconds / 3600, 2),
        **{f"samples of {part} {value}": count for part, counter in by.items() for value, count in sorted(counter.items())},
        **{f"left out: {reason}": count for reason, count in sorted(left_out.items())},
        **{f"not here: {name}": f"did you mean {near}" if near else "missing" for name, near in absent.items()},
        **module.facts(folder),
    }
