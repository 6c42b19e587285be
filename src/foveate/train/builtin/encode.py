"""The vision half of the built-in model on a batch of pictures of one size, all at once.

The stock forward pass attends picture by picture in a loop, which costs more than the arithmetic at this size. The weights and
the result are the same (tested).
"""

from typing import Any

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

FEW_PATCHES = 256


def encode(model: Any, pixels: Float[Tensor, "pictures 3 height width"]) -> Float[Tensor, "pictures tokens width_text"]:
    """Visual tokens of pictures as the language model takes them.

    Args:
        model: a PaddleOCRVLForConditionalGeneration.
        pixels: normalised pictures; both sides are multiples of patch size times merge size.
    """
    return merge(model, see(model, pixels), grid_of(model, pixels))


def grid_of(model: Any, pixels: Tensor) -> tuple[int, int]:
    """Rows and columns of patches of pictures."""
    patch = model.config.vision_config.patch_size
    return pixels.shape[2] // patch, pixels.shape[3] // patch


def see(model: Any, pixels: Float[Tensor, "pictures 3 height width"]) -> Float[Tensor, "pictures patches width_vision"]:
    """What the vision transformer makes of every patch."""
    import torch

    vision = model.model.visual.vision_model
    rows, columns = grid_of(model, pixels)
    hidden = vision.embeddings.patch_embedding(pixels).flatten(2).transpose(1, 2)  # (N, patches, d)
    hidden = hidden + _positions(vision.embeddings, rows, columns)
    grid = torch.stack([torch.arange(rows).repeat_interleave(columns), torch.arange(columns).repeat(rows)], dim=-1)
    cos, sin = (table.to(hidden.dtype) for table in vision.encoder.rotary_pos_emb(hidden, grid.to(hidden.device)))
    for layer in vision.encoder.layers:
        hidden = hidden + _attend(layer.self_attn, layer.layer_norm1(hidden), cos, sin)
        hidden = hidden + layer.mlp(layer.layer_norm2(hidden))
    features: Tensor = vision.post_layernorm(hidden)
    return features


def merge(model: Any, features: Tensor, grid: tuple[int, int]) -> Float[Tensor, "pictures tokens width_text"]:
    """Merge squares of patches into tokens of the language model."""
    projector = model.model.projector
    (rows, columns), (down, right) = grid, projector.merge_kernel_size
    split = projector.pre_norm(features).unflatten(1, (rows // down, down, columns // right, right))
    tokens = split.transpose(2, 3).reshape(len(features), (rows // down) * (columns // right), -1)
    merged: Tensor = projector.linear_2(projector.act(projector.linear_1(tokens)))
    return merged


def _positions(embeddings: Any, rows: int, columns: int) -> Tensor:
    """The learned square grid of positions, resampled to this grid, (1, patches, d)."""
    side = embeddings.num_grid_per_side
    table = embeddings.position_embedding.weight.view(1, side, side, -1).permute(0, 3, 1, 2)
    sampled = functional.interpolate(table, size=(rows, columns), mode="bilinear", align_corners=False)
    return sampled.flatten(2).transpose(1, 2)


def _attend(attention: Any, hidden: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    def heads(projection: Any) -> Tensor:
        split: Tensor = projection(hidden).unflatten(-1, (attention.num_heads, attention.head_dim)).transpose(1, 2)
        return split

    query, key, value = (heads(projection) for projection in (attention.q_proj, attention.k_proj, attention.v_proj))
    mixed = _mix(_rotate(query, cos, sin) * attention.scaling, _rotate(key, cos, sin), value)
    out: Tensor = attention.out_proj(mixed.transpose(1, 2).flatten(2))
    return out


def _mix(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Plain attention at few patches, where the fused kernel's backward pass takes three times as long on a CPU."""
    import torch

    if query.shape[2] > FEW_PATCHES:
        return functional.scaled_dot_product_attention(query, key, value, scale=1.0)
    with torch.autocast("cpu", enabled=False):
        return (query @ key.transpose(-1, -2)).softmax(dim=-1) @ value


def _rotate(vectors: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    import torch

    cos, sin = cos.to(vectors.dtype), sin.to(vectors.dtype)
    first, second = vectors.chunk(2, dim=-1)
    return vectors * cos + torch.cat([-second, first], dim=-1) * sin
