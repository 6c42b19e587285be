"""The card of a trained model: what it is, what it was trained on and how, how good it is, and whose eyes it learned from."""

import json
import re
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from foveate.train.build import Built
from foveate.train.config import RunConfig
from foveate.train.shards import read_index
from foveate.typed_toml import toml_value

if TYPE_CHECKING:
    from foveate.train.run import Outcome

CARD = "card.md"
PRIVACY = (
    "Gaze and egocentric video are personal data of the wearer and of bystanders. The weights were fitted to theirs and may "
    "repeat what their captions said. Where someone withdraws their data, train again without it."
)


NOT_TOLD = ("model", "shards", "out", "prepare", "workers", "report_to", "keep", "save_every", "log_every")
"""Keys of a run that name places on the trainer's machine, or change nothing about the model."""
ON_A_HUB = r"\w[\w.-]*/\w[\w.-]*"


def card(config: RunConfig, built: Built, outcome: "Outcome", *, seconds: float) -> str:
    """The card as Markdown; it may be handed on, so that nothing of the machine's folders stands in it but their last names."""
    base, _ = base_of(config.model)
    counts = read_index(config.shards)["counts"]
    toy = " It is a **toy model**: it knows a drawn kitchen only." if config.model == "builtin" else ""
    sums = sum(each.numel() for each in built.model.parameters() if each.requires_grad)
    weights = built.provenance["weights_sha256"]
    provenance = built.provenance | {name: version(name) for name in ("foveate", "transformers", "accelerate")}
    rows = "\n".join(f"| {name} | {value:.4g} |" for name, value in outcome.metrics.items())
    kept = f"the weights of step {outcome.best_step}, the best by `{config.best_by}`" if outcome.metrics else "the last weights"
    need = (
        "Its attention block lies beside it in `gaze_block.safetensors`: `foveate.model.attention.attach_saved(model, folder)`."
        if config.mode == "block"
        else "Nothing was added to it: it is a checkpoint as any other."
    )
    return f"""# {base}, trained with gaze

Trained by `foveate train` from `{base}` ({provenance["architecture"]}, weights {weights[:16]}).{toy}
`model/` holds {kept}; it needs no gaze to be used. {need}

## Training

{outcome.step} steps of {config.steps}, {config.batch_size} x {config.accumulate} clips each, {sums:,} trained parameters;
{outcome.speed}; {seconds:.0f} s since step {outcome.began_at}.
Clips of the shards `{config.shards.name}`: `{json.dumps(counts)}`.

```toml
{settings_told(config)}```

## Result

On {config.evaluate_on} clips, spread over the validation side (scores of text are of generated text):

| | |
|---|---|
{rows}

## Privacy

{PRIVACY}

## Versions

{", ".join(f"{name} {value}" for name, value in provenance.items() if name != "weights_sha256")}
"""


def base_of(model: str) -> tuple[str, bool]:
    """A run's model, a folder without its path, and whether that is an id on a hub."""
    rest = model.removeprefix("hf:")
    on_hub = rest != model and re.fullmatch(ON_A_HUB, rest) is not None and not Path(rest).is_dir()
    return (rest if on_hub or rest == model else Path(rest).name), on_hub


def settings_told(config: RunConfig) -> str:
    """A run's settings as TOML, for a card."""
    told = {name: value for name, value in asdict(config).items() if name not in NOT_TOLD and value is not None}
    return "".join(f"{name} = {toml_value(value)}\n" for name, value in told.items())
