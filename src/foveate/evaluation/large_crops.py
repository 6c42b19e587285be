"""Crops that are cut at the frame, told before asking: one as large as the frame is the frame, wherever gaze is."""

from collections.abc import Mapping, Sequence

from foveate.evaluation.recording_warnings import first_and_more
from foveate.evaluation.ways import Way
from foveate.geometry import Size
from foveate.recording.recording import Recording
from foveate.view import Extent, make_view


def large_crops(ways: Sequence[Way], recordings: Mapping[str, Recording]) -> list[str]:
    """A line for each size of crop, and each size of frame, that it fills whole or from edge to edge on one axis.

    Args:
        ways: of showing; those without a crop have none that could be too large.
        recordings: by name.
    """
    cropped: dict[str, list[str]] = {}
    for way in ways:
        if way.view is not None and "size" in dict(make_view(way.view).options):
            cropped.setdefault(way.size, []).append(way.name)
    told = []
    for size, names in cropped.items():
        found: dict[tuple[Size, Size], list[str]] = {}
        for name, recording in recordings.items():
            frame_px = recording.scene.size_px
            crop_px = Extent.parse(size).size_px(frame_px, recording.camera if size.endswith("deg") else None)
            if any(side == limit for side, limit in zip(crop_px, frame_px, strict=True)):
                found.setdefault((crop_px, frame_px), []).append(name)
        told += [_line(size, names, *sizes, first_and_more(of)) for sizes, of in found.items()]
    return told


def _line(size: str, names: Sequence[str], crop_px: Size, frame_px: Size, of: str) -> str:
    crop, frame = f"a crop of {size}{' px' if size.isdecimal() else ''}", f"{frame_px.width_px}x{frame_px.height_px}"
    if crop_px == frame_px:
        return f"{crop} is the whole frame ({frame}) of {of}, wherever gaze is: {'; '.join(names)}"
    axis, moves = ("wide", "up and down") if crop_px.width_px == frame_px.width_px else ("high", "sideways")
    return f"{crop} is as {axis} as the frame ({frame}) of {of}, and moves {moves} only: {'; '.join(names)}"
