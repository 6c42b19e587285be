"""foveate info: the facts of a recording."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from foveate.cli.options import Declare, declared


def command(
    recordings: Annotated[
        list[Path] | None, typer.Argument(metavar="REC...", help="Recordings: folder, video or foveate.toml.")
    ] = None,
    list_formats: Annotated[
        bool, typer.Option("--formats", help="List the formats that open, and what each looks for.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: one object, or a list for several recordings.")] = False,
    declare: Declare = None,
) -> None:
    """Tell what a recording holds: device, duration, frames, rates, gaze loss, offset between video and gaze, warnings."""
    from foveate.errors import UsageError
    from foveate.recording import formats, open_recording
    from foveate.recording.info import facts

    if list_formats:
        for name, looks_for in formats().items():
            print(f"{name:<12} {looks_for}")
        return
    if not recordings:
        raise UsageError("no recording was named; give one or several, or --formats")
    told = [facts(open_recording(path, **declared(declare))) for path in recordings]
    if as_json:
        print(json.dumps(told[0] if len(told) == 1 else told, indent=2, allow_nan=False))
        return
    for path, fact in zip(recordings, told, strict=True):
        _show(path, fact)


def _show(path: Path, fact: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(str(path), style="bold"), soft_wrap=True)
    for name, value in _rows(fact):
        console.print(Text(f"  {name:<10}", style="dim") + Text(value))
    for warning in fact["warnings"]:
        console.print(Text(f"  ! {warning}", style="yellow"), soft_wrap=True)


def _rows(fact: dict[str, Any]) -> list[tuple[str, str]]:
    timed = "an unknown number" if fact["frames"] is None else fact["frames"]
    rows = [
        ("format", fact["format"]),
        ("device", fact["device"]),
        ("duration", "unknown" if fact["duration_s"] is None else f"{fact['duration_s']:.2f} s"),
        ("video", _size(fact) + ("" if fact["fps"] is None else f", {fact['fps']:.2f} fps")),
        ("frames", f"{timed}, {fact['frames_with_video']} of them with video"),
    ]
    if fact["gaze_samples"] is None:
        return [*rows, ("gaze", "none")]
    lost = 1 - fact["gaze_valid"] / fact["gaze_samples"]
    rate = "" if fact["gaze_rate_hz"] is None else f", {fact['gaze_rate_hz']:.1f} Hz"
    offset_ms = fact["video_to_gaze_offset_ms"]
    rows.append(("gaze", f"{fact['gaze_samples']} samples{rate}, {lost:.1%} lost"))
    if offset_ms is None:
        return rows
    return [
        *rows,
        ("offset", f"gaze starts {abs(offset_ms):.1f} ms {'after' if offset_ms >= 0 else 'before'} the video"),
    ]


def _size(fact: dict[str, Any]) -> str:
    return "of unknown size" if fact["width"] is None else f"{fact['width']}x{fact['height']}"
