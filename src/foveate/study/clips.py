"""What raters see of a clip: a small video of the span, or a strip of its frames, cut from the recording itself."""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Span, nearest, seconds_to_ns, usual_interval_ns
from foveate.draw import gaze_ring
from foveate.errors import FoveateError, UsageError
from foveate.faces.blur import blurred
from foveate.faces.detect import FaceDetector
from foveate.geometry import Affine, Box, Size
from foveate.job.disk import naming, write_whole
from foveate.recording import Recording
from foveate.recording.recording import Image
from foveate.report.render import plan
from foveate.study.config import Raters
from foveate.study.items import Item
from foveate.view.fit import longest_side

JPEG_QUALITY = 80
Find = Callable[[str], Recording]
"""The recording of a name."""
Cover = Callable[[Iterable[tuple[int, Image]]], Iterator[Image]]
"""Frames with their times -> the same with their faces blurred."""


def clip_files(item: Item, raters: Raters, faces: FaceDetector | None = None) -> tuple[str, ...]:
    """Names of a clip's files: others where they are made otherwise, so that none of an earlier setting is shown."""
    how: list[Any] = [raters.clip, raters.clip_px, raters.clip_fps, raters.clip_frames, raters.gaze_overlay]
    how += [faces.fingerprint] if faces else []
    name = f"{item.clip}-{hashlib.sha256(json.dumps(how).encode()).hexdigest()[:8]}"
    if raters.clip == "video":
        return (f"{name}.mp4",)
    return tuple(f"{name}-{k}.jpg" for k in range(raters.clip_frames))


def cut_clips(
    items: Iterable[Item],
    raters: Raters,
    find: Find,
    *,
    faces: FaceDetector | None = None,
    advance: Callable[[int], None] = lambda done: None,
) -> dict[str, tuple[str, ...]]:
    """Cut the clips that are not there yet.

    Args:
        items: whose clips.
        raters: size, rate and kind of the clips, and their folder.
        find: the recording of a name.
        faces: what finds the faces that are blurred; None leaves them. What was found is kept beside each clip.
        advance: told after each clip.

    Returns:
        Clip -> its files in ``raters.clip_folder``.

    Raises:
        FoveateError: where a recording is not there or cannot be decoded, naming the sample.
    """
    raters.clip_folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for item in items:
        names = clip_files(item, raters, faces)
        needed = [*names, *([counted(names)] if faces else [])]
        if not all((raters.clip_folder / name).is_file() for name in needed):
            try:
                _cut(item, raters, find(item.recording), [raters.clip_folder / name for name in names], faces)
            except FoveateError as error:
                raise UsageError(f"the clip of {item.sample} cannot be cut: {error}") from error
        if faces:
            _delete_others(raters.clip_folder, item, needed)
        made[item.clip] = names
        advance(1)
    return made


def _delete_others(folder: Path, item: Item, needed: Sequence[str]) -> None:
    """Files of a clip that were cut before, whole or half, and show what is blurred now; another server may do so as well."""
    stems = {name.partition(".")[0] for name in needed}
    for other in folder.glob(f"*{item.clip}-*"):
        # what another server writes at this moment begins with a name that is needed, or with a point before it
        if other.name.removeprefix(".").partition(".")[0] not in stems:
            other.unlink(missing_ok=True)


def delete_clips(folder: Path, clips: Iterable[str]) -> list[Path]:
    """Delete all files of clips, also what a server that was killed left half written."""
    files = [file for clip in clips for file in folder.glob(f"*{clip}*")]
    for file in files:
        with naming(file):
            file.unlink(missing_ok=True)
    return files


def counted(names: Sequence[str]) -> str:
    """Where stands what was blurred in a clip of these files."""
    return f"{names[0].rpartition('.')[0]}.faces.json"


def _cut(item: Item, raters: Raters, recording: Recording, paths: list[Path], faces: FaceDetector | None) -> None:
    scene = recording.scene
    whole = longest_side(raters.clip_px)(scene.size_px)
    size = Size(max(2, whole.width_px // 2 * 2), max(2, whole.height_px // 2 * 2))
    first_ns = int(scene.time_ns[0])
    span = Span(first_ns + seconds_to_ns(item.start_s), first_ns + seconds_to_ns(item.stop_s))
    shown = np.arange(len(scene.time_ns))[span.of(scene.time_ns)]
    if not len(shown):
        raise UsageError(f"{recording.name} has no frame from {item.start_s:.3f} to {item.stop_s:.3f} s")
    found: Counter[str] = Counter()
    cover = partial(blurred, detect=faces, count=found) if faces else None
    if raters.clip == "frames":
        images = _images(recording, _spread(shown, len(paths)), size, raters, cover)
        for path, image in zip(paths, images, strict=True):
            write_whole(path, _jpeg(image), by_several=True)
    else:
        _write_video(paths[0], recording, span, shown, size, raters, cover)
    if faces is not None:
        write_whole(paths[0].with_name(counted([path.name for path in paths])), json.dumps(found).encode(), by_several=True)


def _write_video(
    path: Path,
    recording: Recording,
    span: Span,
    shown: NDArray[np.intp],
    size: Size,
    raters: Raters,
    cover: Cover | None,
) -> None:
    from foveate.video.write import VideoWriter

    scene = recording.scene
    interval_ns = usual_interval_ns(scene.time_ns[shown])
    fps = min(raters.clip_fps, NS_PER_S / interval_ns) if interval_ns > 0 else raters.clip_fps
    # the middle of each of the video's instants, so that the last is inside
    instants = span.start_ns + (
        (np.arange(max(1, round((span.stop_ns - span.start_ns) / NS_PER_S * fps))) + 0.5) / fps * NS_PER_S
    )
    indices = shown[nearest(scene.time_ns[shown], instants.astype(np.int64))]
    with VideoWriter(path, size_px=size, fps=fps, crf=23, gop=max(1, round(fps))) as writer:
        for image in _images(recording, indices, size, raters, cover):
            writer.write(image)


def _spread(shown: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """The middles of so many equal parts of the span; a short one shows a frame more than once."""
    return shown[((np.arange(count) + 0.5) / count * len(shown)).astype(np.intp)]


def _images(
    recording: Recording,
    indices: NDArray[np.intp],
    size: Size,
    raters: Raters,
    cover: Cover | None,
) -> Iterable[Image]:
    """The frames of indices that never run backwards, one may stand there several times; under what covers faces."""
    scene = recording.scene
    distinct, times = np.unique(indices, return_counts=True)
    shots = plan(recording, Size(2, 2), distinct, np.zeros(len(distinct), dtype=np.bool_)) if raters.gaze_overlay else []
    to_small = Affine.crop_and_resize(Box(0, 0, *scene.size_px), size)
    frames: Iterable[Image] = scene.frames(distinct.tolist(), sizes_px=[size] * len(distinct))
    if cover is not None:
        frames = cover(zip(scene.time_ns[distinct].tolist(), frames, strict=True))
    for k, (image, count) in enumerate(zip(frames, times.tolist(), strict=True)):
        drawn = image
        if shots and shots[k].source == "measured":
            x, y = to_small(np.array(shots[k].point_px)).tolist()
            drawn = gaze_ring(image, (x, y))
        for _ in range(count):
            yield drawn


def _jpeg(image: Image) -> bytes:
    from PIL import Image as Pictures

    out = io.BytesIO()
    Pictures.fromarray(image).save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()
