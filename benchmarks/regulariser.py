"""What the attention block and its gaze loss cost in a training step, beside the encoder alone and beside eager attention.

    python benchmarks/regulariser.py [--rounds 3]

A 4-layer encoder (SigLIP's, of transformers, random weights) of width 1024 on 8 frames of 1024 patches, float32, one thread,
forward and backward. Arms: the encoder with fused attention; the same with two blocks and the loss; the encoder with eager
attention that hands out its maps (``output_attentions=True``), where one would otherwise take a map from, without any loss on
them. Promised: 1.02 x the plain encoder's time and memory. Each step runs in its own process, rounds are interleaved, ratios
are taken within a round. Time is the processor's; memory is the peak above what stood before the step, which has the weights.
"""

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

FRAMES, PATCHES, WIDTH, LAYERS, HEADS = 8, 1024, 1024, 4, 16
PROMISE = 1.02
ARMS = {
    "plain": "encoder, fused attention",
    "block": "with the block (two, pooled) and the loss",
    "eager": "encoder, eager attention, `output_attentions=True`",
}


def step(arm: str) -> dict[str, float]:
    """CPU seconds of one step after a short one that warms up, and the peak of memory above what stood before the step."""
    import torch

    from foveate.model.attention import PatchAttention
    from foveate.model.torchvision_ops import ensure_operators
    from foveate.train.loss import gaze_kl

    ensure_operators()
    from transformers import SiglipVisionConfig, SiglipVisionModel

    torch.set_num_threads(1)
    torch.manual_seed(0)
    side = int(PATCHES**0.5)
    config = SiglipVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        image_size=14 * side,
        patch_size=14,
        attn_implementation="eager" if arm == "eager" else "sdpa",
        vision_use_head=False,
    )
    encoder, block = SiglipVisionModel(config).train(), PatchAttention(WIDTH)
    images = torch.randn(FRAMES, 3, 14 * side, 14 * side)
    target = torch.randn(1, FRAMES, PATCHES).softmax(dim=-1)
    valid = torch.ones(1, FRAMES, dtype=torch.bool)

    def run(frames: int) -> None:
        encoded = encoder(pixel_values=images[:frames], output_attentions=arm == "eager")
        # with fused attention transformers hands out nothing and says nothing
        assert arm != "eager" or len(encoded.attentions) == LAYERS
        tokens = encoded.last_hidden_state[None]
        loss = 0.0
        if arm == "block":
            tokens, attention = block(tokens)
            loss = gaze_kl(attention, target[:, :frames], valid[:, :frames])
        (tokens.square().mean() + loss).backward()

    run(1)
    stood = _resident_mb()
    began_s = time.process_time()
    run(FRAMES)
    return {"cpu_s": time.process_time() - began_s, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - stood}


def _resident_mb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--arm", choices=ARMS, help="run one step of this arm and print what it took")
    options = parser.parse_args()
    if options.arm:
        print(json.dumps(step(options.arm)))
        return
    rounds: list[dict[str, dict[str, float]]] = []
    for number in range(options.rounds):
        order = list(ARMS)[number % len(ARMS) :] + list(ARMS)[: number % len(ARMS)]
        found = {arm: json.loads(_told([sys.executable, __file__, "--arm", arm])) for arm in order}
        print(number, found, file=sys.stderr, flush=True)
        rounds.append(found)
        report(rounds, options.out)  # after each round: a step takes half a minute and more


def _told(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]


def report(rounds: list[dict[str, dict[str, float]]], out: Path) -> None:
    """Medians, and the ratios' medians and extremes, as a table and as JSON with every round."""
    lines = [
        f"# The gaze regulariser in a training step, median of {len(rounds)} interleaved rounds ({platform.machine()})",
        "",
        f"{LAYERS} layers, {FRAMES} frames x {PATCHES} patches, width {WIDTH}, float32, one thread, forward and backward. "
        f"Promised: at most {PROMISE} of the encoder alone.",
        "",
        "| arm | CPU time, s | ratio (least to most) | memory of the step, MB | ratio (least to most) |",
        "|---|---|---|---|---|",
    ]
    for arm, name in ARMS.items():
        cells = []
        for unit in ("cpu_s", "mb"):
            values = [found[arm][unit] for found in rounds]
            ratios = [found[arm][unit] / found["plain"][unit] for found in rounds]
            cells.append(f"{statistics.median(values):,.1f}")
            cells.append(f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    out.mkdir(parents=True, exist_ok=True)
    (out / "regulariser.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (out / "regulariser.json").write_text(json.dumps({"rounds": rounds}, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
