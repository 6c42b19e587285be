"""foveate check: how good the gaze of a recording is."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Declare, RecordingPath, declared
from foveate.errors import UsageError

if TYPE_CHECKING:
    from foveate.gaze.drift import Lag
    from foveate.gaze.quality import Quality


def command(
    rec: RecordingPath,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write a page with plots: a file that ends in .html.")] = None,
    drift: Annotated[
        bool, typer.Option("--drift", help="Also estimate how far the clocks of gaze and video are apart; decodes up to 96 s.")
    ] = False,
    declare: Declare = None,
) -> None:
    """Measure the gaze as recorded: loss, rate, jitter, precision, gaps, blinks, un-worn time, and how it fits the video."""
    from foveate.gaze.drift import drift as estimate
    from foveate.gaze.drift import lags_as_dict
    from foveate.gaze.quality import measure
    from foveate.job.disk import write_whole
    from foveate.recording import open_recording
    from foveate.report.check import check_page

    if out is not None and (out.suffix != ".html" or out.is_dir()):
        raise UsageError(f"-o takes a file that ends in .html, got {out}")
    recording = open_recording(rec, **declared(declare))
    if drift and not {"scene", "gaze"} <= set(recording.loaders):
        raise UsageError(f"--drift compares gaze with the video, and {rec} lacks one of them")
    quality = measure(recording)
    lags = estimate(recording) if drift else None
    if out is not None:
        page = check_page(quality, recording, lags)
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, page.encode("utf-8"))
    if as_json:
        print(
            json.dumps(quality.to_dict() | ({} if lags is None else {"drift": lags_as_dict(lags)}), indent=2, allow_nan=False)
        )
        return
    _show(rec, quality, lags)
    if out is not None:
        print(f"the page is in {out}")


def _show(path: Path, quality: "Quality", lags: "list[Lag] | None") -> None:
    from rich.console import Console
    from rich.text import Text

    from foveate.report.check import rows

    console = Console(highlight=False)
    console.print(Text(str(path), style="bold"), soft_wrap=True)
    for row in rows(quality, lags):
        console.print(Text(f"  {row.name:<12}", style="dim") + Text(row.text), soft_wrap=True)
    for warning in quality.facts["warnings"]:
        console.print(Text(f"  ! {warning}", style="yellow"), soft_wrap=True)
