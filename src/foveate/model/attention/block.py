"""A query asks the patches of every frame, A = softmax(q . K / sqrt(d)), and what it finds is written back to the tokens.

Source: Gaze-VLM (arXiv 2510.21356), the attention block that its gaze loss acts on (``foveate.train.loss``): a global query
out of the whole sequence, keys and values from the patches of each frame, two blocks. The block itself knows nothing of gaze.
We depart in these:

- No key or value is formed for a patch. q . (Wk h) = (Wk^T q) . h, so the query is folded into the keys' weights; and
  sum_i A_i (Wv h_i) = Wv (sum_i A_i h_i), so values are projected after pooling, once per frame and head.
- Scores see tokens at unit root mean square (one factor per patch), so that attention is the same whatever the size of a
  model's tokens, and what is written back has their size.
- A second block reads the same patches again, with a query that knows what the first one found in that frame.
- What is written back passes gates that start at 0: a model is itself, bit by bit, until training opens them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from foveate.errors import ModelError, UsageError, hint
from foveate.job.disk import write_whole

Query = Literal["global", "learned", "frame"]
Output = Literal["pooled", "scaled", "token"]
QUERIES: Mapping[str, str] = {
    "global": "the mean of all patches of all frames",
    "learned": "a learned pooling of all patches of all frames; it starts as their mean",
    "frame": "the mean of a frame's own patches",
}
OUTPUTS: Mapping[str, str] = {
    "pooled": "what was found is added to every token of its frame, times a gate",
    "scaled": "each token times 1 + g (P A_i - 1), on P patches with the gate g",
    "token": "one more token per frame, the last: sum_i A_i h_i, and what was found times a gate",
}
LEAST_NORM = 1e-12
"""A token shorter than this counts as 0 and scores 0."""


class Attended(NamedTuple):  # a tuple, since hooks of data-parallel training look for tensors in tuples, not in dataclasses
    """Tokens for the language side, and where they were looked for."""

    tokens: Float[Tensor, "batch frames tokens width"]
    """As many as came, in their dtype; one more per frame with the output ``token``."""
    attention: Float[Tensor, "batch frames patches"]
    """The mean over heads and blocks, which sums to 1 per frame; at least float32. This is what a loss acts on."""


class PatchAttention(nn.Module):
    """Attention over each frame's patches by one query, between a vision encoder and a language model.

    It holds at most blocks * (4 * width * inner + 1) + width parameters.
    """

    def __init__(
        self,
        width: int,
        *,
        heads: int = 8,
        inner: int | None = None,
        blocks: int = 2,
        query: Query = "global",
        output: Output = "pooled",
    ) -> None:
        """Make it, with weights drawn from torch's generator.

        Args:
            width: of a visual token.
            heads: each attends for itself; a loss acts on their mean.
            inner: width of queries and values, of all heads together; None: ``width``.
            blocks: how often the patches are read, 1 or more.
            query: one of QUERIES.
            output: one of OUTPUTS.

        Raises:
            UsageError: for an option out of its range.
        """
        super().__init__()
        inner = width if inner is None else inner
        if min(width, heads, inner, blocks) < 1 or inner % heads:
            came = f"got {width}, {heads}, {inner}, {blocks}"
            raise UsageError(f"width, heads, inner and blocks must be positive and inner a multiple of heads, {came}")
        for what, name, known in (("query", query, QUERIES), ("output", output, OUTPUTS)):
            if name not in known:
                raise UsageError(f"there is no {what} {name!r}{hint(name, known)}; it is one of: {', '.join(known)}")
        self.options = {"width": width, "heads": heads, "inner": inner, "blocks": blocks, "query": query, "output": output}
        # Scaling needs no value of the last block: a weight without a gradient would stop data-parallel training.
        self.blocks = nn.ModuleList(
            _Block(width, heads, inner, values=output != "scaled" or block < blocks - 1) for block in range(blocks)
        )
        self.gates = nn.Parameter(torch.zeros(1 if output == "scaled" else blocks))
        if query == "learned":
            self.pooling = nn.Parameter(torch.zeros(width))

    def forward(
        self, tokens: Float[Tensor, "batch frames patches width"], present: Bool[Tensor, "batch frames patches"] | None = None
    ) -> Attended:
        """Attend and write back.

        Args:
            tokens: the encoder's, of any float dtype.
            present: which patches a frame has, where frames of several sizes are padded to one. Others get no attention; they
                must be finite.

        Raises:
            UsageError: for shapes that do not fit.
        """
        _check(tokens, present, self.options["width"])
        norm = torch.linalg.vector_norm(tokens, dim=-1, dtype=_at_least_float32(tokens)).clamp(min=LEAST_NORM)
        unit = tokens.shape[-1] ** 0.5 / norm  # (batch, frames, patches): times a token, its root mean square is 1
        asked = self._query(tokens, unit, present)
        weights, found = [], []
        for block in self.blocks:
            weight, value = block(asked, tokens, unit, present)
            weights.append(weight)
            if value is not None:
                found.append(value)
                asked = asked + value
        attention = torch.cat(weights, dim=2).mean(dim=2)
        return Attended(self._write(tokens, attention, found, present), attention)

    def scale(
        self, attention: Float[Tensor, "batch frames patches"], present: Bool[Tensor, "batch frames patches"] | None = None
    ) -> Float[Tensor, "batch frames patches"]:
        """What the output ``scaled`` multiplies each token by; for whatever else of a patch a model reads on other ways."""
        patches = attention.shape[2] if present is None else present.sum(dim=-1, keepdim=True)
        scale: Tensor = 1 + self.gates * (patches * attention - 1)
        return scale

    def _query(self, tokens: Tensor, unit: Tensor, present: Tensor | None) -> Tensor:
        """(batch, frames, width), or (batch, 1, width) where all frames share it."""
        kind = self.options["query"]
        if kind == "learned":
            scores = (tokens @ self.pooling.to(tokens.dtype)).to(unit.dtype) * unit / tokens.shape[-1] ** 0.5
        else:
            scores = torch.zeros_like(unit)
        if kind == "frame":
            return _pool(masked_softmax(scores, present), tokens)
        whole = masked_softmax(scores.flatten(1), None if present is None else present.flatten(1)).view_as(scores)
        return _pool(whole, tokens).sum(dim=1, keepdim=True)

    def _write(self, tokens: Tensor, attention: Tensor, found: list[Tensor], present: Tensor | None) -> Tensor:
        if self.options["output"] == "scaled":
            return tokens * self.scale(attention, present)[..., None].to(tokens.dtype)
        gated = [gate * value for gate, value in zip(self.gates, found, strict=True)]
        written: Tensor = sum(gated[1:], start=gated[0])
        if self.options["output"] == "token":
            extra = _pool(attention, tokens) + written
            return torch.cat([tokens, extra[:, :, None].to(tokens.dtype)], dim=2)
        return tokens + written[:, :, None].to(tokens.dtype)


class _Block(nn.Module):
    """One reading of the patches."""

    def __init__(self, width: int, heads: int, inner: int, *, values: bool) -> None:
        super().__init__()
        self.heads = heads
        # No biases: one on keys would not change a softmax, and without the others what is found has the tokens' size.
        self.query, self.key = nn.Linear(width, inner, bias=False), nn.Linear(width, inner, bias=False)
        self.value = nn.Linear(width, inner, bias=False) if values else None
        self.out = nn.Linear(inner, width, bias=False) if values else None

    def forward(self, asked: Tensor, tokens: Tensor, unit: Tensor, present: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Weights (batch, frames, heads, patches), and what was found, (batch, frames, width), where it has values."""
        dtype = self.query.weight.dtype
        length = torch.linalg.vector_norm(asked, dim=-1, keepdim=True).clamp(min=LEAST_NORM)
        query = self.query((asked * (asked.shape[-1] ** 0.5 / length)).to(dtype))
        query = query.view(*query.shape[:2], self.heads, -1)
        key = self.key.weight.view(self.heads, -1, asked.shape[-1])
        folded = torch.einsum("bfhc,hcd->bfhd", query * query.shape[-1] ** -0.5, key)  # Wk^T q of every head
        scores = (tokens @ folded.to(tokens.dtype).transpose(-1, -2)).transpose(-1, -2)  # (batch, frames, heads, patches)
        weights = masked_softmax(scores.to(unit.dtype) * unit[:, :, None], None if present is None else present[:, :, None])
        if self.value is None or self.out is None:
            return weights, None
        pooled = (weights.to(tokens.dtype) @ tokens).to(dtype)  # (batch, frames, heads, width)
        value = torch.einsum("bfhd,hcd->bfhc", pooled, self.value.weight.view(self.heads, -1, pooled.shape[-1]))
        found: Tensor = self.out(value.flatten(-2))
        return weights, found


