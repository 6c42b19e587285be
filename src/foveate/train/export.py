"""A finished run as a stock checkpoint, which every program that knows its base model loads.

``heads`` adds nothing to a model, so its weights are exported as they are. An attention block is no part of any stock
architecture: it is left out, and what that costs is measured on the run's own validation clips and told on the card. LoRA
adapters are merged into the weights.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foveate.errors import DatasetError, ModelError, UsageError, require
from foveate.job.disk import naming, sync_folder, sync_tree
from foveate.model.hf_inputs import InputMaker
from foveate.model.hf_load import DTYPES, Loaded, load_folder, one_line
from foveate.train.collate import Collator
from foveate.train.config import RunConfig
from foveate.train.evaluate import Alone, Evaluation
from foveate.train.export_card import data_of, export_card
from foveate.train.finished import FinishedRun, load_run
from foveate.train.gaze import Gaze
from foveate.train.run import scorers
from foveate.train.shards import ShardDataset, read_index

SAMPLES = 64
"""Clips that are scored where neither the caller nor the run says how many."""


@dataclass(frozen=True)
class Exported:
    """What was written."""

    run: FinishedRun
    dtype: str
    """Of the weights."""
    clips: int
    """On how many it was scored; 0 for none."""
    recordings: int
    """Of how many recordings these are."""
    with_block: Mapping[str, float]
    """Name -> number before the block was left out; empty without a block, or where nothing was scored."""
    scores: Mapping[str, float]
    """The same of what was written."""
    base: Path | None
    """The folder of the model that training began from, where it is here."""
    data: Mapping[str, Any]
    """What the shards count; empty where they are not here."""

    @property
    def drops_block(self) -> bool:
        """Whether an attention block was left out."""
        return self.run.config.mode == "block"


def export(
    run: FinishedRun,
    out: Path,
    *,
    score: bool = True,
    samples: int | None = None,
    shards: Path | None = None,
    dtype: str = "auto",
    device: str = "auto",
    say: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write a finished run as a checkpoint that plain ``from_pretrained`` loads, with a card.

    Args:
        run: as ``open_run`` gives it.
        out: the folder to make.
        score: whether to score what is exported and, where a block is left out, what was trained beside it.
        samples: on how many validation clips; None for as many as the run itself evaluated on.
        shards: where these are; None for where they were in training.
        dtype: of the weights that are written: auto for those of the training, or float32, bfloat16, float16.
        device: where it is scored.
        say: told what is being done.

    Raises:
        UsageError: where ``out`` is there already, or for an option that is not allowed.
        DatasetError: where it is to be scored and the shards are not there.
        ModelError: where the base model, the weights or the adapters cannot be loaded.
        JobError: where ``out`` cannot be written.
    """
    require("torch", "transformers", "safetensors", *(["peft"] if run.is_adapter else []))
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} is there already; choose another folder or remove it")
    if dtype not in DTYPES:
        raise UsageError(f"dtype {dtype!r} is not known; it can be {', '.join(DTYPES)}")
    if samples is not None and samples < 1:
        raise UsageError(f"scores need at least one sample, got {samples}; --no-score exports without")
    count = samples or run.config.evaluate_on or SAMPLES
    clips = _clips(shards or run.config.shards) if score else None
    part = out.with_name(f".{out.name}.part")
    try:
        with naming(out):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
        done = _write(run, part, clips, count, dtype=run.dtype if dtype == "auto" else dtype, device=device, say=say)
        with naming(out):
            (part / "README.md").write_text(export_card(done, name=out.name), encoding="utf-8")
            sync_tree(part)
            part.rename(out)
            sync_folder(out.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return done


def _write(
    run: FinishedRun,
    part: Path,
    clips: ShardDataset | None,
    count: int,
    *,
    dtype: str,
    device: str,
    say: Callable[[str], None],
) -> Exported:
    say("loading the run")
    base, trained = run.base, load_run(run, device=device)
    with_block: Mapping[str, float] = {}
    if run.config.mode == "block" and clips is not None:
        say("scoring it with its block")
        gaze = Gaze(trained.model, smoothing=run.config.smoothing, **run.config.gaze_options)
        gaze.load(run.folder)
        with_block, _ = _scores(run.config, clips, count, trained, gaze)
        gaze.detach()
    say("writing")
    _save(_merged(trained.model) if run.is_adapter else trained.model, trained.processor, base, part, dtype=dtype)
    del trained
    scores: Mapping[str, float] = {}
    places: list[int] = []
    if clips is not None:
        say("scoring what was written")
        plain = load_folder(str(part), dtype=dtype, device=device, trust_remote_code=False, processor_options={})
        scores, places = _scores(run.config, clips, count, plain, None)
    recordings = {clips.gaze(place).recording for place in places} if clips is not None else set()
    return Exported(run, dtype, len(places), len(recordings), with_block, scores, base, _counts(run, clips))


def _clips(shards: Path) -> ShardDataset:
    try:
        return ShardDataset(shards, side="validation")
    except DatasetError as error:
        raise DatasetError(f"{error}; --shards names where they are now, --no-score exports without scores") from error


def _counts(run: FinishedRun, clips: ShardDataset | None) -> dict[str, Any]:
    try:
        return data_of(read_index(run.config.shards) if clips is None else clips.index)
    except DatasetError:  # without scores they need not be here
        return {}


def _scores(
    config: RunConfig, clips: ShardDataset, count: int, loaded: Loaded, gaze: Gaze | None
) -> tuple[dict[str, float], list[int]]:
    """Name -> number, and on which clips."""
    parts = loaded.processor, loaded.model.config
    how = scorers(config), config.batch_size, config.max_new_tokens
    evaluation = Evaluation(clips, count, Collator(*parts), InputMaker.of(*parts, one_tile=True), *how)
    alone = Alone(loaded.model.device)
    return evaluation.run(loaded.model, gaze, accelerator=alone, sheet=None, title=""), evaluation.places


def _merged(model: Any) -> Any:
    try:
        return model.merge_and_unload(safe_merge=True)
    except ValueError as error:
        raise ModelError(f"the adapters cannot be merged: {one_line(error)}; train again with a lower learning rate") from error


def _save(model: Any, processor: Any, base: Path | None, folder: Path, *, dtype: str) -> None:
    """With the settings of generation of the base, which loading changed."""
    import torch
    from transformers import GenerationConfig

    if base is not None and (base / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(base, local_files_only=True)
    with naming(folder):
        model.to(getattr(torch, dtype)).save_pretrained(folder)
        processor.save_pretrained(folder)
