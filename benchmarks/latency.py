"""How long after the wearer saw something the first and the last word about it come: GazeLLM's open question.

    python -m benchmarks.latency --model builtin --scene toykitchen-video
    python -m benchmarks.latency --model random:qwen2_5_vl_7b --seconds 180 -o OUT

A recording is played in real time: every frame comes when it was captured, with the newest gaze of that moment, and goes to
``foveate.Asker``, which makes the view of it; at random moments a question about the last 5 s is asked, while frames go on
coming. Views: the region around gaze; around the middle; the whole frame at the same number of visual tokens; the whole frame
as it is. They take turns, round by round, so that whatever else the machine does falls on all of them.

Models: ``builtin``, any other of ``load_model`` on this machine, or ``random:NAME``, an architecture of real size with random
weights (benchmarks/random_models.py), for where nothing can be fetched. Scenes: ``toykitchen`` (drawn before it is played: what
a camera hands over), ``toykitchen-video`` (written as a recording and decoded while it is played) or a recording's path.

The first token is timed in every question, the last in one of each round. With ``random:`` and ``toykitchen`` neither PyAV nor
polars are needed.
"""

import argparse
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.latency_live import Asked, Camera, Clocked, Played, ask, decoded, drawn
from benchmarks.latency_report import write_report

from foveate.description.ask import Asker
from foveate.description.budget import view_for
from foveate.errors import FoveateError
from foveate.geometry import Size
from foveate.model import load_model
from foveate.model.hf import HfModel
from foveate.recording import open_recording
from foveate.toykitchen import World, write_recording
from foveate.view import ViewMaker

VIEWS = ("gaze", "center", "full", "full_native")
SIDE_PX, SCENE_FPS, WORLD_SEED = 448, 30.0, 7
WARM_UP = (4, 4)
"""Longest answers of the questions of each view that are not counted."""
WINDOW_S = 5.0


@dataclass
class Found:
    """What was measured of one view."""

    asked: list[Asked] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    """In which round each question was asked."""
    peak_bytes: list[int] = field(default_factory=list)
    """During each question; empty where nothing tells it."""
    in_hand_s: list[float] = field(default_factory=list)
    """Of every frame: from its capture until the program has it."""
    gaze_age_s: list[float] = field(default_factory=list)
    """Of every frame with gaze: age of the gaze point when the view is made."""
    crop_s: list[float] = field(default_factory=list)
    """Of every frame: making the view."""
    late: int = 0
    """Frames that were in hand only after the next one was captured."""
    failure: str | None = None
    """Why the model cannot answer about this view."""

    def told(self) -> dict[str, Any]:
        """Every question; of the frames, which are many, p50 and p95."""
        frames = {
            name: [float(value) for value in np.quantile(values, (0.5, 0.95))] if values else None
            for name in ("in_hand_s", "gaze_age_s", "crop_s")
            for values in [getattr(self, name)]
        }
        return {
            "asked": [asdict(each) for each in self.asked],
            "rounds": self.rounds,
            "peak_bytes": self.peak_bytes,
            "frames": {"shown": len(self.crop_s), "late": self.late, **frames},
            "failure": self.failure,
        }


class Memory:
    """The most memory that something takes: of the accelerator, or of the process where there is none and Linux tells it."""

    def __init__(self, device: str) -> None:
        self._cuda = device.startswith("cuda")
        self.kind = "allocated on the accelerator" if self._cuda else "resident memory of the process"

    def reset(self) -> None:
        if self._cuda:
            import torch

            torch.cuda.reset_peak_memory_stats()
        elif (file := Path("/proc/self/clear_refs")).exists():
            file.write_text("5")  # the highest so far is now what is resident

    def peak_bytes(self) -> int | None:
        if self._cuda:
            import torch

            return int(torch.cuda.max_memory_allocated())
        if not (status := Path("/proc/self/status")).exists():
            return None
        told = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        return int(told[1]) * 1024 if told else None


def makers(model: HfModel) -> dict[str, ViewMaker]:
    """The views; a frame of the first three takes the same number of visual tokens at most."""
    (whole,) = model.visual_tokens([Size(SIDE_PX, SIDE_PX)])
    held = {
        name: view_for(model, name, size=str(SIDE_PX), budget_tokens=model.usual_tokens or whole)
        for name in ("gaze", "center", "full")
    }
    return {**held, "full_native": view_for(model, "full", size=str(SIDE_PX), budget_tokens=None)}