def save_block(block: PatchAttention, path: Path) -> None:
    """Write weights and options as one safetensors file, whole or not at all."""
    from safetensors.torch import save

    tensors = {name: value.detach().contiguous() for name, value in block.state_dict().items()}
    write_whole(path, save(tensors, metadata={"patch_attention": json.dumps(block.options)}))


def load_block(path: Path) -> PatchAttention:
    """Read what ``save_block`` wrote, in the dtype that it was written in.

    Raises:
        ModelError: for a file that is not there or not such a file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            options = (file.metadata() or {}).get("patch_attention")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read as an attention block: {error}") from error
    if options is None:
        raise ModelError(f"{path} holds no attention block (it has no options of one); save_block writes such files")
    try:
        block = PatchAttention(**json.loads(options))
        block.to(tensors["gates"].dtype).load_state_dict(tensors)
    except (ValueError, TypeError, KeyError, RuntimeError, UsageError) as error:
        raise ModelError(
            f"{path} holds weights or options that make no attention block: {' '.join(str(error).split())}"
        ) from error
    return block


def _check(tokens: Tensor, present: Tensor | None, width: Any) -> None:
    shape = tuple(tokens.shape)
    if len(shape) != 4 or shape[-1] != width:
        raise UsageError(f"tokens must be (batch, frames, patches, {width}), got {shape}")
    if present is not None and (tuple(present.shape) != shape[:3] or present.dtype != torch.bool):
        raise UsageError(
            f"present must be boolean and {shape[:3]} as the tokens are, got {present.dtype} {tuple(present.shape)}"
        )


def _at_least_float32(tensor: Tensor) -> torch.dtype:
    return torch.promote_types(tensor.dtype, torch.float32)


def masked_softmax(scores: Tensor, present: Tensor | None) -> Tensor:
    """Over the last axis; 0 where nothing is present, in frames that are padding throughout as well."""
    if present is None:
        return scores.softmax(dim=-1)
    return scores.masked_fill(~present, torch.finfo(scores.dtype).min).softmax(dim=-1).masked_fill(~present, 0)


def _pool(weights: Tensor, tokens: Tensor) -> Tensor:
    """sum_i w_i h_i: (batch, frames, patches), (batch, frames, patches, width) -> (batch, frames, width)."""
    return (weights[:, :, None].to(tokens.dtype) @ tokens)[:, :, 0].to(weights.dtype)
