"""What gaze costs in a LoRA training step of a model of real size, on a GPU.

    python -m benchmarks.train_step [--model qwen3_vl_4b] [--frames 8] [--side 16] [--rounds 5] [--device cuda]

The architecture at its published size with random weights (the arithmetic of a step does not depend on them), bfloat16, LoRA of
rank 16 on every linear layer of the language model, the encoder frozen, one clip of so many frames of side x side visual
tokens, a question of 20 tokens and an answer of 48; forward, backward, AdamW. Arms: the step alone with fused attention; with
the attention block (two blocks, scaled) and the gaze loss; with all heads of the language model watched and the loss; with
eager attention that hands out its maps (``output_attentions=True``), where one would otherwise take them from, without any loss
on them. Rounds are interleaved in one process, ratios are taken within a round. Small steps wait for the processor that
launches their kernels, so that their time is uneven: the GPU's own time at work stands beside it. Memory is the peak of a step
above the weights.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from foveate.model.torchvision_ops import ensure_operators
from foveate.train.gaze import Gaze

ensure_operators()

import transformers as tf  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402

QUESTION, ANSWER, STEPS = 20, 48, 3
START, END, IMAGE = 1, 2, 3
"""Tokens before, after and for an image."""
IDS = {"image_token_id": IMAGE, "vision_start_token_id": START, "vision_end_token_id": END}
ARMS = {
    "plain": "the step alone, fused attention",
    "block": "with the attention block and the gaze loss",
    "heads": "with all heads watched and the gaze loss",
    "eager": "eager attention, `output_attentions=True`",
}


def qwen2_5_vl_7b() -> Any:
    """Qwen2.5-VL-7B as published."""
    return tf.Qwen2_5_VLConfig(
        vision_config={
            **{"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 3584},
            "fullatt_block_indexes": [7, 15, 23, 31],
        },
        text_config={
            **{"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28},
            **{"num_key_value_heads": 4, "vocab_size": 152064},
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
        },
        **IDS,
    )


def qwen3_vl_4b() -> Any:
    """Qwen3-VL-4B as published."""
    return tf.Qwen3VLConfig(
        vision_config={
            **{"depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16, "out_hidden_size": 2560},
            "deepstack_visual_indexes": [5, 11, 17],
        },
        text_config={
            **{"hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36, "num_attention_heads": 32},
            **{"num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936},
            "rope_parameters": {
                **{"rope_type": "default", "rope_theta": 5e6},
                **{"mrope_section": [24, 20, 20], "mrope_interleaved": True},
            },
        },
        **IDS,
    )


def tiny() -> Any:
    """A small one, to see whether this runs."""
    return tf.Qwen2_5_VLConfig(
        vision_config={"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 64},
        text_config={
            **{"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4},
            **{"num_key_value_heads": 2, "vocab_size": 256},
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
        },
        **IDS,
    )


MODELS = {"qwen2_5_vl_7b": qwen2_5_vl_7b, "qwen3_vl_4b": qwen3_vl_4b, "tiny": tiny}


def make_model(name: str, device: str) -> Any:
    """The model with adapters, weights of a fixed seed, drawn on the device itself."""
    config = MODELS[name]()
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device(device):
        model = tf.AutoModelForImageTextToText.from_config(config).train()
    torch.set_default_dtype(torch.float32)
    linear = [
        name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear) and "language_model" in name
    ]
    return get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules=linear))


def make_batch(config: Any, frames: int, side: int, device: str) -> dict[str, Any]:
    """One clip with its answer and a target per frame."""
    vision = config.vision_config
    words = config.text_config.vocab_size
    frame = [START, *[IMAGE] * side**2, END]
    generator = torch.Generator().manual_seed(0)
    told = torch.randint(10, words, (QUESTION + ANSWER,), generator=generator).tolist()
    ids = torch.tensor([[*frame * frames, *told]])
    labels = ids.clone()
    labels[:, :-ANSWER] = -100
    grid = torch.tensor([[1, 2 * side, 2 * side]] * frames)  # of patches, which are merged by 2 x 2
    numbers = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
    batch = {
        "input_ids": ids,
        "labels": labels,
        "attention_mask": torch.ones_like(ids),
        "mm_token_type_ids": (ids == IMAGE).int(),
        "pixel_values": torch.randn(int(grid.prod(dim=1).sum()), numbers, generator=generator).bfloat16(),
        "image_grid_thw": grid,
        "gaze_target": torch.randn(1, frames, side**2, generator=generator).softmax(dim=-1),
        "gaze_valid": torch.ones(1, frames, dtype=torch.bool),
        "gaze_present": torch.ones(1, frames, side**2, dtype=torch.bool),
    }
    return {name: value.to(device) for name, value in batch.items()}


@contextmanager
def attached(model: Any, arm: str) -> Iterator[Gaze | None]:
    """The model as an arm has it."""
    gaze = None
    if arm == "eager":
        model.set_attn_implementation("eager")
    elif arm != "plain":
        gaze = Gaze(model, mode=arm, **({"output": "scaled"} if arm == "block" else {}))
    yield gaze
    if gaze is not None:
        gaze.detach()
    model.set_attn_implementation("sdpa")


def measure(model: Any, batch: dict[str, Any], arm: str) -> dict[str, float]:
    """Median seconds of a step, of these the GPU was at work, and the peak of memory; NaN where there is too little memory."""
    cuda = batch["input_ids"].is_cuda
    plain = {name: value for name, value in batch.items() if not name.startswith("gaze")}
    seconds, stood, busy_s, nan = [], 0, float("nan"), float("nan")
    with attached(model, arm) as gaze:
        optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], lr=1e-5)

        def step() -> None:
            given = gaze.inputs(batch) if gaze else plain
            made = model(**given, use_cache=False, **({"output_attentions": True} if arm == "eager" else {}))
            # with fused attention transformers hands out nothing and says nothing
            assert arm != "eager" or made.attentions
            (made.loss + (gaze.loss(batch) if gaze else 0)).backward()
            optimizer.step()
            optimizer.zero_grad()
            if cuda:
                torch.cuda.synchronize()

        try:
            step()
            if cuda:
                torch.cuda.reset_peak_memory_stats()
                stood = torch.cuda.memory_allocated()
            for _ in range(STEPS):
                began_s = time.perf_counter()
                step()
                seconds.append(time.perf_counter() - began_s)
            gb = (torch.cuda.max_memory_allocated() - stood) / 1e9 if cuda else nan
            if cuda:
                with profile(activities=[ProfilerActivity.CUDA]) as seen:
                    step()
                busy_s = sum(each.self_device_time_total for each in seen.key_averages() if is_kernel(each)) / 1e6
        except torch.OutOfMemoryError:
            optimizer.zero_grad()
            return {"s": nan, "busy_s": nan, "gb": nan}
        finally:
            if cuda:
                torch.cuda.empty_cache()
    return {"s": statistics.median(seconds), "busy_s": busy_s, "gb": gb}


def is_kernel(event: Any) -> bool:
    """Whether something ran on the GPU, and is no name that a library gave to a stretch of it."""
    return event.device_type == torch.autograd.DeviceType.CUDA and "#" not in event.key


def table(rounds: list[dict[str, dict[str, float]]]) -> list[str]:
    """Medians, and the ratios' medians and extremes."""
    lines = [
        "| arm | s a step | ratio (least to most) | s that the GPU was at work | ratio | GB above the weights | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm, name in ARMS.items():
        median = {unit: statistics.median(found[arm][unit] for found in rounds) for unit in ("s", "busy_s", "gb")}
        if median["s"] != median["s"]:
            lines.append(f"| {name} | out of memory | | | | | |")
            continue
        ratios = {unit: [found[arm][unit] / found["plain"][unit] for found in rounds] for unit in median}
        half = {unit: statistics.median(each) for unit, each in ratios.items()}
        lines.append(
            f"| {name} | {median['s']:.3f} | {half['s']:.3f} ({min(ratios['s']):.3f} to {max(ratios['s']):.3f}) "
            f"| {median['busy_s']:.3f} | {half['busy_s']:.3f} | {median['gb']:.1f} | {half['gb']:.3f} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=MODELS, default="qwen3_vl_4b")
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--side", type=int, nargs="+", default=[16], help="visual tokens of a frame along a side")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    model = make_model(options.model, options.device)
    where = torch.cuda.get_device_name() if options.device == "cuda" else "cpu"
    parts = [f"# Gaze in a LoRA training step of {options.model} on {where}"]
    parts.append(
        f"Random weights, bfloat16, torch {torch.__version__}, transformers {tf.__version__}, {options.frames} frames, median "
        f"of at most {options.rounds} interleaved rounds of {STEPS} steps. "
        f"Written by `python -m benchmarks.train_step --model {options.model}`."
    )
    found: dict[int, list[dict[str, dict[str, float]]]] = {}
    for side in options.side:
        batch = make_batch(model.config, options.frames, side, options.device)
        found[side] = []
        for number in range(options.rounds):
            order = list(ARMS)[number % len(ARMS) :] + list(ARMS)[: number % len(ARMS)]
            found[side].append({arm: measure(model, batch, arm) for arm in order})
            print(side, found[side][-1], flush=True)
            write(options.out, options.model, parts, found)


def write(out: Path, name: str, parts: list[str], found: dict[int, list[dict[str, dict[str, float]]]]) -> None:
    """The page and the numbers, after every round."""
    tables = [
        part for side, rounds in found.items() for part in (f"## {side**2} visual tokens a frame", "\n".join(table(rounds)))
    ]
    out.mkdir(parents=True, exist_ok=True)
    (out / f"train_step_{name}.md").write_text("\n\n".join([*parts, *tables]) + "\n", encoding="utf-8")
    (out / f"train_step_{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
