"""foveate dataset: what a data set's folder really holds."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A published data set's annotations, or samples.jsonl.")],
    name: Annotated[str | None, typer.Option("--name", help="Which data set it is, where that cannot be told.")] = None,
    videos: Annotated[Path | None, typer.Option("--videos", help="Its videos, where they are not under FOLDER.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Count what a data set really holds here: recordings, video and gaze on disk, samples, and what is left out and why."""
    from foveate.cli.progress import working
    from foveate.dataset import counts

    with working("counting", quiet=as_json):
        told = counts(folder, name=name, videos=videos)
    print(json.dumps(told, indent=2, ensure_ascii=False) if as_json else table(told))


def table(told: dict[str, Any]) -> str:
    """Counts as lines, their numbers in a column."""
    width = max(map(len, told))
    return "\n".join(f"{key:<{width}}  {_value(value):>10}" for key, value in told.items())


def _value(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)
