"""Clips on disk: a shard holds those of one recording, images encoded, gaze on the model's own grid; one safetensors file.

    NAME.safetensors          arrays of all images of all clips end to end, with where each ends; what is told of clips as JSON

Nothing is pickled. Images are read one by one out of the mapped file, so a shard may be larger than memory.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.errors import DatasetError, UsageError, require
from foveate.gaze.patches import Patches
from foveate.geometry import Points
from foveate.job.disk import write_whole
from foveate.train.controls import ClipGaze, FrameTarget

FORMAT = "foveate shard 1"
ABOUT = "foveate"
"""The entry of a file's metadata that tells of its clips."""
AGAIN = "run the same foveate prepare again: it makes what is missing"
ANEW = "prepare again with --restart"
ENCODINGS = {
    "png": (".png", [cv2.IMWRITE_PNG_COMPRESSION, 6]),
    "jpeg": (
        ".jpg",
        [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444],
    ),
}
"""How images are kept -> their ending and OpenCV's options: without loss, or JPEG of quality 95 with colour unreduced."""


@dataclass(frozen=True)
class ClipImage:
    """One image of a clip, when it was seen and where the wearer looked on it."""

    image: NDArray[np.uint8]
    """(height, width, 3) RGB."""
    time_s: float
    """Seconds from the recording's first frame."""
    target: FrameTarget
    point_px: Points
    """(N, 2) gaze points of the window in pixels of the image; those beyond it too."""


@dataclass(frozen=True)
class About:
    """What is told of a clip."""

    id: str
    """Its sample's name."""
    recording: str
    """Names the recording among all of the data set."""
    participant: str
    task: str
    kind: str
    side: str
    """train, validation or test."""
    prompt: str
    """As it is put to the model, with what the view tells in words before it."""
    reference: str
    """What is right to say."""
    start_ns: int
    """Of the span, on the recording's clock."""
    stop_ns: int


@dataclass(frozen=True)
class Clip:
    """A sample as a model sees it, and where the wearer looked."""

    about: About
    images: tuple[ClipImage, ...]
    """In order of time."""


def write_shard(path: Path, clips: Iterable[Clip], *, encoding: Callable[[tuple[int, int]], str]) -> dict[str, int]:
    """Write clips as one file.

    Args:
        path: of the file, which appears whole.
        clips: of one recording; may be none.
        encoding: (height, width) of an image -> a key of ENCODINGS.

    Returns:
        Counts: clips, frames, frames with gaze, bytes.
    """
    from safetensors.numpy import save

    about: list[About] = []
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in RAGGED}
    small: dict[str, list[Any]] = {"time_s": [], "size_px": [], "valid": [], "clip_end": []}
    for clip in clips:
        about.append(clip.about)
        for each in clip.images:
            parts["image"].append(encode(each.image, encoding(each.target.size_px)))
            parts["block"].append(np.array([(p.rows, p.columns, *p.box_px) for p in each.target.patches], dtype=np.float64))
            parts["target"].append(each.target.probability.astype(np.float32))
            parts["gaze_px"].append(np.asarray(each.point_px, dtype=np.float64).reshape(-1, 2))
            small["time_s"].append(each.time_s)
            small["size_px"].append(each.target.size_px)
            small["valid"].append(each.target.valid)
        small["clip_end"].append(len(small["valid"]))
    tensors = {
        "time_s": np.array(small["time_s"], dtype=np.float64),
        "size_px": np.array(small["size_px"], dtype=np.int64).reshape(-1, 2),
        "valid": np.array(small["valid"], dtype=np.bool_),
        "clip_end": np.array(small["clip_end"], dtype=np.int64),
    }
    for name, empty in RAGGED.items():
        tensors[name] = np.concatenate([empty, *parts[name]])
        tensors[f"{name}_end"] = np.cumsum([len(part) for part in parts[name]], dtype=np.int64)
    told = json.dumps({"format": FORMAT, "clips": [asdict(each) for each in about]}, ensure_ascii=False)
    data = save(tensors, metadata={ABOUT: told})  # of several entries the library writes any one first
    write_whole(path, data)
    return {
        "clips": len(about),
        "frames": len(tensors["valid"]),
        "frames with gaze": int(tensors["valid"].sum()),
        "bytes": len(data),
    }


