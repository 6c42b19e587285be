"""The model of a run: loaded, frozen where it is not to be trained, adapted, attached to."""

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from foveate.errors import ModelError, UsageError, require
from foveate.model import builtin
from foveate.model.attention.attach import NAME as BLOCK
from foveate.model.hf_load import load_folder
from foveate.train.config import RunConfig
from foveate.train.gaze import Gaze

ENCODERS = ("visual", "vision_tower", "vision_model", "vision_encoder")
"""What families call their vision encoder."""
PROJECTORS = ("merger", "projector", "connector")
"""What they call the part, of the encoder or beside it, that makes tokens of its features; trained with the language side."""


@dataclass(frozen=True)
class Built:
    """What is trained."""

    model: Any
    """As transformers, or peft around it, knows it."""
    processor: Any
    gaze: Gaze
    provenance: dict[str, str]
    """What pins the model that training began from."""


def build(config: RunConfig) -> Built:
    """Load the model of a run and make it ready; the block and adapters are drawn from the run's seed.

    Raises:
        ModelError: where it is not there, or of a family that cannot be attached to.
        MissingExtraError: where LoRA is asked for without peft.
    """
    narrow = config.precision == "bfloat16" and config.tune != "full"
    dtype = "bfloat16" if narrow else "float32"
    loaded = load_folder(folder_of(config.model), dtype=dtype, device="cpu", trust_remote_code=False, processor_options={})
    torch.manual_seed(config.seed)
    model = loaded.model.train()
    if not any(part_of(name) == "encoder" for name, _ in model.named_parameters()):
        raise ModelError(f"no vision encoder was found in {type(model).__name__} (looked for {', '.join(ENCODERS)})")
    for name, parameter in model.named_parameters():
        trained = part_of(name) != "encoder" or config.encoder == "trained"
        parameter.requires_grad_(config.tune == "full" and trained)
    if config.tune == "lora":
        model = _adapted(model, config)
    gaze = Gaze(
        model,
        strength=config.strength,
        smoothing=config.smoothing,
        direction=config.direction,
        mode=config.mode,
        **config.gaze_options,
    )
    return Built(model, loaded.processor, gaze, loaded.provenance)


def folder_of(name: str) -> str:
    """Where a run's model lies: a folder, or an id of Hugging Face's.

    Raises:
        UsageError: for one that cannot be trained.
    """
    scheme, _, rest = name.partition(":")
    if scheme == "builtin" and not rest:
        return str(builtin.FOLDER)
    if scheme == "hf" and rest:
        return rest
    raise UsageError(f"model {name!r} cannot be trained; write builtin, or hf: and a folder or an id of Hugging Face's")


def part_of(name: str) -> Literal["encoder", "projector", "language"]:
    """Which part of a model a parameter or module belongs to, by its name."""
    parts = name.split(".")
    if any(word in part for part in parts for word in PROJECTORS):
        return "projector"
    return "encoder" if any(part in ENCODERS for part in parts) else "language"


def parameter_groups(config: RunConfig, model: nn.Module) -> list[dict[str, Any]]:
    """What AdamW takes: the block with its own learning rate; weight decay on matrices only."""
    rates = {True: config.block_learning_rate or config.learning_rate, False: config.learning_rate}
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((BLOCK in name.split("."), parameter.ndim > 1), []).append(parameter)
    return [
        {"params": parameters, "lr": rates[block], "weight_decay": config.weight_decay if matrix else 0.0}
        for (block, matrix), parameters in groups.items()
    ]


def lora_targets(model: Any, config: RunConfig) -> list[str]:
    """What LoRA adapts: every linear layer of the language model, and of the encoder where that is trained."""
    parts = ("language", "encoder") if config.encoder == "trained" else ("language",)
    head = model.get_output_embeddings()
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and module is not head and part_of(name) in parts
    ]


def _adapted(model: Any, config: RunConfig) -> Any:
    require("peft")
    from peft import LoraConfig, get_peft_model

    adapters = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=lora_targets(model, config),
    )
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message=".*is_gradient_checkpointing", category=FutureWarning
        )  # peft 0.21 asks for it
        return get_peft_model(model, adapters)
