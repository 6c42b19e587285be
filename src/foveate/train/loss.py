"""How far a model's attention lies from where the wearer looked: one number to add to the loss of the text.

    loss = cross_entropy + strength * gaze_kl(attention, target, valid)

Source: Gaze-VLM (arXiv 2510.21356): L = CE + lambda * D_KL(A || H), with A the attention of a frame over its patches and H
its gaze distribution (``foveate.gaze.target``). We depart where the paper is silent. H has zeros, at which the divergence has
no value, so A is compared with H' = (1 - smoothing) H + smoothing / P on the frame's P patches. That smoothing sets the size of
the number: a strength holds for one smoothing and one direction. A frame without gaze carries no loss. The released code feeds
both distributions through a softmax again, which on 256 patches makes the number nearly zero everywhere: its strength of 100
belongs to that scale.
"""

from collections.abc import Callable
from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from foveate.errors import UsageError, hint

Direction = Literal["attention_to_gaze", "gaze_to_attention", "mse"]
OF_SUM_1 = 0.02
"""How far the sum of a frame's attention or target may be from 1: a softmax in bfloat16 stays within, logits do not."""


def _kl(a: Tensor, b: Tensor, patches: Tensor) -> Tensor:
    """D_KL(a || b) in nats, (batch, frames, patches) -> (batch, frames).

    A softmax may underflow to 0, where the logarithm and its slope are infinite: below the smallest normal number it is held.
    """
    least = torch.finfo(a.dtype).tiny
    return (a * (a.clamp(min=least).log() - b.clamp(min=least).log())).sum(dim=-1)


def _reverse_kl(a: Tensor, b: Tensor, patches: Tensor) -> Tensor:
    return _kl(b, a, patches)


def _mse(a: Tensor, b: Tensor, patches: Tensor) -> Tensor:
    return ((a - b) ** 2).sum(dim=-1) / patches.squeeze(-1)


DIRECTIONS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "attention_to_gaze": _kl,
    "gaze_to_attention": _reverse_kl,
    "mse": _mse,
}
"""Name -> each frame's distance, from attention and smoothed gaze, both 0 where no patch is, and the number of patches."""


def gaze_kl(
    attention: Float[Tensor, "batch frames patches"],
    target: Float[Tensor, "batch frames patches"],
    valid: Bool[Tensor, "batch frames"],
    *,
    smoothing: float = 0.01,
    direction: Direction = "attention_to_gaze",
    present: Bool[Tensor, "batch frames patches"] | None = None,
) -> Float[Tensor, ""]:
    """The mean distance, over frames with valid gaze, between attention and gaze.

    Args:
        attention: probabilities, not logits and not logarithms, that sum to 1 over the patches of each valid frame.
        target: where the wearer looked, likewise; anything where not valid, NaN included.
        valid: which frames have gaze; the others change neither the loss nor its gradient.
        smoothing: the share of the target that is spread evenly over the frame's patches, in [0, 1). The default direction
            needs more than 0: it is then at most log(P / smoothing) nats.
        direction: ``attention_to_gaze``, D_KL(A || H'), as in the paper: attention must leave where no gaze is;
            ``gaze_to_attention``, D_KL(H' || A): attention must reach wherever gaze is; ``mse``, the mean over patches of
            (A - H')^2, which is smaller by orders of magnitude.
        present: which patches a frame has, where frames of several sizes are padded to one; anything may stand in the others.

    Returns:
        In nats (``mse``: a square of probability), float32 also inside autocast, float64 for float64. 0, and a gradient of 0,
        where no frame is valid. NaN where attention is NaN in a valid frame.

    Raises:
        UsageError: for shapes that do not fit, a valid frame whose attention or target does not sum to 1 (while compiled by
            ``torch.compile`` this is not looked at), or an option out of its range.
    """
    _check(attention, target, valid, smoothing, direction, present)
    used = valid[..., None] if present is None else valid[..., None] & present
    with torch.autocast(attention.device.type, enabled=False):
        dtype = torch.promote_types(attention.dtype, torch.float32)
        # Whatever stands in unused places must not reach the arithmetic: 0 times NaN is NaN, in gradients too.
        a = attention.to(dtype).masked_fill(~used, 0)
        h = target.to(dtype).masked_fill(~used, 0)
        if not torch.compiler.is_compiling():
            _check_sums(a.detach(), h, valid)
        patches = used.expand_as(a).sum(dim=-1, keepdim=True).clamp(min=1).to(dtype)
        smooth = ((1 - smoothing) * h + smoothing / patches).masked_fill(~used, 0)
        return DIRECTIONS[direction](a, smooth, patches).sum() / valid.sum().clamp(min=1)


def _check(attention: Tensor, target: Tensor, valid: Tensor, smoothing: float, direction: str, present: Tensor | None) -> None:
    shape = tuple(attention.shape)
    if len(shape) != 3 or target.shape != shape or valid.shape != shape[:2] or (present is not None and present.shape != shape):
        came = f"attention {shape}, target {tuple(target.shape)}, valid {tuple(valid.shape)}"
        came += "" if present is None else f", present {tuple(present.shape)}"
        raise UsageError(f"shapes do not fit: {came}; all must be (batch, frames, patches), and valid (batch, frames)")
    for name, mask in (("valid", valid), ("present", present)):
        if mask is not None and mask.dtype != torch.bool:
            raise UsageError(f"{name} must be boolean, got {mask.dtype}")
    if direction not in DIRECTIONS:
        near = hint(direction, DIRECTIONS)
        raise UsageError(f"there is no direction {direction!r}{near}; it is one of: {', '.join(get_args(Direction))}")
    if not (0 <= smoothing < 1) or (smoothing == 0 and direction == "attention_to_gaze"):
        least = "more than 0" if direction == "attention_to_gaze" else "at least 0"
        raise UsageError(f"smoothing must be {least} and less than 1 for {direction}, got {smoothing}")


def _check_sums(attention: Tensor, target: Tensor, valid: Tensor) -> None:
    """Logits, logarithms, heat that was not normalised, or a NaN behind ``valid`` would train in silence."""
    sums = torch.stack([attention.sum(dim=-1), target.sum(dim=-1)])
    lowest = torch.stack([attention.amin(dim=-1), target.amin(dim=-1)])
    off = (sums - 1).abs()
    # Attention of NaN is the model's own and makes a loss of NaN, which a trainer reports; a target's is a mistake in the data.
    wrong = valid & (torch.stack([off[0] > OF_SUM_1, ~(off[1] <= OF_SUM_1)]) | (lowest < 0))
    if not wrong.any():
        return
    which, batch, frame = (int(index) for index in wrong.nonzero()[0])
    found = f"they sum to {float(sums[which, batch, frame]):.4g} and the least is {float(lowest[which, batch, frame]):.4g}"
    raise UsageError(
        f"{('attention', 'target')[which]} must hold probabilities that sum to 1 over a frame's patches, not logits, "
        f"logarithms or counts; in frame {frame} of item {batch} {found}"
    )
