"""Sweeps from end to end on a few spans, with a model that answers at once; where a curve falls to a level."""

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from foveate.dataset.toykitchen import TEST_SEEDS
from foveate.experiment import EXPERIMENTS
from foveate.experiment.crossing import crossing
from foveate.experiment.learner.protocol import PROTOCOL as LEARNER
from foveate.experiment.lines import LineFile
from foveate.experiment.sweep import Setting, Sweep, count, run
from foveate.experiment.view import PROTOCOL as VIEW
from foveate.gaze.treatment import Treatment
from foveate.model.mock import MockModel
from foveate.view import make_view

SWEEPS: dict[str, Sweep] = {name: import_module(place).PROTOCOL for name, place in EXPERIMENTS.items() if name != "view"}
TINY = replace(SWEEPS["view_noise"].quick(), worlds=(("kitchen", tuple(TEST_SEEDS[-1:])),), spans=1)


@pytest.mark.parametrize("sweep", SWEEPS.values(), ids=SWEEPS)
def test_a_protocol_is_large_enough_and_its_worlds_are_fresh(sweep: Sweep) -> None:
    assert sweep.name in SWEEPS
    ((_, seeds),) = sweep.worlds
    assert len(set(seeds)) == 48
    assert set(seeds) <= set(TEST_SEEDS)
    opened = {seed for _, each in VIEW.worlds for seed in each}
    opened |= {seed for _, worlds in LEARNER.tests for _, each in worlds for seed in each}
    assert not set(seeds) & (opened | set(TEST_SEEDS[:48]))


def test_settings_that_differ_have_names_that_differ() -> None:
    every = {setting for sweep in SWEEPS.values() for setting in sweep.settings}
    assert len({setting.name for setting in every}) == len(every) > 50
    assert Setting().name == "gaze"
    assert Setting("center", size_px=224, budget_tokens=9, fps=2).name == "center, 224 px, 9 tokens, 2 fps"
    assert Setting(treatment=Treatment(bias_deg=2)).name == "gaze, bias 2 deg"


@pytest.mark.parametrize("sweep", SWEEPS.values(), ids=SWEEPS)
def test_every_pair_and_level_is_asked(sweep: Sweep) -> None:
    asked = set(sweep.settings)
    assert {setting for pair in sweep.pairs for setting in pair} <= asked
    assert sweep.falls_to is None or sweep.falls_to in asked
    for setting in asked:
        make_view(setting.view, size=str(setting.size_px))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    folder, steps = tmp_path_factory.mktemp("swept"), []
    run(TINY, MockModel(texts=("The person cuts the red apple.",)), folder, answers=folder / "answers", advance=steps.append)
    return folder, steps


def test_a_sweep_is_written(done: tuple[Path, list[int]]) -> None:
    folder, steps = done
    assert sum(steps) == count(TINY) == len(TINY.settings)
    record = json.loads((folder / "view_noise.json").read_text(encoding="utf-8"))
    one = record["conditions"]["kitchen activity"]
    assert [row["arm"] for row in one["table"]["rows"]] == [setting.name for setting in TINY.settings]
    assert set(one["falls"]) == {curve.name for curve in TINY.curves}
    page = (folder / "view_noise.md").read_text(encoding="utf-8")
    assert "- late: 0 ms [0, 0]" in page, "the mock says the same of every view: no gap from the beginning"
    assert "| gaze, noise 4 deg minus center |" in page
    assert (folder / "view_noise.png").stat().st_size > 10_000


def test_what_sweeps_share_is_asked_once(done: tuple[Path, list[int]]) -> None:
    folder, _ = done
    (path,) = (folder / "answers").iterdir()
    before = set(LineFile(path).lines)
    other = replace(SWEEPS["smoothing"], worlds=TINY.worlds, tasks=TINY.tasks, spans=TINY.spans)
    run(other, MockModel(), folder, answers=folder / "answers")
    added = {arm for _, arm, _ in set(LineFile(path).lines) - before}
    assert added == {setting.name for setting in other.settings if setting.treatment.smoothing != "none"}


def test_error_moves_the_crop_and_leaves_the_middle_where_it_is(done: tuple[Path, list[int]]) -> None:
    from foveate.experiment.spans import spans_of
    from foveate.experiment.sweep import _arm

    (item,) = spans_of(TINY, *TINY.worlds[0])["activity"]
    model = MockModel()
    moved = _arm(Setting(treatment=Treatment(bias_deg=4)), model).gaze
    assert moved is not None
    gone = moved(item.sample).point_px - item.sample.recording.gaze.point_px
    assert np.nanmax(np.abs(gone - np.nanmedian(gone, axis=0))) < 60, "one error for the whole recording"
    assert np.linalg.norm(np.nanmedian(gone, axis=0)) > 10
    assert _arm(Setting("center"), model).gaze is None


def of_recordings(means: list[float], *, spread: float) -> np.ndarray:
    """Values of 40 recordings of 5 spans about each mean, (amounts, 200)."""
    shifts = np.repeat(np.random.default_rng(0).normal(0, spread, 40), 5)
    return np.array([mean + shifts for mean in means])


RECORDINGS = [f"r{k}" for k in range(40) for _ in range(5)]


@pytest.mark.parametrize(
    ("means", "at"),
    [
        pytest.param([0.9, 0.7, 0.5, 0.3], 3.0, id="between two amounts"),
        pytest.param([0.9, 0.4, 0.3, 0.2], 2.0, id="at an amount"),
        pytest.param([0.3, 0.9, 0.9, 0.9], 0.0, id="from the beginning"),
        pytest.param([0.9, 0.9, 0.9, 0.9], None, id="never"),
    ],
)
def test_a_curve_falls_to_its_level(means: list[float], at: float | None) -> None:
    found = crossing([0, 2, 4, 8], of_recordings(means, spread=0), np.full(200, 0.4 if at == 2.0 else 0.6), RECORDINGS)
    assert found.at == pytest.approx(at)
    assert (found.low, found.high, found.recordings) == (found.at, found.at, 40)
    assert found.text("deg", 8) == ("beyond 8 deg [beyond 8, beyond 8]" if at is None else f"{at:g} deg [{at:g}, {at:g}]")


def test_the_interval_of_a_crossing_is_that_of_the_recordings() -> None:
    curve = of_recordings([0.8, 0.6, 0.4, 0.2], spread=0.2)
    found = crossing([0, 1, 2, 3], curve, np.full(200, 0.5), RECORDINGS)
    assert found.at is not None
    assert found.low is not None
    assert found.high is not None
    # mean of 40 recordings: standard error 0.2 / sqrt(40) = 0.032, and the curve falls by 0.2 for each unit
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.2 / 40**0.5 / 0.2, rel=0.25)
    assert found.low < found.at < found.high


def test_an_interval_may_be_open() -> None:
    found = crossing([0, 1], of_recordings([0.8, 0.51], spread=0.2), np.full(200, 0.5), RECORDINGS)
    assert found.low is not None
    assert found.high is None
    assert found.text("deg", 1).endswith("beyond 1]")
