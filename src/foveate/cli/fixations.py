"""foveate fixations: where the eyes rested and jumped, and when they were shut."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foveate.cli.options import Declare, Quiet, RecordingPath, declared
from foveate.errors import UsageError

if TYPE_CHECKING:
    from foveate.gaze.events import GazeEvents


def command(
    rec: RecordingPath,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write a table: a file that ends in .csv.")] = None,
    detector: Annotated[str, typer.Option("--detector", help="ivt (by speed) or idt (by dispersion).")] = "ivt",
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Of the detector: degrees a second (ivt) or degrees (idt).")
    ] = None,
    vendor: Annotated[bool, typer.Option("--vendor", help="Take the fixations that the vendor's program found.")] = False,
    head: Annotated[
        str, typer.Option("--head", help="Remove the head's turning: auto (by the IMU), imu, flow (reads the video) or none.")
    ] = "auto",
    field_deg: Annotated[
        float | None, typer.Option("--field", help="How many degrees wide the scene camera sees, without a calibration.")
    ] = None,
    min_confidence: Annotated[
        float | None, typer.Option("--min-confidence", help="Leave out samples of which the tracker is less sure (0 to 1).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, every event included.")] = False,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Find fixations, saccades and blinks in a recording's gaze."""
    from foveate.cli.progress import progress
    from foveate.gaze.events import detect
    from foveate.gaze.events_table import as_csv, rows, summary, zero_ns
    from foveate.job.disk import write_whole
    from foveate.recording import open_recording

    if out is not None and (out.suffix != ".csv" or out.is_dir()):
        raise UsageError(f"-o takes a file that ends in .csv, got {out}")
    if vendor and (detector != "ivt" or threshold is not None):
        raise UsageError("--vendor takes fixations as they were found; leave --detector and --threshold out")
    recording = open_recording(rec, **declared(declare))
    frames = len(recording.scene.time_ns) - 1 if head == "flow" and "scene" in recording.loaders else 0
    with progress("frames compared", frames, quiet=quiet) as advance:
        found = detect(
            recording,
            detector=detector,
            threshold=threshold,
            vendor=vendor,
            head=head,
            field_deg=field_deg,
            min_confidence=min_confidence,
            progress=lambda done, total: advance(),
        )
    table = rows(found, zero_ns=zero_ns(recording))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, as_csv(table))
    if as_json:
        print(json.dumps(summary(found) | {"events": table}, indent=1, allow_nan=False))
    elif not quiet:
        _show(rec, found, summary(found))
        if out is not None:
            print(f"  {len(table)} events are in {out}")


def _show(path: Path, found: "GazeEvents", told: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(str(path), style="bold"), soft_wrap=True)
    for name in ("fixations", "saccades", "blinks"):
        mine = told[name]
        parts = [f"{mine['count']} ({found.source[name]})"]
        if mine["count"]:
            parts.append(f"{mine['share_of_time']:.0%} of {told['gaze_s']:.1f} s")
            parts.append(f"median {1000 * mine['median_s']:.0f} ms")
        if mine.get("median_dispersion_deg") is not None:
            parts.append(f"spread {mine['median_dispersion_deg']:.2f} deg")
        if mine.get("median_amplitude_deg") is not None:
            parts.append(f"{mine['median_amplitude_deg']:.1f} deg at {mine['median_peak_deg_per_s']:.0f} deg/s")
        console.print(Text(f"  {name:<11}", style="dim") + Text(", ".join(parts)), soft_wrap=True)
    for note in found.notes:
        console.print(Text(f"  ! {note}", style="yellow"), soft_wrap=True)
