"""Train one arm from the base model and let it answer: everything in one process, on one thread."""

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from foveate.experiment.learner.arm import Arm
from foveate.experiment.learner.base import told_loss
from foveate.experiment.learner.clips import Clips
from foveate.experiment.learner.model import Learner, Told
from foveate.experiment.learner.protocol import FRAMES, GRID, WIDTH
from foveate.experiment.learner.targets import Aim, Targets, make_targets, pointed_at
from foveate.model.attention import PatchAttention
from foveate.score.on_gaze import ON_GAZE
from foveate.train.builtin.loop import Schedule
from foveate.train.loss import gaze_kl

BATCH = 32
WARM_UP = 12
BLOCK_RATE = 2e-3
"""Of what starts from nothing: the block, and heads that are added."""
HEADS = 4
STILL = {"activity": 1, "future": 4}
"""Task -> the frame that a single still is."""
AHEAD = Aim(window="single", latency_ms=-1000.0)
"""Where gaze is a second after a frame, in that later frame's pixels."""
NEXT_STRENGTH = 1.0


@dataclass(frozen=True)
class Answers:
    """What an arm says of some clips, and where it looked."""

    texts: tuple[str, ...]
    """(C,) generated."""
    on_gaze: dict[str, list[float | None]]
    """Score of ON_GAZE -> its mean over each clip's frames with gaze; None where there is none."""
    attention: NDArray[np.float16] | None
    """(F, patches) in order of the clips' frames; None without attention."""
    next_gaze: dict[str, list[float | None]]
    """The same of the predicted gaze of the next second, where it is predicted."""


