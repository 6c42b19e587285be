"""foveate export: a finished training run as a stock checkpoint."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Device, Quiet

if TYPE_CHECKING:
    from foveate.train.export import Exported


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder that foveate train finished, or its run file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to make; it must not exist yet.")],
    score: Annotated[
        bool, typer.Option("--score/--no-score", help="Whether to measure what is exported, on the run's validation clips.")
    ] = True,
    samples: Annotated[
        int | None,
        typer.Option("--samples", metavar="N", help="On how many clips; by default as many as the run evaluated on."),
    ] = None,
    shards: Annotated[
        Path | None, typer.Option("--shards", metavar="DIR", help="Where the run's shards are, if they were moved.")
    ] = None,
    dtype: Annotated[
        str, typer.Option("--dtype", help="Of the weights: auto (as they were trained), float32, bfloat16, float16.")
    ] = "auto",
    device: Device = "auto",
    quiet: Quiet = False,
) -> None:
    """Write a run's model as a checkpoint that transformers and vLLM load, without foveate (docs/export.md)."""
    from foveate.errors import require

    require("torch", "transformers", "safetensors")
    from foveate.train.finished import open_run

    opened = open_run(run)
    from foveate.train.export import export

    def say(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr)

    done = export(opened, out, score=score, samples=samples, shards=shards, dtype=dtype, device=device, say=say)
    if not quiet:
        _tell(done, out)


def _tell(done: "Exported", out: Path) -> None:
    merged = ", LoRA merged" if done.run.is_adapter else ""
    left_out = ", the attention block left out" if done.drops_block else ""
    print(f"{out}: a stock checkpoint in {done.dtype}{merged}{left_out}; see {out / 'README.md'}")
    for name, value in done.scores.items():
        before = f" (with the block {done.with_block[name]:.3f})" if name in done.with_block else ""
        print(f"  {name:<12}  {value:.3f}{before}")
    if done.scores:
        print(f"on {done.clips} validation clips of {done.recordings} recordings")
    elif done.drops_block:
        print("! what leaving out the block costs was not measured", file=sys.stderr)
