"""What a run will take: tokens, arithmetic, memory, disk and hours, from its shards, its model and a few steps on this device.

Arithmetic is counted in products with weights, per token (Kaplan et al. 2020, arXiv 2001.08361): 2 operations for each weight
on the way forward; 2 more where a gradient passes through; 2 more where the weight itself is trained. Products of queries and
keys are not counted. Activations are those of Korthikanti et al. (2022, arXiv 2205.05198) with a fused attention kernel: 34
bytes per token, layer and width at 16 bits. Hours on other devices assume UTILISATION of what their makers state.
"""

import math
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from foveate.model.hf_load import load_folder
from foveate.train.build import build, folder_of, lora_targets, part_of
from foveate.train.collate import Collator
from foveate.train.config import RunConfig
from foveate.train.run import make_trainer
from foveate.train.shards import ShardDataset

SAMPLED = 8
"""Clips that are written as prompts."""
UTILISATION = 0.3
USABLE = 0.9
"""Share of a device's memory that a training may fill."""
LAYER_BYTES, KEPT_BYTES, LOGIT_BYTES = 34, 2, 10
"""At 16 bits, per token: of a layer and its width; of the same where it is computed twice; of a word of the vocabulary (logits
once as they are, once in float32, and their gradient)."""
ADAM_BYTES, GRADIENT_BYTES, FLOAT_BYTES = 8, 4, 4
SECONDS_PER_HOUR = 3600.0
MOST_MEASURED_S = 120.0


@dataclass(frozen=True)
class Device:
    """An accelerator as its maker states it."""

    memory_gb: float
    tflop_per_s: float
    """Dense, bfloat16."""


DEVICES = {
    "L4 24 GB": Device(24, 121),
    "RTX 4090 24 GB": Device(24, 165),
    "L40S 48 GB": Device(48, 362),
    "A100 80 GB": Device(80, 312),
    "H100 SXM 80 GB": Device(80, 989),
    "H200 141 GB": Device(141, 989),
}


@dataclass(frozen=True)
class Weights:
    """A model's weights by part, and what is trained of it and beside it."""

    encoder: int
    language: int
    """With the projector; without a table of words that no product uses."""
    trained_within: int
    """Of these."""
    adapters: int
    block: int
    layers: int
    width: int
    vocabulary: int
    stored: int
    """All that lies in memory, tables of words too."""

    @property
    def trained(self) -> int:
        return self.trained_within + self.adapters + self.block


@dataclass(frozen=True)
class OneClip:
    """Means over the sampled clips."""

    tokens: float
    """Of prompt and answer."""
    visual: float
    """Of these, how many stand for images."""
    patches: float
    """That the vision encoder reads."""


@dataclass(frozen=True)
class Need:
    """What a run takes, whatever it runs on."""

    train_clips: int
    validation_clips: int
    clip: OneClip
    weights: Weights
    flop: float
    """Of the whole run on one device, evaluations included."""
    state_bytes: float
    """Weights, gradients and the optimiser."""
    activation_bytes: float
    """Of one forward pass of ``batch_size`` clips."""
    shard_bytes: int
    run_bytes: float
    """Of the run folder: checkpoints and the model."""
    step_s: float | None
    """Measured here; None where it was not."""
    measured: str
    """How, or why not."""

    @property
    def memory_bytes(self) -> float:
        return self.state_bytes + self.activation_bytes


@dataclass(frozen=True)
class On:
    """A run on devices of one kind."""

    device: str
    gpus: int
    """The fewest whose memory holds it: more than one by sharding (FSDP); 0 where one clip's activations are too much."""
    hours: float


def estimate(config: RunConfig, *, measure: int) -> Need:
    """Count and measure.

    Args:
        config: the run; its shards must be there.
        measure: steps that are timed on this device, after one to warm up; 0 for none. Weights are read only for this.

    Raises:
        DatasetError: where there are no shards.
        ModelError: where the model is not there.
    """
    clips = ShardDataset(config.shards, side="train", targets=config.targets, seed=config.seed)
    held = ShardDataset(config.shards, side="validation") if config.evaluate_on else None
    loaded = load_folder(folder_of(config.model), dtype="auto", device="meta", trust_remote_code=False, processor_options={})
    clip = _one_clip(clips, Collator(loaded.processor, loaded.model.config), loaded.model.config)
    weights = _weights(config, loaded.model)
    number = 2 if config.precision == "bfloat16" and config.tune != "full" else FLOAT_BYTES
    need = Need(
        train_clips=len(clips),
        validation_clips=0 if held is None else len(held),
        clip=clip,
        weights=weights,
        flop=_flop(config, weights, clip, 0 if held is None else len(held)),
        state_bytes=number * weights.stored
        + FLOAT_BYTES * (weights.adapters + weights.block)
        + (GRADIENT_BYTES + ADAM_BYTES) * weights.trained,
        activation_bytes=config.batch_size * _activation_bytes(config, weights, clip),
        shard_bytes=int(clips.index["counts"].get("bytes", 0)),
        run_bytes=_run_bytes(config, weights, number),
        step_s=None,
        measured="not measured",
    )
    if not measure:
        return need
    if (free := _free_bytes()) < need.memory_bytes:
        return replace(
            need, measured=f"not measured: {need.memory_bytes / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free"
        )
    step_s, how = _measured(config, clips, measure)
    return replace(need, step_s=step_s, measured=how)


