"""An attention block put into a model of transformers, just before its language side reads the prompt.

There the visual tokens stand in their places among the words, whatever the family's encoder and projector did before, and
newlines or marks between them are told apart. Two hooks do it all: one on the model reads the prompt's ids, one on its language
model hands the visual tokens to the block and puts back what comes out. Nothing of the model is replaced.
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from foveate.errors import ModelError, UsageError, hint
from foveate.model.attention.block import PatchAttention, load_block, save_block
from foveate.model.attention.extra import extra_token_id, with_extra
from foveate.model.attention.families import Family, family_of, frames_of, positions_of
from foveate.model.attention.frames import Spots, has_images
from foveate.model.attention.looked import Looked

NAME = "gaze_block"
"""The model's submodule."""
FILE = f"{NAME}.safetensors"
OPTIONS = tuple(name for name in inspect.signature(PatchAttention).parameters if name != "width")
"""Of a new block."""
DEEP, DEEP_PLACES = "deepstack_visual_embeds", "visual_pos_masks"
"""Arguments of Qwen3-VL's language model: features (visual tokens, width) for each of its first layers, and where they go."""


def attach(
    model: Any, *, block: PatchAttention | None = None, family: Family | None = None, **block_options: Any
) -> "Attached":
    """Put an attention block into a model.

    Attach after peft has wrapped a model: peft freezes whatever it finds.

    Args:
        model: of a family in FAMILIES, plain or wrapped by peft, data-parallel training or ``torch.compile``.
        block: None for a new one of the model's width, float32.
        family: of a model that is not in FAMILIES.
        block_options: of a new ``PatchAttention``, such as ``query`` and ``output``.

    Returns:
        What the model looks at from now on, and how to save or take out the block. The block is a submodule of the model, so
        that optimisers and wrappers see it; ``model.save_pretrained`` leaves it out.

    Raises:
        ModelError: for an unknown family, a block of another width, or a model that has one already.
        UsageError: for an option that the block has not, or options beside a block.
    """
    base = base_model(model)
    family = family or family_of(base.config)
    if hasattr(base, NAME):
        raise ModelError("this model has an attention block already; take it out first with detach()")
    width = base.config.get_text_config().hidden_size
    if block is None:
        if unknown := block_options.keys() - OPTIONS:
            name = min(unknown)
            raise UsageError(f"the block has no option {name!r}{hint(name, OPTIONS)}; its options are: {', '.join(OPTIONS)}")
        block = PatchAttention(width, **block_options)
    elif block_options:
        raise UsageError(f"options make a new block; with a block that is given leave out: {', '.join(block_options)}")
    if block.options["width"] != width:
        raise ModelError(f"a block of width {block.options['width']} does not fit this model's tokens of width {width}")
    return Attached(base, family, block)


def attach_saved(model: Any, folder: Path | str, *, family: Family | None = None) -> "Attached":
    """Put the block that ``Attached.save`` wrote back into a model.

    Raises:
        ModelError: as ``attach``'s, or where the folder holds no block.
    """
    path = Path(folder) / FILE
    if not path.exists():
        raise ModelError(f"there is no {FILE} in {folder}; Attached.save writes it")
    return attach(model, block=load_block(path), family=family)


