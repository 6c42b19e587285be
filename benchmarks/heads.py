"""What watching a language model's own attention costs in a training step, beside the step alone and beside eager attention.

    python benchmarks/heads.py [--rounds 3]

A Qwen2.5-VL of random weights whose language model has 2 layers of width 512 (8 heads, 2 of keys), behind an encoder that is
next to nothing: 5 frames of 256 visual tokens, a question of 20 tokens and an answer of 32, float32, one thread, forward and
backward. Arms: the step with fused attention (sdpa); the same with all heads of all layers watched and the gaze loss; the step
with eager attention that hands out its maps (``output_attentions=True``), where one would otherwise take them from, without any
loss on them. Rounds are interleaved, ratios are taken within a round, time is the processor's.
"""

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from foveate.model.attention.heads import watch_heads
from foveate.model.torchvision_ops import ensure_operators
from foveate.train.loss import gaze_kl

ensure_operators()

from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration  # noqa: E402

FRAMES, SIDE, QUESTION, ANSWER = 5, 16, 20, 32
LAYERS, WIDTH, HEADS, KEY_HEADS = 2, 512, 8, 2
START, END, IMAGE, WORDS = 1, 2, 3, 256
"""Tokens before, after and for an image, and all there are."""
ARMS = {
    "plain": "language model, fused attention",
    "watched": "with all heads watched and the loss",
    "eager": "language model, eager attention, `output_attentions=True`",
}


def make_model() -> Any:
    """The model, with weights of a fixed seed."""
    torch.manual_seed(0)
    config = Qwen2_5_VLConfig(
        vision_config={"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": WIDTH},
        text_config={
            "hidden_size": WIDTH,
            "intermediate_size": 4 * WIDTH,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "num_key_value_heads": KEY_HEADS,
            "vocab_size": WORDS,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [8, 12, 12]},
        },
        image_token_id=IMAGE,
        vision_start_token_id=START,
        vision_end_token_id=END,
    )
    return Qwen2_5_VLForConditionalGeneration(config).train()


def make_batch() -> dict[str, Any]:
    """One prompt with its answer."""
    frame = [START, *[IMAGE] * SIDE**2, END]
    ids = torch.tensor([[*frame * FRAMES, *range(10, 10 + QUESTION + ANSWER)]])
    labels = ids.clone()
    labels[:, :-ANSWER] = -100
    grid = torch.tensor([[1, 2 * SIDE, 2 * SIDE]] * FRAMES)  # of patches, which are merged by 2 x 2
    pixels = torch.randn(int(grid.prod(dim=1).sum()), 3 * 2 * 14 * 14)
    return {
        "input_ids": ids,
        "labels": labels,
        "attention_mask": torch.ones_like(ids),
        "mm_token_type_ids": (ids == IMAGE).int(),
        "pixel_values": pixels,
        "image_grid_thw": grid,
    }


def step(model: Any, batch: Mapping[str, Any], arm: str) -> float:
    """CPU seconds of forward and backward."""
    target = torch.randn(1, FRAMES, SIDE**2).softmax(dim=-1)
    valid = torch.ones(1, FRAMES, dtype=torch.bool)
    model.set_attn_implementation("eager" if arm == "eager" else "sdpa")
    watched = watch_heads(model) if arm == "watched" else None
    model.zero_grad(set_to_none=True)
    began_s = time.process_time()
    output = model(**batch, output_attentions=arm == "eager")
    loss = output.loss
    if watched:
        loss = loss + gaze_kl(watched.last.attention, target, valid)
    loss.backward()
    took_s = time.process_time() - began_s
    # with fused attention transformers hands out nothing and says nothing
    assert arm != "eager" or len(output.attentions) == LAYERS
    if watched:
        watched.detach()
    return took_s


def report(rounds: Sequence[Mapping[str, float]], out: Path) -> None:
    """Medians, and the ratios' medians and extremes, as a table and as JSON with every round."""
    length = FRAMES * (SIDE**2 + 2) + QUESTION + ANSWER
    lines = [
        f"# Watched heads in a training step, median of {len(rounds)} interleaved rounds ({platform.machine()})",
        "",
        f"{LAYERS} layers of width {WIDTH}, {length} tokens, of which {FRAMES} x {SIDE**2} are visual and {ANSWER} the "
        "answer's, float32, one thread, forward and backward.",
        "",
        "| arm | CPU time, s | ratio (least to most) |",
        "|---|---|---|",
    ]
    for arm, name in ARMS.items():
        ratios = [found[arm] / found["plain"] for found in rounds]
        median_s = statistics.median(found[arm] for found in rounds)
        lines.append(f"| {name} | {median_s:.2f} | {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}) |")
    out.mkdir(parents=True, exist_ok=True)
    (out / "heads.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (out / "heads.json").write_text(json.dumps({"rounds": rounds}, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, batch = make_model(), make_batch()
    step(model, batch, "plain")  # warms up
    rounds: list[dict[str, float]] = []
    for number in range(options.rounds):
        order = list(ARMS)[number % len(ARMS) :] + list(ARMS)[: number % len(ARMS)]
        rounds.append({arm: step(model, batch, arm) for arm in order})
        print(number, rounds[-1], file=sys.stderr, flush=True)
        report(rounds, options.out)  # after each round


if __name__ == "__main__":
    main()
