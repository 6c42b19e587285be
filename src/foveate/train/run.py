"""A run file carried out: its folder, from the first step or from the last checkpoint, to a model, a log and a card."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from foveate.errors import DatasetError, JobError, MissingExtraError, require
from foveate.job.disk import naming, write_whole
from foveate.job.lock import locked
from foveate.model.hf_inputs import InputMaker
from foveate.model.looker import MODEL, RUN_FILE
from foveate.score import Scorer, make_score
from foveate.toykitchen.words import COLOURS, KINDS, SURFACES
from foveate.train.build import Built, build, folder_of, parameter_groups
from foveate.train.callbacks import Ending, Log, Progress, Stop, Tell
from foveate.train.card import CARD, card
from foveate.train.checkpoint import PART, STATE
from foveate.train.collate import Collator
from foveate.train.config import HIGHER_IS_BETTER, RunConfig, changed, read_config, toml_of
from foveate.train.evaluate import Evaluation
from foveate.train.shards import ShardDataset
from foveate.train.trainer import GazeTrainer


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    step: int
    """The last that was taken."""
    stopped: str
    """What stopped it before it was finished, after which the same command goes on; empty where it is finished."""
    began_at: int
    """The step that it went on from."""
    metrics: dict[str, float]
    """The evaluation of the model that was kept."""
    best_step: int
    """The step of that model."""
    speed: str
    """Clips a second, and how long they were waited for."""


def run(config: RunConfig, *, tell: Tell, say: Callable[[str], None]) -> Outcome:
    """Train as a run file says; killed at any moment, the same call goes on from the last checkpoint, to the same weights.

    Args:
        config: the run.
        tell: told after every step, and after every evaluation.
        say: given single lines for a person.

    Raises:
        JobError: where the run folder holds another run, is being worked on, or cannot be written.
        DatasetError: where there are no shards, or no gaze in them.
        ModelError: where the model is not there or cannot be attached to, and where the loss is no number.
    """
    require("torch", "transformers", "accelerate", *(["peft"] if config.tune == "lora" else []))
    if config.evaluate_on:
        require("rouge_score")
    for tracker in config.report_to:
        if find_spec(tracker) is None:
            raise MissingExtraError(f"{tracker} is not installed, and report_to names it; type: pip install {tracker}")
    folder_of(config.model)
    first = int(os.environ.get("RANK", "0")) == 0
    with naming(config.out):
        config.out.mkdir(parents=True, exist_ok=True)
    with locked(config.out) if first else nullcontext():
        if first:
            _begin(config)
        return _run(config, first=first, tell=tell, say=say)


def finished(config: RunConfig) -> bool:
    """Whether a run has come to its end: its card is written last.

    Raises:
        JobError: where its folder holds a run of other settings.
    """
    _check_same(config)
    return (config.out / CARD).exists()


def _begin(config: RunConfig) -> None:
    """The run folder holds this run, and nothing half-written."""
    _check_same(config)
    write_whole(config.out / RUN_FILE, f"# as it was understood, with all defaults\n{toml_of(config)}".encode())
    for half in config.out.glob(f"*{PART}"):
        shutil.rmtree(half, ignore_errors=True)
        half.unlink(missing_ok=True)


def _check_same(config: RunConfig) -> None:
    """The run folder is new, or this run's, or one's that was refused before its first checkpoint: nothing of that is lost."""
    path = config.out / RUN_FILE
    if config.out.is_file():
        raise JobError(f"{config.out} is a file; name a folder with out")
    if not path.exists():
        if config.out.is_dir() and (found := sorted(each.name for each in config.out.iterdir() if each.name != "job.lock")):
            raise JobError(f"{config.out} holds something else ({', '.join(found[:5])}); name another folder with out")
        return
    begun = any(config.out.glob("checkpoint-*")) or (config.out / MODEL).exists()
    if begun and (different := changed(read_config(path), config)):
        raise JobError(
            f"{config.out} holds a run with other settings ({', '.join(different[:5])}); "
            "name another folder with out, or delete it"
        )


def _run(config: RunConfig, *, first: bool, tell: Tell, say: Callable[[str], None]) -> Outcome:
    from transformers.trainer_utils import get_last_checkpoint

    began_s = time.perf_counter()
    clips = ShardDataset(config.shards, side="train", targets=config.targets, seed=config.seed)
    held = ShardDataset(config.shards, side="validation") if config.evaluate_on else None
    if config.strength and not _have_gaze(clips):
        raise DatasetError(
            f"no frame of the training clips in {config.shards} has gaze, so there is nothing to learn from; "
            "strength = 0 trains without"
        )
    if held is not None and config.best_by.startswith("gaze_") and not _have_gaze(held):
        raise DatasetError(
            f"no frame of the validation clips in {config.shards} has gaze, so best_by = {config.best_by!r} has nothing to "
            "choose by; take another number, such as rouge_l"
        )
    built = build(config)
    stop = Stop()
    trainer = make_trainer(config, built, clips, held, stop=stop, tell=tell)
    last = get_last_checkpoint(str(config.out))
    began_at = int(Path(last).name.removeprefix("checkpoint-")) if last else 0
    if last and first:
        say(f"going on from {last}")
    with stop.on_signals(say):
        if not (last and _is_over(trainer, last)):
            trainer.train(resume_from_checkpoint=last)
    best_step, metrics = _keep_best(trainer)
    outcome = Outcome(trainer.state.global_step, stop.asked, began_at, metrics, best_step, str(trainer.throughput))
    if first and not stop.asked:
        _write_result(config, built, outcome, seconds=time.perf_counter() - began_s)
    return outcome


def _have_gaze(clips: ShardDataset) -> bool:
    return any(frame.valid for place in range(len(clips)) for frame in clips.gaze(place).frames)


def make_trainer(
    config: RunConfig, built: Built, clips: Any, held: Any, *, stop: Stop | None = None, tell: Tell | None = None
) -> GazeTrainer:
    """The Trainer of a run, on clips that are held in memory or read from shards.

    Args:
        config: the run.
        built: its model.
        clips: what it is trained on, items as those of a ShardDataset.
        held: what it is evaluated on; None for no evaluation.
        stop: may stop it.
        tell: is told of steps.
    """
    import torch

    collate = Collator(built.processor, built.model.config)
    evaluation = None
    if held is not None:
        maker = InputMaker.of(built.processor, built.model.config, one_tile=True)
        how = {"batch_size": config.batch_size, "max_new_tokens": config.max_new_tokens}
        evaluation = Evaluation(held, config.evaluate_on, collate, maker, scorers(config), **how)
    higher = HIGHER_IS_BETTER[config.best_by]
    rules = [
        Log(config.out / "log.jsonl"),
        Ending(best_by=config.best_by, higher=higher, patience=config.patience, evaluates=evaluation is not None),
        *([stop] if stop else []),
        *([Progress(tell)] if tell else []),
    ]
    trainer = GazeTrainer(
        model=built.model,
        args=arguments(config, evaluates=evaluation is not None),
        data_collator=collate,
        train_dataset=clips,
        eval_dataset=held,
        processing_class=built.processor,
        callbacks=rules,
        gaze=built.gaze,
        evaluation=evaluation,
        optimizers=(torch.optim.AdamW(parameter_groups(config, built.model)), None),
    )
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    return trainer


def arguments(config: RunConfig, *, evaluates: bool) -> Any:
    """A run as the Trainer's arguments."""
    import torch
    from transformers import TrainingArguments

    names = {each.name for each in fields(TrainingArguments)}
    checkpointing = "activation_checkpointing" if "activation_checkpointing" in names else "gradient_checkpointing"
    return TrainingArguments(
        output_dir=str(config.out),
        max_steps=config.steps,
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.accumulate,
        learning_rate=config.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=round(config.warm_up * config.steps),
        max_grad_norm=config.max_grad_norm,
        bf16=config.precision == "bfloat16",
        seed=config.seed,
        data_seed=config.seed,
        dataloader_num_workers=config.workers,
        dataloader_persistent_workers=config.workers > 0,
        dataloader_pin_memory=torch.accelerator.is_available(),
        use_cpu=not torch.accelerator.is_available(),
        remove_unused_columns=False,
        eval_strategy="steps" if evaluates else "no",
        eval_steps=config.evaluate_every or config.steps,
        metric_for_best_model=config.best_by if evaluates else None,
        greater_is_better=HIGHER_IS_BETTER[config.best_by] if evaluates else None,
        save_strategy="steps",
        save_steps=config.save_every,
        save_total_limit=config.keep,
        logging_steps=config.log_every,
        logging_nan_inf_filter=False,
        report_to=list(config.report_to) or "none",
        disable_tqdm=True,
        **{checkpointing: config.checkpointing, f"{checkpointing}_kwargs": {"use_reentrant": False}},
    )