def on(need: Need, name: str) -> On:
    """What a run takes on devices of DEVICES."""
    device = DEVICES[name]
    room = USABLE * device.memory_gb * 1e9
    left = room - need.activation_bytes
    gpus = 0 if left <= 0 else max(1, math.ceil(need.state_bytes / left))
    return On(name, gpus, need.flop / (UTILISATION * device.tflop_per_s * 1e12) / SECONDS_PER_HOUR)


def clip_flop(config: RunConfig, weights: Weights, clip: OneClip) -> float:
    """Operations of training on one clip."""
    inner = 6 if config.tune == "full" else 4  # frozen weights behind adapters or a block still hand gradients on
    again = 2 if config.checkpointing else 0
    encoder = {"frozen": 2, "trained": inner + again}[config.encoder]
    beside = 6 * weights.adapters * clip.tokens + 6 * weights.block
    return encoder * weights.encoder * clip.patches + (inner + again) * weights.language * clip.tokens + beside


def _flop(config: RunConfig, weights: Weights, clip: OneClip, held: int) -> float:
    trained = config.steps * config.batch_size * config.accumulate * clip_flop(config, weights, clip)
    evaluations = (config.steps // config.evaluate_every if config.evaluate_every else 1) if held else 0
    forward = 2 * (weights.encoder * clip.patches + weights.language * clip.tokens)
    each = 2 * forward + 2 * weights.language * config.max_new_tokens  # once for the loss, once before what is generated
    return trained + evaluations * min(config.evaluate_on, held) * each


def _activation_bytes(config: RunConfig, weights: Weights, clip: OneClip) -> float:
    wider = 1 if config.precision == "bfloat16" else 2
    kept = LAYER_BYTES * weights.layers
    if config.checkpointing:
        kept = KEPT_BYTES * weights.layers + LAYER_BYTES
    return wider * clip.tokens * (kept * weights.width + LOGIT_BYTES * weights.vocabulary)


def _run_bytes(config: RunConfig, weights: Weights, number: int) -> float:
    own = number * weights.stored if config.tune == "full" else FLOAT_BYTES * weights.adapters
    model = own + FLOAT_BYTES * weights.block
    checkpoint = model + ADAM_BYTES * weights.trained
    return model + (config.keep + 1) * checkpoint  # a new one is whole before an old one goes


def _one_clip(clips: ShardDataset, collate: Collator, config: Any) -> OneClip:
    count = min(SAMPLED, len(clips))
    tokens = visual = patches = 0
    for place in (number * len(clips) // count for number in range(count)):
        batch = collate([clips[place]])
        tokens += int(batch["attention_mask"].sum())
        visual += int(batch["gaze_present"].sum())
        patches += _patches(batch["pixel_values"], config)
    return OneClip(tokens / count, visual / count, patches / count)


def _patches(pixels: Any, config: Any) -> int:
    """How many pieces of image an encoder reads: rows of pixels, or squares of whole images."""
    if pixels.ndim == 2:
        return int(pixels.shape[0])
    size = getattr(getattr(config, "vision_config", config), "patch_size", 16)
    down, across = size if isinstance(size, (list, tuple)) else (size, size)
    return int(math.prod(pixels.shape[:-3])) * int(pixels.shape[-2] // int(down)) * int(pixels.shape[-1] // int(across))


def _weights(config: RunConfig, model: Any) -> Weights:
    from foveate.model.attention import PatchAttention

    text = model.config.get_text_config()
    counted = {"encoder": 0, "language": 0, "projector": 0}
    for name, weight in model.named_parameters():
        counted[part_of(name)] += weight.numel()
    stored = sum(counted.values())
    table, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    within = stored - (counted["encoder"] if config.encoder == "frozen" else 0)
    modules = dict(model.named_modules())
    adapters = sum(config.lora_rank * sum(modules[name].weight.shape) for name in lora_targets(model, config))
    options = {name: value for name, value in config.gaze_options.items() if config.mode == "block"}
    block = sum(each.numel() for each in PatchAttention(text.hidden_size, **options).parameters()) if options else 0
    return Weights(
        encoder=counted["encoder"],
        language=counted["language"] + counted["projector"] - (0 if table is head else table.numel()),
        trained_within=within if config.tune == "full" else 0,
        adapters=adapters if config.tune == "lora" else 0,
        block=block,
        layers=text.num_hidden_layers,
        width=text.hidden_size,
        vocabulary=text.vocab_size,
        stored=stored,
    )


def _free_bytes() -> float:
    """Of the device that would train."""
    import psutil
    import torch

    return float(torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else psutil.virtual_memory().available)


def _measured(config: RunConfig, clips: ShardDataset, steps: int) -> tuple[float | None, str]:
    """Seconds of a step on this device, and how they were found."""
    import torch

    ends: list[float] = []

    def tell(step: int, _: str) -> None:
        ends.append(time.perf_counter())
        if step > 1 and ends[-1] - ends[0] > MOST_MEASURED_S:
            trainer.control.should_training_stop = True

    with tempfile.TemporaryDirectory() as folder:
        short = replace(
            config,
            out=Path(folder),
            steps=steps + 1,
            evaluate_on=0,
            evaluate_every=0,
            patience=0,
            report_to=(),
            save_every=10**9,
        )
        trainer = make_trainer(short, build(short), clips, None, tell=tell)
        trainer.train()
    device = str(trainer.args.device)
    name = torch.cuda.get_device_name() if device.startswith("cuda") else device
    taken = len(ends) - 2  # the first end is the beginning, the second that of the warm-up
    if taken < 1:
        return None, f"not one step after the first was done within {MOST_MEASURED_S:.0f} s on {name}"
    return (ends[-1] - ends[1]) / taken, f"measured here for {taken} steps on {name}"
