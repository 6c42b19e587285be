"""foveate check: how good the gaze of a recording is."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foveate.cli.groups import Correcting, Many, grouped
from foveate.cli.options import Declare, Quiet, RecordingPaths, declared
from foveate.errors import UsageError

if TYPE_CHECKING:
    from foveate.batch.gather import Gathered


@grouped
def command(
    recordings: RecordingPaths,
    correcting: Correcting,
    many: Many,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: one object, or a list for many recordings.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Write a page with plots: a file that ends in .html; of many recordings a folder."),
    ] = None,
    drift: Annotated[
        bool, typer.Option("--drift", help="Also estimate how far the clocks of gaze and video are apart; decodes up to 288 s.")
    ] = False,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Measure the gaze as recorded: loss, rate, jitter, precision, gaps, blinks, un-worn time, and how it fits the video.

    With an offset or --fix-drift it is measured as they leave it, and the drift is told before and after.
    """
    from foveate.cli.many import gathered, only_for_many

    correction = correcting.correction()
    found = gathered(recordings, declared(declare), command="check", out=out)
    if not isinstance(found, Path):
        settings = {"drift": drift, **({"correction": asdict(correction)} if correction else {})}
        _many(found, out, settings, many, as_json=as_json, quiet=quiet)
        return
    only_for_many(many)
    if out is not None and (out.suffix != ".html" or out.is_dir()):
        raise UsageError(f"-o takes a file that ends in .html, got {out}")
    from foveate.batch.check import examine
    from foveate.job.disk import write_whole
    from foveate.recording import open_recording

    checked = examine(open_recording(found, **declared(declare)), correction, drift=drift)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, checked.page().encode("utf-8"))
    if as_json:
        print(json.dumps(checked.to_dict(), indent=2, allow_nan=False))
        return
    if not quiet:
        _show(str(found), [(row.name, row.text) for row in checked.rows], checked.quality.facts["warnings"])
        if out is not None:
            print(f"the page is in {out}")


def _many(found: "Gathered", out: Path | None, settings: dict[str, Any], many: Many, *, as_json: bool, quiet: bool) -> None:
    """Check many recordings through a job."""
    from foveate.batch.check import FILE, make_work
    from foveate.cli.many import kept_or_not, print_json, run_many, tell_end

    with kept_or_not(out) as folder:
        now = run_many("check", found, folder, make_work, settings=settings, many=many, verb="checking", quiet=quiet)
        if as_json:
            print_json(found, now, FILE)
        elif not quiet and out is None:
            for entry in found.entries:
                if (result := now.results.get(entry.folder)) is not None:
                    _show(entry.name, result.result["rows"], result.result["remarks"])
        tell_end(found, now, out, done="checked", quiet=quiet or as_json)


def _show(name: str, rows: Iterable[Sequence[str]], warnings: Iterable[str]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(name, style="bold"), soft_wrap=True)
    for measure, text in rows:
        console.print(Text(f"  {measure:<12}", style="dim") + Text(text), soft_wrap=True)
    for warning in warnings:
        console.print(Text(f"  ! {warning}", style="yellow"), soft_wrap=True)
