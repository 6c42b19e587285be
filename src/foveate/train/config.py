"""A training run as a file: flat TOML, every key a field here, checked before anything is loaded."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_type_hints

from foveate.errors import UsageError, hint
from foveate.typed_toml import Within, read_toml, toml_value, typed

Share = Annotated[float, Within(least=0, below=1)]
Counted = Annotated[int, Within(least=1)]
CountedOrNone = Annotated[int, Within(least=0)]
Seed = Annotated[int, Within(least=0, most=2**32 - 1)]
Positive = Annotated[float, Within(above=0)]
NotNegative = Annotated[float, Within(least=0)]
Metric = Literal["loss", "exact_match", "object_words", "rouge_l", "gaze_kl", "gaze_nss", "gaze_auc_judd", "gaze_top_10"]
Tracker = Literal["tensorboard", "trackio", "wandb", "mlflow"]
HIGHER_IS_BETTER: Mapping[Metric, bool] = MappingProxyType(
    {
        "loss": False,
        "exact_match": True,
        "object_words": True,
        "rouge_l": True,
        "gaze_kl": False,
        "gaze_nss": True,
        "gaze_auc_judd": True,
        "gaze_top_10": True,
    }
)
"""What an evaluation finds and a run can be stopped by -> whether more of it is better."""
NOT_IN_PREPARE = ("-o", "--out", "--model")
"""Options of ``foveate prepare`` that other keys of a run say."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that decides what a training run does; paths are absolute."""

    model: str
    """``builtin``, or ``hf:`` and a folder (beside the run file, or a whole path) or an id, as for ``--model``."""
    shards: Path
    """Where the prepared samples lie (``foveate prepare``)."""
    out: Path
    """The run folder."""

    prepare: tuple[str, ...] = ()
    """What stands after ``foveate prepare`` to make the shards where they are not there, without ``--model`` and ``-o``."""

    targets: Literal["own", "none", "center", "shuffled", "mean"] = "own"
    """The wearer's gaze, or a control that stands for it (docs/shards.md); validation always has the wearer's own."""
    mode: Literal["block", "heads"] = "block"
    """What is told where to look: an attention block before the language model, or the language model's own heads."""
    strength: NotNegative = 1.0
    """Of the gaze loss beside the text's; 0 is the control that has the block but not the loss."""
    smoothing: Share = 0.01
    """Share of a target that is spread evenly; a strength holds for one smoothing."""
    direction: Literal["attention_to_gaze", "gaze_to_attention", "mse"] = "attention_to_gaze"
    """Of the gaze loss."""
    query: Literal["global", "learned", "frame"] = "global"
    """What asks, in a block."""
    output: Literal["pooled", "scaled", "token"] = "pooled"
    """What a block hands to the language model."""
    blocks: Counted = 2
    """How often a block reads the patches."""
    block_heads: Counted = 8
    """Attention heads of a block."""
    layers: tuple[int, ...] = ()
    """Layers of the language model that ``heads`` watches; none named: all."""
    heads: tuple[int, ...] = ()
    """Heads of these layers; none named: all."""

    tune: Literal["lora", "full", "block"] = "lora"
    """What is trained beside the block: LoRA adapters, all weights, or nothing."""
    encoder: Literal["frozen", "trained"] = "frozen"
    """Whether the vision encoder is trained too, in the way of ``tune``."""
    lora_rank: Counted = 16
    """Rank of the adapters."""
    lora_alpha: Positive = 32.0
    """Their scale is this over the rank."""
    lora_dropout: Share = 0.05
    """Share of an adapter's input that is dropped in training."""

    steps: Counted
    """Steps of the optimiser."""
    batch_size: Counted = 8
    """Samples of a forward pass, on each device."""
    accumulate: Counted = 1
    """Forward passes of a step."""
    learning_rate: Positive = 1e-4
    """The highest: linear warm-up, then a cosine to 0."""
    block_learning_rate: Positive | None = None
    """The same for the block, which begins from nothing; None: ``learning_rate``."""
    warm_up: Annotated[float, Within(least=0, most=1)] = 0.05
    """Share of the steps that the learning rate rises."""
    weight_decay: NotNegative = 0.01
    """Of AdamW, on matrices only."""
    max_grad_norm: NotNegative = 1.0
    """Gradients are scaled down to this norm; 0: never."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the arithmetic (autocast); frozen weights are also kept in it."""
    checkpointing: bool = False
    """Whether activations are computed twice to save memory."""
    seed: Seed = 0
    """Of the order of samples, dropout, and the weights that begin at random."""
    workers: CountedOrNone = 0
    """Processes that read samples beside the one that trains."""

    evaluate_every: CountedOrNone = 0
    """Steps from one evaluation on the validation side to the next; 0: at the end only."""
    evaluate_on: CountedOrNone = 64
    """Samples of an evaluation, spread evenly over that side; 0: no evaluation."""
    max_new_tokens: Counted = 32
    """Longest answer that an evaluation lets the model write."""
    object_names: tuple[str, ...] = ()
    """Words that count for the score ``object_words``; the toy kitchen's where none are named."""
    best_by: Metric = "rouge_l"
    """Which number of an evaluation chooses the checkpoint that becomes ``model/``, and stops early."""
    patience: CountedOrNone = 0
    """Evaluations without a better one after which training stops; 0: never."""
    save_every: Counted = 100
    """Steps from one checkpoint to the next."""
    keep: Counted = 2
    """Checkpoints that are kept, the best one among them."""
    log_every: Counted = 10
    """Steps from one line of log.jsonl to the next."""
    report_to: tuple[Tracker, ...] = ()
    """Trackers that get the log too: tensorboard, trackio, wandb, mlflow."""

    def __post_init__(self) -> None:
        if self.smoothing == 0 and self.direction == "attention_to_gaze":
            raise UsageError("smoothing must be more than 0 for attention_to_gaze: a target is 0 on most patches")
        if self.tune == "block" and self.mode == "heads":
            raise UsageError('tune = "block" trains the block alone, and mode = "heads" has none; take tune = "lora" or "full"')
        if self.tune == "block" and self.encoder == "trained":
            raise UsageError('tune = "block" trains the block alone; for a trained encoder take tune = "lora" or "full"')
        if self.best_by == "object_words" and not self.object_names and self.model != "builtin":
            raise UsageError('best_by = "object_words" needs object_names, the words that count')
        if self.patience and not (self.evaluate_every and self.evaluate_on):
            raise UsageError("patience counts evaluations; set evaluate_every too, and evaluate_on to more than 0")
        if self.mode == "block" and (self.layers or self.heads):
            raise UsageError('layers and heads are those of mode = "heads", and this run has mode = "block" (see block_heads)')
        if given := [word for word in self.prepare if word.partition("=")[0] in NOT_IN_PREPARE]:
            raise UsageError(f"prepare must not hold {given[0]}: its folder is shards, and its model is model")

    @property
    def gaze_options(self) -> dict[str, Any]:
        """What the attention itself takes, beside the model."""
        if self.mode == "heads":
            return {"layers": self.layers or None, "heads": self.heads or None}
        return {"query": self.query, "output": self.output, "blocks": self.blocks, "heads": self.block_heads}


