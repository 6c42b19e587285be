"""What benchmarks/latency.py measured, as JSON with every question and as tables."""

import json
import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom

SHOWN = ("gaze", "center", "full", "full_native")
TITLES = {"full": "full, same tokens", "full_native": "full, all pixels"}


def quantile(values: Sequence[float], share: float) -> tuple[float, float | None, float | None]:
    """A quantile and its 95% interval by order statistics (David and Nagaraja 2003, 7.1), for independent values.

    An end that so few values do not allow is None: p95 has an upper end from 72 values on.
    """
    ordered, count = sorted(values), len(values)
    low, high = int(binom.ppf(0.025, count, share)), int(binom.ppf(0.975, count, share)) + 1
    return (
        float(np.quantile(ordered, share)),
        ordered[low - 1] if low >= 1 else None,
        ordered[high - 1] if high <= count else None,
    )


def write_report(told: Mapping[str, Any], out: Path) -> None:
    """Write ``latency-MODEL.json`` and ``latency-MODEL.md`` into a folder."""
    name = "latency-" + re.sub(r"[^\w.]+", "-", str(told["model"])).strip("-")
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (out / f"{name}.md").write_text("\n".join(lines_of(told)) + "\n", encoding="utf-8")


def lines_of(told: Mapping[str, Any]) -> list[str]:
    """The page."""
    measured = {name: found for name in SHOWN if (found := told["views"][name])["asked"]}
    pins = ", ".join(f"{key} {value}" for key, value in told["pins"].items() if key != "device")
    width_px, height_px = told["scene_px"]
    small = " One narrow layer stands in for the model: these times mean nothing." if told["small"] else ""
    lines = [
        f"# From what was seen to the first and the last word: {told['model']}",
        "",
        f"{told['machine']}; {pins}.{small}",
        "",
        f"{told['scene']}: {width_px} x {height_px} px at {told['scene_fps']:g} frames per second, played in real time; "
        f"questions about the last {told['window_s']:g} s at one frame per second and the newest, while frames go on coming. "
        f"{told['rounds']} interleaved rounds. Milliseconds, with 95% intervals by order statistics "
        "(-: too few questions for that end).",
        "",
        "| view | image, px | visual tokens | prompt tokens | questions | seen to first token, p50 | p95 "
        "| asked to first token, p50 | p95 | times gaze (least to most) "
        f"| asked to last of {told['tokens']} tokens, p50 | p95 | tokens per s | peak memory, GB |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        *(_row(name, found, measured) for name, found in measured.items()),
    ]
    lines += [f"\n{TITLES.get(name, name)}: {found['failure']}" for name, found in told["views"].items() if found["failure"]]
    return [
        *lines,
        "",
        f"Peak memory: {told['memory']}. Times gaze: of the median time to the first token, within a round. "
        "Seen to first token counts from the capture of the newest frame in the prompt.",
        "",
        "## Where the time goes, p50 / p95, milliseconds",
        "",
        "| view | capture to frame in hand | age of the gaze point | making the view | newest frame's age when asked | prompt "
        "| processor | model to first token | each further token | frames | late |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *(_stages(name, found) for name, found in measured.items()),
    ]


def _row(name: str, found: Mapping[str, Any], measured: Mapping[str, Any]) -> str:
    asked = found["asked"]
    whole = [each for each in asked if each["last_s"] is not None]
    seen = [each["newest_s"] + each["first_s"] for each in asked]
    cells = [
        TITLES.get(name, name),
        asked[-1]["image_px"],
        f"{statistics.median(each['visual_tokens'] for each in asked):.0f}",
        f"{statistics.median(each['prompt_tokens'] for each in asked):.0f}",
        str(len(asked)),
        *(_with_interval(seen, share) for share in (0.5, 0.95)),
        *(_with_interval([each["first_s"] for each in asked], share) for share in (0.5, 0.95)),
        _times_gaze(found, measured.get("gaze")),
        *(_with_interval([each["last_s"] for each in whole], share) for share in (0.5, 0.95)),
        f"{1 / statistics.median(_each_token(whole)):.1f}" if _each_token(whole) else "-",
        f"{max(found['peak_bytes']) / 1e9:.2f}" if found["peak_bytes"] else "-",
    ]
    return f"| {' | '.join(cells)} |"


def _stages(name: str, found: Mapping[str, Any]) -> str:
    asked = found["asked"]
    cells = [
        TITLES.get(name, name),
        *(_milliseconds(found["frames"][key]) for key in ("in_hand_s", "gaze_age_s", "crop_s")),
        *(_pair([each[key] for each in asked]) for key in ("newest_s", "prompt_s", "processor_s")),
        _pair([each["first_s"] - each["prompt_s"] - each["processor_s"] for each in asked]),
        _pair(_each_token([each for each in asked if each["last_s"] is not None])),
        f"{found['frames']['shown']:,}",
        f"{found['frames']['late']:,}",
    ]
    return f"| {' | '.join(cells)} |"


def _each_token(whole: Sequence[Mapping[str, Any]]) -> list[float]:
    """Seconds of every token after the first, of each question that had some."""
    return [(each["last_s"] - each["first_s"]) / (each["output_tokens"] - 1) for each in whole if each["output_tokens"] > 1]


def _times_gaze(found: Mapping[str, Any], gaze: Mapping[str, Any] | None) -> str:
    if gaze is None or found is gaze:
        return "1" if gaze else "-"
    ours, theirs = _by_round(found), _by_round(gaze)
    ratios = [statistics.median(ours[number]) / statistics.median(theirs[number]) for number in ours if number in theirs]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _by_round(found: Mapping[str, Any]) -> dict[int, list[float]]:
    rounds: dict[int, list[float]] = {}
    for number, each in zip(found["rounds"], found["asked"], strict=True):
        rounds.setdefault(number, []).append(each["first_s"])
    return rounds


def _with_interval(values: Sequence[float], share: float) -> str:
    if not values:
        return "-"
    middle, low, high = quantile(values, share)
    low_text, high_text = ("-" if end is None else f"{1000 * end:,.0f}" for end in (low, high))
    return f"{1000 * middle:,.0f} [{low_text}, {high_text}]"


def _pair(values: Sequence[float]) -> str:
    return _milliseconds(np.quantile(values, (0.5, 0.95)) if values else None)


def _milliseconds(seconds: Sequence[float] | None) -> str:
    return "-" if seconds is None else " / ".join(f"{1000 * each:,.1f}" for each in seconds)
