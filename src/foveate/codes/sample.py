"""Spans drawn at random for people to code, with what the model was shown of each and nothing of what it chose."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from foveate.codes.table import CodedSpan, Codes, Place
from foveate.description.description import ShownFrame
from foveate.errors import UsageError
from foveate.recording import open_recording
from foveate.recording.recording import Recording
from foveate.report.seen import data_uri, seen, spread
from foveate.run.line import frame_from_json
from foveate.view import make_view
from foveate.view.view import Paint

IMAGE_PX = 384
"""Longest side of an image on the page."""


@dataclass(frozen=True)
class Item:
    """One span to be coded by a person."""

    recording: str
    onset_s: float
    offset_s: float
    images: tuple[str, ...]
    """Data URIs of what the model was shown, in order of time."""


@dataclass(frozen=True)
class Sample:
    """Spans for people to code."""

    items: tuple[Item, ...]
    """In random order."""
    spans: int
    """That were coded in all."""
    unshown: int
    """Of these, spans of which nothing was shown: they cannot be drawn."""


@dataclass(frozen=True)
class _Told:
    """What the description of a recording says of how it was coded."""

    path: Path
    """Of the recording."""
    view: str
    frames: Mapping[Place, tuple[ShownFrame, ...]]
    """What was shown of each span."""


def sample(codes: Codes, *, count: int, seed: int = 0, images: int = 6, declared: Mapping[str, str] | None = None) -> Sample:
    """Draw spans, each as likely as any other, whatever the model said of them.

    Args:
        codes: what a model coded; with the descriptions beside it, that tell what was shown.
        count: how many spans; all where there are fewer.
        seed: of the draw and of the order.
        images: most images of one span; of more, some evenly spread.
        declared: keywords of ``open_recording``.

    Raises:
        UsageError: where the descriptions are not beside the table, or nothing was shown.
        RecordingError: where a recording is no longer where it was.
    """
    if count < 1 or images < 1:
        raise UsageError(f"the numbers of spans and of images must be 1 or more, got {count} and {images}")
    if not codes.stretches:
        raise UsageError(f"{codes.path} has no codes.json beside it; give the folder of foveate describe --codebook")
    told = {name: _told(name, codes.path.parent / stretch.folder) for name, stretch in codes.stretches.items()}
    showable = [span for span in codes.spans if span.recording in told and told[span.recording].frames.get(span.place)]
    if not showable:
        raise UsageError(f"nothing was shown of any span in {codes.path}, so that nothing can be coded")
    drawn = Random(seed).sample(showable, min(count, len(showable)))
    shown: dict[Place, tuple[str, ...]] = {}
    for name in dict.fromkeys(span.recording for span in drawn):
        recording = open_recording(told[name].path, **(declared or {}))
        mine = [span for span in drawn if span.recording == name]
        shown |= _images(recording, mine, told[name].frames, most=images, paint=make_view(told[name].view).paint)
    items = [Item(span.recording, span.onset_s, span.offset_s, shown[span.place]) for span in drawn]
    return Sample(tuple(items), len(codes.spans), len(codes.spans) - len(showable))


def _told(name: str, folder: Path) -> _Told:
    """Read a recording's description.json."""
    file = folder / "description.json"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if not told["recording"]["path"]:
            raise UsageError(f"{told['recording']['name']} has no files: what was shown of it cannot be made again")
        frames = {
            CodedSpan(name, span["start_s"], span["stop_s"], None).place: tuple(map(_frame, span["frames"]))
            for span in told["spans"]
        }
        return _Told(Path(told["recording"]["path"]), str(told["view"]["name"]), frames)
    except FileNotFoundError:
        raise UsageError(f"{file} is not there; it tells what was shown, and must stay where it was written") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{file} is damaged ({type(error).__name__}: {error}); code the recording again") from None


def _frame(told: Mapping[str, Any]) -> ShownFrame:
    """A frame of which something was shown.

    Raises:
        KeyError, TypeError, ValueError: where it is none.
    """
    frame = frame_from_json(told)
    if type(frame.index) is not int or frame.index < 0 or not frame.boxes_px or len(frame.boxes_px) != len(frame.sizes_px):
        raise ValueError(f"a frame of index {frame.index!r} with {len(frame.boxes_px)} regions")
    if not all(math.isfinite(edge) for box in frame.boxes_px for edge in box):
        raise ValueError(f"a region of frame {frame.index} is not finite")
    return frame


def _images(
    recording: Recording,
    spans: Sequence[CodedSpan],
    frames: Mapping[Place, tuple[ShownFrame, ...]],
    *,
    most: int,
    paint: Paint | None,
) -> dict[Place, tuple[str, ...]]:
    """What was shown of some spans, the video read once."""
    per_frame = max(len(frame.boxes_px) for span in spans for frame in frames[span.place])
    chosen = {span.place: spread(frames[span.place], max(1, most // per_frame)) for span in spans}
    each = {frame.index: frame for mine in chosen.values() for frame in mine}  # two spans may share a frame
    if max(each) >= (count := len(recording.scene.time_ns)):
        raise UsageError(
            f"{recording.name} has {count} frames now, and frame {max(each)} of it was shown; put back the recording that was "
            "coded, or code it again"
        )
    ordered = [each[index] for index in sorted(each)]
    made = dict(zip(sorted(each), seen(recording.scene, ordered, longest_px=IMAGE_PX, paint=paint), strict=True))
    uris = {index: tuple(map(data_uri, images)) for index, images in made.items()}
    return {place: tuple(uri for frame in mine for uri in uris[frame.index]) for place, mine in chosen.items()}
