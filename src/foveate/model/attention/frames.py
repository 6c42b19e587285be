"""Where in a prompt the visual tokens of each frame stand.

Every family writes one placeholder per visual token into its prompts and puts the tokens there, in order. So a frame is an
unbroken run of placeholders, whatever made the tokens, and nothing of a family's own code needs to be replaced to find them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int
from numpy.typing import NDArray
from torch import Tensor

from foveate.errors import ModelError

Run = tuple[int, int]
"""First position of a frame's placeholders in its row, and the one after the last."""


def has_images(arguments: Mapping[str, Any]) -> bool:
    """Whether a forward pass has images, or what was encoded of them; without, an image token is a word that was generated."""
    encoded = arguments.get("mm_encoder_outputs") or {}
    return arguments.get("pixel_values") is not None or encoded.get("image") is not None


def image_token_id(config: Any) -> int:
    """What stands for a visual token in a prompt.

    Raises:
        ModelError: for a model that names none.
    """
    for key in ("image_token_id", "image_token_index"):
        if isinstance(token := getattr(config, key, None), int):
            return token
    raise ModelError(f"the config of {config.model_type} names no image token (image_token_id), so its frames cannot be found")


def runs(input_ids: Tensor, token_id: int, *, each: int | None = None, tiles: str | None = None) -> list[list[Run]]:
    """The frames of every row.

    Args:
        input_ids: (batch, length).
        token_id: the placeholder.
        each: tokens of every frame, where a family has a fixed number: frames that stand side by side are told apart by it.
        tiles: the processor's option that cuts images into tiles, for a family that does.

    Raises:
        ModelError: for a run that no frame of the family can have, or images in several tiles.
    """
    ids = input_ids.cpu().numpy()
    found = [
        np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]))).reshape(-1, 2).tolist() for row in ids == token_id
    ]
    if tiles is not None and each is not None:
        _one_tile(ids, found, each, tiles)
    if each is None:
        return [[(start, stop) for start, stop in row] for row in found]
    lengths = sorted({stop - start for row in found for start, stop in row})
    if any(length % each for length in lengths):
        raise ModelError(
            f"a frame of this model has {each} visual tokens, the prompts have runs of {lengths}; were they cut, or made by "
            "another processor?"
        )
    return [[(at, at + each) for start, stop in row for at in range(start, stop, each)] for row in found]


def _one_tile(ids: NDArray[np.int64], found: list[list[list[int]]], each: int, option: str) -> None:
    """Tiles stand side by side, or behind marks that tell their rows and columns; images of one tile all behind the same."""
    before = {int(row[start - 1]) for row, its in zip(ids, found, strict=True) for start, _ in its if start}
    longer = any(stop - start in range(2 * each, len(ids[0]) + 1, each) for its in found for start, stop in its)
    if longer or len(before) > 1:
        raise ModelError(f"images were cut into several tiles; a frame must be one: give the processor {option}=False")


@dataclass(frozen=True)
class Spots:
    """Positions in the prompt of every frame's patches, padded to the most frames and patches.

    All indices are known before anything is computed: a boolean mask on a GPU would have the processor wait for it.
    """

    position: Int[Tensor, "batch frames patches"]
    """0 where there is none."""
    present: Bool[Tensor, "batch frames patches"]
    kept: Int[Tensor, " tokens"]
    """Which of all (batch x frames x patches) are present."""

    @classmethod
    def of(cls, positions: Sequence[Sequence[NDArray[np.int64]]], device: Any) -> "Spots":
        """From each row's frames' positions; at least one frame in all."""
        frames = max(map(len, positions))
        patches = max(len(frame) for row in positions for frame in row)
        position = np.zeros((len(positions), frames, patches), dtype=np.int64)
        present = np.zeros(position.shape, dtype=bool)
        for number, row in enumerate(positions):
            for index, frame in enumerate(row):
                position[number, index, : len(frame)] = frame
                present[number, index, : len(frame)] = True
        return cls(*(torch.from_numpy(each).to(device) for each in (position, present, np.flatnonzero(present))))

    def to(self, device: torch.device) -> "Spots":
        """On a device: layers of one model may lie on several."""
        return Spots(self.position.to(device), self.present.to(device), self.kept.to(device))

    def take(self, embeddings: Tensor) -> Tensor:
        """(batch, length, width) -> (batch, frames, patches, width); padding holds some row's first token."""
        taken = embeddings.flatten(0, 1).index_select(0, self._places(embeddings))
        return taken.view(*self.position.shape, embeddings.shape[-1])

    def put(self, embeddings: Tensor, tokens: Tensor) -> Tensor:
        """Embeddings with the tokens in their places; the rest as it was, bit by bit."""
        there = self._places(embeddings).index_select(0, self.kept)
        found = tokens.flatten(0, 2).index_select(0, self.kept).to(embeddings.dtype)
        return embeddings.flatten(0, 1).index_copy(0, there, found).view_as(embeddings)

    def _places(self, embeddings: Tensor) -> Tensor:
        """(batch x frames x patches,) places in all rows of embeddings, one behind the other."""
        row = torch.arange(len(embeddings), device=embeddings.device)[:, None, None]
        return (row * embeddings.shape[1] + self.position).flatten()