class Attached:
    """A model's attention block at work."""

    block: PatchAttention
    last: Looked | None
    """Of the last forward pass that had images, with its gradient; None before the first, and after one in training that had
    none."""

    def __init__(self, base: Any, family: Family, block: PatchAttention) -> None:
        self._base, self._family, self.block, self.last = base, family, block, None
        self._extra_id = extra_token_id(base) if block.options["output"] == "token" else None
        self._found: _Found | None = None
        self._before_peft = not hasattr(base, "peft_config")
        whole = base if hasattr(base, family.language) else base.model
        language: nn.Module = whole.get_submodule(family.language)
        block.to(next(language.parameters()).device)
        base.add_module(NAME, block)
        self._unsaved = {f"{NAME}.{key}" for key in block.state_dict()}
        base._keys_to_ignore_on_save = set(base._keys_to_ignore_on_save or ()) | self._unsaved
        self._hooks = (
            whole.register_forward_pre_hook(self._read, with_kwargs=True),
            language.register_forward_pre_hook(self._write, with_kwargs=True),
        )

    def inputs(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What to give the model, from what its processor made: the same, but for the output ``token``, which needs one more
        place in the prompt per frame (labels, where there are any, get -100 there).

        Raises:
            UsageError: for a tensor along the prompt that is not known, such as ``position_ids``.
        """
        if self._extra_id is None:
            return dict(inputs)
        rows = frames_of(self._base.config, self._family, inputs["input_ids"])
        return with_extra(inputs, [[stop for _, stop in row] for row in rows], self._extra_id) if any(rows) else dict(inputs)

    def save(self, folder: Path | str) -> Path:
        """Write the block as gaze_block.safetensors into a folder, which is made where it is not there."""
        path = Path(folder) / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        save_block(self.block, path)
        return path

    def detach(self) -> None:
        """Take the block out: the model is as it was before."""
        for hook in self._hooks:
            hook.remove()
        if getattr(self._base, NAME, None) is not self.block:
            return
        delattr(self._base, NAME)
        self._base._keys_to_ignore_on_save -= self._unsaved

    def _read(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Find the frames in the prompt that the model is given."""
        self._found = None
        if kwargs.get("pixel_values_videos") is not None:
            raise ModelError("an attention block reads frames: give the video's frames as images")
        if not has_images(kwargs):
            return
        ids = kwargs.get("input_ids", args[0] if args else None)
        if ids is None:
            raise ModelError("with an attention block a model needs input_ids beside its images, to find the frames in them")
        rows = positions_of(self._base.config, self._family, {**kwargs, "input_ids": ids})
        if any(rows):
            extra = self._extra_places(ids)
            self._found = _Found(Spots.of(rows, ids.device), None if extra is None else Spots.of(extra, ids.device))

    def _extra_places(self, ids: Tensor) -> list[list[NDArray[np.int64]]] | None:
        if self._extra_id is None:
            return None
        rows = frames_of(self._base.config, self._family, ids)
        if any(
            stop >= ids.shape[1] or ids[number, stop] != self._extra_id for number, row in enumerate(rows) for _, stop in row
        ):
            raise ModelError("output='token' needs one more place per frame: give the model Attached.inputs(inputs)")
        return [[np.array([stop]) for _, stop in row] for row in rows]

    def _write(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Hand the visual tokens to the block on their way into the language model."""
        embeddings: Tensor | None = kwargs.get("inputs_embeds")
        if embeddings is None:
            return None
        if self._found is None:
            return self._without_images(module, args, kwargs)
        if module.training and self._before_peft and hasattr(self._base, "peft_config"):
            raise ModelError("peft wrapped the model after its attention block was attached, and froze it: attach after peft")
        found, self._found = self._found, None
        spots = found.patches.to(embeddings.device)
        tokens, attention = self.block(spots.take(embeddings), spots.present)
        self.last = Looked(attention, spots.present)
        embeddings = spots.put(embeddings, tokens[:, :, : spots.present.shape[2]])
        if found.extra is not None:
            embeddings = found.extra.to(embeddings.device).put(embeddings, tokens[:, :, -1:])
        changed = {**kwargs, "inputs_embeds": embeddings}
        if kwargs.get(DEEP) is not None and self.block.options["output"] == "scaled":
            changed[DEEP] = self._scaled(kwargs[DEEP], kwargs[DEEP_PLACES], spots, attention)
        return args, changed

    def _scaled(self, levels: Sequence[Tensor], places: Tensor, spots: Spots, attention: Tensor) -> list[Tensor]:
        """Qwen3-VL adds features of early encoder layers to its first layers: where tokens are scaled, these are too."""
        ones = torch.ones((*places.shape, 1), dtype=attention.dtype, device=attention.device)
        scale = spots.put(ones, self.block.scale(attention, spots.present)[..., None])[places]
        return [level * scale.to(level.dtype) for level in levels]

    def _without_images(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """In training every weight must take part in every pass: data-parallel ranks wait for its gradient."""
        if not (module.training and torch.is_grad_enabled()):
            return None
        self.last = None
        embeddings: Tensor = kwargs["inputs_embeds"]
        asked = self.block(embeddings.new_ones(1, 1, 1, embeddings.shape[-1]))
        nothing = 0 * (asked.tokens.sum() + asked.attention.sum())
        return args, {**kwargs, "inputs_embeds": embeddings + nothing.to(embeddings.dtype)}


@dataclass(frozen=True)
class _Found:
    """The frames of a prompt on its way through the model."""

    patches: Spots
    extra: Spots | None


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
