"""How well each source of --gaze tells where the wearer of the toy kitchen looked, on recordings that none was made from.

    foveate train runs/toykitchen.toml
    python benchmarks/predicted_gaze.py [--run .cache/train/toykitchen] [--recordings 8] [--seconds 30]

Recordings are written as a user would have them (720 px, h264) and scored by what ``foveate predict`` uses. Sources: the middle
of the frame, a prior fitted on as many other recordings, the built-in model's own attention, a run that was trained with gaze.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from foveate.dataset.toykitchen import VALIDATION_SEEDS
from foveate.geometry import Size
from foveate.predict.prior import fit, prior_text
from foveate.predict.score import METRICS, Comparison, compare
from foveate.recording import Recording, open_recording
from foveate.stats import Interval, interval, paired_test
from foveate.toykitchen import World
from foveate.toykitchen.write import write_recording

SIDE_PX = 720
SEEDS = VALIDATION_SEEDS[500:]
DIGITS = {"auc_judd": 3, "nss": 2, "kl": 2, "angular_error_deg": 1}


def written(seeds: Sequence[int], folder: Path, *, seconds: float) -> list[Recording]:
    """Recordings of some worlds."""
    for seed in seeds:
        world = World(seed, duration_s=seconds)
        write_recording(world, folder / f"toykitchen-kitchen-{seed}", size_px=Size(SIDE_PX, SIDE_PX))
    return [open_recording(folder / f"toykitchen-kitchen-{seed}") for seed in seeds]


def values(found: list[Comparison], metric: str) -> np.ndarray:
    """(recordings,) of a source; NaN where there is none."""
    scores = (each.source.scores[metric].value for each in found)
    return np.array([np.nan if value is None else value for value in scores])


def cell(found: Interval, metric: str, *, signed: bool = False) -> str:
    digits, sign = DIGITS[metric], "+" if signed else ""
    ends = "" if found.low is None else f" [{found.low:{sign}.{digits}f}, {found.high:{sign}.{digits}f}]"
    return f"{found.mean:{sign}.{digits}f}{ends}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=Path(".cache/train/toykitchen"))
    parser.add_argument("--recordings", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    count = options.recordings
    with tempfile.TemporaryDirectory() as place:
        scored = written(SEEDS[:count], Path(place), seconds=options.seconds)
        prior = Path(place) / "prior.json"
        prior.write_text(prior_text(fit(written(SEEDS[count : 2 * count], Path(place), seconds=options.seconds))))
        sources = {
            "center": "center",
            "a prior of other recordings": f"center:{prior}",
            "attention of builtin, untrained on gaze": "attention:builtin",
            "attention of a run trained with gaze": f"attention:{options.run}",
        }
        found = {name: [compare(recording, spec) for recording in scored] for name, spec in sources.items()}
    names = [recording.name for recording in scored]
    lines = [
        "# Gaze that was not measured, beside gaze that was",
        "",
        f"{count} recordings of {options.seconds:g} s; mean over recordings [95% interval], in brackets the difference from "
        "`center` and its p (not corrected). AUC-Judd and NSS: more is better; KL and angle: less is.",
        "",
        "| source | AUC-Judd | NSS | KL (nats) | angle (deg) |",
        "|---|---|---|---|---|",
    ]
    record: dict[str, dict[str, dict[str, object]]] = {}
    for name, each in found.items():
        cells, record[name] = [], {}
        for metric in METRICS:
            mean = interval(values(each, metric), names)
            test = paired_test(values(each, metric), values(found["center"], metric), names)
            told = "" if name == "center" else f" ({cell(test.difference, metric, signed=True)}, p = {test.p:.3f})"
            cells.append(cell(mean, metric) + told)
            record[name][metric] = {"mean": asdict(mean), "minus_center": asdict(test.difference), "p": test.p}
        lines.append(f"| {name} | {' | '.join(cells)} |")
    text = "\n".join(lines) + "\n"
    (options.out / "predicted_gaze.md").write_text(text, encoding="utf-8")
    (options.out / "predicted_gaze.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
