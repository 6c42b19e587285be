"""Where a language model's own attention looks while it writes an answer, so that training can tell it where to look.

The second way to train with gaze, beside the block (``foveate.model.attention.attach``): chosen heads of chosen layers, from
the answer's tokens to the visual tokens. No parameter is added; what is trained stays a stock checkpoint.

The fused kernel stays. transformers looks an attention function up by name, and by the same name what makes its masks; a new
name without a mask function of its own gets no causal mask, and nothing says so. So the name stays, and the masks with it:
while a model is watched, the function under that name hands everything on as it came and, for calls that carry a ``_Watch``,
computes the rows that are asked for beside it. Calls of vision encoders and of other models carry none.
"""

from collections.abc import Callable, Sequence
from functools import partial
from inspect import signature
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from foveate.errors import ModelError, UsageError
from foveate.model.attention.attach import base_model
from foveate.model.attention.families import Family, family_of, positions_of
from foveate.model.attention.frames import Spots, has_images
from foveate.model.attention.looked import Looked
from foveate.model.attention.rows import Given, Rows, given, renormalised

Asking = Literal["answer", "last"]
Chosen = dict[int, tuple[int, ...] | None]
"""Layer -> its heads; None: all of them."""
CARRIED = "foveate_watches"
"""The argument that a language model hands on to its layers and they to their attention function."""


def watch_heads(
    model: Any,
    *,
    layers: Sequence[int] | None = None,
    heads: Sequence[int] | None = None,
    pairs: Sequence[tuple[int, int]] | None = None,
    rows: Asking = "answer",
) -> "Watched":
    """Watch a model's own attention.

    Args:
        model: of a family in FAMILIES, plain or wrapped by peft or data-parallel training.
        layers: of its language model, from 0; None: all.
        heads: in each of them, from 0; None: all.
        pairs: single (layer, head), instead of both.
        rows: which tokens ask. ``answer``: those that predict a token with a label, in passes with labels. ``last``: the last
            of the prompt, which predicts the first token of the answer, with or without labels.

    Raises:
        ModelError: for an unknown family.
        UsageError: for a layer or head that the model has not.
    """
    if rows not in get_args(Asking):
        raise UsageError(f"rows must be one of: {', '.join(get_args(Asking))}; got {rows!r}")
    base = base_model(model)
    family = family_of(base.config)
    text = base.config.get_text_config()
    return Watched(base, family, _chosen(layers, heads, pairs, text.num_hidden_layers, text.num_attention_heads), rows)


