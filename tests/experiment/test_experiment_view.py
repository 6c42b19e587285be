"""The view experiment from end to end on a few spans, with a model that answers at once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from foveate.clock import NS_PER_S
from foveate.dataset.toykitchen import TEST_SEEDS, TRAIN_SEEDS, UNINFORMATIVE_SEEDS, VALIDATION_SEEDS, future_samples
from foveate.experiment.lines import LineFile
from foveate.experiment.spans import spans_of
from foveate.experiment.view import ARMS, PROTOCOL, QUICK, _action, _true_region, count, run
from foveate.model import Answer, Prompt
from foveate.model.mock import MockModel
from foveate.toykitchen import SurfacePoint, World

FEW = replace(QUICK, worlds=QUICK.worlds[:1])


@dataclass(frozen=True)
class Listener(MockModel):
    """A mock that remembers what it was asked."""

    asked: list[Prompt] = field(default_factory=list)

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer]:
        self.asked.extend(prompts)
        return super().answers(prompts)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Listener]:
    folder, model = tmp_path_factory.mktemp("results"), Listener(texts=("The person cuts the red apple.",))
    run(FEW, model, folder, answers=folder / "answers")
    return folder, model


def test_protocol_is_large_enough_and_apart_from_training() -> None:
    for variant, seeds in PROTOCOL.worlds:
        assert len(set(seeds)) >= 40
        assert len(seeds) * PROTOCOL.spans >= 300
        assert not set(seeds) & {*TRAIN_SEEDS, *VALIDATION_SEEDS}
        assert set(seeds) <= set({"kitchen": TEST_SEEDS, "uninformative": UNINFORMATIVE_SEEDS}[variant])
    quick = {seed for _, seeds in QUICK.worlds for seed in seeds}
    assert not quick & {seed for _, seeds in PROTOCOL.worlds for seed in seeds}


def test_results_are_written(done: tuple[Path, Listener]) -> None:
    folder, _ = done
    record = json.loads((folder / "view.json").read_text(encoding="utf-8"))
    rows = record["tables"]["kitchen activity"]["rows"]
    assert [row["arm"] for row in rows] == list(ARMS)
    page = (folder / "view.md").read_text(encoding="utf-8")
    assert "| gaze minus |" in page
    assert "4 spans of 2 recordings" in page
    assert (folder / "view.png").stat().st_size > 5_000


def test_every_equal_arm_is_within_the_budget_and_native_is_not(done: tuple[Path, Listener]) -> None:
    folder, _ = done
    (path,) = (folder / "answers").iterdir()
    tokens = {arm: {line.visual_tokens for line in LineFile(path).lines.values() if line.arm == arm} for arm in ARMS}
    for arm in ("gaze", "center", "random", "full", "true region"):
        assert tokens[arm] == {3 * 16}
    assert tokens["no image"] == {0}
    assert min(tokens["full_native"]) > 3 * 16


def test_a_second_run_asks_nothing(done: tuple[Path, Listener]) -> None:
    folder, model = done
    asked = len(model.asked)
    assert asked == 4 * (len(ARMS) - 2), "all but the two floors that need no model"
    run(FEW, model, folder, answers=folder / "answers")
    assert len(model.asked) == asked


def test_progress_reaches_the_count(tmp_path: Path) -> None:
    steps: list[int] = []
    tiny = replace(FEW, worlds=(("kitchen", FEW.worlds[0][1][:1]),), spans=1)
    run(tiny, MockModel(), tmp_path, answers=tmp_path, advance=steps.append)
    assert sum(steps) == count(tiny) == len(ARMS)


def test_true_region_holds_what_is_acted_on_and_differs_from_the_next_thing() -> None:
    world = World(TEST_SEEDS[-1])
    for sample in list(future_samples(world))[:3]:
        action = _action(world, sample)
        assert 0 <= sample.span.stop_ns / NS_PER_S - action.start_s <= 0.3
        assert world.script.sentence(action) == sample.reference
        gaze = _true_region(sample)
        wanted = world.project(SurfacePoint(f"thing {action.thing}", (0.0, 0.0)), int(gaze.time_ns[-1]))
        assert np.allclose(gaze.point_px[-1], wanted)


def test_items_are_named_apart_and_spread_over_the_recording() -> None:
    items = spans_of(FEW, *FEW.worlds[0])["activity"]
    assert len({item.name for item in items}) == len(items) == 4
    starts = [item.sample.span.start_ns / NS_PER_S for item in items[:2]]
    assert starts[0] < 5
    assert starts[1] > 45
