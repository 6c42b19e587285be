"""Trains the built-in model on the toy kitchen, on a CPU: first its eyes, then all of it.

Run by ``runs/builtin.sh``. A run that was stopped goes on from its last checkpoint; every batch is drawn from its step's own
seed, so that the order of the data does not depend on where it stopped.
"""

import argparse
import json
import math
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from foveate.dataset.toykitchen import TRAIN_SEEDS, VALIDATION_SEEDS
from foveate.model.torchvision_ops import ensure_operators

ensure_operators()

import torch  # noqa: E402

from foveate.train.builtin.architecture import make_model, make_processor  # noqa: E402
from foveate.train.builtin.batches import EQUAL_VIEWS, IGNORED, Batch, ClipPool, Plan  # noqa: E402
from foveate.train.builtin.clips import draw_shards  # noqa: E402
from foveate.train.builtin.encode import grid_of, merge, see  # noqa: E402
from foveate.train.builtin.loop import (  # noqa: E402
    PatchHeads,
    Schedule,
    WordHeads,
    answer_logits,
    answer_loss,
    exact_match,
    picture_tensor,
    visual_tokens,
    word_loss,
)
from foveate.train.builtin.patches import NO_COLOUR, WHAT, draw_patches  # noqa: E402
from foveate.train.builtin.state import load_state, save_state  # noqa: E402


@dataclass(frozen=True)
class Config:
    """Everything that the result depends on."""

    seed: int = 0
    """Of weights and batches."""
    start: str = ""
    """Folder of weights to go on from; empty to begin with random ones."""
    first_world: int = 0
    """Seed of the first toy kitchen to train on."""
    worlds: int = 480
    """Toy kitchens to train on."""
    patch_worlds: int = 160
    """Toy kitchens whose patches the eyes learn first."""
    eye_steps: int = 900
    """Steps of the vision transformer alone, on single frames."""
    steps: int = 3550
    """Steps in all."""
    peak: float = 7e-4
    """Highest learning rate."""
    warm_up: int = 80
    """Steps to get there, for the eyes and again for the language model."""
    weight_decay: float = 0.05
    """Of matrices; vectors and embeddings have none."""
    word_weight: float = 0.3
    """Weight of the auxiliary heads' loss once the whole model is trained."""
    average: float = 0.998
    """Decay of the moving average of the weights, which is what is kept."""


EYE_PLANS = ((0.7, Plan("activity", 1, 48, ("gaze",))), (0.3, Plan("future", 1, 48, ("gaze",))))
PATCH_FRAMES = 64
"""Frames whose patches are told, beside every batch of the eyes alone."""
NATIVE_VIEWS = ("full_native", "gaze_native")
PLANS = (
    (0.44, Plan("activity", 3, 40)),
    (0.18, Plan("future", 5, 24)),
    (0.10, Plan("activity", 3, 40, ("dual",))),
    (0.04, Plan("future", 5, 24, ("dual",))),
    (0.09, Plan("activity", 3, 6, NATIVE_VIEWS)),
    (0.04, Plan("future", 5, 4, NATIVE_VIEWS)),
    (0.03, Plan("activity", 2, 48)),
    (0.03, Plan("activity", 4, 32)),
    (0.02, Plan("activity", 1, 64)),
    (0.02, Plan("activity", 0, 64)),
    (0.01, Plan("future", 0, 64)),
)
"""Share of the steps of the whole model, and what a step's batch is."""
VALIDATED = tuple((task, view) for task in ("activity", "future") for view in (*EQUAL_VIEWS, "dual", *NATIVE_VIEWS))