RAGGED: dict[str, NDArray[Any]] = {
    "image": np.empty(0, dtype=np.uint8),
    "block": np.empty((0, 6), dtype=np.float64),
    "target": np.empty(0, dtype=np.float32),
    "gaze_px": np.empty((0, 2), dtype=np.float64),
}
"""Arrays of which an image has any number of rows -> one without any."""


def encode(image: NDArray[np.uint8], encoding: str) -> NDArray[np.uint8]:
    """(height, width, 3) RGB -> (bytes,)."""
    if encoding not in ENCODINGS:
        raise UsageError(f"images are kept as {' or '.join(ENCODINGS)}, got {encoding!r}")
    ending, options = ENCODINGS[encoding]
    _, data = cv2.imencode(ending, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    return np.asarray(data, dtype=np.uint8)


def decode(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(bytes,) -> (height, width, 3) RGB."""
    return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def another_format(path: Path, came: object, reads: str) -> str:
    """The line for a file of another version's layout, or of nobody's."""
    kind = f"of the layout {came!r}" if came else "of no layout that is known"
    return f"{path} is {kind}, and this version of foveate reads {reads!r}; {ANEW}"


class Shard:
    """A shard to read from; its file stays mapped."""

    _file: Any
    """safetensors' own reader, which has no types."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            DatasetError: where it is missing, damaged or something else.
        """
        require("safetensors")
        from safetensors import SafetensorError, safe_open

        self.path = path
        try:
            self._file = safe_open(path, framework="np")
            told = json.loads((self._file.metadata() or {}).get(ABOUT, "{}"))
            if told.get("format") != FORMAT:
                raise DatasetError(another_format(path, told.get("format"), FORMAT))
            self.about = tuple(About(**each) for each in told["clips"])
            names = ("time_s", "size_px", "valid", "clip_end", "block", "gaze_px", *(f"{name}_end" for name in RAGGED))
            self._small = {name: self._file.get_tensor(name) for name in names}
        except FileNotFoundError:
            raise DatasetError(f"{path} is not there; {AGAIN}") from None
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            raise DatasetError(f"{path} is damaged ({error}); delete it, and {AGAIN}") from error

    def __len__(self) -> int:
        return len(self.about)

    def clip(self, place: int) -> Clip:
        """A clip with its images decoded.

        Raises:
            DatasetError: where they are damaged.
        """
        about = self.about[place]
        try:
            return Clip(about, tuple(self._image(k) for k in range(*self._edges("clip", place))))
        except cv2.error as error:
            raise DatasetError(f"{self.path} is damaged at the clip {about.id}; delete it, and {AGAIN}") from error

    def gaze(self, place: int) -> ClipGaze:
        """The gaze of a clip alone; no image is read."""
        found = range(*self._edges("clip", place))
        return ClipGaze(self.about[place].recording, tuple(self._target(k) for k in found))

    def _image(self, k: int) -> ClipImage:
        time_s = float(self._small["time_s"][k])
        return ClipImage(decode(self._rows("image", k)), time_s, self._target(k), self._rows("gaze_px", k))

    def _target(self, k: int) -> FrameTarget:
        patches = tuple(Patches(int(row[0]), int(row[1]), tuple(row[2:])) for row in self._rows("block", k).tolist())
        height, width = self._small["size_px"][k].tolist()
        return FrameTarget(patches, (height, width), self._rows("target", k), bool(self._small["valid"][k]))

    def _edges(self, name: str, place: int) -> tuple[int, int]:
        ends = self._small[f"{name}_end"]
        return (int(ends[place - 1]) if place else 0), int(ends[place])

    def _rows(self, name: str, place: int) -> NDArray[Any]:
        start, stop = self._edges(name, place)
        if name in self._small:
            return np.asarray(self._small[name][start:stop])
        return np.asarray(self._file.get_slice(name)[start:stop])
