"""How much of a model's attention over the patches of one frame lies where the wearer looked: ON_GAZE is the list.

A patch is **on gaze** where it holds more than an even share of the gaze's mass, H_i > 1 / P on P patches. That needs no
parameter, is never every patch, and is none where the gaze is spread evenly. For the paper's target (Gaussians of 20 px on a
frame of 224 px, 16 x 16 patches) it holds of 37 patches around a gaze point in the middle.

Source: Gaze-VLM (arXiv 2510.21356) reports the share of "top-10 attended patches on gaze" (42% before, 68% after training)
and does not say which patches are on gaze; the rule above is ours. Where fewer than ten are on gaze, as many of the most
attended are looked at as there are on gaze, so that 1 can be reached on any grid; by chance it is ``on_gaze(target).mean()``.
AUC-Judd, NSS, CC and SIM are those of ``foveate.score.saliency``, the first two with the gaze's mass in the place of a count of
gaze points.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError
from foveate.score import saliency
from foveate.score.saliency import auc_judd_at, kl, nss_at
from foveate.score.score import Score

Shares = NDArray[np.float64]
"""(patches,) of one frame, 0 or more, of sum 1."""
TOP = 10
"""The most attended patches that are looked at, as in the paper."""
ROUNDING = 1e-6
"""By so much more than an even share, as a part of it, a patch may hold without being on gaze: targets are kept as float32."""
SPREAD_EVENLY = "no patch holds more than an even share of the gaze"


def on_gaze(target: Shares) -> NDArray[np.bool_]:
    """Which patches hold more than an even share of the gaze."""
    return np.asarray(target * len(target) > 1 + ROUNDING)


def gaze_kl(attention: Shares, target: Shares, *, smoothing: float = 0.01) -> Score:
    """D_KL(A || H') in nats with H' = (1 - smoothing) H + smoothing / P: the frame's part of ``foveate.train.loss.gaze_kl``."""
    smooth = (1 - smoothing) * target + smoothing / len(target)
    return kl(smooth[None], attention[None])


def nss(attention: Shares, target: Shares) -> Score:
    """Standardised attention where the gaze's mass is: sum_i H_i (A_i - mean) / standard deviation."""
    return nss_at(attention, target)


def auc_judd(attention: Shares, target: Shares) -> Score:
    """Whether patches on gaze, by their mass, have more attention than the others: .5 by chance."""
    return auc_judd_at(attention, np.where(on_gaze(target), target, 0.0)) if on_gaze(target).any() else _evenly()


def cc(attention: Shares, target: Shares) -> Score:
    """Linear correlation of attention and the gaze's mass over the patches, -1 to 1; 0 by chance."""
    return saliency.cc(attention[None], target[None]) if on_gaze(target).any() else _evenly()


def sim(attention: Shares, target: Shares) -> Score:
    """The share of attention and gaze that lies on the same patches, however they are divided: sum_i min(A_i, H_i)."""
    return saliency.sim(attention[None], target[None])


def top_10(attention: Shares, target: Shares) -> Score:
    """Share of the ten most attended patches that are on gaze; of as many as are on gaze where those are fewer.

    Of patches with equal attention at the limit each counts in part, so that even attention scores as chance does.
    """
    wanted = on_gaze(target)
    count = min(TOP, int(wanted.sum()))
    if not count:
        return _evenly()
    limit = np.sort(attention)[-count]
    above, level = attention > limit, attention == limit
    part = np.where(above, 1.0, np.where(level, (count - above.sum()) / level.sum(), 0.0))
    return Score(float(part[wanted].sum() / count))


def mass(attention: Shares, target: Shares) -> Score:
    """The share of attention on patches that are on gaze."""
    wanted = on_gaze(target)
    return Score(float(attention[wanted].sum())) if wanted.any() else _evenly()


def chance(attention: Shares, target: Shares) -> Score:
    """What ``top_10`` and ``mass`` are where attention is spread evenly: the share of patches on gaze."""
    wanted = on_gaze(target)
    return Score(float(wanted.mean())) if wanted.any() else _evenly()


ON_GAZE: Mapping[str, Callable[[Shares, Shares], Score]] = {
    "kl": gaze_kl,
    "nss": nss,
    "auc_judd": auc_judd,
    "cc": cc,
    "sim": sim,
    "top_10": top_10,
    "mass": mass,
    "chance": chance,
}
"""Name -> the score of a frame's attention on its target. Of ``kl`` less is better; ``chance`` is the target's own."""


def peak_distance(attention: Shares, target: Shares, centres: NDArray[np.float64]) -> Score:
    """From the most attended patch to the one that holds most of the gaze, in the unit of their centres.

    Of several that are equal, the mean of all distances: even attention is as far away as chance is.

    Args:
        attention: of the frame.
        target: of the frame.
        centres: (patches, 2).
    """
    if centres.shape != (len(attention), 2):
        raise UsageError(f"{len(attention)} patches need as many centres (x, y), got shape {centres.shape}")
    attended, looked_at = centres[attention == attention.max()], centres[target == target.max()]
    return Score(float(np.linalg.norm(attended[:, None] - looked_at, axis=-1).mean()))


def _evenly() -> Score:
    return Score.unscored(reason=SPREAD_EVENLY)
