"""What watching a language model's own attention costs in a training step, beside the step alone and beside eager attention.

    python benchmarks/heads.py [--rounds 3]
    python -m benchmarks.heads --device cuda [--rounds 20]

A Qwen2.5-VL of random weights whose language model has 2 layers of width 512 (8 heads, 2 of keys), behind an encoder that is
next to nothing: 5 frames of 256 visual tokens, a question of 20 tokens and an answer of 32, float32, one thread, forward and
backward. Arms: the step with fused attention (sdpa); the same with all heads of all layers watched and the gaze loss; the step
with eager attention that hands out its maps (``output_attentions=True``), where one would otherwise take them from, without any
loss on them. Rounds are interleaved, ratios are taken within a round, time is the processor's.

With ``--device cuda`` the language model is as large as Qwen2.5-VL-7B's, 28 layers of width 3584, in bfloat16; time is the
device's, between two events, memory the most above what stood before the step. Neither PyAV nor polars is needed.
"""

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from foveate.model.attention.heads import watch_heads
from foveate.model.torchvision_ops import ensure_operators
from foveate.train.loss import gaze_kl

ensure_operators()

from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration  # noqa: E402

FRAMES, SIDE, QUESTION, ANSWER = 5, 16, 20, 32
START, END, IMAGE = 1, 2, 3
"""Tokens before, after and for an image."""


@dataclass(frozen=True)
class Setting:
    """The language model of which a step is trained."""

    layers: int
    width: int
    inner: int
    heads: int
    key_heads: int
    mrope_section: tuple[int, int, int]
    words: int
    dtype: str

    def __str__(self) -> str:
        return f"{self.layers} layers of width {self.width}"


SETTINGS = {
    "cpu": Setting(
        layers=2, width=512, inner=2048, heads=8, key_heads=2, mrope_section=(8, 12, 12), words=256, dtype="float32"
    ),
    "cuda": Setting(
        layers=28, width=3584, inner=18944, heads=28, key_heads=4, mrope_section=(16, 24, 24), words=152064, dtype="bfloat16"
    ),
}
ARMS = {
    "plain": "language model, fused attention",
    "watched": "with all heads watched and the loss",
    "eager": "language model, eager attention, `output_attentions=True`",
}


def make_model(setting: Setting, *, device: str = "cpu") -> Any:
    """The model, with weights of a fixed seed."""
    torch.manual_seed(0)
    config = Qwen2_5_VLConfig(
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "out_hidden_size": setting.width,
        },
        text_config={
            "bos_token_id": None,
            "eos_token_id": None,
            "hidden_size": setting.width,
            "intermediate_size": setting.inner,
            "num_hidden_layers": setting.layers,
            "num_attention_heads": setting.heads,
            "num_key_value_heads": setting.key_heads,
            "vocab_size": setting.words,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": list(setting.mrope_section)},
        },
        image_token_id=IMAGE,
        vision_start_token_id=START,
        vision_end_token_id=END,
    )
    before = torch.get_default_dtype()
    try:  # made where and as they are used: in float32 on the way, the larger one would not fit everywhere
        torch.set_default_dtype(getattr(torch, setting.dtype))
        with torch.device(device):
            return Qwen2_5_VLForConditionalGeneration(config).train()
    finally:
        torch.set_default_dtype(before)


def make_batch(setting: Setting, *, device: str = "cpu") -> dict[str, Any]:
    """One prompt with its answer."""
    frame = [START, *[IMAGE] * SIDE**2, END]
    ids = torch.tensor([[*frame * FRAMES, *range(10, 10 + QUESTION + ANSWER)]])
    labels = ids.clone()
    labels[:, :-ANSWER] = -100
    grid = torch.tensor([[1, 2 * SIDE, 2 * SIDE]] * FRAMES)  # of patches, which are merged by 2 x 2
    pixels = torch.randn(int(grid.prod(dim=1).sum()), 3 * 2 * 14 * 14).to(getattr(torch, setting.dtype))
    batch = {
        "input_ids": ids,
        "labels": labels,
        "attention_mask": torch.ones_like(ids),
        "mm_token_type_ids": (ids == IMAGE).int(),
        "pixel_values": pixels,
        "image_grid_thw": grid,
    }
    return {name: value.to(device) for name, value in batch.items()}


