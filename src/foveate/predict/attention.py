"""Gaze source ``attention:RUN``: where a model looks that was trained with gaze (``foveate train``), or any other model.

Of an image's visual tokens the one with the most attention is taken, and the mean place of it and those that touch it, weighted
by their attention: a point between patches where attention lies between them. The whole frame is shown, FRAMES images in a
prompt as they are in training, so that a frame's point may depend on the seconds around it: this is no online predictor.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times, nearest
from foveate.errors import RecordingError, VideoError, require
from foveate.geometry import Affine, Box, Points, Size
from foveate.model.looker import TAKES as MODELS
from foveate.model.looker import LookedAt, Looker, Watchable, open_watchable
from foveate.model.model import TimedImage
from foveate.predict.prediction import Frames, Prediction, round_px
from foveate.recording.recording import GazeStream, Scene
from foveate.view.fit import longest_side

TAKES = f"attention:MODEL ({MODELS})"
FPS = 1.0
"""Frames a second that the model is shown; the others have the point of the nearest of these."""
FRAMES = 5
"""Of a prompt: what Gaze-VLM (arXiv 2510.21356) observes before it tells the future is 5 s."""
LONGEST_PX, STEP_PX = 448, 16
"""Images are at most this long; of a model with a usual number of visual tokens so much shorter that they have no more."""


def files(rest: str) -> list[Path]:
    """Settings and cards; weights are pinned by these."""
    require("torch", "transformers", "safetensors")
    return open_watchable(rest).files


def anywhere(rest: str) -> str:
    """The same model for a process in another folder; ids and ``builtin`` mean the same everywhere."""
    scheme, colon, path = rest.rpartition(":")
    return f"{scheme}{colon}{Path(path).expanduser().absolute()}" if Path(path).expanduser().exists() else rest


def predict(frames: Frames, rest: str) -> Prediction:
    """Look at a recording's frames, one a second.

    Args:
        frames: with a video.
        rest: a run folder, ``builtin``, ``hf:`` and a folder or an id, or a model's folder.

    Raises:
        UsageError, ModelError: for a model that is not there, or cannot be watched.
        RecordingError: where there is no video, or none of it can be decoded.
    """
    require("torch", "transformers", "safetensors")
    watchable = open_watchable(rest)
    if frames.scene is None:
        raise RecordingError(f"{frames.recording} has no scene video, and --gaze attention looks at its images")
    chosen = _one_a_second(frames.time_ns)
    looker = _looker(watchable)
    size_px = _shown_px(looker, frames.size_px)
    point_px = np.full((len(chosen), 2), np.nan)
    lost = 0
    for start in range(0, len(chosen), FRAMES):
        some = slice(start, start + FRAMES)
        try:
            images = list(_images(frames.scene, frames.time_ns, chosen[some], size_px))
        except VideoError:
            lost += len(chosen[some])
            continue
        to_image = Affine.crop_and_resize(Box(0, 0, *frames.size_px), size_px)
        point_px[some] = to_image.inverse(np.array([peak(each) for each in looker.look(images)]))
    if lost == len(chosen):
        raise RecordingError(f"not one of the {lost} frames of {frames.recording} that were to be shown can be decoded")
    gaze = _held(frames.time_ns, chosen, np.clip(point_px, 0, np.array(frames.size_px) - 1))
    notes = [f"{lost} of {len(chosen)} frames that were to be shown cannot be decoded"] if lost else []
    valid = np.asarray(np.isfinite(gaze).all(axis=1), dtype=np.bool_)
    return Prediction(
        GazeStream(frames.time_ns, gaze, valid, notes=tuple(notes)),
        round_px(frames.size_px),
        f"where the {'toy ' if watchable.is_toy else ''}model {watchable.name} looks ({watchable.how}; {FPS:g} frame a second)",
    )


def peak(looked: LookedAt) -> tuple[float, float]:
    """The place of most attention on an image: x, y in its pixels.

    Args:
        looked: where a grid ends, so do the neighbours of its patches: the parts of a tiled image do not touch.
    """
    best = int(looked.probability.argmax())
    first = 0
    for part in looked.layout:
        if best < first + len(part):
            break
        first += len(part)
    grid = looked.probability[first : first + len(part)].reshape(part.rows, part.columns)
    row, column = divmod(best - first, part.columns)
    rows, columns = slice(max(0, row - 1), row + 2), slice(max(0, column - 1), column + 2)
    weight = grid[rows, columns]
    x_px, y_px = _middles(part.x_edges_px)[columns], _middles(part.y_edges_px)[rows]
    return float(weight.sum(axis=0) @ x_px / weight.sum()), float(weight.sum(axis=1) @ y_px / weight.sum())


def _middles(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    return (edges[1:] + edges[:-1]) / 2


@lru_cache(maxsize=1)
def _load(watchable: Watchable, marks: tuple[tuple[str, int], ...]) -> Looker:
    return Looker(watchable)


def _looker(watchable: Watchable) -> Looker:
    """Loaded once for many recordings, and again where its files changed."""
    return _load(watchable, tuple((str(path), path.stat().st_mtime_ns) for path in watchable.files))


def _one_a_second(time_ns: Times) -> NDArray[np.int64]:
    """Increasing indices of frames, the first at half a second."""
    step_ns = round(NS_PER_S / FPS)
    wanted = np.arange(int(time_ns[0]) + step_ns // 2, int(time_ns[-1]) + 1, step_ns)
    if not len(wanted):
        return np.array([len(time_ns) // 2])
    return np.unique(nearest(time_ns, wanted, tolerance_ns=int(time_ns[-1] - time_ns[0])))


def _shown_px(looker: Looker, frame_px: Size) -> Size:
    """At which size a frame is shown."""
    sides = range(min(LONGEST_PX, max(frame_px)), 0, -STEP_PX)
    sizes = (longest_side(side_px)(frame_px) for side_px in sides)
    usual = looker.usual_tokens
    return next((size for size in sizes if usual is None or looker.tokens(size) <= usual), longest_side(STEP_PX)(frame_px))


def _images(scene: Scene, time_ns: Times, chosen: NDArray[np.int64], size_px: Size) -> Iterator[TimedImage]:
    whole = Box(0, 0, *scene.size_px)
    made = scene.frames(chosen.tolist(), boxes_px=[whole] * len(chosen), sizes_px=[size_px] * len(chosen))
    for index, image in zip(chosen, made, strict=True):
        yield TimedImage(image, (int(time_ns[index]) - int(time_ns[0])) / NS_PER_S)


def _held(time_ns: Times, chosen: NDArray[np.int64], point_px: Points) -> Points:
    """(F, 2): every frame has the point of the nearest that was shown, up to half a step and a frame away."""
    index = nearest(time_ns[chosen], time_ns, tolerance_ns=round(NS_PER_S / FPS))
    return np.where((index >= 0)[:, None], point_px[index], np.nan)
