"""The frozen encoder: a small vision transformer that has learned what every patch shows, and nothing of what people do.

It stands for an encoder such as CLIP's: trained on pictures of all kinds (both styles of kitchen, worn and standing cameras),
without a sentence, a wearer or a gaze. Frames are encoded in tiles, so that a token knows its surroundings and not the whole
frame: where to look is left to be learned by what comes after.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.experiment.learner.protocol import GRID, TILE_PX, WIDTH, Protocol
from foveate.geometry import Box, Size
from foveate.job.disk import write_whole
from foveate.model.torchvision_ops import ensure_operators
from foveate.toykitchen import SCENE_PX, World

FRAMES_PER_WORLD = 64
SIDE_PX = 480
"""Side of a tile in the scene."""
BATCH = 48
PEAK = 1.2e-3
WARM_UP = 60


def make_eyes() -> Any:
    """The encoder with random weights: the built-in model's vision half."""
    ensure_operators()
    from foveate.train.builtin.architecture import make_model, make_tokenizer

    return make_model(make_tokenizer(), seed=0)


def trained_eyes(folder: Path, protocol: Protocol) -> Any:
    """The encoder, trained where ``folder`` does not hold it yet."""
    from safetensors.torch import load_file, save

    path, eyes = folder / "eyes.safetensors", make_eyes()
    if not path.exists():
        train_eyes(eyes, protocol)
        write_whole(path, save({name: value.contiguous() for name, value in eyes.model.visual.state_dict().items()}))
    eyes.model.visual.load_state_dict(load_file(path))
    return eyes.eval()


def train_eyes(eyes: Any, protocol: Protocol) -> None:
    """Teach what is in every patch of tiles of the scene, and its colour."""
    import torch

    from foveate.train.builtin.encode import see
    from foveate.train.builtin.loop import PatchHeads, Schedule, picture_tensor
    from foveate.train.builtin.patches import NO_COLOUR, WHAT

    drawn = [_draw(variant, seed) for variant, seeds in protocol.eyes for seed in seeds]
    frames, what, colour = (np.concatenate(part) for part in zip(*drawn, strict=True))
    heads = PatchHeads(WIDTH, kinds=len(WHAT), colours=NO_COLOUR + 1)
    parameters = [*eyes.model.visual.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=PEAK, betas=(0.9, 0.98), weight_decay=0.05)
    schedule, rng, begun_s = Schedule(PEAK, protocol.eye_steps, WARM_UP), np.random.default_rng(0), time.process_time()
    for step in range(protocol.eye_steps):
        for group in optimizer.param_groups:
            group["lr"] = schedule.at(step)
        rows = rng.choice(len(frames), BATCH, replace=False)
        with torch.autocast("cpu", torch.bfloat16):
            features = see(eyes, picture_tensor(frames[rows]))
        loss = heads.loss(features, what[rows], colour[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    print(
        f"eyes: loss {loss.item():.2f} after {protocol.eye_steps} steps, {time.process_time() - begun_s:.0f} s of CPU",
        flush=True,
    )


def _draw(variant: str, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Tiles anywhere in the scene, with what every patch shows."""
    from foveate.train.builtin.patches import patches

    world, rng = World(seed, variant=variant), np.random.default_rng([seed, 2])
    frames, whats, colours = [], [], []
    for time_ns in rng.integers(0, int(world.duration_s * 1e9), FRAMES_PER_WORLD):
        left, top = (int(rng.integers(0, side - SIDE_PX + 1)) for side in SCENE_PX)
        box = Box(left, top, SIDE_PX, SIDE_PX)
        frames.append(world.frame(int(time_ns), Size(TILE_PX, TILE_PX), box))
        what, colour = patches(world, int(time_ns), box)
        whats.append(what)
        colours.append(colour)
    return np.stack(frames), np.stack(whats), np.stack(colours)


def encode_frames(eyes: Any, frames: NDArray[np.uint8], *, at_once: int = 16) -> NDArray[np.float16]:
    """Visual tokens of whole frames.

    Args:
        eyes: the trained encoder.
        frames: (F, FRAME_PX, FRAME_PX, 3) RGB.
        at_once: frames in one pass.

    Returns:
        (F, GRID * GRID, WIDTH), row by row.
    """
    import torch

    from foveate.train.builtin.encode import see
    from foveate.train.builtin.loop import picture_tensor

    tiles = frames.shape[1] // TILE_PX
    inner = GRID // tiles
    found = []
    for start in range(0, len(frames), at_once):
        part = frames[start : start + at_once]
        cut = part.reshape(len(part), tiles, TILE_PX, tiles, TILE_PX, 3).transpose(0, 1, 3, 2, 4, 5)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            seen = see(eyes, picture_tensor(np.ascontiguousarray(cut).reshape(-1, TILE_PX, TILE_PX, 3))).float()
        # 2 x 2 patches of the encoder make one token
        tokens = seen.reshape(len(part), tiles, tiles, inner, 2, inner, 2, WIDTH).mean(dim=(4, 6))
        found.append(tokens.permute(0, 1, 3, 2, 4, 5).reshape(len(part), GRID * GRID, WIDTH).half().numpy())
    return np.concatenate(found)