def scorers(config: RunConfig) -> dict[str, Scorer]:
    """What an evaluation of a run scores its text by."""
    names = config.object_names or ((*COLOURS, *KINDS, *SURFACES) if config.model == "builtin" else ())
    objects = {"object_words": make_score("object_words", names=names)} if names else {}
    return {"exact_match": make_score("exact_match"), "rouge_l": make_score("rouge_l"), **objects}


def _is_over(trainer: GazeTrainer, checkpoint: str) -> bool:
    """Whether a checkpoint is the last of its run, which was killed before its result was written; it is then read."""
    from transformers.trainer_callback import TrainerState

    state = TrainerState.load_from_json(str(Path(checkpoint, STATE)))
    (ending,) = (each for each in trainer.callback_handler.callbacks if isinstance(each, Ending))
    if not ending.is_over(state):
        return False
    trainer.state = state
    trainer._load_from_checkpoint(checkpoint)
    return True


def _keep_best(trainer: GazeTrainer) -> tuple[int, dict[str, float]]:
    """Put the weights of the best evaluation into the model; the step of them, and that evaluation."""
    state = trainer.state
    step = state.global_step
    best = Path(trainer.args.output_dir, f"checkpoint-{state.best_global_step}")  # the folder may have been moved since
    if state.best_global_step not in (None, step) and best.is_dir():
        step, state.best_model_checkpoint = state.best_global_step, str(best)
        trainer._load_best_model()
    found = [line for line in state.log_history if line.get("step") == step and "eval_loss" in line]
    metrics = (
        {name.removeprefix("eval_"): value for name, value in found[-1].items() if name.startswith("eval_")} if found else {}
    )
    return step, metrics


def _write_result(config: RunConfig, built: Built, outcome: Outcome, *, seconds: float) -> None:
    """The model that users take, and the card, last."""
    part, final = config.out / f"{MODEL}{PART}", config.out / MODEL
    with naming(final):
        shutil.rmtree(part, ignore_errors=True)
        built.model.save_pretrained(part)
        built.processor.save_pretrained(part)
        built.gaze.save(config.out)
        shutil.rmtree(final, ignore_errors=True)
        part.replace(final)
    write_whole(config.out / CARD, card(config, built, outcome, seconds=seconds).encode())
