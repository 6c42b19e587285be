"""How many of the toy kitchen's drawn hands the detector finds, and how many of what it finds are hands.

    python benchmarks/hands.py --models WHEEL [--worlds 3] [--seconds 40]

Takes the extra `hands` and a wheel of mediapipe (docs/hands.md). Two frames a second. A box counts as a hand where its IoU with
a true one is above IOU: a true box holds the drawn hand, a found one the points of a hand and a tenth more.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.blaze.anchors import iou
from foveate.geometry import Box
from foveate.hands.detect import Detector, detect_hands
from foveate.hands.networks import find_networks
from foveate.recording.hands import hand_boxes
from foveate.toykitchen import World

FIRST_SEED = 910_000
FPS = 2.0
IOU = 0.2
LEVELS = (0.5, 0.3, 0.1)
"""Values of --min-confidence."""


def corners(box: Box) -> NDArray[np.float64]:
    left, top = box[:2]
    return np.array([left, top, left + box.width_px, top + box.height_px], dtype=np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--worlds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    networks = find_networks(options.models)
    detector = Detector(networks, min_confidence=min(LEVELS))
    frames, there, found = 0, 0, []
    for seed in range(FIRST_SEED, FIRST_SEED + options.worlds):
        recording = World(seed, duration_s=options.seconds).recording(fps=FPS)
        hands = detect_hands(recording, detector, fps=FPS)
        true = hand_boxes(recording, hands.time_ns)
        frames += len(recording.scene.time_ns)
        there += sum(len(boxes) for boxes in hand_boxes(recording, recording.scene.time_ns))
        assert hands.confidence is not None
        for row in np.flatnonzero(hands.valid):
            left, top, width, height = hands.box_px[row]
            box = np.array([left, top, left + width, top + height])
            shared = max((iou(box, corners(each)) for each in true[row]), default=0.0)
            found.append((float(hands.confidence[row]), shared))
    levels = {}
    for level in LEVELS:
        shared = [share for confidence, share in found if confidence >= level]
        right = sum(share > IOU for share in shared)
        levels[level] = {
            "found": len(shared),
            "right": right,
            "recall": right / there,
            "precision": right / max(len(shared), 1),
        }
    lines = [
        f"# Hands of the toy kitchen: {options.worlds} worlds of {options.seconds:g} s, {frames} frames, {there} hands in view",
        "",
        f"Networks {networks.fingerprint}. A box counts as a hand where its IoU with a true one is above {IOU}.",
        "",
        "| `--min-confidence` | found | of them hands | precision | recall |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {level} | {told['found']} | {told['right']} | {told['precision']:.2f} | {told['recall']:.2f} |"
        for level, told in levels.items()
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    about = {"worlds": options.worlds, "frames": frames, "hands": there, "fingerprint": networks.fingerprint}
    (options.out / "hands.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (options.out / "hands.json").write_text(json.dumps(about | {"levels": levels}, indent=1) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
