"""Where in a prompt the visual tokens of each frame stand.

Every family writes one placeholder per visual token into its prompts and puts the tokens there, in order. So a frame is an
unbroken run of placeholders, whatever made the tokens, and nothing of a family's own code needs to be replaced to find them.
"""

from collections.abc import Sequence
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


def image_token_id(config: Any) -> int:
    """What stands for a visual token in a prompt.

    Raises:
        ModelError: for a model that names none.
    """
    for key in ("image_token_id", "image_token_index"):
        if isinstance(token := getattr(config, key, None), int):
            return token
    raise ModelError(f"the config of {config.model_type} names no image token (image_token_id), so its frames cannot be found")


def runs(input_ids: Tensor, token_id: int, *, each: int | None = None) -> list[list[Run]]:
    """The frames of every row.

    Args:
        input_ids: (batch, length).
        token_id: the placeholder.
        each: tokens of every frame, where a family has a fixed number: frames that touch are then told apart.

    Raises:
        ModelError: for a run that is no multiple of ``each``.
    """
    found = []
    for row in input_ids.cpu().numpy() == token_id:
        edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]))).reshape(-1, 2).tolist()
        if each is not None and any((stop - start) % each for start, stop in edges):
            lengths = sorted({stop - start for start, stop in edges})
            raise ModelError(
                f"a frame of this model has {each} visual tokens, the prompt has runs of {lengths}: was it cut, or made by "
                "another processor?"
            )
        found.append(
            [(at, at + (each or stop - start)) for start, stop in edges for at in range(start, stop, each or stop - start)]
        )
    return found


@dataclass(frozen=True)
class Spots:
    """Positions in the prompt of every frame's patches, padded to the most frames and patches."""

    position: Int[Tensor, "batch frames patches"]
    """0 where there is none."""
    present: Bool[Tensor, "batch frames patches"]

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
        return cls(torch.from_numpy(position).to(device), torch.from_numpy(present).to(device))

    def take(self, embeddings: Tensor) -> Tensor:
        """(batch, length, width) -> (batch, frames, patches, width); padding holds some row's first token."""
        row = torch.arange(len(embeddings), device=embeddings.device)[:, None, None]
        return embeddings[row, self.position]

    def put(self, embeddings: Tensor, tokens: Tensor) -> Tensor:
        """Embeddings with the tokens in their places; the rest as it was, bit by bit."""
        row = torch.arange(len(embeddings), device=embeddings.device)[:, None, None].expand_as(self.position)
        return embeddings.index_put((row[self.present], self.position[self.present]), tokens[self.present].to(embeddings.dtype))
