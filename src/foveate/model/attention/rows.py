"""Rows of a layer's attention, from the tokens that write an answer to the visual tokens, beside whatever fused kernel runs.

A fused kernel never forms its attention matrix. These rows are computed once more from the same queries and keys (rotated and
normed already), and only these: rows x visual tokens instead of tokens x tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from foveate.model.attention.block import masked_softmax
from foveate.model.attention.frames import Spots


@dataclass(frozen=True)
class Rows:
    """The positions in a batch of prompts that ask."""

    position: Int[Tensor, "batch rows"]
    """0 where there is none."""
    present: Bool[Tensor, "batch rows"]
    """Which there are: an item with fewer is padded at the end."""

    @classmethod
    def of(cls, asking: Bool[Tensor, "batch length"]) -> "Rows":
        """From which positions ask."""
        most = int(asking.sum(dim=1).max())
        position = torch.argsort(asking.to(torch.int8), dim=1, descending=True, stable=True)[:, :most]
        present = torch.take_along_dim(asking, position, dim=1)
        return cls(position * present, present)


@dataclass(frozen=True)
class Given:
    """What each head of a layer gave to the patches, summed over the rows."""

    sums: Float[Tensor, "batch heads frames patches"]
    """Each row that sees a frame gives it 1 in all, shared among the patches that it sees."""
    count: Float[Tensor, "batch frames"]
    """How many rows see a frame."""


def given(
    query: Float[Tensor, "batch all_heads queries width"],
    key: Float[Tensor, "batch key_heads keys width"],
    rows: Rows,
    spots: Spots,
    *,
    heads: Sequence[int] | None = None,
    mask: Tensor | None = None,
    scaling: float | None = None,
    softcap: float | None = None,
    window: int | None = None,
) -> Given:
    """softmax(q . k) of some rows over each frame's patches: the whole row's softmax, renormalised per frame.

    Float32 inside autocast too. The rest of a row (text, other frames) cancels out and is never computed, so the share of a
    row's attention that a frame gets is not known here.

    Args:
        query: of all positions, from position 0 on.
        key: of position 0 on; as many heads as ``query`` or fewer, each for a group of neighbouring heads.
        rows: which queries.
        spots: which keys, frame by frame.
        heads: of ``query``; None: all.
        mask: (1 or batch, 1 or all_heads, queries, keys), as transformers hands it to a layer: what is seen, as True, or as 0
            where it is added to scores. Anything else, None included: a row sees itself and what is before it, within the
            window. (Neither rows nor visual tokens are padding: a mask of padding alone tells nothing here.)
        scaling: of q . k; None: width ** -0.5.
        softcap: c tanh(s / c) for a score s.
        window: how many positions a row sees, its own the last.
    """
    with torch.autocast(query.device.type, enabled=False):
        q = torch.take_along_dim(query, rows.position[:, None, :, None], dim=2).float()  # (B, H, R, D)
        k = torch.take_along_dim(key, spots.position.flatten(1)[:, None, :, None], dim=2).float()  # (B, key heads, F * P, D)
        group = query.shape[1] // key.shape[1]
        if heads is None:
            q = q.view(len(q), key.shape[1], group, *q.shape[2:])  # (B, key heads, group, R, D)
        else:
            q, k = q[:, list(heads), None], k[:, [head // group for head in heads]]
        scores = q.flatten(2, 3) @ k.transpose(-1, -2) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
        if softcap is not None:
            scores = softcap * (scores / softcap).tanh()
        seen = _seen(rows, spots, mask, heads, window)
        weights = masked_softmax(
            scores.view(len(q), q.shape[1] * q.shape[2], rows.position.shape[1], *spots.position.shape[1:]), seen
        )
        count = seen.any(dim=-1).sum(dim=2, dtype=weights.dtype)[:, 0]  # no family lets one head see what another may not
        return Given(weights.sum(dim=2), count)


def renormalised(
    weights: Float[Tensor, "batch all_heads queries keys"], rows: Rows, spots: Spots, *, heads: Sequence[int] | None = None
) -> Given:
    """The same from attention that was formed; arguments as for ``given``."""
    found = _at(rows, spots, weights if heads is None else weights[:, list(heads)]).float()
    found = found.masked_fill(~_own(rows, spots), 0)
    share = found.sum(dim=-1, keepdim=True)
    count = (share[..., 0] > 0).sum(dim=2, dtype=found.dtype).amin(dim=1)
    return Given((found / share.masked_fill(share == 0, 1)).sum(dim=2), count)


def _seen(rows: Rows, spots: Spots, mask: Tensor | None, heads: Sequence[int] | None, window: int | None) -> Tensor:
    """(batch, 1 or heads, rows, frames, patches): what the rows see; nothing of padding, and nothing by it."""
    if isinstance(mask, Tensor) and mask.ndim == 4:
        if heads is not None and mask.shape[1] > 1:
            mask = mask[:, list(heads)]
        found = _at(rows, spots, mask)
        return _own(rows, spots) & (found if found.dtype == torch.bool else found == 0)
    behind = rows.position[:, None, :, None, None] - spots.position[:, None, None]
    return _own(rows, spots) & (behind >= 0) & (True if window is None else behind < window)


def _own(rows: Rows, spots: Spots) -> Tensor:
    """(batch, 1, rows, frames, patches): no padding."""
    return rows.present[:, None, :, None, None] & spots.present[:, None, None]


def _at(rows: Rows, spots: Spots, matrix: Tensor) -> Tensor:
    """(1 or batch, heads, queries, keys) -> (batch, heads, rows, frames, patches)."""
    across = torch.take_along_dim(matrix, rows.position[:, None, :, None], dim=2)
    found = torch.take_along_dim(across, spots.position.flatten(1)[:, None, None], dim=3)
    return found.view(*found.shape[:3], *spots.position.shape[1:])