def ready(model: Any, arm: str) -> Any:
    """Give back what the last step left and choose how attention is computed; what is watched, where something is."""
    model.set_attn_implementation("eager" if arm == "eager" else "sdpa")
    model.zero_grad(set_to_none=True)
    return watch_heads(model) if arm == "watched" else None


def step(model: Any, batch: Mapping[str, Any], arm: str, watched: Any) -> None:
    """Forward and backward."""
    output = model(**batch, output_attentions=arm == "eager")
    loss = output.loss
    if watched:
        device = batch["input_ids"].device
        target = torch.full((1, FRAMES, SIDE**2), 1 / SIDE**2, device=device)
        loss = loss + gaze_kl(watched.last.attention, target, torch.ones(1, FRAMES, dtype=torch.bool, device=device))
    loss.backward()
    # with fused attention transformers hands out nothing and says nothing
    assert arm != "eager" or len(output.attentions) == len(model.model.language_model.layers)


def cpu_step(model: Any, batch: Mapping[str, Any], arm: str) -> dict[str, float]:
    """CPU seconds of forward and backward."""
    watched = ready(model, arm)
    began_s = time.process_time()
    step(model, batch, arm, watched)
    took_s = time.process_time() - began_s
    if watched:
        watched.detach()
    return {"cpu_s": took_s}


def steps_on_device(rounds: int) -> list[Mapping[str, dict[str, float]]]:
    """Rounds of steps on an accelerator."""
    from benchmarks.on_device import in_turns

    model, batch = make_model(SETTINGS["cuda"], device="cuda"), make_batch(SETTINGS["cuda"], device="cuda")
    last: list[Any] = []

    def work(arm: str) -> Callable[[], None]:
        while last:
            last.pop().detach()
        if watched := ready(model, arm):
            last.append(watched)
        return lambda: step(model, batch, arm, watched)

    return in_turns(list(ARMS), work, rounds=rounds)


def report(rounds: Sequence[Mapping[str, Mapping[str, float]]], out: Path, *, device: str) -> None:
    """Medians, and the ratios' medians and extremes, as a table and as JSON with every round."""
    length = FRAMES * (SIDE**2 + 2) + QUESTION + ANSWER
    if device == "cpu":
        name, where, units = "heads", platform.machine(), {"cpu_s": "CPU time, s"}
    else:
        from benchmarks.on_device import device_name

        name, where, units = "heads-cuda", device_name(), {"ms": "time, ms", "mb": "memory of the step, MB"}
    threads = ", one thread" if device == "cpu" else ""
    lines = [
        f"# Watched heads in a training step, median of {len(rounds)} interleaved rounds ({where})",
        "",
        f"{SETTINGS[device]}, {length} tokens, of which {FRAMES} x {SIDE**2} are visual and {ANSWER} the "
        f"answer's, {SETTINGS[device].dtype}{threads}, forward and backward.",
        "",
        f"| arm | {' | '.join(f'{heading} | ratio (least to most)' for heading in units.values())} |",
        "|---" * (1 + 2 * len(units)) + "|",
    ]
    for arm, words in ARMS.items():
        cells = []
        for unit in units:
            ratios = [found[arm][unit] / found["plain"][unit] for found in rounds]
            cells.append(f"{statistics.median(found[arm][unit] for found in rounds):,.2f}")
            cells.append(f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")
        lines.append(f"| {words} | {' | '.join(cells)} |")
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (out / f"{name}.json").write_text(json.dumps({"rounds": list(rounds)}, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, help="3, with cuda 20")
    parser.add_argument("--device", choices=SETTINGS, default="cpu")
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    if options.device == "cuda":
        report(steps_on_device(options.rounds or 20), options.out, device="cuda")
        return
    torch.set_num_threads(1)
    model, batch = make_model(SETTINGS["cpu"]), make_batch(SETTINGS["cpu"])
    cpu_step(model, batch, "plain")  # warms up
    rounds: list[Mapping[str, Mapping[str, float]]] = []
    for number in range(options.rounds or 3):
        order = list(ARMS)[number % len(ARMS) :] + list(ARMS)[: number % len(ARMS)]
        rounds.append({arm: cpu_step(model, batch, arm) for arm in order})
        print(number, rounds[-1], file=sys.stderr, flush=True)
        report(rounds, options.out, device="cpu")  # after each round


if __name__ == "__main__":
    main()
