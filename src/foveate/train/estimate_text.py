"""An estimate of a run in words: what was counted, what was measured, what is only assumed."""

from foveate.train.config import RunConfig
from foveate.train.estimate import DEVICES, SAMPLED, SECONDS_PER_HOUR, UTILISATION, Need, on

GB = 1e9


def lines(config: RunConfig, need: Need) -> list[str]:
    """One fact a line; the table of devices last."""
    weights, clip = need.weights, need.clip
    seen = config.steps * config.batch_size * config.accumulate
    frozen = "frozen" if config.encoder == "frozen" else "trained"
    twice = ", computed twice" if config.checkpointing else ""
    told = [
        f"clips: {need.train_clips:,} to train on, {need.validation_clips:,} of validation; "
        f"{need.shard_bytes / GB:.3f} GB of shards",
        f"a clip: {clip.tokens:,.0f} tokens, {clip.visual:,.0f} of them visual, {clip.patches:,.0f} patches in the encoder "
        f"(mean of {min(SAMPLED, need.train_clips)} clips)",
        f"weights: encoder {_count(weights.encoder)} ({frozen}), language side {_count(weights.language)}; trained "
        f"{_count(weights.trained)}: {_count(weights.trained_within)} of these, {_count(weights.adapters)} adapters, "
        f"{_count(weights.block)} attention block",
        f"work: {config.steps:,} steps of {seen // config.steps} clips on each device, {need.flop / 1e15:,.3g} PFLOP with "
        f"evaluations; each training clip is seen {seen / need.train_clips:.1f} times",
        f"memory of one device (estimate): {need.state_bytes / GB:.2f} GB of weights and optimiser, "
        f"{need.activation_bytes / GB:.2f} GB of activations for {config.batch_size} clips at once{twice}",
        f"disk: {need.run_bytes / GB:.3f} GB for {config.out.name}, {need.shard_bytes / GB:.3f} GB for the shards",
    ]
    if need.step_s is None:
        told.append(f"time here: {need.measured}")
    else:
        hours = need.step_s * config.steps / SECONDS_PER_HOUR
        told.append(
            f"time here: {need.step_s:.2f} s a step ({need.measured}), {_hours(hours)} for all steps, evaluations not included"
        )
    told.append(f"time elsewhere (an estimate: {UTILISATION:.0%} of what makers state for dense bfloat16):")
    for name in DEVICES:
        found = on(need, name)
        fits = "too small for one batch" if not found.gpus else f"{found.gpus} GPU{'s, sharded' if found.gpus > 1 else ''}"
        told.append(f"  {name:<16} {_hours(found.hours):>9} of one GPU; memory: {fits}")
    return told


def _count(number: int) -> str:
    for size, letter in ((1e9, " billion"), (1e6, " million")):
        if number >= size:
            return f"{number / size:.2f}{letter}"
    return f"{number:,}"


def _hours(hours: float) -> str:
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{hours * 60:.1f} min" if hours >= 1 / 60 else f"{hours * SECONDS_PER_HOUR:.1f} s"
