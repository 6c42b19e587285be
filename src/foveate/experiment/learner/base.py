"""The base model: it has words for what it is pointed at, and has never had to find it.

Pretrained vision-language models can name what a region shows. What a wearer attends to is what they do not know. So the base
model is told where to look, by weights on the patches, while it learns to name things and then to narrate; in a part of the
steps it is told nothing, as a model without a block. Every arm starts from it.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from foveate.experiment.learner.clips import drawn_clips
from foveate.experiment.learner.eyes import encode_frames
from foveate.experiment.learner.model import Learner
from foveate.experiment.learner.protocol import FRAME_PX, FRAMES, Protocol
from foveate.experiment.learner.targets import POINTED_PX, mass, pointed_at
from foveate.geometry import Box, Size
from foveate.job.disk import write_whole
from foveate.toykitchen import SCENE_PX, World
from foveate.toykitchen.words import COLOURS, KINDS, sentence
from foveate.train.builtin.batches import IGNORED
from foveate.train.builtin.loop import Schedule

FRAMES_PER_WORLD = 32
NAMING_BATCH, BATCH = 64, 32
PEAK = 1e-3
WARM_UP = 30
UNTOLD = 0.3
"""Share of the narrating steps in which nothing is pointed at."""


def trained_base(folder: Path, eyes: Any, protocol: Protocol) -> dict[str, torch.Tensor]:
    """Weights of the base model, trained where ``folder`` does not hold it yet."""
    from safetensors.torch import load_file, save

    path = folder / "base.safetensors"
    if not path.exists():
        torch.manual_seed(0)
        learner = Learner()
        _learn_names(learner, eyes, protocol)
        _learn_to_narrate(learner, folder, eyes, protocol)
        shared = {"head.weight"}  # of the same memory as the embeddings
        state = {name: value.contiguous() for name, value in learner.state_dict().items() if name not in shared}
        write_whole(path, save(state))
    found: dict[str, torch.Tensor] = load_file(path)
    return found


class _Steps:
    """Optimiser and schedule of one stage."""

    def __init__(self, model: nn.Module, steps: int) -> None:
        self.parameters = list(model.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=PEAK, betas=(0.9, 0.98), weight_decay=0.01)
        self.schedule, self.begun_s = Schedule(PEAK, steps, WARM_UP), time.process_time()

    def take(self, step: int, loss: torch.Tensor) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.at(step)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def tell(self, stage: str, loss: float) -> None:
        print(f"base, {stage}: loss {loss:.3f}, {time.process_time() - self.begun_s:.0f} s of CPU", flush=True)


def told_loss(logits: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the answers' tokens."""
    return functional.cross_entropy(logits.flatten(0, 1), answers.flatten(), ignore_index=IGNORED)


def _learn_names(learner: Learner, eyes: Any, protocol: Protocol) -> None:
    """Single frames, a point on a thing, its name: "The person looks at the red cup."."""
    from foveate.train.builtin.patches import GRID as LABELS
    from foveate.train.builtin.patches import WHAT

    drawn = [_frames(eyes, variant, seed) for variant, seeds in protocol.naming for seed in seeds]
    features, what, colour = (np.concatenate(part) for part in zip(*drawn, strict=True))
    frame, place = np.nonzero(np.isin(what, [WHAT.index(kind) for kind in KINDS]))
    names = [sentence("look", COLOURS[colour[f, p]], WHAT[what[f, p]], None) for f, p in zip(frame, place, strict=True)]
    step_px = SCENE_PX[0] / LABELS
    maps = torch.stack([_map((p % LABELS + 0.5) * step_px, (p // LABELS + 0.5) * step_px) for p in range(LABELS**2)])
    rng, stage = np.random.default_rng(0), _Steps(learner, protocol.naming_steps)
    for step in range(protocol.naming_steps):
        rows = rng.choice(len(frame), NAMING_BATCH)
        answers = learner.answers([names[row] for row in rows])
        with torch.autocast("cpu", torch.bfloat16):
            shown = torch.from_numpy(features[frame[rows]])[:, None]
            told = learner(shown, "activity", answers, pointed=maps[place[rows]][:, None])
        loss = told_loss(told.logits, answers)
        stage.take(step, loss)
    stage.tell("naming", loss.item())


def _frames(eyes: Any, variant: str, seed: int) -> tuple[Any, Any, Any]:
    """Whole frames, and what lies at the points of a grid."""
    from foveate.train.builtin.patches import patches

    world, rng = World(seed, variant=variant), np.random.default_rng([seed, 5])
    at_ns = rng.integers(0, int(world.duration_s * 1e9), FRAMES_PER_WORLD)
    pictures = np.stack([world.frame(int(instant), Size(FRAME_PX, FRAME_PX)) for instant in at_ns])
    labels = [patches(world, int(instant), Box(0, 0, *SCENE_PX)) for instant in at_ns]
    what, colour = (np.stack(part) for part in zip(*labels, strict=True))
    return encode_frames(eyes, pictures), what, colour


def _map(x_px: float, y_px: float) -> torch.Tensor:
    found = mass(np.array([[x_px, y_px]]), POINTED_PX)
    assert found is not None, "the point lies in the frame"
    return torch.from_numpy(found)


def _learn_to_narrate(learner: Learner, folder: Path, eyes: Any, protocol: Protocol) -> None:
    """Clips with weights on what the wearer looked at, and what was, or will be, done."""
    clips = drawn_clips(folder / "narrated", eyes, protocol.narrated, windows=())
    pointed = torch.from_numpy(pointed_at(clips))
    rng, stage = np.random.default_rng(1), _Steps(learner, protocol.narrated_steps)
    for step in range(protocol.narrated_steps):
        task = list(FRAMES)[step % 2]
        rows = rng.choice(clips.rows(task), BATCH)
        answers = learner.answers(clips.text[rows].tolist())
        where = None if rng.random() < UNTOLD else pointed[clips.frames(rows)]
        with torch.autocast("cpu", torch.bfloat16):
            told = learner(torch.from_numpy(clips.features[clips.frames(rows)]), task, answers, pointed=where)
        loss = told_loss(told.logits, answers)
        stage.take(step, loss)
    stage.tell("narrating", loss.item())
