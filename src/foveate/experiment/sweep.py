"""One thing is changed step by step, all else held: how much of it does the gaze crop bear, or need?

A sweep is curves of settings. The model is asked about the same spans in every setting; what sweeps share is asked once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from foveate.dataset.sample import Sample
from foveate.dataset.toykitchen import TEST_SEEDS
from foveate.description.budget import within_budget
from foveate.experiment.arms import Arm
from foveate.experiment.crossing import Crossing, crossing
from foveate.experiment.lines import Line, LineFile, fingerprint
from foveate.experiment.spans import NAMES, ask_spans, count_spans, pinned, weights_of
from foveate.experiment.table import Table, make_pairs, make_table
from foveate.gaze.treatment import Treatment, treated
from foveate.model import Model
from foveate.recording.recording import GazeStream
from foveate.score.words import words
from foveate.stats import Comparison
from foveate.view import make_view


@dataclass(frozen=True)
class Setting:
    """One way of showing spans: the gaze crop as in ``foveate experiment view``, but for what is changed."""

    view: str = "gaze"
    """A key of VIEWS."""
    size_px: int = 448
    """Side of the crop, of a frame of 1440 x 1440 px."""
    budget_tokens: int = 16
    """Most visual tokens of a frame."""
    fps: float = 1.0
    """Frames shown per second."""
    treatment: Treatment = field(default_factory=Treatment)
    """What is done to gaze before."""

    @property
    def name(self) -> str:
        """What differs from the usual gaze crop; no two settings have the same name."""
        told = {
            f"{self.size_px} px": self.size_px != Setting.size_px,
            f"{self.budget_tokens} tokens": self.budget_tokens != Setting.budget_tokens,
            f"{self.fps:g} fps": self.fps != Setting.fps,
            str(self.treatment): bool(self.treatment),
        }
        return ", ".join([self.view, *(text for text, differs in told.items() if differs)])


@dataclass(frozen=True)
class Curve:
    """Settings along an axis."""

    axis: str
    """What is changed, with its unit: curves of one axis share a panel."""
    name: str
    """How the legend calls it."""
    points: tuple[tuple[float, Setting], ...]
    """Amount -> setting, amounts increasing."""
    unit: str
    """Of the amounts, in a sentence."""


@dataclass(frozen=True)
class Sweep:
    """What is asked, fixed before the first run."""

    name: str
    """Of the files that are written."""
    title: str
    """Of the page."""
    question: str
    """What is changed and what is held, for the page."""
    curves: tuple[Curve, ...]
    """What is changed."""
    beside: tuple[Setting, ...] = ()
    """Settings that stand beside all curves as levels."""
    pairs: tuple[tuple[Setting, Setting], ...] = ()
    """Which settings are compared, the first with the second."""
    falls_to: Setting | None = None
    """The level for which it is told where each curve falls to it."""
    worlds: tuple[tuple[str, tuple[int, ...]], ...] = (("kitchen", tuple(TEST_SEEDS[144:192])),)
    """Variant of the toy kitchen and its test seeds. No other experiment has opened these 48: the first two times 48 were the
    view experiment's, the third the studies' of training."""
    tasks: tuple[str, ...] = ("activity", "future")
    """Keys of TASK_SAMPLES."""
    spans: int = 6
    """Spans of each recording and task, evenly spread over it."""
    batch: int = 16
    """Spans asked at once."""

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Every setting once, in the order of the table."""
        return tuple(dict.fromkeys([*(setting for curve in self.curves for _, setting in curve.points), *self.beside]))

    def quick(self) -> "Sweep":
        """A few spans of worlds that the protocol does not use: does the program run?"""
        return replace(self, worlds=(("kitchen", tuple(TEST_SEEDS[-2:])),), tasks=("activity",), spans=2)


@dataclass(frozen=True)
class Swept:
    """One condition of a sweep."""

    table: Table
    """Every setting."""
    pairs: tuple[Comparison, ...]
    """Those that were to be compared, p corrected over the pairs of a score."""
    falls: Mapping[str, Crossing]
    """Curve -> where its exact match falls to the level; empty where the sweep has none."""


def count(sweep: Sweep) -> int:
    """How many answers a run takes."""
    return len(sweep.settings) * count_spans(sweep)


def run(
    sweep: Sweep,
    model: Model,
    folder: Path,
    *,
    answers: Path,
    advance: Callable[[int], None] = lambda done: None,
) -> dict[str, Table]:
    """Ask, score, and write ``NAME.json``, ``NAME.md`` and ``NAME.png``.

    Args:
        sweep: what is asked.
        model: who is asked.
        folder: where the results go.
        answers: where answers are kept, so that a stopped run goes on; other spans or another model begin anew.
        advance: told how many answers are done.

    Returns:
        Condition (world and task) -> its table.
    """
    from foveate.experiment.sweep_page import write_sweep

    weights = weights_of(model)
    kept = LineFile(answers / f"sweeps-{fingerprint(sweep.worlds, sweep.tasks, sweep.spans, model.name, weights)}.jsonl")
    arms = [_arm(setting, model) for setting in sweep.settings]
    conditions = ask_spans(sweep, model, arms, kept=kept, advance=advance)
    found = {each: _swept(sweep, each, list(kept.lines.values())) for each in conditions}
    write_sweep(folder, sweep, pinned(model, weights), found)
    return {condition: one.table for condition, one in found.items()}


def _arm(setting: Setting, model: Model) -> Arm:
    maker = make_view(setting.view, size=str(setting.size_px), fit=within_budget(model, setting.budget_tokens))
    of_recording: dict[str, GazeStream] = {}

    def gaze(sample: Sample) -> GazeStream:
        name = sample.recording.name
        if name not in of_recording:
            of_recording[name] = treated(sample.recording, setting.treatment).gaze
        return of_recording[name]

    return Arm(setting.name, maker, gaze=gaze if setting.treatment else None, fps=setting.fps)


def _swept(sweep: Sweep, condition: str, lines: Sequence[Line]) -> Swept:
    names = [setting.name for setting in sweep.settings]
    pairs = [(first.name, second.name) for first, second in sweep.pairs]
    mine = [line for line in lines if line.condition == condition]
    return Swept(
        make_table(condition, mine, arms=names, against=(), names=NAMES),
        make_pairs(condition, pairs, mine, names=NAMES),
        {} if sweep.falls_to is None else _falls(sweep.curves, sweep.falls_to, mine),
    )


def _falls(curves: Sequence[Curve], level: Setting, lines: Sequence[Line]) -> dict[str, Crossing]:
    def asked(setting: Setting) -> list[Line]:
        return sorted((line for line in lines if line.arm == setting.name), key=lambda line: line.item)

    def exact(setting: Setting) -> np.ndarray:
        return np.array([words(line.hypothesis) == words(line.reference) for line in asked(setting)], dtype=np.float64)

    recordings = [line.recording for line in asked(level)]
    return {
        curve.name: crossing(
            [amount for amount, _ in curve.points], [exact(setting) for _, setting in curve.points], exact(level), recordings
        )
        for curve in curves
    }
