"""How well a model looks where the wearer looked, over the frames of an evaluation.

    rows = []
    for batch in batches:
        model(**gaze.inputs(batch))
        rows += frame_scores(gaze.looked, batch["gaze_target"], batch["gaze_valid"])
    print(mean_over_frames(rows).words)

A row per frame, so that ranks can gather them and every frame counts the same, whatever batch it came in.
What each score is: ``foveate.score.on_gaze``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from foveate.errors import UsageError
from foveate.gaze.patches import Patches
from foveate.model.attention.looked import Looked
from foveate.score.on_gaze import ON_GAZE, gaze_kl, peak_distance
from foveate.score.score import Score

Row = Mapping[str, Score]
"""Of one frame: name of ON_GAZE, and ``peak_distance`` where it is known where patches lie -> score."""
Places = Sequence[Sequence[Sequence[Patches]]]
"""Item -> frame -> where its tokens lie, as ``foveate.model.attention.token_patches`` tells."""
Sizes = Sequence[Sequence[tuple[int, int]]]
"""Item -> frame -> (height, width) of its image in pixels."""


@dataclass(frozen=True)
class AttentionOnGaze:
    """The means of an evaluation, and over how many frames."""

    scores: Row
    """Name -> mean over the frames that have it."""
    frames: int
    """Frames that were shown."""
    left_out: Mapping[str, int]
    """Why -> how many frames have no score for it; a frame may lack one score for one reason and another for another."""
    incomplete: int
    """Frames that lack a score."""

    @property
    def words(self) -> str:
        """One line: every score, and what was left out."""
        said = [f"{name} {'-' if score.value is None else f'{score.value:.3f}'}" for name, score in self.scores.items()]
        lost = [f"{count} {why}" for why, count in self.left_out.items()]
        return f"{', '.join(said)} ({self.frames} frames{''.join(f'; {each}' for each in lost)})"

    def to_log(self, prefix: str = "") -> dict[str, float]:
        """Numbers for a trainer's log; a score that there is not is not in it."""
        known = {f"{prefix}{name}": score.value for name, score in self.scores.items() if score.value is not None}
        return {**known, f"{prefix}frames": self.frames, f"{prefix}frames_left_out": self.incomplete}

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        scores = {name: vars(score) for name, score in self.scores.items()}
        return {"scores": scores, "frames": self.frames, "left_out": dict(self.left_out), "incomplete": self.incomplete}


def frame_scores(
    looked: Looked,
    target: Tensor,
    valid: Tensor,
    *,
    smoothing: float = 0.01,
    places: Places | None = None,
    sizes_px: Sizes | None = None,
) -> list[Row]:
    """Score every frame of a batch.

    Args:
        looked: where the model looked, (batch, frames, patches).
        target: (batch, frames, patches) probabilities; anything where not valid.
        valid: (batch, frames) which frames have gaze.
        smoothing: of the target in ``kl``, as in training.
        places: where tokens lie, in pixels of their images; with ``sizes_px`` this gives ``peak_distance``, in shares of the
            image's width.
        sizes_px: of those images.

    Returns:
        One row for every frame that is there, item by item; padding has none.

    Raises:
        UsageError: for shapes that do not fit, or places without sizes.
    """
    if (places is None) != (sizes_px is None):
        raise UsageError("a distance needs both places and sizes_px, got one of them")
    shape = tuple(looked.attention.shape)
    if tuple(target.shape) != shape or tuple(valid.shape) != shape[:2]:
        came = f"attention {shape}, target {tuple(target.shape)}, valid {tuple(valid.shape)}"
        raise UsageError(f"shapes do not fit: {came}; all must be (batch, frames, patches), and valid (batch, frames)")
    attention, gaze = (each.detach().double().cpu().numpy() for each in (looked.attention, target))
    present, known = looked.present.cpu().numpy(), valid.cpu().numpy()
    rows = []
    for item, frame in zip(*np.nonzero(present.any(axis=2)), strict=True):
        at = present[item, frame]
        centres = None
        if places is not None and sizes_px is not None:
            centres = _centres(places[item][frame], int(at.sum())) / sizes_px[item][frame][1]
        rows.append(_row(attention[item, frame, at], gaze[item, frame, at], bool(known[item, frame]), smoothing, centres))
    return rows


def mean_over_frames(rows: Iterable[Row]) -> AttentionOnGaze:
    """The mean of every score over the frames that have it; scores of different frames must be of the same names."""
    rows = list(rows)
    if not rows:
        return AttentionOnGaze({name: Score.unscored(reason="no frame was shown") for name in ON_GAZE}, 0, {}, 0)
    scores = {}
    for name in rows[0]:
        values = [value for row in rows if (value := row[name].value) is not None]
        scores[name] = Score(float(np.mean(values))) if values else rows[0][name]
    reasons = [{score.reason for score in row.values() if score.value is None} for row in rows]
    lost = Counter(reason for why in reasons for reason in why)
    return AttentionOnGaze(scores, len(rows), lost, sum(map(bool, reasons)))


def _row(
    attention: NDArray[np.float64],
    target: NDArray[np.float64],
    valid: bool,
    smoothing: float,
    centres: NDArray[np.float64] | None,
) -> Row:
    names = (*ON_GAZE, *(() if centres is None else ("peak_distance",)))
    why = "without valid gaze" if not valid else "" if np.isfinite(attention).all() else "with attention that is no number"
    if why:
        return dict.fromkeys(names, Score.unscored(reason=why))
    scores = {name: score(attention, target) for name, score in ON_GAZE.items()}
    scores["kl"] = gaze_kl(attention, target, smoothing=smoothing)
    if centres is not None:
        scores["peak_distance"] = peak_distance(attention, target, centres)
    return scores


def _centres(blocks: Sequence[Patches], tokens: int) -> NDArray[np.float64]:
    """(tokens, 2) in pixels."""
    if sum(map(len, blocks)) != tokens:
        raise UsageError(f"a frame of {tokens} tokens needs as many places, got {sum(map(len, blocks))}")
    parts = []
    for block in blocks:
        x, y = (edges[:-1] + np.diff(edges) / 2 for edges in (block.x_edges_px, block.y_edges_px))
        parts.append(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
    return np.concatenate(parts)
