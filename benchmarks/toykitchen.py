"""What docs/toykitchen.md says of the toy kitchen in numbers: its sentences, its gaze, its speed.

    python benchmarks/toykitchen.py [--worlds 100] [--gaze-worlds 20]        # about a minute

Worlds are those of seeds 0 and up; time is the processor's.
"""

import argparse
import json
import statistics
import time
from collections import Counter
from pathlib import Path

import numpy as np

from foveate.clock import NS_PER_S
from foveate.geometry import Box, Size
from foveate.toykitchen import SCENE_PX, World
from foveate.toykitchen.sprite import apply

ON_OBJECT_PX = 120
"""Gaze is on an object within this distance of its middle, in x and in y."""
CENTRAL = Box(496, 496, 448, 448)


def sentences(count: int) -> dict[str, float]:
    told = Counter(event.text for seed in range(count) for event in World(seed).narrations)
    vocabulary = {word for text in told for word in text.removesuffix(".").split()}
    most = round(max(told.values()) / told.total(), 4)
    return {"actions": told.total(), "sentences": len(told), "words": len(vocabulary), "most_frequent": most}


def gaze(count: int) -> dict[str, float]:
    """Shares of instants, four within every action, and what the tracker loses and how far it errs."""
    hits: dict[str, list[bool]] = {"kitchen": [], "uninformative": [], "central": []}
    lost, errors_deg = [], []
    for seed in range(count):
        for variant in ("kitchen", "uninformative"):
            world = World(seed, variant=variant)
            for action in world.script.actions:
                for share in (0.2, 0.4, 0.6, 0.8):
                    time_s = action.start_s + share * (action.stop_s - action.start_s)
                    middle = np.array(apply(world.head.at(time_s), *world.motion.middle(action.thing, time_s)))
                    looked = world.true_gaze_px(round(time_s * NS_PER_S))
                    hits[variant].append(bool(np.abs(looked - middle).max() < ON_OBJECT_PX))
                    if variant == "kitchen":
                        # well inside: with 60 px to spare, so that most of the object is there
                        hits["central"].append(bool(np.abs(middle - CENTRAL.center_px).max() < 224 - 60))
        measured = World(seed).gaze()
        lost.append(1 - measured.valid.mean())
        error_px = (measured.point_px - World(seed).true_gaze_px(measured.time_ns))[measured.valid]
        errors_deg.append(error_px / World(seed).parameters.px_per_deg)
    rms_deg = float(np.sqrt((np.concatenate(errors_deg) ** 2).sum(axis=1).mean()))
    shares = {f"{name}_share": round(float(np.mean(values)), 3) for name, values in hits.items()}
    return {**shares, "lost_share": round(float(np.mean(lost)), 3), "error_rms_deg": round(rms_deg, 2)}


def speed() -> dict[str, float]:
    """Median CPU milliseconds, after the sprites are drawn."""
    world = World(3)
    cases = {"whole_128": (128, None), "crop_128": (128, CENTRAL), "whole_1440": (SCENE_PX.width_px, None)}
    told: dict[str, float] = {}
    for name, (side, box) in cases.items():
        taken_ms = []
        for step in range(40):
            began_s = time.process_time()
            world.frame(step * NS_PER_S, Size(side, side), box)
            taken_ms.append((time.process_time() - began_s) * 1000)
        told[f"{name}_ms"] = round(statistics.median(taken_ms), 2)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=100)
    parser.add_argument("--gaze-worlds", type=int, default=20)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    told = {"sentences": sentences(options.worlds), "gaze": gaze(options.gaze_worlds), "speed": speed()}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "toykitchen.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
