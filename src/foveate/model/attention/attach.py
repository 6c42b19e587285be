"""An attention block put into a model of transformers, just before its language side reads the prompt.

There the visual tokens stand in their places among the words, whatever the family's encoder and projector did before, and
newlines or marks between them are told apart. Two hooks do it all: one on the model reads the prompt's ids, one on its language
model hands the visual tokens to the block and puts back what comes out. Nothing of the model is replaced.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from foveate.errors import ModelError, UsageError
from foveate.model.attention.block import PatchAttention, load_block, save_block
from foveate.model.attention.families import Family, family_of, positions_of
from foveate.model.attention.frames import Spots
from foveate.model.attention.looked import Looked

NAME = "gaze_block"
"""The model's submodule."""
FILE = f"{NAME}.safetensors"
IMAGES = ("pixel_values", "mm_encoder_outputs")
"""Arguments of a forward pass that has images; without, an image token in the prompt is a word that was generated."""


def attach(model: Any, *, block: PatchAttention | None = None, **block_options: Any) -> "Attached":
    """Put an attention block into a model.

    Attach after peft has wrapped a model: peft freezes whatever it finds.

    Args:
        model: of a family in FAMILIES, plain or wrapped by peft, data-parallel training or ``torch.compile``.
        block: None for a new one of the model's width, float32.
        block_options: of a new ``PatchAttention``, such as ``query`` and ``output``.

    Returns:
        What the model looks at from now on, and how to save or take out the block. The block is a submodule of the model, so
        that optimisers and wrappers see it; ``model.save_pretrained`` leaves it out.

    Raises:
        ModelError: for an unknown family, a block of another width, or a model that has one already.
    """
    base = base_model(model)
    family = family_of(base.config)
    if hasattr(base, NAME):
        raise ModelError("this model has an attention block already; take it out first with detach()")
    width = base.config.get_text_config().hidden_size
    if block is None:
        block = PatchAttention(width, **block_options)
    elif block_options:
        raise UsageError(f"options make a new block; with a block that is given leave out: {', '.join(block_options)}")
    if block.options["width"] != width:
        raise ModelError(f"a block of width {block.options['width']} does not fit this model's tokens of width {width}")
    return Attached(base, family, block)


def attach_saved(model: Any, folder: Path | str) -> "Attached":
    """Put the block that ``Attached.save`` wrote back into a model.

    Raises:
        ModelError: as ``attach``'s, or where the folder holds no block.
    """
    path = Path(folder) / FILE
    if not path.exists():
        raise ModelError(f"there is no {FILE} in {folder}; Attached.save writes it")
    return attach(model, block=load_block(path))


class Attached:
    """A model's attention block at work."""

    block: PatchAttention
    last: Looked | None
    """Of the last forward pass that had images, with its gradient; None before the first."""

    def __init__(self, base: Any, family: Family, block: PatchAttention) -> None:
        self._base, self._family, self.block, self.last = base, family, block, None
        self._spots: Spots | None = None
        whole = base.model if hasattr(base, "model") else base
        language: nn.Module = whole.get_submodule(family.language)
        block.to(next(language.parameters()).device)
        base.add_module(NAME, block)
        self._kept_from_file = {f"{NAME}.{key}" for key in block.state_dict()}
        base._keys_to_ignore_on_save = set(base._keys_to_ignore_on_save or ()) | self._kept_from_file
        self._hooks = (
            whole.register_forward_pre_hook(self._read, with_kwargs=True),
            language.register_forward_pre_hook(self._write, with_kwargs=True),
        )

    def inputs(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What to give the model, from what its processor made."""
        return dict(inputs)

    def save(self, folder: Path | str) -> Path:
        """Write the block beside a checkpoint, as gaze_block.safetensors."""
        path = Path(folder) / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        save_block(self.block, path)
        return path

    def detach(self) -> None:
        """Take the block out: the model is as it was before."""
        for hook in self._hooks:
            hook.remove()
        delattr(self._base, NAME)
        self._base._keys_to_ignore_on_save -= self._kept_from_file

    def _read(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Find the frames in the prompt that the model is given."""
        self._spots = None
        if all(kwargs.get(name) is None for name in IMAGES):
            return
        ids = kwargs.get("input_ids", args[0] if args else None)
        if ids is None:
            raise ModelError("with an attention block a model needs input_ids beside its images, to find the frames in them")
        rows = positions_of(self._base.config, self._family, {**kwargs, "input_ids": ids})
        if any(rows):
            self._spots = Spots.of(rows, ids.device)

    def _write(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Hand the visual tokens to the block on their way into the language model."""
        if self._spots is None:
            return None
        spots, self._spots = self._spots, None
        embeddings = kwargs["inputs_embeds"]
        tokens, attention = self.block(spots.take(embeddings), spots.present)
        self.last = Looked(attention, spots.present)
        return args, {**kwargs, "inputs_embeds": spots.put(embeddings, tokens)}


def base_model(model: Any) -> Any:
    """The model of transformers within wrappers."""
    while True:
        inner = getattr(model, "_orig_mod", None) or getattr(model, "module", None)
        if inner is None and hasattr(model, "get_base_model"):
            inner = model.get_base_model()
        if inner is None or inner is model:
            break
        model = inner
    if not hasattr(model, "config"):
        raise ModelError(f"attach takes a model of transformers, got {type(model).__name__}")
    return model
