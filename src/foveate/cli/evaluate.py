"""foveate evaluate: a study file carried out."""

import sys
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.groups import grouped
from foveate.cli.options import Quiet, Send
from foveate.errors import JobError, UsageError

if TYPE_CHECKING:
    from foveate.evaluation.estimate import Estimate
    from foveate.evaluation.plan import Load, Plan
    from foveate.evaluation.run_study import How
    from foveate.evaluation.study import Study
    from foveate.run import Run

SHOWN_REASONS = 3
"""Reasons why answers are missing that are told; all stand in the Run."""


@dataclass(frozen=True)
class Going:
    """How the study is carried out."""

    workers: Annotated[int, typer.Option(metavar="N", min=1, help="Processes side by side, each with its own model.")] = 1
    send: Send = False
    keep_images: Annotated[bool, typer.Option("--keep-images", help="Keep the images that models were given, as JPEG.")] = False
    answers: Annotated[Path, typer.Option(help="Folder of answers by content: the same question is asked once.")] = Path(
        ".cache/answers"
    )
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Ask everything, and keep no answer but in the Run.")] = False
    restart: Annotated[bool, typer.Option("--restart", help="Throw away what the folder holds and begin anew.")] = False
    again: Annotated[bool, typer.Option("--again", help="Also ask those again that have no answer.")] = False
    mix_versions: Annotated[
        bool,
        typer.Option("--mix-versions", help="Go on with a Run of other versions of foveate or its packages; lines tell which."),
    ] = False

    def how(self, *, send: bool) -> "How":
        """The same for ``run_study``."""
        from foveate.evaluation.run_study import How

        return How(
            workers=self.workers,
            send=send,
            answers=None if self.no_cache else self.answers,
            keep_images=self.keep_images,
            restart=self.restart,
            again=self.again,
            mix_versions=self.mix_versions,
        )


@grouped
def command(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="The study; its keys are in docs/study.md.")],
    going: Going,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder of the Run, in place of the study's own.")] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Print answers, visual tokens and hours from a few samples, and stop.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Ask models about spans shown in several ways, and compare (docs/study.md); killed, the same command goes on."""
    from foveate.evaluation.study_file import read_study

    told = read_study(study)
    folder = out or told.out
    if folder is None and not estimate:
        raise UsageError(f'{study} names no folder for the Run; write out = "runs/mine" in it, or give -o')
    from foveate.cli.progress import working
    from foveate.evaluation.plan import loader, plan_study
    from foveate.evaluation.plan_text import plan_text
    from foveate.evaluation.run_study import check_place

    if folder is not None:
        check_place(folder)
    send = _consented(told, send=going.send)
    load = loader(told, send=send)
    with working("opening recordings and models", quiet=quiet):
        plan = plan_study(told, load, send=send)
    if not quiet:
        print("\n".join(plan_text(plan)))
    if folder is None or estimate:
        _tell_estimate(plan, load, going.workers, quiet=quiet)
    else:
        _tell(_carried_out(plan, folder, load, going.how(send=send), quiet=quiet), quiet=quiet)


def _carried_out(plan: "Plan", folder: Path, load: "Load", how: "How", *, quiet: bool) -> "Run":
    """The Run; whoever interrupts it is told where the answers are."""
    from foveate.cli.progress import progress
    from foveate.evaluation.run_study import run_study
    from foveate.run.run import RUN

    try:
        with progress("asking", plan.questions, quiet=quiet) as advance:
            return run_study(plan, folder, load, how, advance=advance)
    except KeyboardInterrupt:
        if (folder / RUN).exists():
            print(f"what was answered is in {quote(str(folder))}; the same command goes on", file=sys.stderr)
        raise


def _consented(study: "Study", *, send: bool) -> bool:
    """Whether images may leave this machine: asked once for every model that runs elsewhere."""
    from foveate.cli.models import consented
    from foveate.model import may_send

    agreed = [consented(name, "the study's recordings", send=send).is_remote for name in study.ask.models if may_send(name)]
    return any(agreed)


def _tell_estimate(plan: "Plan", load: "Load", workers: int, *, quiet: bool) -> None:
    from foveate.cli.progress import working
    from foveate.evaluation.estimate import estimate

    with working("asking about a few samples", quiet=quiet):
        guess: Estimate = estimate(plan, load)
    tokens = "unknown" if guess.visual_tokens is None else f"{guess.visual_tokens:,}"
    hours = f"{guess.hours:.2f} hours" if guess.hours >= 0.1 else f"{guess.hours * 3600:.0f} s"
    side = f"; less with {workers} workers, at most {workers} times" if workers > 1 else ""
    print(f"answers        {guess.questions:,}")
    print(f"images         {guess.images:,}")
    print(f"visual tokens  {tokens}")
    print(f"time           {hours} (from {guess.sampled} answers that took {guess.sampled_s:.1f} s){side}")


def _tell(run: "Run", *, quiet: bool) -> None:
    """How it ended.

    Raises:
        JobError: where some answers are missing, with the first reasons; the exit code is 2.
    """
    from foveate.description.description import explained
    from foveate.evaluation.table import make_tables
    from foveate.evaluation.table_text import costs_told, counted, mixed_versions, rows_markdown, unscored_told

    if not quiet:
        for table in make_tables(run):
            print(f"\n{table.model}, {table.instruction}: {counted(table)}\n\n{rows_markdown(table.rows, table.scores)}\n")
            for text in costs_told(table) + unscored_told(table):
                print(text)
        for notice, meaning in explained(run.facts["notice"]):
            print(f"{notice}: {meaning}" if meaning else notice)
        for name, told in run.facts["models"].items():
            if told["images_left_this_machine"]:
                print(f"{told['images_sent']} images were sent to {name}")
        if mixed := mixed_versions(run):
            print(mixed)
        print(f"written to {run.folder}: run.json, lines.jsonl, scores.jsonl, table.md, table.csv")
        print(f"tests, figures and a page: foveate compare {quote(str(run.folder))}")
    reasons = [line.reason or "" for line in run.lines if line.text is None]
    if reasons:
        for reason in list(dict.fromkeys(reasons))[:SHOWN_REASONS]:
            print(f"foveate: {reasons.count(reason)} x {reason}", file=sys.stderr)
        raise JobError(
            f"{len(reasons)} of {len(run.lines)} questions have no answer, for reasons as above; --again asks them again"
        )
