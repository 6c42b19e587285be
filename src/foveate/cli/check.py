"""foveate check: how good the gaze of a recording is."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Declare, FixDrift, OffsetDeg, OffsetPx, RecordingPath, correction, declared
from foveate.errors import UsageError

if TYPE_CHECKING:
    from foveate.gaze.clock_error import ClockError
    from foveate.gaze.quality import Quality


def command(
    rec: RecordingPath,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write a page with plots: a file that ends in .html.")] = None,
    drift: Annotated[
        bool, typer.Option("--drift", help="Also estimate how far the clocks of gaze and video are apart; decodes up to 96 s.")
    ] = False,
    offset_px: OffsetPx = None,
    offset_deg: OffsetDeg = None,
    fix_drift: FixDrift = False,
    declare: Declare = None,
) -> None:
    """Measure the gaze as recorded: loss, rate, jitter, precision, gaps, blinks, un-worn time, and how it fits the video.

    With an offset or --fix-drift it is measured as they leave it, and the drift is told before and after.
    """
    from foveate.gaze.correction import corrected
    from foveate.gaze.drift import drift as estimate
    from foveate.gaze.quality import measure
    from foveate.job.disk import write_whole
    from foveate.recording import open_recording
    from foveate.report.check import check_page

    if out is not None and (out.suffix != ".html" or out.is_dir()):
        raise UsageError(f"-o takes a file that ends in .html, got {out}")
    asked = correction(offset_px, offset_deg, fix_drift)
    recording = open_recording(rec, **declared(declare))
    if (drift or fix_drift) and not {"scene", "gaze"} <= set(recording.loaders):
        raise UsageError(f"--drift and --fix-drift compare gaze with the video, and {rec} lacks one of them")
    error = estimate(recording) if drift or fix_drift else None
    recording = corrected(recording, asked, error=error)
    quality = measure(recording)
    after = estimate(recording) if fix_drift else None
    if out is not None:
        page = check_page(quality, recording, error, after)
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, page.encode("utf-8"))
    if as_json:
        told = quality.to_dict()
        told |= {name: found.to_dict() for name, found in (("drift", error), ("corrected", after)) if found is not None}
        print(json.dumps(told, indent=2, allow_nan=False))
        return
    _show(rec, quality, error, after)
    if out is not None:
        print(f"the page is in {out}")


def _show(path: Path, quality: "Quality", error: "ClockError | None", after: "ClockError | None") -> None:
    from rich.console import Console
    from rich.text import Text

    from foveate.report.check import rows

    console = Console(highlight=False)
    console.print(Text(str(path), style="bold"), soft_wrap=True)
    for row in rows(quality, error, after):
        console.print(Text(f"  {row.name:<12}", style="dim") + Text(row.text), soft_wrap=True)
    for warning in quality.facts["warnings"]:
        console.print(Text(f"  ! {warning}", style="yellow"), soft_wrap=True)
