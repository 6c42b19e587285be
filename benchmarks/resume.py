"""Training killed at 20 random steps and resumed: weights, optimiser, random state and order are the uninterrupted run's.

    python -m benchmarks.resume                # some minutes; writes benchmarks/results/resume.json and resume.md

A tiny Qwen2.5-VL of random weights (``tests/model/tiny.py``), 11 drawn clips in steps of 2 x 2, so that epochs end within a
step and at one. Every trial draws a step, a moment of it and how often checkpoints are written, ends there by an exception
that nothing catches, spoils the random state, builds all anew, and goes on from the last whole checkpoint, from the first step
where there is none. The last checkpoint of both runs is then compared byte by byte, and the clips in the order in which they
were read; where one differs it ends in an error. All is one process: ``tests/train/test_train_command.py`` sends SIGKILL.
"""

import argparse
import json
import platform
import random
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from foveate.model.torchvision_ops import ensure_operators  # noqa: E402

ensure_operators()

import torch  # noqa: E402
from transformers import TrainerCallback  # noqa: E402
from transformers.trainer_utils import get_last_checkpoint  # noqa: E402

from foveate.train.build import build  # noqa: E402
from foveate.train.config import RunConfig  # noqa: E402
from foveate.train.run import make_trainer  # noqa: E402
from model import tiny  # noqa: E402 - tests are no package
from train.clips import items  # noqa: E402

SEED = 20261120
STEPS, CLIPS = 16, 11
WAYS: Mapping[str, Mapping[str, Any]] = {
    "all weights": {"tune": "full", "encoder": "trained"},
    "LoRA with dropout": {"tune": "lora"},
    "LoRA, heads": {"tune": "lora", "mode": "heads"},
    "LoRA, bfloat16, activations computed twice": {"tune": "lora", "precision": "bfloat16", "checkpointing": True},
    "the block alone": {"tune": "block"},
}
"""How is trained -> settings."""
MOMENTS = ("before the optimiser steps", "after the step", "while its checkpoint is written")


class KilledError(Exception):
    """As if by kill -9: nothing more is written."""


class Killed(TrainerCallback):  # type: ignore[misc]
    """Ends a run at a step."""

    def __init__(self, step: int, moment: str) -> None:
        self.step, self.moment = step, moment

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step + 1 == self.step and self.moment == MOMENTS[0]:
            raise KilledError

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == self.step and self.moment == MOMENTS[1]:
            raise KilledError


def train(config: RunConfig, *, killed: Killed | None = None) -> list[str]:
    """Begin or go on; the clips in the order in which they were read."""
    built = build(config)
    trainer = make_trainer(config, built, items(range(CLIPS)), None)
    order: list[str] = []
    collate = trainer.data_collator

    def reading(given: Any) -> Any:
        order.extend(item["id"] for item in given)
        return collate(given)

    trainer.data_collator = reading
    if killed:
        trainer.add_callback(killed)
        if killed.moment == MOMENTS[2]:
            write = trainer._write_state

            def half_written(part: Path, run: Path) -> None:
                if trainer.state.global_step >= killed.step:  # the first checkpoint from this step on
                    raise KilledError
                write(part, run)

            trainer._write_state = half_written
    last = get_last_checkpoint(str(config.out)) if config.out.is_dir() else None
    trainer.train(resume_from_checkpoint=last)
    return order


def trial(number: int, whole: Mapping[str, tuple[RunConfig, list[str]]], folder: Path) -> dict[str, Any]:
    """One run that is killed and resumed, and what of it differs from the one that was not."""
    drawn = random.Random(f"{SEED}-{number}")
    way = list(WAYS)[number % len(WAYS)]
    step, every, moment = drawn.randint(1, STEPS), drawn.randint(1, 5), drawn.choice(MOMENTS)
    uninterrupted, order = whole[way]
    config = replace(uninterrupted, out=folder / f"killed-{number}", save_every=every)
    try:
        train(config, killed=Killed(step, moment))
    except KilledError:
        pass
    else:
        raise SystemExit(f"trial {number} was not killed")
    last = get_last_checkpoint(str(config.out)) if config.out.is_dir() else None
    torch.manual_seed(number)  # nothing of the process that died is left
    rest = train(config)
    return {
        "way": way, "killed_at": step, "moment": moment, "save_every": every,
        "went_on_from": int(Path(last).name.removeprefix("checkpoint-")) if last else 0,
        "order_equal": rest == order[-len(rest) :],
        "files_that_differ": differing(uninterrupted.out, config.out),
    }  # fmt: skip


def differing(one: Path, other: Path) -> list[str]:
    """Names of files of the last checkpoints that are not equal, or are in one only."""
    folders = [run / f"checkpoint-{STEPS}" for run in (one, other)]
    names = {path.name for folder in folders for path in folder.glob("*.safetensors")}
    read = [{name: (folder / name).read_bytes() for name in names if (folder / name).is_file()} for folder in folders]
    return sorted(name for name in names if read[0].get(name) != read[1].get(name))


def table(trials: list[dict[str, Any]], files: Mapping[str, list[str]]) -> str:
    """What was found, as Markdown."""
    bits = sum(not each["files_that_differ"] for each in trials)
    orders = sum(each["order_equal"] for each in trials)
    lines = [
        f"# Training killed at {len(trials)} random steps and resumed, {STEPS} steps of 4 of {CLIPS} clips",
        "",
        "`python -m benchmarks.resume`",
        "",
        "| | measured | promised |",
        "|---|---|---|",
        f"| weights, optimiser, schedule and random state equal to the last bit | {bits} of {len(trials)} | all |",
        f"| order of clips equal | {orders} of {len(trials)} | all |",
        "",
        "| trained | killed at step | moment | checkpoints every | went on from step |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {each['way']} | {each['killed_at']} | {each['moment']} | {each['save_every']} | {each['went_on_from']} |"
        for each in trials
    ]
    lines += ["", "Files that were compared:", *(f"- {way}: {', '.join(names)}" for way, names in files.items()), ""]
    lines.append(f"Python {platform.python_version()}, torch {torch.__version__}, one thread, seed {SEED}.")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        common = RunConfig(
            model=f"hf:{tiny.make('qwen2_5_vl', folder / 'tiny' / 'model')}", shards=folder / "none", out=folder, steps=STEPS,
            batch_size=2, accumulate=2, learning_rate=1e-2, lora_dropout=0.3, save_every=STEPS, evaluate_on=0, block_heads=2,
        )  # fmt: skip
        whole: dict[str, tuple[RunConfig, list[str]]] = {}
        for number, (way, settings) in enumerate(WAYS.items()):
            config = replace(common, out=folder / f"whole-{number}", **settings)
            whole[way] = config, train(config)
        trials = []
        for number in range(options.trials):
            trials.append(trial(number, whole, folder))
            print(trials[-1], file=sys.stderr, flush=True)
        files = {
            way: sorted(path.name for path in (config.out / f"checkpoint-{STEPS}").glob("*.safetensors"))
            for way, (config, _) in whole.items()
        }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "resume.json").write_text(json.dumps({"seed": SEED, "trials": trials}, indent=1) + "\n", encoding="utf-8")
    (options.out / "resume.md").write_text(told := table(trials, files), encoding="utf-8")
    print(told)
    if any(each["files_that_differ"] or not each["order_equal"] for each in trials):
        raise SystemExit("a resumed run is not the uninterrupted one")


if __name__ == "__main__":
    main()
