"""Which heads of a language model look where the wearer looked already: the table to choose heads from before training them.

    found = find_heads(model, batches)
    gaze = Gaze(model, mode="heads", pairs=[head.pair for head in found[:16]])

Source: Gaze Heads (arXiv 2606.14703) finds that under 9% of a vision-language model's heads track the region that is being
described. We rank by the attention of the answer's tokens to each frame's patches, scored as ``foveate.score.on_gaze`` does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

import torch
from torch import Tensor

from foveate.model.attention.heads import Asking
from foveate.score.on_gaze import ROUNDING, SPREAD_EVENLY
from foveate.score.score import Score
from foveate.train.gaze import TARGET, VALID, Gaze

EVEN = 1e-7
"""Attention that varies by less than this part of its mean is even: float32 rounds no finer."""


@dataclass(frozen=True)
class HeadOnGaze:
    """How much of one head's attention lies on gaze."""

    layer: int
    """Of the language model, from 0."""
    head: int
    """Of that layer, from 0."""
    nss: Score
    """Standardised attention where the gaze is, the mean over frames; 0 by chance."""
    mass: Score
    """The share of attention on patches that are on gaze, the mean over frames."""
    chance: Score
    """What ``mass`` is where attention is spread evenly over the same frames."""

    @property
    def pair(self) -> tuple[int, int]:
        """As ``watch_heads`` takes it."""
        return self.layer, self.head


def find_heads(model: Any, batches: Iterable[Mapping[str, Any]], *, rows: Asking = "answer") -> list[HeadOnGaze]:
    """Score every head of every layer, best first by ``nss``.

    The model is run without gradient and as in evaluation, and is left as it was.

    Args:
        model: of a family in FAMILIES.
        batches: as a ``Collator`` makes them, on the model's device.
        rows: as ``watch_heads``'s.

    Raises:
        ModelError: for an unknown family, or a batch without images or answers.
    """
    gaze, training = Gaze(model, mode="heads", rows=rows), model.training
    totals = torch.zeros(3, len(gaze.attached.pairs), dtype=torch.float64)
    counts = torch.zeros_like(totals)
    try:
        model.eval()
        with torch.no_grad():
            for batch in batches:
                model(**gaze.inputs(batch))
                scores = _scores(gaze.attached.each, gaze.looked.present, batch[TARGET], batch[VALID])
                totals += scores.nan_to_num(0).sum(dim=(1, 3)).cpu()
                counts += (~scores.isnan()).sum(dim=(1, 3)).cpu()
    finally:
        model.train(training)
        gaze.detach()
    means = (totals / counts).T.tolist()
    found = [HeadOnGaze(*pair, *map(_score, mean)) for pair, mean in zip(gaze.attached.pairs, means, strict=True)]
    return sorted(found, key=lambda head: float("inf") if head.nss.value is None else -head.nss.value)


def _score(mean: float) -> Score:
    return Score.unscored(reason=f"no frame has valid gaze, or {SPREAD_EVENLY}") if isnan(mean) else Score(mean)


def _scores(each: Tensor, present: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """(3, batch, pairs, frames): nss, mass and chance of every frame, NaN where there is none.

    ``on_gaze`` scores frame by frame; a model has a thousand heads.
    """
    attention, own = each.double(), present[:, None]
    gaze = target.double().masked_fill(~(valid[..., None] & present), 0)[:, None]
    patches = own.sum(dim=-1)  # (batch, 1, frames)
    mean = attention.sum(dim=-1) / patches
    apart = (attention - mean[..., None]).masked_fill(~own, 0)
    spread = (apart.square().sum(dim=-1) / patches).sqrt()
    nss = (gaze * apart).sum(dim=-1) / spread.masked_fill(spread <= EVEN * mean, torch.nan)
    wanted = gaze * patches[..., None] > 1 + ROUNDING
    mass, chance = (attention * wanted).sum(dim=-1), (wanted.sum(dim=-1) / patches).expand_as(nss)
    uneven = wanted.any(dim=-1) & (mean > 0)
    scored = torch.stack([torch.ones_like(uneven), uneven, uneven]) & valid[:, None]
    return torch.stack([nss, mass, chance]).masked_fill(~scored, torch.nan)
