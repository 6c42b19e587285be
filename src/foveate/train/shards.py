"""A folder of prepared clips as a torch Dataset: random access, many readers, and any control in place of the wearer's gaze."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from foveate.errors import DatasetError, hint_beside
from foveate.train.controls import ClipGaze, control
from foveate.train.shard import AGAIN, Clip, Shard, another_format

INDEX = "index.json"
"""Names the shards of a folder, what they were made with, and what was left out; written when all are there."""
INDEX_FORMAT = "foveate shards 1"
OPEN = 128
"""Shards whose files stay mapped at once in one process."""


class ShardDataset(Dataset[dict[str, Any]]):
    """Clips of one side of a folder that ``foveate prepare`` made.

    An item is a dict of lists with one entry per image, and of texts:

    ``images`` (height, width, 3) uint8 RGB; ``time_s`` seconds from the recording's first frame; ``gaze_target`` (tokens,)
    float32 on the model's own grid, NaN where not valid; ``gaze_valid``; ``patches`` where the tokens lie, in pixels of the
    image; ``gaze_px`` (N, 2) gaze points in pixels of the image, always the wearer's own;
    ``prompt``, ``reference``, ``id``, ``recording``, ``participant``, ``task``, ``kind``, ``side``, ``start_ns``, ``stop_ns``.

    Files are opened when they are first read, in every worker process anew: it can be given to a DataLoader with any number of
    workers, however these are started.
    """

    def __init__(self, folder: Path | str, *, side: str | None = "train", targets: str = "own", seed: int = 0) -> None:
        """Read the index, and find the shards whole.

        Args:
            folder: as given to ``foveate prepare -o``.
            side: train, validation or test; None for all.
            targets: a key of ``foveate.train.controls.CONTROLS``; all but ``own`` read the gaze of every clip once.
            seed: of the control ``shuffled``.

        Raises:
            DatasetError: where the folder holds no shards, none with clips of that side, or one that is missing or truncated.
            UsageError: for a control that there is not.
        """
        self.folder = Path(folder)
        self.index = read_index(self.folder)
        self.side = side
        listed = [each for each in self.index["shards"] if side in (None, each["side"])]
        _check_files(self.folder, listed)
        self._paths = [self.folder / each["file"] for each in listed]
        self._ends = np.cumsum([each["clips"] for each in listed], dtype=np.int64).tolist()
        if not len(self):
            sides = Counter({each["side"]: 0 for each in self.index["shards"]})
            for each in self.index["shards"]:
                sides[each["side"]] += each["clips"]
            there = ", ".join(f"{name} {count}" for name, count in sides.items()) or "no shard at all"
            raise DatasetError(f"{self.folder} holds no clip of the side {side!r} (clips there: {there})")
        self._open: dict[Path, Shard] = {}
        self.control = control(targets, self, seed=seed)

    def __len__(self) -> int:
        return int(self._ends[-1]) if self._ends else 0

    def __getitem__(self, place: int) -> dict[str, Any]:
        shard, row = self._find(place)
        return as_item(shard.clip(row), self.control.frames(self, place % len(self)))

    def gaze(self, clip: int) -> ClipGaze:
        """The wearer's own gaze on a clip's images; no image is read."""
        shard, row = self._find(clip)
        return shard.gaze(row)

    def clip(self, place: int) -> Clip:
        """A clip as it was prepared, with the wearer's own gaze."""
        shard, row = self._find(place)
        return shard.clip(row)

    def _find(self, place: int) -> tuple[Shard, int]:
        if not -len(self) <= place < len(self):
            raise IndexError(f"there are {len(self)} clips, got place {place}")
        place %= len(self)
        number = bisect_right(self._ends, place)
        path = self._paths[number]
        if path not in self._open:
            while len(self._open) >= OPEN:
                del self._open[next(iter(self._open))]
            self._open[path] = Shard(path)
        return self._open[path], place - (self._ends[number - 1] if number else 0)

    def __getstate__(self) -> dict[str, Any]:
        # a mapped file does not travel to another process
        return {**self.__dict__, "_open": {}}


def as_item(clip: Clip, frames: Sequence[Any]) -> dict[str, Any]:
    """What a collator takes of a clip.

    Args:
        clip: with images.
        frames: what it is taught to look at, a ``FrameTarget`` per image.
    """
    told = asdict(clip.about)
    return {
        **told,
        "images": [each.image for each in clip.images],
        "time_s": [each.time_s for each in clip.images],
        "gaze_px": [each.point_px for each in clip.images],
        "gaze_target": [frame.probability for frame in frames],
        "gaze_valid": [frame.valid for frame in frames],
        "patches": [frame.patches for frame in frames],
    }


def read_index(folder: Path) -> dict[str, Any]:
    """What a folder of shards holds and was made with.

    Raises:
        DatasetError: where it holds none, or they are not finished.
    """
    path = folder / INDEX
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        if (folder / "job").is_dir():
            raise DatasetError(f"the shards in {folder} are not finished (no {INDEX}); {AGAIN}") from None
        near = "" if folder.exists() else hint_beside(folder)
        raise DatasetError(
            f"{folder} holds no shards (no {INDEX}){near}; make them: foveate prepare DATASET -o {folder}"
        ) from None
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read ({error}); {AGAIN}") from error
    came = told.get("format") if isinstance(told, dict) else None
    if came != INDEX_FORMAT:
        raise DatasetError(another_format(path, came, INDEX_FORMAT))
    if not isinstance(told.get("shards"), list):
        raise DatasetError(f"{path} names no shards; {AGAIN}")
    index: dict[str, Any] = told
    return index


def _check_files(folder: Path, listed: Sequence[Mapping[str, Any]]) -> None:
    for each in listed:
        path = folder / each["file"]
        if not path.is_file():
            raise DatasetError(f"{path} is not there; {AGAIN}")
        if (size := path.stat().st_size) != each["bytes"]:
            raise DatasetError(f"{path} is truncated or changed ({size} bytes, not {each['bytes']}); delete it, and {AGAIN}")