def read_config(path: Path) -> RunConfig:
    """Read a run file.

    Args:
        path: TOML without sections; relative paths in it are relative to its folder.

    Raises:
        UsageError: where it is not there, no TOML, or a key or value is wrong; the message names the file and the key.
    """
    return read_toml(path, partial(config_of, folder=path.resolve().parent), what="run file", example="run.toml")


def config_of(given: Mapping[str, Any], *, folder: Path) -> RunConfig:
    """A run out of keys and values as TOML has them.

    Args:
        given: keys are fields of RunConfig.
        folder: what relative paths are relative to.

    Raises:
        UsageError: for a key that is not known or missing, or a value of a wrong type or out of its range.
    """
    known = {each.name: each for each in fields(RunConfig)}
    for name, value in given.items():
        if isinstance(value, dict):
            raise UsageError(f"[{name}] is a section; a run file is flat: write its keys before any section")
        if name not in known:
            raise UsageError(f"there is no key {name!r}{hint(name, known)}; the keys are in docs/training.md")
    missing = [name for name, each in known.items() if each.default is MISSING and name not in given]
    if missing:
        raise UsageError(f"{', '.join(missing)} must be given")
    types = get_type_hints(RunConfig, include_extras=True)
    values = {name: typed(name, value, types[name], folder=folder) for name, value in given.items()}
    return RunConfig(**values | {"model": _beside(values["model"], folder)})


def _beside(model: str, folder: Path) -> str:
    """``hf:`` and the folder of that name beside the run file, where there is one; else as it is: an id, or a whole path."""
    scheme, _, rest = model.partition(":")
    there = folder / rest
    return f"{scheme}:{there.resolve()}" if scheme == "hf" and rest and (there / "config.json").is_file() else model


def toml_of(config: RunConfig) -> str:
    """All keys of a run as TOML that ``read_config`` reads back; None is left out."""
    lines = [f"{name} = {toml_value(value)}" for name, value in asdict(config).items() if value is not None]
    return "\n".join(lines) + "\n"


def changed(before: RunConfig, after: RunConfig) -> list[str]:
    """What differs between two runs and makes their results differ: "strength 1.0 -> 0.1"."""
    old, new = asdict(before), asdict(after)
    return [f"{name} {old[name]} -> {new[name]}" for name in old if old[name] != new[name] and name not in MAY_CHANGE]


MAY_CHANGE = ("out", "prepare", "keep", "workers", "log_every", "report_to", "save_every")
"""Keys that a run which was stopped may go on with other values of."""
