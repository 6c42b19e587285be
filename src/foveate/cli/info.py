"""foveate info: the facts of a recording."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foveate.cli.groups import Many, grouped
from foveate.cli.options import Declare, Quiet, declared

if TYPE_CHECKING:
    from foveate.batch.gather import Gathered


@grouped
def command(
    many: Many,
    recordings: Annotated[
        list[Path] | None,
        typer.Argument(metavar="REC...", help="Recordings (folder, video or foveate.toml), a folder of them, or LIST.csv."),
    ] = None,
    list_formats: Annotated[
        bool, typer.Option("--formats", help="List the formats that open, and what each looks for.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: one object, or a list for many recordings.")] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Of many recordings: a folder for a page and a table over all.")
    ] = None,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Tell what a recording holds: device, duration, frames, rates, gaze loss, offset between video and gaze, warnings."""
    from foveate.cli.many import gathered, only_for_many
    from foveate.errors import UsageError
    from foveate.recording import formats, open_recording
    from foveate.recording.info import facts

    if list_formats:
        for name, looks_for in formats().items():
            print(f"{name:<12} {looks_for}")
        return
    if not recordings:
        raise UsageError("no recording was named; give one or several, or --formats")
    found = gathered(recordings, declared(declare), command="info", out=out)
    if not isinstance(found, Path):
        _many(found, out, many, as_json=as_json, quiet=quiet)
        return
    only_for_many(many)
    if out is not None:
        raise UsageError("-o is for many recordings, and one was given; --json prints its facts")
    told = facts(open_recording(found, **declared(declare)))
    if as_json:
        print(json.dumps(told, indent=2, allow_nan=False))
    elif not quiet:
        _show(str(found), told)


def _many(found: "Gathered", out: Path | None, many: Many, *, as_json: bool, quiet: bool) -> None:
    """Tell of many recordings through a job."""
    from foveate.batch.info import FILE, make_work
    from foveate.cli.many import kept_or_not, made, print_json, run_many, tell_end

    with kept_or_not(out) as folder:
        now = run_many("info", found, folder, make_work, settings={}, many=many, verb="reading", quiet=quiet)
        if as_json:
            print_json(found, now, FILE)
        elif not quiet and out is None:
            for entry, told in made(found, now, FILE):
                _show(entry.name, told)
        tell_end(found, now, out, done="read", quiet=quiet or as_json)


def _show(name: str, fact: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(name, style="bold"), soft_wrap=True)
    for what, value in _rows(fact):
        console.print(Text(f"  {what:<10}", style="dim") + Text(value))
    if fact["streams"]:
        console.print(Text(f"  {'streams':<10}", style="dim") + Text(", ".join(fact["streams"])), soft_wrap=True)
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
