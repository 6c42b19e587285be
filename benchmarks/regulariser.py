"""What the attention block and its gaze loss cost in a training step, beside the encoder alone and beside eager attention.

    python benchmarks/regulariser.py [--rounds 3]
    python -m benchmarks.regulariser --device cuda [--rounds 20]

A 4-layer encoder (SigLIP's, of transformers, random weights) of width 1024 on 8 frames of 1024 patches, float32, one thread,
forward and backward. Arms: the encoder with fused attention; the same with two blocks and the loss; the encoder with eager
attention that hands out its maps (``output_attentions=True``), where one would otherwise take a map from, without any loss on
them. Promised: 1.02 x the plain encoder's time and memory. Each step runs in its own process, rounds are interleaved, ratios
are taken within a round. Time is the processor's; memory is the peak above what stood before the step, which has the weights.

With ``--device cuda`` the encoder is that of SigLIP so400m, 27 layers of width 1152 on 16 frames in bfloat16; all arms run in
one process, and time is the device's, between two events. Neither PyAV nor polars is needed.
"""

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Setting:
    """What is trained a step."""

    frames: int
    width: int
    inner: int
    layers: int
    dtype: str
    patches: int = 1024
    heads: int = 16

    def __str__(self) -> str:
        return f"{self.layers} layers, {self.frames} frames x {self.patches} patches, width {self.width}, {self.dtype}"


SETTINGS = {
    "cpu": Setting(frames=8, width=1024, inner=4096, layers=4, dtype="float32"),
    "cuda": Setting(frames=16, width=1152, inner=4304, layers=27, dtype="bfloat16"),
}
PROMISE = 1.02
ARMS = {
    "plain": "encoder, fused attention",
    "block": "with the block (two, pooled) and the loss",
    "eager": "encoder, eager attention, `output_attentions=True`",
}


class Step:
    """A training step of the encoder, in each of the arms."""

    def __init__(self, setting: Setting, *, device: str) -> None:
        """Make encoder, block, images and targets, with a fixed seed."""
        import torch

        from foveate.model.attention import PatchAttention
        from foveate.model.torchvision_ops import ensure_operators

        ensure_operators()
        from transformers import SiglipVisionConfig, SiglipVisionModel

        torch.manual_seed(0)
        side, self.setting = int(setting.patches**0.5), setting
        config = SiglipVisionConfig(
            hidden_size=setting.width,
            intermediate_size=setting.inner,
            num_hidden_layers=setting.layers,
            num_attention_heads=setting.heads,
            image_size=14 * side,
            patch_size=14,
            vision_use_head=False,
        )
        how: Any = {"device": device, "dtype": getattr(torch, setting.dtype)}
        self.encoder, self.block = SiglipVisionModel(config).train().to(**how), PatchAttention(setting.width).to(**how)
        self.images = torch.randn(setting.frames, 3, 14 * side, 14 * side).to(**how)
        self.target = torch.randn(1, setting.frames, setting.patches).softmax(dim=-1).to(device)
        self.valid = torch.ones(1, setting.frames, dtype=torch.bool, device=device)

    def ready(self, arm: str) -> None:
        """Give back what the last step left, and choose how attention is computed."""
        self.encoder.set_attn_implementation("eager" if arm == "eager" else "sdpa")
        self.encoder.zero_grad(set_to_none=True)
        self.block.zero_grad(set_to_none=True)

    def run(self, arm: str, frames: int | None = None) -> None:
        """Forward and backward."""
        from foveate.train.loss import gaze_kl

        frames = frames or self.setting.frames
        encoded = self.encoder(pixel_values=self.images[:frames], output_attentions=arm == "eager")
        # with fused attention transformers hands out nothing and says nothing
        assert arm != "eager" or len(encoded.attentions) == self.setting.layers
        tokens = encoded.last_hidden_state[None]
        loss = 0.0
        if arm == "block":
            tokens, attention = self.block(tokens)
            loss = gaze_kl(attention, self.target[:, :frames], self.valid[:, :frames])
        (tokens.square().mean() + loss).backward()


def step(arm: str) -> dict[str, float]:
    """CPU seconds of one step after a short one that warms up, and the peak of memory above what stood before the step."""
    import torch

    torch.set_num_threads(1)
    one = Step(SETTINGS["cpu"], device="cpu")
    one.ready(arm)
    one.run(arm, 1)
    stood = _resident_mb()
    began_s = time.process_time()
    one.run(arm)
    return {"cpu_s": time.process_time() - began_s, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - stood}


def steps_on_device(rounds: int) -> list[Mapping[str, dict[str, float]]]:
    """Rounds of steps on an accelerator."""
    from benchmarks.on_device import in_turns

    one = Step(SETTINGS["cuda"], device="cuda")

    def work(arm: str) -> Any:
        one.ready(arm)
        return lambda: one.run(arm)

    return in_turns(list(ARMS), work, rounds=rounds)


def _resident_mb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, help="3, with cuda 20")
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--device", choices=SETTINGS, default="cpu")
    parser.add_argument("--arm", choices=ARMS, help="run one step of this arm on the CPU and print what it took")
    options = parser.parse_args()
    if options.arm:
        print(json.dumps(step(options.arm)))
        return
    if options.device == "cuda":
        report(steps_on_device(options.rounds or 20), options.out, device="cuda")
        return
    rounds: list[Mapping[str, dict[str, float]]] = []
    for number in range(options.rounds or 3):
        order = list(ARMS)[number % len(ARMS) :] + list(ARMS)[: number % len(ARMS)]
        found = {arm: json.loads(_told([sys.executable, __file__, "--arm", arm])) for arm in order}
        print(number, found, file=sys.stderr, flush=True)
        rounds.append(found)
        report(rounds, options.out, device="cpu")  # after each round: a step takes half a minute and more


def _told(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]


def report(rounds: Sequence[Mapping[str, dict[str, float]]], out: Path, *, device: str) -> None:
    """Medians, and the ratios' medians and extremes, as a table and as JSON with every round."""
    if device == "cpu":
        name, where, spent, heading = "regulariser", f"{platform.machine()}", "cpu_s", "CPU time, s"
    else:
        from benchmarks.on_device import device_name

        name, where, spent, heading = "regulariser-cuda", device_name(), "ms", "time, ms"
    threads = ", one thread" if device == "cpu" else ""
    lines = [
        f"# The gaze regulariser in a training step, median of {len(rounds)} interleaved rounds ({where})",
        "",
        f"{SETTINGS[device]}{threads}, forward and backward. Promised: at most {PROMISE} of the encoder alone.",
        "",
        f"| arm | {heading} | ratio (least to most) | memory of the step, MB | ratio (least to most) |",
        "|---|---|---|---|---|",
    ]
    for arm, words in ARMS.items():
        cells = []
        for unit in (spent, "mb"):
            values = [found[arm][unit] for found in rounds]
            ratios = [found[arm][unit] / found["plain"][unit] for found in rounds]
            cells.append(f"{statistics.median(values):,.1f}")
            cells.append(f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")
        lines.append(f"| {words} | {' | '.join(cells)} |")
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (out / f"{name}.json").write_text(json.dumps({"rounds": list(rounds)}, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