class Training:
    """A model in training."""

    def __init__(self, config: Config, pool: ClipPool, validation: ClipPool, patches: Path, processor: Any) -> None:
        self.config, self.pool, self.validation, self.processor = config, pool, validation, processor
        self.model = make_model(processor.tokenizer, seed=config.seed)
        if config.start:
            self.model.load_state_dict(type(self.model).from_pretrained(config.start, dtype=torch.float32).state_dict())
        text, vision = self.model.config.text_config, self.model.config.vision_config
        self.word_heads = WordHeads(text.hidden_size, text.vocab_size)
        self.patch_heads = PatchHeads(vision.hidden_size, kinds=len(WHAT), colours=NO_COLOUR + 1)
        self.heads = torch.nn.ModuleDict({"words": self.word_heads, "patches": self.patch_heads})
        names = ("frames", "what", "colour") if config.eye_steps else ()
        self._patches = [np.load(patches / f"{name}.npy", mmap_mode="r") for name in names]
        self.average = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        self.optimizer = torch.optim.AdamW(self._groups(), betas=(0.9, 0.98), fused=True)
        self.schedule = Schedule(config.peak, config.steps, config.warm_up)
        self.step = 0
        self._slots = {text: self._slot_tokens(text) for shard in pool.shards for text in shard.text}

    def _groups(self) -> list[dict[str, Any]]:
        """Eyes and language apart, since the language model starts later; matrices and the rest apart, for weight decay."""
        named = [*self.model.named_parameters(), *((f"heads.{name}", value) for name, value in self.heads.named_parameters())]
        groups = []
        for late in (False, True):
            for decayed in (False, True):
                members = [
                    value
                    for name, value in named
                    if name.startswith(("model.language_model", "lm_head")) is late
                    and (value.dim() >= 2 and "embed" not in name and "query" not in name) is decayed
                ]
                groups.append({"params": members, "weight_decay": self.config.weight_decay if decayed else 0.0, "late": late})
        return groups

    def _slot_tokens(self, text: str) -> list[int]:
        """Tokens of verb, colour, kind and surface; IGNORED where a sentence has none."""
        words = text.removesuffix(".").split()[2:]
        where = words.index("the")
        surface = words[-1] if len(words) > where + 3 else None
        slots = [words[0], words[where + 1], words[where + 2], surface]
        return [self.processor.tokenizer.convert_tokens_to_ids(word) if word else IGNORED for word in slots]

    def run(self, folder: Path, *, minutes_between_checks: float) -> None:
        """Train to the end, checking and saving now and then."""
        checked_s = started_s = time.monotonic()
        losses: list[float] = []
        while self.step < self.config.steps:
            losses.append(self.take_step())
            last = self.step == self.config.steps
            if last or time.monotonic() - checked_s > 60 * minutes_between_checks:
                self.check(folder, losses, seconds=time.monotonic() - started_s)
                losses.clear()
                checked_s = time.monotonic()

    def take_step(self) -> float:
        """One step; the loss of its batch."""
        rng = np.random.default_rng([self.config.seed, self.step])
        eyes_only = self.step < self.config.eye_steps
        plans = EYE_PLANS if eyes_only else PLANS
        plan = plans[int(rng.choice(len(plans), p=[share for share, _ in plans]))][1]
        batch = self.pool.draw(plan, rng)
        late = min(1.0, max(0, self.step - self.config.eye_steps + 1) / self.config.warm_up)
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.at(self.step) * (late if group["late"] else 1.0)
        loss = self.eye_loss(batch, rng) if eyes_only else self.loss(batch)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss is {loss.item()} at step {self.step}; lower Config.peak and start again")
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([p for group in self.optimizer.param_groups for p in group["params"]], 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._move_average()
        self.step += 1
        return float(loss.item())

    def eye_loss(self, batch: Batch, rng: np.random.Generator) -> torch.Tensor:
        """What the patches of some frames show, and the words of a batch of single frames, in one pass."""
        chosen = np.sort(rng.choice(len(self._patches[0]), PATCH_FRAMES, replace=False))
        frames, what, colour = (array[chosen] for array in self._patches)
        pixels = picture_tensor(np.concatenate([frames, batch.pictures[0][:, 0]]))
        with torch.autocast("cpu", torch.bfloat16):
            features = see(self.model, pixels)
            visual = merge(self.model, features[PATCH_FRAMES:], grid_of(self.model, pixels))
        return self.patch_heads.loss(features[:PATCH_FRAMES], what, colour) + self._read(batch, visual)

    def loss(self, batch: Batch) -> torch.Tensor:
        """The answers' tokens, and with less weight the words read off the visual tokens."""
        with torch.autocast("cpu", torch.bfloat16):
            visual = visual_tokens(self.model, batch)
            logits = answer_logits(self.model, batch, visual)
        told = answer_loss(logits, batch)
        if visual is None or not self.config.word_weight:
            return told
        return told + self.config.word_weight * self._read(batch, visual)

    def _read(self, batch: Batch, visual: torch.Tensor) -> torch.Tensor:
        slots = torch.tensor([self._slots[text] for text in batch.texts])
        return word_loss(self.word_heads(visual, batch.task), slots)

    @torch.no_grad()
    def _move_average(self) -> None:
        decay = min(self.config.average, (1 + self.step) / (10 + self.step))
        for name, value in self.model.state_dict().items():
            self.average[name].lerp_(value, 1 - decay)

    def check(self, folder: Path, losses: list[float], *, seconds: float) -> None:
        """Validate the averaged weights, write a line about it, and save everything."""
        kept = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        right = {} if self.step <= self.config.eye_steps else self.validate()
        self.export(folder / "export")
        self.model.load_state_dict(kept)
        save_state(folder / "state.safetensors", self.model, self.heads, self.optimizer, self.average, step=self.step)
        line = {"step": self.step, "s": round(seconds), "loss": round(float(np.mean(losses)), 4), **right}
        with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)

    def validate(self) -> dict[str, float]:
        """Exact match of every view; fewer clips of those that cost more."""
        return {
            f"{task} {view}": round(exact_match(self.model, self.validation.in_order(task, view, size=32, limit=limit)), 3)
            for task, view in VALIDATED
            for limit in [32 if view in NATIVE_VIEWS else 192 if view == "gaze" else 96]
        }

    def export(self, folder: Path) -> None:
        """Write the model's present weights as bfloat16, with config, tokenizer and processor."""
        folder.mkdir(parents=True, exist_ok=True)
        small = make_model(self.processor.tokenizer, seed=0)
        small.load_state_dict(self.model.state_dict())
        small.to(torch.bfloat16).save_pretrained(folder)
        self.processor.save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where clips, checkpoints and the exported model go")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--minutes-between-checks", type=float, default=4.0)
    parser.add_argument("--steps", type=int, default=Config.steps)
    parser.add_argument("--eye-steps", type=int, default=Config.eye_steps)
    parser.add_argument("--first-world", type=int, default=Config.first_world)
    parser.add_argument("--worlds", type=int, default=Config.worlds)
    parser.add_argument("--peak", type=float, default=Config.peak)
    parser.add_argument("--start", type=Path, help="folder of weights to go on from: no eyes, no heads")
    options = parser.parse_args()
    config = Config(steps=options.steps, first_world=options.first_world, worlds=options.worlds, peak=options.peak)
    if options.start is None:
        config = replace(config, eye_steps=options.eye_steps)
    else:
        config = replace(config, start=str(options.start), eye_steps=0, patch_worlds=0, word_weight=0.0)
    torch.set_num_threads(options.threads)
    options.folder.mkdir(parents=True, exist_ok=True)
    draw = {"worlds_per_shard": 8, "processes": options.threads}
    worlds = TRAIN_SEEDS[config.first_world : config.first_world + config.worlds]
    shards = draw_shards(options.folder / "clips", seeds=worlds, **draw)
    held_out = draw_shards(options.folder / "validation", seeds=VALIDATION_SEEDS[:16], **draw)
    patches = options.folder / "patches"
    if config.eye_steps:
        draw_patches(patches, seeds=TRAIN_SEEDS[: config.patch_worlds], processes=options.threads)
    processor = make_processor()
    pool, validation = ClipPool(shards, processor.tokenizer), ClipPool(held_out, processor.tokenizer)
    training = Training(config, pool, validation, patches, processor)
    if (options.folder / "state.safetensors").exists():
        training.step = load_state(
            options.folder / "state.safetensors", training.model, training.heads, training.optimizer, training.average
        )
    print(json.dumps({**asdict(config), "torch": torch.__version__, "from_step": training.step}), flush=True)
    training.run(options.folder, minutes_between_checks=options.minutes_between_checks)
