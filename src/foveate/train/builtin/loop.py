"""One training step of the built-in model, and what is right on clips that it was not trained on."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from foveate.train.builtin.batches import IGNORED, Batch
from foveate.train.builtin.encode import encode

SLOTS = 4
"""Verb, colour, kind, surface."""


@dataclass(frozen=True)
class Schedule:
    """Learning rate over steps: linear warm-up, then a cosine down to a share of the peak."""

    peak: float
    steps: int
    warm_up: int
    floor: float = 0.02

    def at(self, step: int) -> float:
        if step < self.warm_up:
            return self.peak * (step + 1) / self.warm_up
        done = min(1.0, (step - self.warm_up) / max(1, self.steps - self.warm_up))
        return self.peak * (self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * done)))


class WordHeads(nn.Module):
    """Auxiliary heads that read the answer's words straight off the visual tokens; thrown away after training.

    Through the language model alone, the vision transformer learns nothing for a long time: the first thing that a language
    model finds is which sentences are frequent. One pooled query per task and slot, one classifier over the vocabulary.
    """

    def __init__(self, width: int, vocabulary: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.randn(2, SLOTS, width) * width**-0.5)
        self.norm = nn.LayerNorm(width)
        self.read = nn.Linear(width, vocabulary)

    def forward(self, tokens: Float[Tensor, "clips tokens width"], task: str) -> Float[Tensor, "clips slots words"]:
        tokens = self.norm(tokens.float())
        weights = torch.einsum("btd,sd->bst", tokens, self.query[0 if task == "activity" else 1]).softmax(dim=-1)
        read: Tensor = self.read(torch.einsum("bst,btd->bsd", weights, tokens))
        return read


class PatchHeads(nn.Module):
    """Auxiliary heads that say what a patch shows and of which colour it is; thrown away after training."""

    def __init__(self, width: int, *, kinds: int, colours: int) -> None:
        super().__init__()
        self.what, self.colour = nn.Linear(width, kinds), nn.Linear(width, colours)

    def loss(
        self, features: Float[Tensor, "pictures patches width"], what: NDArray[np.uint8], colour: NDArray[np.uint8]
    ) -> Float[Tensor, ""]:
        """Cross-entropy of both, over all patches."""
        flat = features.float().flatten(0, 1)
        kinds = functional.cross_entropy(self.what(flat), torch.from_numpy(what).long().flatten())
        return kinds + functional.cross_entropy(self.colour(flat), torch.from_numpy(colour).long().flatten())


def picture_tensor(pictures: NDArray[np.uint8]) -> Float[Tensor, "pictures 3 side side"]:
    """Pixels (N, side, side, 3) as the processor makes them: (value / 255 - .5) / .25."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).to(torch.float32).contiguous().div_(63.75).sub_(2.0)


def visual_tokens(model: Any, batch: Batch) -> Float[Tensor, "clips tokens width"] | None:
    """The clips' visual tokens, frame after frame; None without images."""
    clips, frames = batch.pictures[0].shape[:2]
    if frames == 0:
        return None
    width = model.config.text_config.hidden_size
    tokens = [
        encode(model, picture_tensor(pixels.reshape(-1, *pixels.shape[2:]))).reshape(clips, frames, -1, width)
        for pixels in batch.pictures
    ]
    return torch.cat(tokens, dim=2).flatten(1, 2)


def answer_logits(model: Any, batch: Batch, visual: Tensor | None) -> Float[Tensor, "clips answer words"]:
    """Logits of every token of the answer, each after the right ones before it."""
    clips = len(batch.answers)
    prompt = torch.from_numpy(batch.prompt)
    spoken = torch.from_numpy(np.maximum(batch.answers[:, :-1], 0))
    ids = torch.cat([prompt.expand(clips, -1), spoken], dim=1)
    core = model.model
    embedded = core.language_model.embed_tokens(ids)
    places = ids[0] == model.config.image_token_id
    if visual is not None:
        embedded = embedded.index_put((torch.arange(clips)[:, None], places.nonzero().T), visual.to(embedded.dtype))
    hidden = core.language_model(
        inputs_embeds=embedded, position_ids=_position_ids(model, batch, ids[:1], places).expand(-1, clips, -1), use_cache=False
    ).last_hidden_state[:, len(prompt) - 1 :]
    logits: Tensor = model.lm_head(hidden)
    return logits.float()


def answer_loss(logits: Float[Tensor, "clips answer words"], batch: Batch) -> Float[Tensor, ""]:
    """Cross-entropy of the answers' tokens."""
    return functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(batch.answers).flatten(), ignore_index=IGNORED)


def word_loss(read: Float[Tensor, "clips slots words"], slots: Float[Tensor, "clips slots"]) -> Float[Tensor, ""]:
    """Cross-entropy of the auxiliary heads."""
    return functional.cross_entropy(read.flatten(0, 1), slots.flatten(), ignore_index=IGNORED)


def _position_ids(model: Any, batch: Batch, ids: Tensor, places: Tensor) -> Tensor:
    """Multimodal rotary positions, (3, 1, L); the same for every clip of a batch."""
    frames, patch = batch.pictures[0].shape[1], model.config.vision_config.patch_size
    thw = torch.tensor([[1, pixels.shape[2] // patch, pixels.shape[3] // patch] for pixels in batch.pictures] * frames)
    positions, _ = model.model.get_rope_index(ids, places[None].long(), image_grid_thw=thw if frames else None)
    found: Tensor = positions
    return found


@torch.inference_mode()
def exact_match(model: Any, batches: list[Batch]) -> float:
    """Share of clips whose whole answer greedy decoding gets right.

    Greedy decoding writes the right answer exactly where the likeliest token is right after every right prefix, so that one
    pass over the right answer tells.
    """
    right = count = 0
    for batch in batches:
        with torch.autocast("cpu", torch.bfloat16):
            likeliest = answer_logits(model, batch, visual_tokens(model, batch)).argmax(dim=-1)
        wanted = torch.from_numpy(batch.answers)
        right += int(((likeliest == wanted) | (wanted == IGNORED)).all(dim=1).sum())
        count += len(batch.answers)
    return right / max(1, count)
