"""The card of an exported checkpoint: what it is, what was left out and at what cost, data, privacy, licence."""

import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foveate.train.card import PRIVACY, base_of, settings_told
from foveate.train.config import RunConfig

if TYPE_CHECKING:
    from foveate.train.export import Exported

TOY = """
> **Toy model.** Its base is foveate's built-in model, which knows a drawn kitchen only. Whatever it is shown, it answers in
> that world's words; about real recordings its answers mean nothing.
"""
LESS_IS_BETTER = ("loss",)


def export_card(exported: "Exported", *, name: str) -> str:
    """The card as Markdown, with the header that model hubs read.

    Args:
        exported: what was written.
        name: of the folder.
    """
    config = exported.run.config
    base, on_hub = base_of(config.model)
    packages = ("foveate", "torch", "transformers", *(["peft"] if exported.run.is_adapter else []))
    return f"""---
{f"base_model: {base}{chr(10)}" if on_hub else ""}library_name: transformers
pipeline_tag: image-text-to-text
---

# {name}
{TOY if config.model == "builtin" else ""}
`{base}`, trained by `foveate train` to look where the wearer of an eye tracker looked. Using it needs no gaze and no foveate:
it is a stock checkpoint of its base's architecture, in {exported.dtype}.

```python
from transformers import AutoModelForImageTextToText, AutoProcessor

model = AutoModelForImageTextToText.from_pretrained("{name}")
processor = AutoProcessor.from_pretrained("{name}")
```

## What was exported

{_exported_words(exported)}

## Scores

{_scores_words(exported)}

## Training

{_training_words(config)}

```toml
{settings_told(config)}```

{_data_words(exported.data)}

## Privacy

{PRIVACY} Do not use it to watch or judge people who did not agree to that.

## Licence

{_licence_words(exported.base, base)}

## Versions

{", ".join(f"{each} {version(each)}" for each in packages)}
"""


def stated_licence(folder: Path | None) -> str | None:
    """The licence that a model's own card names in its header; None where it names none."""
    try:
        text = "" if folder is None else (folder / "README.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    header = re.match(r"---\n(.*?)\n---", text, flags=re.DOTALL)
    found = re.search(r"^licen[cs]e: *([\w.+-]+) *$", header[1], flags=re.MULTILINE) if header else None
    return found[1] if found else None


def data_of(index: Mapping[str, Any]) -> dict[str, Any]:
    """What an index of shards counts."""
    return {name: value for name, value in index["counts"].items() if name != "bytes"}


def _exported_words(exported: "Exported") -> str:
    config = exported.run.config
    merged = "LoRA adapters were merged into its weights. " if exported.run.is_adapter else ""
    if not exported.drops_block:
        return (
            f"{merged}The language model's own attention was told where to look: nothing was added to it, nothing is left out."
        )
    nothing = " **Nothing but the block was trained: these are the base's own weights.**" if config.tune == "block" else ""
    return (
        f"{merged}In training an attention block stood before the language model and was told where to look. No stock "
        "architecture has such a block, so **it is left out here**: what remains is what the other weights learned beside it. "
        f"The whole model is in the run folder; foveate's `attach_saved` puts the block back.{nothing}"
    )


def _scores_words(exported: "Exported") -> str:
    if not exported.scores:
        cost = "what leaving out the block costs was not measured" if exported.drops_block else "nothing was scored"
        return f"Exported with `--no-score`: {cost}."
    recordings = f"{exported.recordings} recording{'s' * (exported.recordings != 1)}"
    about = (
        f"{exported.clips} clips of {recordings}, of the validation side of the run's own shards, by which the training chose "
        "its checkpoint too. Text is generated greedily. No intervals: take small differences for none.\n\n"
    )
    shown = {name: value for name, value in exported.scores.items() if not name.startswith("gaze_")}
    called = {name: f"{name}, less is better" if name in LESS_IS_BETTER else name for name in shown}
    if not exported.drops_block:
        rows = [f"| {called[name]} | {value:.3f} |" for name, value in shown.items()]
        return about + "\n".join(["| | as exported |", "|---|---|", *rows])
    was = exported.with_block
    rows = [
        f"| {called[name]} | {was[name]:.3f} | {value:.3f} | {value - was[name]:+.3f} |"
        for name, value in shown.items()
        if name in was
    ]
    return about + "\n".join(["| | with its block | as exported, without | change |", "|---|---|---|---|", *rows])


def _training_words(config: RunConfig) -> str:
    told = {"block": "an attention block before the language model", "heads": "the language model's own attention"}
    return (
        f"The loss of the text, and {config.strength:g} times the distance between the wearer's gaze and {told[config.mode]}, "
        f"after Gaze-VLM (arXiv 2510.21356); at most {config.steps} steps of {config.batch_size * config.accumulate} clips on "
        "each device."
    )


def _data_words(data: Mapping[str, Any]) -> str:
    return f"Data: `{json.dumps(data)}`." if data else "How much data it was trained on stands on the run's own card."


def _licence_words(folder: Path | None, base: str) -> str:
    stated = stated_licence(folder)
    told = f"Its card names `{stated}`." if stated else "No licence was found beside its weights."
    return (
        f"What is made of `{base}` stays under the licence of `{base}`. {told} Read that licence, and the terms of the data "
        "that was trained on, before you use these weights or pass them on: nothing here grants more than they do."
    )