@dataclass
class Bench:
    """One model and one recording that is played to it."""

    model: HfModel
    played: Played
    options: argparse.Namespace
    memory: Memory
    found: dict[str, Found] = field(default_factory=lambda: {name: Found() for name in VIEWS})

    def __post_init__(self) -> None:
        self.makers = makers(self.model)
        self.processor = Clocked(self.model.maker.processor)
        self.model.maker = replace(self.model.maker, processor=self.processor)
        self.rng = np.random.default_rng(0)

    def warm_up(self) -> None:
        """Ask about every view without counting; one that the model cannot take is told and left out."""
        for name in VIEWS:
            try:
                self._ask(Found(), name, WARM_UP, 0)
            except FoveateError as error:
                self.found[name].failure = str(error)

    def round(self, number: int) -> None:
        """Every view once, another one first in each round."""
        for name in (*VIEWS[number % len(VIEWS) :], *VIEWS[: number % len(VIEWS)]):
            if not self.found[name].failure:
                count = self.options.native_questions if name == "full_native" else self.options.questions
                self._ask(self.found[name], name, [1] * (count - 1) + [self.options.tokens], number)

    def _ask(self, into: Found, name: str, tokens: Sequence[int], number: int) -> None:
        """Ask several questions, each at a random moment within 0.1 s after the last answer."""
        asker = Asker(self.model, self.makers[name], fps=1.0, window_s=WINDOW_S)
        laps = 1 + int(WINDOW_S * 1e9 / self.played.lap_ns)  # before the first frame there is a window's worth of others
        start = laps * len(self.played.time_ns) + int(self.rng.integers(len(self.played.time_ns)))
        with Camera(self.played, asker, start) as camera:
            for longest in tokens:
                time.sleep(self.rng.uniform(0, 0.1))
                self.memory.reset()
                into.asked.append(ask(camera, self.processor, tokens=longest))
                into.rounds.append(number)
                if (peak := self.memory.peak_bytes()) is not None:
                    into.peak_bytes.append(peak)
        into.in_hand_s += camera.in_hand_s
        into.gaze_age_s += camera.gaze_age_s
        into.crop_s += camera.crop_s
        into.late += camera.late

    def told(self, rounds: int) -> dict[str, Any]:
        """All that was measured, and where."""
        return {
            "model": self.model.name,
            "small": self.options.small,
            "scene": self.played.name,
            "scene_fps": round(1 / self.played.interval_s, 2),
            "scene_px": list(self.played.pictures.one(0).shape[1::-1]),
            "window_s": WINDOW_S,
            "tokens": self.options.tokens,
            "rounds": rounds,
            "memory": self.memory.kind,
            "machine": machine(self.model.pins["device"]),
            "pins": self.model.pins,
            "views": {name: found.told() for name, found in self.found.items()},
        }


def machine(device: str) -> str:
    """What it runs on."""
    load = f"load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load not known"
    here = f"{platform.machine()}, {os.cpu_count()} cores, {load}, Python {platform.python_version()}"
    if not device.startswith("cuda"):
        return here
    import torch

    return f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}; {here}"


@contextmanager
def scene(name: str, *, seconds: float) -> Iterator[Played]:
    """What is played."""
    if name == "toykitchen":
        yield drawn(World(WORLD_SEED, duration_s=seconds), fps=SCENE_FPS)
    elif name == "toykitchen-video":
        with tempfile.TemporaryDirectory() as folder:
            world = World(WORLD_SEED, duration_s=seconds)
            yield decoded(open_recording(write_recording(world, Path(folder) / "kitchen", fps=SCENE_FPS)))
    else:
        yield decoded(open_recording(name))


def load(options: argparse.Namespace) -> HfModel:
    """The model that is asked."""
    scheme, _, rest = options.model.partition(":")
    if scheme == "random":
        from benchmarks.random_models import random_model

        dtype = "float32" if options.device == "cpu" else "bfloat16"
        return random_model(rest, device=options.device, dtype=dtype, small=options.small)
    model = load_model(options.model)
    if not isinstance(model, HfModel):
        sys.exit(f"{options.model} does not run here; a model on this machine is needed: builtin, hf:... or random:...")
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="builtin", help="builtin, hf:FOLDER or random:NAME")
    parser.add_argument("--scene", default="toykitchen", help="toykitchen, toykitchen-video or a recording's path")
    parser.add_argument("--scene-seconds", type=float, default=6.0, help="length of a toykitchen, which is played in a loop")
    parser.add_argument("--seconds", type=float, default=120.0, help="begin no further round after so long")
    parser.add_argument("--questions", type=int, default=12, help="questions about each view in a round")
    parser.add_argument("--native-questions", type=int, default=3, help="the same of the whole frame as it is, which is slow")
    parser.add_argument("--tokens", type=int, default=64, help="longest answer, of the last question of each")
    parser.add_argument("--device", default="cpu", help="of a random model: cpu or cuda")
    parser.add_argument(
        "--small", action="store_true", help="one narrow layer in place of a random model's, to try this program"
    )
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    model = load(options)
    with scene(options.scene, seconds=options.scene_seconds) as played:
        bench = Bench(model, played, options, Memory(options.device))
        bench.warm_up()
        until_s = time.perf_counter() + options.seconds
        number = 0
        while number == 0 or time.perf_counter() < until_s:
            bench.round(number)
            number += 1
            write_report(bench.told(number), options.out)  # after each round
            print(f"round {number}, {until_s - time.perf_counter():.0f} s left", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
