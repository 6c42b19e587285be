"""Gaze in a training loop: a model is attached to, each batch gives it a loss, and afterwards no gaze is needed.

    gaze = Gaze(model, strength=1.0)
    for batch in batches:
        loss = model(**gaze.inputs(batch)).loss + gaze.loss(batch)

Source: Gaze-VLM (arXiv 2510.21356), L = CE + lambda * D_KL(A || H); what A and H are and where we depart stands in
``foveate.model.attention`` and ``foveate.train.loss``. ``docs/training.md`` has the same for a Trainer.
"""

from collections.abc import Mapping
from importlib import import_module
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from foveate.errors import ModelError, UsageError, hint
from foveate.model.attention import Looked, load_block
from foveate.model.attention.attach import FILE
from foveate.model.attention.frames import has_images
from foveate.train.loss import Direction, gaze_kl

Mode = Literal["block", "heads"]
MODES = {"block": "foveate.model.attention.attach:attach", "heads": "foveate.model.attention.heads:watch_heads"}
"""What is told where to look, a block before the language model or the language model's own heads -> what attaches it."""
TARGET, VALID, PRESENT = "gaze_target", "gaze_valid", "gaze_present"
NOT_FOR_THE_MODEL = (TARGET, VALID, PRESENT, "ids")
"""Keys of a batch that a Collator adds for training and no model takes."""


class Gaze:
    """A model that is told where to look, and what that costs."""

    def __init__(
        self,
        model: Any,
        *,
        strength: float = 1.0,
        smoothing: float = 0.01,
        direction: Direction = "attention_to_gaze",
        mode: Mode = "block",
        **options: Any,
    ) -> None:
        """Attach to a model; after peft has wrapped it, and before an optimiser is made of its parameters.

        Args:
            model: of a family in ``foveate.model.attention.families.FAMILIES``.
            strength: of the loss; 0 attaches all the same, as a control.
            smoothing: as ``gaze_kl``'s.
            direction: as ``gaze_kl``'s.
            mode: ``block`` adds an attention block, ``heads`` watches the language model's own attention.
            options: of ``attach`` (such as ``query``, ``output``, ``blocks``) or of ``watch_heads`` (``layers``, ``heads``).

        Raises:
            ModelError: for a model that cannot be attached to.
            UsageError: for an option that there is not.
        """
        if not (isfinite(strength) and strength >= 0):
            raise UsageError(f"strength must be finite and at least 0, got {strength}; less than 0 would teach to look away")
        if mode not in MODES:
            raise UsageError(f"there is no mode {mode!r}{hint(mode, MODES)}; it is one of: {', '.join(MODES)}")
        self.strength, self.smoothing, self.direction = strength, smoothing, direction
        module, _, name = MODES[mode].partition(":")
        self.attached: Any = getattr(import_module(module), name)(model, **options)

    @property
    def block(self) -> Any:
        """The attention block; None with ``heads``, which has no weights of its own."""
        return getattr(self.attached, "block", None)

    @property
    def looked(self) -> Looked:
        """Where the model looked in its last forward pass.

        Raises:
            ModelError: where it had no images yet, or none in its last pass in training.
        """
        if self.attached.last is None:
            raise ModelError(
                "the model's last forward pass had no images to look at (or, watching heads, no labels to look from); "
                "give it a batch with both"
            )
        looked: Looked = self.attached.last
        return looked

    def inputs(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """What the model takes of a batch."""
        given = {name: value for name, value in batch.items() if name not in NOT_FOR_THE_MODEL}
        prepare = getattr(self.attached, "inputs", None)
        return prepare(given) if prepare else given

    def loss(self, batch: Mapping[str, Any], *, frames: Tensor | int | None = None) -> Tensor:
        """What the last forward pass, of this batch, costs: ``strength`` times the distance between attention and gaze.

        Args:
            batch: holds ``gaze_target`` (B, F, P), ``gaze_valid`` (B, F) and ``gaze_present`` (B, F, P). One of text alone may
                lack them, or have no frames in them: such batches may stand among others, on ranks too.
            frames: with gaze in the whole step, where this batch is a part of it (accumulation, ranks): the losses of the parts
                then add up to that of the whole. None: those of this batch.

        Returns:
            A number with a gradient; 0 where no frame has gaze. Of a batch of text alone a 0 without a gradient: the
            block's part in it comes through the text's loss.

        Raises:
            UsageError: where the model looked at other frames or patches than those of the targets, or where there are images
                and no targets.
        """
        if VALID not in batch or not batch[VALID].numel():
            if has_images(batch):
                raise UsageError(f"the batch has images and no {TARGET}, {VALID} and {PRESENT}; Collator makes them")
            return torch.zeros((), device=batch["input_ids"].device)
        looked = self.looked
        present, valid = batch[PRESENT], batch[VALID]
        if present.shape != looked.present.shape or not torch.equal(present, looked.present):
            raise UsageError(
                f"the model looked at {_shape(looked.present)}, the targets are for {_shape(present)}; "
                "prepare them with the model and the processor that are trained"
            )
        distance = gaze_kl(
            looked.attention, batch[TARGET], valid, smoothing=self.smoothing, direction=self.direction, present=present
        )
        if frames is not None:
            distance = distance * (valid.sum() / torch.as_tensor(frames, device=valid.device).clamp(min=1))
        return self.strength * distance

    def save(self, folder: Path | str) -> None:
        """Write the block beside a checkpoint, as gaze_block.safetensors; nothing with ``heads``."""
        if self.block is not None:
            self.attached.save(folder)

    def load(self, folder: Path | str) -> None:
        """Read what ``save`` wrote into the block.

        Raises:
            ModelError: where the folder holds no block, or another one.
        """
        if self.block is None:
            return
        saved = load_block(Path(folder) / FILE)
        if saved.options != self.block.options:
            raise ModelError(f"the block in {folder} has other options: {saved.options}, here {self.block.options}")
        self.block.load_state_dict(saved.state_dict())

    def detach(self) -> None:
        """Leave the model as it was before."""
        self.attached.detach()


def _shape(present: Tensor) -> str:
    patches = sorted(set(present.sum(dim=-1)[present.any(dim=-1)].tolist()))
    frames = present.any(dim=-1).sum(dim=-1).tolist()
    return f"{frames} frames of {' or '.join(map(str, patches)) or 'no'} patches"
