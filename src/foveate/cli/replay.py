"""foveate replay: a Run made again and held against what it holds."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.groups import Speaking, grouped
from foveate.cli.options import Quiet

if TYPE_CHECKING:
    from foveate.model.model import Model
    from foveate.run import Run

DIFFERS = 1
"""Exit code where something differs, or could not be made again."""


@grouped
def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that foveate evaluate wrote.")],
    speaking: Speaking,
    recordings: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the recordings lie now, under the names that they had.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write every difference into a file, as JSON.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Make every view again, score the answers again, ask again with --model, and print what differs (docs/replay.md).

    Exit code 0: all is as it was. 1: something differs or could not be made again. 2: this is no Run, or an option is wrong.
    """
    from foveate.cli.progress import progress
    from foveate.job.disk import write_whole
    from foveate.replay.moved import moved
    from foveate.replay.replay import asked_then, replay
    from foveate.replay.text import replay_data, told_of_replay
    from foveate.run import read_run

    read = read_run(run) if recordings is None else moved(read_run(run), recordings)
    if speaking.model is not None:
        asked_then(read, speaking.model)  # before it is loaded
    model = _model(read, speaking, quiet=quiet)
    with progress("replaying", len(read.lines), quiet=quiet) as advance:
        found = replay(read, model, advance=advance)
    if not quiet:  # before the file: a disk that refuses takes no finding with it
        print("\n".join(told_of_replay(found)))
    if out is not None:
        write_whole(out, json.dumps(replay_data(found), indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    if not found.ok:
        raise typer.Exit(DIFFERS)


def _model(run: "Run", speaking: Speaking, *, quiet: bool) -> "Model | None":
    """Who is asked again, loaded as the study did where no option says otherwise; None where nobody is."""
    if speaking.model is None:
        return None
    from foveate.cli.models import consented
    from foveate.cli.progress import working
    from foveate.model import load_model

    then = run.facts.get("study", {}).get("ask", {})
    how = {name: getattr(speaking, name) for name in ("device", "dtype")}
    how = {name: str(then.get(name, "auto")) if value == "auto" else value for name, value in how.items()}
    if speaking.model == "builtin":  # as many at once as then: what is padded differently may be answered differently
        options = {name: value for name, value in how.items() if value != "auto"}
        with working("loading builtin", quiet=quiet):
            return load_model("builtin", batch_size=int(then.get("batch", 16)), **options)
    return consented(speaking.model, f"the Run {run.folder}", send=speaking.send, **how, quiet=quiet)