class Watched:
    """A model whose attention is watched."""

    last: Looked | None
    """Of the last forward pass that had images and rows that ask, with its gradient: the mean over rows, heads and layers. None
    after a pass without; steps of a generation, which go on from a cache, leave it."""
    each: Float[Tensor, "batch pairs frames patches"] | None
    """The same of every pair alone, without gradient."""
    pairs: tuple[tuple[int, int], ...]
    """(layer, head) of all that are watched."""

    def __init__(self, base: Any, family: Family, chosen: Chosen, rows: Asking) -> None:
        self._base, self._family, self._chosen, self._rows = base, family, chosen, rows
        self.last = self.each = None
        all_heads = range(base.config.get_text_config().num_attention_heads)
        self.pairs = tuple((layer, head) for layer, heads in chosen.items() for head in (all_heads if heads is None else heads))
        self._watch: _Watch | None = None
        self._names = list(signature(type(base).forward).parameters)[1:]
        language: Any = (base.model if hasattr(base, "model") else base).get_submodule(family.language)
        self._hooks = [
            base.register_forward_pre_hook(self._begin, with_kwargs=True),
            language.register_forward_pre_hook(self._carry, with_kwargs=True),
            base.register_forward_hook(self._end),
        ]
        self._name = language.config._attn_implementation  # its vision encoder may have another
        if self._name in (None, "eager"):  # stands in no table of functions, and hands its weights out
            for layer in chosen:
                attention = language.get_submodule(f"layers.{layer}.self_attn")
                self._hooks.append(attention.register_forward_hook(partial(_see_weights, layer), with_kwargs=True))
        else:
            _install(self._name)

    def detach(self) -> None:
        """Stop watching: the model is as it was before."""
        for hook in self._hooks:
            hook.remove()
        if self._hooks and self._name not in (None, "eager"):
            _remove(self._name)
        self._hooks = []

    def _begin(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Find in what the model is given who asks and what is looked at."""
        self._watch = None
        given_now = dict(zip(self._names, args, strict=False)) | kwargs
        cache = given_now.get("past_key_values")
        if cache is not None and cache.get_seq_length() > 0:
            return
        self.last = self.each = None
        if not has_images(given_now):
            return
        ids = given_now.get("input_ids")
        if ids is None:
            raise ModelError("a watched model needs input_ids beside its images, to find the frames in them")
        asking = _asking(self._rows, ids, given_now.get("labels"), given_now.get("attention_mask"))
        if asking is None:
            return
        frames = positions_of(self._base.config, self._family, given_now)
        if any(frames):
            self._watch = _Watch(self._chosen, Rows.of(asking), Spots.of(frames, ids.device))

    def _carry(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._watch is None:
            return None
        return args, {**kwargs, CARRIED: (*kwargs.get(CARRIED, ()), self._watch)}

    def _end(self, module: nn.Module, args: Any, output: Any) -> None:
        if self._watch is not None:
            (self.last, self.each), self._watch = self._watch.looked(), None


class _Watch:
    """What is to be seen in one forward pass, and what was.

    It travels with its pass: gradient checkpointing computes a layer again in the backward pass, with the arguments of the pass
    that it belongs to, which need not be the latest. What is then computed serves the gradient alone and is not kept. It is no
    dataclass: FSDP copies those that it meets in arguments, and what a copy sees is lost.
    """

    def __init__(self, chosen: Chosen, rows: Rows, spots: Spots) -> None:
        self.chosen, self.rows, self.spots = chosen, rows, spots
        self.with_gradient = torch.is_grad_enabled()
        self.found: dict[int, Given] = {}
        self.over = False

    def see(self, layer: int, look: Callable[..., Given]) -> None:
        """Have a layer's attention looked at: ``look`` is given rows, spots and ``heads``."""
        if layer not in self.chosen:
            return
        if self.with_gradient and not torch.is_grad_enabled():
            raise UsageError(
                "gradient checkpointing with use_reentrant=True keeps no gradient of attention; turn it on with "
                "{'use_reentrant': False}, which is transformers' default"
            )
        seen = look(self.rows, self.spots, heads=self.chosen[layer])
        if not self.over:
            self.found[layer] = seen

    def looked(self) -> tuple[Looked, Tensor]:
        """``last`` and ``each`` of a pass that is over. A row counts for the frames that it sees."""
        self.over = True
        if unseen := sorted(set(self.chosen) - set(self.found)):
            raise ModelError(
                f"the attention of layers {unseen} was not seen: this model does not hand {CARRIED} on to its layers, or its "
                "attention was changed after it was watched; watch it again"
            )
        device = self.spots.present.device
        found = [self.found[layer] for layer in self.chosen]
        sums = torch.cat([layer.sums.to(device) for layer in found], dim=1)  # (B, pairs, F, P)
        count = torch.stack([layer.count.to(device) for layer in found for _ in range(layer.sums.shape[1])], dim=1)
        mean = sums.sum(dim=1) / count.sum(dim=1)[..., None].clamp(min=1)
        return Looked(mean, self.spots.present), (sums / count[..., None].clamp(min=1)).detach()


def _chosen(
    layers: Sequence[int] | None,
    heads: Sequence[int] | None,
    pairs: Sequence[tuple[int, int]] | None,
    all_layers: int,
    all_heads: int,
) -> Chosen:
    if pairs is not None and not (layers is None and heads is None):
        raise UsageError("give pairs of (layer, head), or layers and heads, not both")
    asked_layers = [layer for layer, _ in pairs] if pairs is not None else layers
    asked_heads = [head for _, head in pairs] if pairs is not None else heads
    for what, asked, number in (("layer", asked_layers, all_layers), ("head", asked_heads, all_heads)):
        if asked is not None and (not asked or min(asked) < 0 or max(asked) >= number):
            last = f"0 to {number - 1}" if number > 1 else "0 alone"
            raise UsageError(f"this language model has the {what}s {last}; got {list(asked) or 'none'}")
    if pairs is not None:
        return {layer: tuple(sorted({head for at, head in pairs if at == layer})) for layer in sorted({at for at, _ in pairs})}
    each = None if heads is None else tuple(sorted(set(heads)))
    return dict.fromkeys(range(all_layers) if layers is None else sorted(set(layers)), each)


def _asking(rows: Asking, ids: Tensor, labels: Tensor | None, mask: Any) -> Tensor | None:
    """(batch, length) which positions ask; None where nobody does."""
    if rows == "last":
        # Generation with a static cache hands over finished masks, which do not tell padding; it pads on the left.
        own = mask.bool() if isinstance(mask, Tensor) and mask.ndim == 2 else torch.ones_like(ids, dtype=torch.bool)
        return own & (own.flip(1).cumsum(dim=1).flip(1) == 1)
    if labels is None:
        return None
    return torch.cat([labels[:, 1:] != -100, torch.zeros_like(labels[:, :1], dtype=torch.bool)], dim=1)


_INSTALLED: dict[str, tuple[Callable[..., Any], int]] = {}
"""Name of an attention function -> the one that is watched under it, and how many models are."""


def _install(name: str) -> None:
    from transformers import AttentionInterface
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    fused, models = _INSTALLED.get(name, (None, 0))
    if fused is None:
        fused = ALL_ATTENTION_FUNCTIONS[name]
        AttentionInterface.register(name, partial(_see_fused, fused))
    _INSTALLED[name] = (fused, models + 1)


def _remove(name: str) -> None:
    from transformers import AttentionInterface

    fused, models = _INSTALLED.pop(name)
    if models > 1:
        _INSTALLED[name] = (fused, models - 1)
    else:
        AttentionInterface.register(name, fused)


def _see_fused(
    fused: Callable[..., Any],
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """The attention function of a name that is watched."""
    watches = kwargs.pop(CARRIED, ())
    if watches and kwargs.get("cu_seq_lens_q") is not None:
        raise UsageError("several prompts packed into one row cannot be watched; pad them instead")
    output = fused(module, query, key, value, attention_mask, *args, **kwargs)
    look = partial(
        given,
        query,
        key,
        mask=attention_mask,
        scaling=kwargs.get("scaling"),
        softcap=kwargs.get("softcap"),
        window=kwargs.get("sliding_window"),
    )
    for watch in watches:
        watch.see(module.layer_idx, look)
    return output


def _see_weights(layer: int, module: nn.Module, args: Any, kwargs: dict[str, Any], output: Any) -> None:
    """After an eager layer, which hands its attention out."""
    for watch in kwargs.get(CARRIED, ()):
        watch.see(layer, partial(renormalised, output[1]))
