"""foveate train: a run file carried out."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Quiet
from foveate.errors import UsageError

if TYPE_CHECKING:
    from foveate.train.config import RunConfig
    from foveate.train.run import Outcome

EXIT_STOPPED = 130


def command(
    run_file: Annotated[Path, typer.Argument(metavar="RUN.toml", help="The run; its keys are in docs/training.md.")],
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Tell tokens, memory, disk and hours from the shards, and stop.")
    ] = False,
    measure: Annotated[
        int, typer.Option("--measure", metavar="K", help="Of --estimate: steps to time on this device; 0: none.")
    ] = 3,
    quiet: Quiet = False,
) -> None:
    """Train a model to look where the wearer looked; killed at any moment, the same command goes on (docs/training.md)."""
    from foveate.train.config import read_config

    config = read_config(run_file)
    from foveate.errors import require

    require("torch", "transformers", "accelerate")
    if estimate:
        _estimate(config, measure, quiet=quiet)
        return
    from foveate.train.run import finished

    if finished(config):
        print(f"{config.out} is finished: see {config.out / 'card.md'}; name another folder with out to train anew")
        return
    # what the end will need is asked for before hours of work, and not after
    require(*(["peft"] if config.tune == "lora" else []), *(["rouge_score"] if config.evaluate_on else []))
    _prepare(config, quiet=quiet)
    outcome = _train(config, quiet=quiet)
    if outcome.stopped:
        print(
            f"stopped by {outcome.stopped} at step {outcome.step} of {config.steps}; the same command goes on", file=sys.stderr
        )
        raise SystemExit(EXIT_STOPPED)
    if not quiet and _is_first():
        _tell(config, outcome)


def _estimate(config: "RunConfig", measure: int, *, quiet: bool) -> None:
    from foveate.cli.progress import working

    if measure < 0:
        raise UsageError(f"--measure counts steps, 0 or more, got {measure}")
    with working("reading shards and model, and timing steps" if measure else "reading shards and model", quiet=quiet):
        from foveate.train.estimate import estimate
        from foveate.train.estimate_text import lines

        need = estimate(config, measure=measure)
    print("\n".join(lines(config, need)))


def _prepare(config: "RunConfig", *, quiet: bool) -> None:
    """Make the shards as the run file says, where they are not there."""
    from foveate.cli import build_app
    from foveate.train.shards import INDEX

    if not config.prepare or (config.shards / INDEX).exists():
        return
    words = ["prepare", *config.prepare, "--model", config.model, "-o", str(config.shards), *(["--quiet"] if quiet else [])]
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UsageError(
            f"{config.shards} holds no shards; before several processes train, make them: foveate {' '.join(words)}"
        )
    if not quiet:
        print(f"foveate {' '.join(words)}", file=sys.stderr)
    build_app()(words, standalone_mode=False)
    if not (config.shards / INDEX).exists():  # Ctrl-C, of which the command has told; typer hands on no code
        raise SystemExit(EXIT_STOPPED)


def _train(config: "RunConfig", *, quiet: bool) -> "Outcome":
    from foveate.cli.progress import progress
    from foveate.train.run import run

    shown = _is_first() and not quiet
    with progress("training", config.steps, quiet=not shown) as advance:
        done = 0

        def tell(step: int, found: str) -> None:
            nonlocal done
            advance(step - done)
            done = step
            if found and shown:
                print(f"step {step}: {found}", file=sys.stderr)

        def say(line: str) -> None:
            if shown:
                print(line, file=sys.stderr)

        return run(config, tell=tell, say=say)


def _tell(config: "RunConfig", outcome: "Outcome") -> None:
    early = "" if outcome.step >= config.steps else f" of {config.steps}: no evaluation was better since"
    print(f"{outcome.step} steps{early}; {outcome.speed}")
    if outcome.metrics:
        print(f"kept: step {outcome.best_step}, the best by {config.best_by} on the validation side:")
        width = max(map(len, outcome.metrics))
        for name, value in outcome.metrics.items():
            print(f"  {name:<{width}}  {value:.4g}")
    print(f"written to {config.out}: model/, card.md, log.jsonl")


def _is_first() -> bool:
    return int(os.environ.get("RANK", "0")) == 0
