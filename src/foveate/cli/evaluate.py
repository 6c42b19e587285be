"""foveate evaluate: a study file carried out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Quiet, Send
from foveate.errors import UsageError

if TYPE_CHECKING:
    from foveate.evaluate.run_study import Plan
    from foveate.run import Run


def command(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="The study; its keys are in docs/study.md.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder of the Run, in place of the study's own.")] = None,
    send: Send = False,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes side by side, each with its own model.")] = 1,
    keep_images: Annotated[
        bool, typer.Option("--keep-images", help="Keep the images that models were given, as JPEG.")
    ] = False,
    cache: Annotated[bool, typer.Option(help="Use answers that are known by their content, and keep new ones.")] = True,
    restart: Annotated[bool, typer.Option("--restart", help="Throw away what the folder holds and begin anew.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also ask those again that have no answer.")] = False,
    quiet: Quiet = False,
) -> None:
    """Ask models about spans shown in several ways, and compare (docs/study.md); killed, the same command goes on."""
    from foveate.evaluate.study import read_study

    told = read_study(study)
    folder = out or told.out
    if folder is None:
        raise UsageError(f'{study} names no folder for the Run; write out = "runs/mine" in it, or give -o')
    from foveate.cli.progress import progress, working
    from foveate.evaluate.run_study import check_place, loader, plan_study, run_study

    check_place(folder)
    with working("opening recordings and models", quiet=quiet):
        plan = plan_study(told, loader(told, send=send))
    if not quiet:
        _tell_plan(plan)
    with progress("asking", plan.questions, quiet=quiet) as advance:
        run = run_study(
            plan,
            folder,
            workers=workers,
            answers=_answers(folder) if cache else None,
            keep_images=keep_images,
            restart=restart,
            again=again,
            advance=advance,
        )
    if not quiet:
        _tell(run)


def _answers(folder: Path) -> Path:
    return folder.parent / ".answers"


def _tell_plan(plan: "Plan") -> None:
    print(
        f"{len(plan.gathered.cases)} samples of {len(plan.gathered.places)} recordings x {len(plan.ways)} ways of showing x "
        f"{len(plan.models)} models x {len(plan.instructions)} instructions: {plan.questions} answers",
        file=sys.stderr,
    )


def _tell(run: "Run") -> None:
    names = run.scored()
    for shown in run.facts["shown"]:
        lines = [line for line in run.lines if line.shown == shown]
        found = {name: [line.scores[name] for line in lines if name in line.scores] for name in names}
        means = (f"{name} {sum(values) / len(values):.3f}" for name, values in found.items() if values)
        print(f"{shown:<24}{'  '.join(means)}")
    print(f"written to {run.folder}: run.json, lines.jsonl, scores.jsonl")
