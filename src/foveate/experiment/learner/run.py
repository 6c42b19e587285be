"""Arms times seeds: each is trained and asked once, and kept, so that experiments share arms and a stopped run goes on."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.experiment.learner.arm import Arm
from foveate.experiment.learner.clips import Clips, drawn_clips, is_drawn
from foveate.experiment.learner.protocol import FRAMES, Protocol, Worlds
from foveate.experiment.learner.windows import WINDOWS
from foveate.job.disk import write_whole

DEFAULT, SINGLE = "200 ms, occlusion", "single"
"""The paper's way of gathering gaze; and the cheap one, where no flow is needed (a camera that stands) or no target."""
Trial = tuple[Arm, int]
"""An arm and a seed."""


class Bench:
    """What every arm needs, made where ``folder`` does not hold it yet: encoder, clips, base model."""

    def __init__(self, folder: Path, protocol: Protocol) -> None:
        self.folder, self.protocol = folder, protocol
        folder.mkdir(parents=True, exist_ok=True)
        record = json.dumps(asdict(protocol), default=str, sort_keys=True)
        note = folder / "protocol.json"
        if note.exists() and note.read_text(encoding="utf-8") != record:
            raise ValueError(f"{folder} was made by another protocol; delete it or take another folder")
        write_whole(note, record.encode())

    @cached_property
    def eyes(self) -> Any:
        from foveate.experiment.learner.eyes import trained_eyes

        return trained_eyes(self.folder, self.protocol)

    @cached_property
    def base(self) -> Any:
        from foveate.experiment.learner.base import trained_base

        return trained_base(self.folder, self.eyes, self.protocol)

    def training(self, arm: Arm) -> Clips:
        """The clips that an arm is trained on."""
        if arm.stand:
            return self._clips("stand", self.protocol.stand, (SINGLE,))
        if arm.told == "ring":
            return self._clips("train ring", self.protocol.train, (SINGLE,), ring=True)
        clips = self._clips("train", self.protocol.train, tuple(WINDOWS))
        if min(len(clips.rows(task)) for task in FRAMES) >= (arm.clips + arm.gaze_clips) // len(FRAMES):
            return clips
        return joined(clips, self._clips("more", self.protocol.more, (DEFAULT,)))

    def tests(self, arm: Arm) -> dict[str, Clips]:
        """Condition -> the clips that it is asked about."""
        worlds = {"validation": self.protocol.validation, **dict(self.protocol.tests)}
        return {name: self._test(name, worlds[name], ring=arm.told == "ring") for name in arm.worlds}

    def _test(self, name: str, worlds: Worlds, *, ring: bool = False) -> Clips:
        folder = f"{name} ring" if ring else name
        return self._clips(folder, worlds, (SINGLE if ring else DEFAULT,), spans=self.protocol.spans, ring=ring)

    def _clips(
        self, name: str, worlds: Worlds, windows: Sequence[str], *, spans: int | None = None, ring: bool = False
    ) -> Clips:
        folder = self.folder / name
        # the encoder is loaded where there is something to encode
        eyes = None if is_drawn(folder) else self.eyes
        return drawn_clips(folder, eyes, worlds, windows=windows, spans=spans, ring=ring)

    def path(self, trial: Trial) -> Path:
        arm, seed = trial
        return self.folder / "arms" / f"{arm.fingerprint}-{seed}.json"

    def done(self, trial: Trial) -> bool:
        return self.path(trial).exists()

    def result(self, trial: Trial) -> dict[str, Any]:
        """What is kept of a trial: settings, seconds of CPU, and condition -> texts and scores of attention."""
        found: dict[str, Any] = json.loads(self.path(trial).read_text(encoding="utf-8"))
        return found

    def maps(self, trial: Trial, condition: str) -> NDArray[np.float16]:
        """(F, patches) where an arm looked in the frames of a condition."""
        found: NDArray[np.float16] = np.load(self.path(trial).with_suffix(".npz"))[condition]
        return found


def joined(first: Clips, second: Clips) -> Clips:
    """Both, with the ways of gathering gaze that both have."""
    both = {name: (first.windows[name], second.windows[name]) for name in first.windows.keys() & second.windows.keys()}
    windows = {
        name: (np.concatenate([a[0], b[0]]), np.concatenate([a[1], b[1][1:] + a[1][-1]])) for name, (a, b) in both.items()
    }
    names = ("features", "task", "text", "later", "recording", "frame_ns", "true_px")
    parts = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in names}
    return replace(first, **parts, first=np.concatenate([first.first, second.first + len(first.features)]), windows=windows)


def run_trial(bench: Bench, trial: Trial) -> None:
    """Train an arm, ask it, and keep what it said."""
    from foveate.experiment.learner.fit import answer, fit

    arm, seed = trial
    fitted, training_s = fit(arm, bench.base, bench.training(arm), seed=seed)
    begun_s = time.process_time()
    answers = {name: answer(fitted, clips, seed=seed) for name, clips in bench.tests(arm).items()}
    maps = {name: found.attention for name, found in answers.items() if found.attention is not None}
    path = bench.path(trial)
    path.parent.mkdir(parents=True, exist_ok=True)
    if maps and seed == 0:
        np.savez(path.with_suffix(".npz"), allow_pickle=False, **maps)
    kept = {
        "arm": asdict(arm),
        "seed": seed,
        "training_s": round(training_s, 1),
        "asking_s": round(time.process_time() - begun_s, 1),
        "conditions": {
            name: {"texts": found.texts, "on_gaze": found.on_gaze, "next_gaze": found.next_gaze}
            for name, found in answers.items()
        },
    }
    write_whole(path, json.dumps(kept).encode())


_BENCH: list[Bench] = []
"""Of this process of a pool."""


def _begin(folder: Path, protocol: Protocol) -> None:
    import cv2

    from foveate.model.torchvision_ops import ensure_operators

    ensure_operators()
    import torch
    import transformers

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    _BENCH.append(Bench(folder, protocol))


def _run(trial: Trial) -> None:
    run_trial(_BENCH[0], trial)


def run_trials(
    folder: Path, protocol: Protocol, trials: Sequence[Trial], *, processes: int, advance: Callable[[int], None]
) -> Mapping[Trial, dict[str, Any]]:
    """Run every trial that is not kept yet; one process makes what all of them share.

    Args:
        folder: where everything is kept.
        protocol: which worlds.
        trials: arms and seeds; those with the same settings are run once.
        processes: how many run at once, each on one thread.
        advance: told how many are done.

    Returns:
        Each trial's result.
    """
    bench = Bench(folder, protocol)
    first = {bench.path(trial): trial for trial in trials}
    missing = [trial for trial in first.values() if not bench.done(trial)]
    advance(len(first) - len(missing))
    if missing:
        _prepare(folder, protocol, missing)
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (folder, protocol)) as pool:
        for future in as_completed([pool.submit(_run, trial) for trial in missing]):
            future.result()
            advance(1)
    return {trial: bench.result(trial) for trial in trials}


def _prepare(folder: Path, protocol: Protocol, trials: Sequence[Trial]) -> None:
    """Make the encoder, the base model and all clips before processes could make them twice."""
    with ProcessPoolExecutor(1, get_context("spawn"), _begin, (folder, protocol)) as pool:
        pool.submit(_make, trials).result()


def _make(trials: Sequence[Trial]) -> None:
    (bench,) = _BENCH
    assert bench.base
    for arm, _ in trials:
        bench.training(arm)
        bench.tests(arm)
