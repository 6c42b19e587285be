"""Runs side by side: what may stand in one table, and what the table says of answers whose scores are known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foveate.model.torchvision_ops import ensure_operators

ensure_operators()
for package in ("torch", "rouge_score"):
    pytest.importorskip(package)

from foveate.errors import DatasetError, UsageError  # noqa: E402
from foveate.experiment.trained import Answered, arm_of, check_comparable, margin, on_gaze, page, spread, tables  # noqa: E402
from foveate.score import SCORES  # noqa: E402
from foveate.train.config import RunConfig  # noqa: E402
from foveate.train.finished import FinishedRun  # noqa: E402

CONFIG = RunConfig(model="hf:a/b", shards=Path("/shards"), out=Path("/out"), steps=10, object_names=("cup", "plate"))
RECORDINGS = [f"rec{number}" for number in range(8)]
TEXTS = ("picks a cup", "washes a plate")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCORES, "sbert", SCORES["rouge_l"])  # it has tests of its own, and takes longer than all else here


def run(**changes: Any) -> FinishedRun:
    return FinishedRun(Path(f"/runs/{changes}"), replace(CONFIG, **changes), "card", False)


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        pytest.param(
            [run(), run(targets="none", steps=20)], "differ in more than targets and seed: steps 10 -> 20", id="more steps"
        ),
        pytest.param(
            [run(), run(targets="none", seed=1)], "every arm needs the same seeds, got own: 0; none: 1", id="other seeds"
        ),
        pytest.param([run(), run()], "two runs have the targets 'own' and the same seed", id="twice"),
        pytest.param([run(targets="none"), run(targets="mean")], 'needs runs with targets = "own"', id="no gaze"),
        pytest.param([run()], "at least one control, got own", id="no control"),
        pytest.param(
            [run(), run(targets="none"), run(strength=0.0)], "two runs have the targets 'none'", id="no strength is no loss"
        ),
    ],
)
def test_what_does_not_compare_is_refused(runs: list[FinishedRun], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        check_comparable(runs)


def test_targets_strength_seed_and_place_may_differ() -> None:
    arms = [{"targets": "own"}, {"targets": "none"}, {"targets": "center", "strength": 10.0}]
    check_comparable([run(seed=seed, out=Path(f"/{seed}"), **arm) for arm in arms for seed in (0, 1)])
    assert arm_of(replace(CONFIG, strength=0.0)) == "none"


def answered(right: int, *, top_10: float) -> list[Answered]:
    """Two clips of each recording; the first ``right`` recordings are told right, the others not at all."""
    return [
        Answered(f"{name}-{place}", name, "activity", text, text if number < right else "x", {"top_10": top_10})
        for number, name in enumerate(RECORDINGS)
        for place, text in enumerate(TEXTS)
    ]


def made() -> list[tuple[RunConfig, list[Answered]]]:
    """Gaze 8 and 6 of 8 recordings right over two seeds, no loss 4 and 4, the centre 6 and 4."""
    shares = {"own": (8, 6), "none": (4, 4), "center": (6, 4)}
    return [
        (replace(CONFIG, targets=arm, seed=seed), answered(right, top_10=0.6 if arm == "own" else 0.3))  # type: ignore[arg-type]
        for arm, its in shares.items()
        for seed, right in enumerate(its)
    ]


def test_the_margin_is_that_over_the_best_control() -> None:
    table = tables(made())["activity"]
    assert (table.recordings, table.spans) == (8, 16)
    means = {row.arm: row.scores["exact_match"].mean for row in table.rows}
    assert means["the wearer's gaze"] == pytest.approx(7 / 8)
    assert means["no gaze loss"] == pytest.approx(4 / 8)
    assert means["a centre prior"] == pytest.approx(5 / 8)
    assert [each.second for each in table.comparisons if each.score == "exact_match"] == ["no gaze loss", "a centre prior"]
    assert margin(table, "rouge_l").startswith("The best control by ROUGE-L is a centre prior; over it gaze adds +0.25 [")


def test_seeds_and_attention_stand_apart() -> None:
    runs = made()
    assert spread(runs, "activity")["the wearer's gaze"] == pytest.approx(0.25 / 2**0.5)
    assert spread(runs, "activity")["no gaze loss"] == 0
    assert on_gaze(runs, "activity") == pytest.approx({"the wearer's gaze": 0.6, "no gaze loss": 0.3, "a centre prior": 0.3})
    told = page(runs, tables(runs), side="test")
    assert "| the wearer's gaze | 0.177 | 0.600 |" in told
    assert "| a centre prior | +0.25 [" in told
    assert "6 runs, seeds 0, 1; 10 steps, mode `block`, strength 1." in told


def test_the_floor_is_the_text_of_another_recording() -> None:
    table = tables(made())["activity"]
    floor = table.rows[-1]
    assert floor.arm == "another clip's reference"
    assert floor.scores["exact_match"].mean == 1.0  # every recording has the same two texts here: a floor can be high


def test_runs_that_were_asked_about_other_clips_are_refused() -> None:
    runs = made()
    with pytest.raises(DatasetError, match="asked about different clips: their shards differ; name one folder with --shards"):
        tables([*runs, (replace(CONFIG, targets="mean"), runs[0][1][:-1])])