class Fitted(nn.Module):
    """A learner with what an arm adds to it."""

    def __init__(self, arm: Arm, base: dict[str, Tensor], seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        block = arm.mode == "block" and not arm.pointed
        self.learner = Learner(
            PatchAttention(WIDTH, heads=HEADS, blocks=arm.blocks, query=arm.query, output=arm.output) if block else None,
            fine=arm.mode == "heads",
        )
        self.learner.load_state_dict(base, strict=False)
        self.cells = nn.Embedding(2 * GRID, WIDTH) if arm.told == "words" else None
        self.next = nn.Linear(WIDTH, GRID * GRID) if arm.joint else None
        self.arm = arm

    def groups(self) -> list[dict[str, Any]]:
        """Parameters at the two rates; one that cannot get a gradient is left out."""
        fresh = [p for part in (self.learner.block, self.cells, self.next) if part is not None for p in part.parameters()]
        known = {id(p) for p in fresh}
        rest = [p for p in self.parameters() if id(p) not in known]
        return [{"params": part, "peak": peak} for part, peak in ((rest, self.arm.rate), (fresh, BLOCK_RATE)) if part]

    def told(self, batch: "Batch") -> Told:
        words = None if self.cells is None or batch.cells is None else self.cells(batch.cells)
        told: Told = self.learner(batch.features, batch.task, batch.answers, pointed=batch.pointed, words=words)
        return told


@dataclass(frozen=True)
class Batch:
    """Clips of one task."""

    features: Tensor
    task: str
    answers: Tensor
    target: Tensor
    valid: Tensor
    pointed: Tensor | None
    cells: Tensor | None
    """(clips, 2 frames) row and column of gaze, as numbers of cells; gaze that is lost stands in the middle."""
    ahead: tuple[Tensor, Tensor] | None
    """The last frame's gaze of the next second, (clips, 1, patches) and (clips, 1)."""


class Deck:
    """Clips with an arm's targets, from which batches are made."""

    def __init__(self, clips: Clips, arm: Arm, learner: Learner, *, seed: int, training: bool) -> None:
        self.clips, self.arm, self.learner = clips, arm, learner
        own = Aim(window="200 ms, occlusion") if "200 ms, occlusion" in clips.windows else Aim(window="single")
        self.targets = make_targets(clips, arm.aim if training else own, seed=seed)
        self.pointed = torch.from_numpy(pointed_at(clips)) if arm.pointed else None
        self.shown = make_targets(clips, own, seed=seed) if arm.told == "words" else None
        self.ahead = make_targets(clips, AHEAD, seed=seed) if arm.joint else None

    def rows(self, task: str, limit: int | None = None) -> NDArray[np.int64]:
        rows = self.clips.rows(task, limit)
        return rows[self.clips.later[rows] != ""] if self.arm.later and task == "future" else rows

    def texts(self, rows: NDArray[np.int64]) -> list[str]:
        later = self.arm.later and str(self.clips.task[rows[0]]) == "future"
        return [str(text) for text in (self.clips.later if later else self.clips.text)[rows]]

    def frames(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        frames = self.clips.frames(rows)
        if self.arm.frames == "one":
            still = STILL[str(self.clips.task[rows[0]])]
            return frames[:, still : still + 1]
        return frames

    def batch(self, rows: NDArray[np.int64]) -> Batch:
        frames = self.frames(rows)
        target, valid = self._maps(self.targets, frames)
        return Batch(
            torch.from_numpy(self.clips.features[frames]) * (self.arm.frames != "none"),
            str(self.clips.task[rows[0]]),
            self.learner.answers(self.texts(rows)),
            target,
            valid,
            None if self.pointed is None else self.pointed[frames],
            None if self.shown is None else self._cells(self.shown, frames),
            None if self.ahead is None else self._maps(self.ahead, frames[:, -1:]),
        )

    def _maps(self, targets: Targets, frames: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        return torch.from_numpy(targets.probability[frames]), torch.from_numpy(targets.valid[frames])

    def _cells(self, targets: Targets, frames: NDArray[np.int64]) -> Tensor:
        place = np.where(targets.valid[frames], targets.probability[frames].argmax(axis=-1), GRID * GRID // 2 + GRID // 2)
        return torch.from_numpy(np.stack([place // GRID, GRID + place % GRID], axis=-1).reshape(len(frames), -1))


def fit(arm: Arm, base: dict[str, Tensor], clips: Clips, *, seed: int) -> tuple[Fitted, float]:
    """Train an arm.

    Returns:
        It, and how many seconds of CPU it took.

    Raises:
        FloatingPointError: for a loss that is no number.
    """
    begun_s = time.process_time()
    fitted = Fitted(arm, base, seed)
    deck, rng = Deck(clips, arm, fitted.learner, seed=seed, training=True), np.random.default_rng([seed, 3])
    groups = fitted.groups()
    optimizer = torch.optim.AdamW(groups, lr=arm.rate, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = Schedule(1.0, arm.steps, WARM_UP)
    told, silent = arm.clips // len(FRAMES), arm.gaze_clips // len(FRAMES)
    rows = {task: deck.rows(task, told) for task in FRAMES}
    unnarrated = {task: deck.rows(task, told + silent)[told:] for task in FRAMES}
    for step in range(arm.steps):
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * schedule.at(step)
        task = list(FRAMES)[step % len(FRAMES)]
        batch = deck.batch(rng.choice(rows[task], min(BATCH, len(rows[task])), replace=False))
        loss = _loss(fitted, arm, batch)
        if silent:
            more = deck.batch(rng.choice(unnarrated[task], min(BATCH, silent), replace=False))
            loss = loss + arm.strength * _gaze_loss(arm, _attention(fitted, more, None), more)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss of {arm.name} is {loss.item()} at step {step}; lower its rate")
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([p for group in groups for p in group["params"]], 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return fitted.eval(), time.process_time() - begun_s


def _loss(fitted: Fitted, arm: Arm, batch: Batch) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        told = fitted.told(batch)
    loss = told_loss(told.logits, batch.answers)
    if arm.strength and told.attention is not None and not arm.pointed:
        loss = loss + arm.strength * _gaze_loss(arm, told.attention, batch)
    if fitted.next is not None and batch.ahead is not None:
        predicted = fitted.next(told.hidden).softmax(dim=-1)[:, None]
        loss = loss + NEXT_STRENGTH * gaze_kl(predicted, *batch.ahead, direction="gaze_to_attention")
    return loss


def _gaze_loss(arm: Arm, attention: Tensor | None, batch: Batch) -> Tensor:
    assert attention is not None, "an arm without attention has no gaze loss"
    target = _on_grid(batch.target, attention.shape[-1])
    return gaze_kl(attention.float(), target, batch.valid, smoothing=arm.smoothing, direction=arm.direction)


def _on_grid(target: Tensor, patches: int) -> Tensor:
    """Maps on a coarser grid: the sums of squares of patches."""
    if target.shape[-1] == patches:
        return target
    side = round(patches**0.5)
    grid = target.flatten(0, 1).view(-1, 1, GRID, GRID)
    return functional.avg_pool2d(grid, GRID // side, divisor_override=1).view(*target.shape[:2], patches)


@torch.inference_mode()
def answer(fitted: Fitted, clips: Clips, *, seed: int, at_once: int = 64) -> Answers:
    """Let an arm answer about every clip, by generated text."""
    arm, deck = fitted.arm, Deck(clips, fitted.arm, fitted.learner, seed=seed, training=False)
    texts: dict[int, str] = {}
    scores: dict[int, dict[str, float | None]] = {}
    following: dict[int, dict[str, float | None]] = {}
    maps = np.zeros((len(clips.frame_ns), GRID * GRID), np.float16)
    for task in FRAMES:
        rows = deck.rows(task)
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            batch = deck.batch(part)
            with torch.autocast("cpu", torch.bfloat16):
                words = None if fitted.cells is None or batch.cells is None else fitted.cells(batch.cells)
                read, place, _ = fitted.learner.read(batch.features, task, batch.pointed, words)
                said = fitted.learner.generate(read, place)
                told = fitted.told(batch) if arm.mode == "heads" or fitted.next is not None else None
            attention = _attention(fitted, batch, told)
            for k, row in enumerate(part):
                texts[int(row)] = said[k]
                if attention is not None:
                    scores[int(row)] = _scored(attention[k], _on_grid(batch.target, attention.shape[-1])[k], batch.valid[k])
                if fitted.next is not None and batch.ahead is not None and told is not None:
                    predicted = fitted.next(told.hidden[k]).softmax(dim=-1)[None]
                    following[int(row)] = _scored(predicted, batch.ahead[0][k], batch.ahead[1][k])
            if attention is not None and attention.shape[-1] == GRID * GRID:
                maps[deck.frames(part)] = attention.half().numpy()
    order = sorted(texts)
    return Answers(
        tuple(texts[row] for row in order),
        {name: [scores[row][name] for row in order] for name in ON_GAZE} if scores else {},
        maps if scores and arm.mode == "block" else None,
        {name: [following[row][name] for row in order] for name in ON_GAZE} if following else {},
    )


def _attention(fitted: Fitted, batch: Batch, told: Told | None) -> Tensor | None:
    if told is not None:
        return told.attention
    if batch.pointed is not None or fitted.learner.block is None:
        return batch.pointed
    with torch.autocast("cpu", torch.bfloat16):
        looked: Tensor = fitted.learner.block(fitted.learner.connector(batch.features.float())).attention
    return looked.float()


def _scored(attention: Tensor, target: Tensor, valid: Tensor) -> dict[str, float | None]:
    """Mean over frames with gaze of every score of ON_GAZE."""
    found: dict[str, float | None] = {}
    for name, score in ON_GAZE.items():
        values = [
            value
            for a, h, known in zip(attention.double().numpy(), target.double().numpy(), valid.tolist(), strict=True)
            if known and (value := score(a, h).value) is not None
        ]
        found[name] = float(np.mean(values)) if values else None
    return found
