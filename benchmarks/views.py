"""What it costs to make each view's images out of a decoded frame, CPU time beside shrinking the whole frame, and their tokens.

    python benchmarks/views.py [--rounds 7]

A frame of the toy kitchen, 1440 x 1440; a crop of 448 px; a budget of 256 tokens of 28 x 28 px, and tokens without any.
Tokens are counted as Qwen2.5-VL takes them (`--model mock`). Rounds are interleaved; ratios are taken within a round.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from foveate.description.budget import frame_tokens, within_budget
from foveate.geometry import Box, Size
from foveate.model.mock import MockModel
from foveate.toykitchen import SCENE_PX, World
from foveate.video.resample import resample
from foveate.view import VIEWS, Frame, make_view, see

BUDGET = 256
BASE_PX = Size(448, 448)


def cpu_ms(job: Callable[[], object], times: int = 5) -> float:
    began_s = time.process_time()
    for _ in range(times):
        job()
    return 1e3 * (time.process_time() - began_s) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    image = World(900_007).frame(10_500_000_000, SCENE_PX)
    gaze_px = np.random.default_rng(0).normal((867, 947), 60, (200, 2))  # a second of a 200 Hz tracker
    frame = Frame(SCENE_PX, 0, (867.0, 947.0), gaze_px=gaze_px, hands_px=(Box(300, 1200, 180, 200), Box(800, 1000, 200, 240)))
    model = MockModel()
    makers = {name: make_view(name, fit=within_budget(model, BUDGET)) for name in VIEWS}
    spent: dict[str, list[float]] = {name: [] for name in makers}
    base = []
    for _ in range(options.rounds + 1):  # the first warms up
        base.append(cpu_ms(lambda: resample(image, BASE_PX)))
        for name, maker in makers.items():
            spent[name].append(cpu_ms(lambda: see(image, frame, maker)))  # noqa: B023  # called at once
    results = {}
    for name, maker in makers.items():
        seen, free = see(image, frame, maker), make_view(name)
        results[name] = {
            "images_px": [f"{width}x{height}" for width, height in (glimpse.size_px for glimpse in seen.glimpses)],
            "tokens": sum(count or 0 for count in frame_tokens(model, maker, seen)),
            "tokens_without_budget": sum(count or 0 for count in frame_tokens(model, free, see(image, frame, free))),
            "ms": round(statistics.median(spent[name][1:]), 2),
            "of_shrinking": round(statistics.median(a / b for a, b in zip(spent[name][1:], base[1:], strict=True)), 2),
        }
    lines = [
        f"# Views, median CPU time of {options.rounds} interleaved rounds ({platform.machine()}, one thread)",
        "",
        f"Out of a decoded frame of {SCENE_PX[0]} x {SCENE_PX[1]}, at {BUDGET} tokens. "
        f"Shrinking the whole frame to {BASE_PX[0]} x {BASE_PX[1]} by area takes {statistics.median(base[1:]):.1f} ms.",
        "",
        "| view | images, px | tokens | tokens without a budget | ms | times the shrinking |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{name}` | {' + '.join(found['images_px'])} | {found['tokens']} | {found['tokens_without_budget']} | {found['ms']} "
        f"| {found['of_shrinking']} |"
        for name, found in results.items()
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "views.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (options.out / "views.json").write_text(json.dumps({"rounds": options.rounds, "views": results}, indent=1) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
