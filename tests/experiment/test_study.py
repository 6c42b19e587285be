"""Studies: arms times seeds to tables, floors beside them, attention and invented things."""

import dataclasses
import json
from importlib import import_module

import numpy as np
import pytest

from foveate.experiment import STUDIES
from foveate.experiment.learner.arms import CEILING, CONTROLS, GAZE, NO_IMAGE, NO_LOSS
from foveate.experiment.learner.clips import Clips
from foveate.experiment.learner.targets import world_of
from foveate.experiment.study import SCORED, TrainingStudy, count
from foveate.experiment.study_run import asked, run_studies
from foveate.experiment.summary import write_summary
from foveate.toykitchen import World
from foveate.toykitchen.words import COLOURS, KINDS

RECORDINGS = 12
SPANS = 2


@pytest.fixture(scope="module")
def clips() -> Clips:
    """Two spans of each task in twelve undrawn worlds."""
    columns: dict[str, list] = {name: [] for name in ("task", "text", "later", "recording", "frame_ns", "first")}
    for seed in range(20_950, 20_950 + RECORDINGS):
        world = World(seed)
        for task, frames in (("activity", 3), ("future", 5)):
            for event in world.narrations[2 : 2 + SPANS]:
                columns["first"].append(len(columns["frame_ns"]))
                columns["frame_ns"] += [event.span.start_ns + k for k in range(frames)]
                columns["task"].append(task)
                columns["text"].append(event.text)
                columns["later"].append("" if seed % 2 else world.narrations[5].text)
                columns["recording"].append(f"toykitchen-kitchen-{seed}")
    count_frames = len(columns["frame_ns"])
    arrays = {name: np.array(values) for name, values in columns.items()}
    features = np.zeros((count_frames, 144, 192), np.float16)
    return Clips(features, true_px=np.zeros((count_frames, 2)), windows={}, **arrays)


def absent(clips: Clips, row: int) -> str:
    there = {f"{thing.colour} {thing.kind}" for thing in world_of(str(clips.recording[row])).script.things}
    return next(name for name in (f"{colour} {kind}" for colour in COLOURS for kind in KINDS) if name not in there)


def result(clips: Clips, right: float, seed: int, rows: list[int]) -> dict:
    """What a trial keeps: so many right answers, else one that names a thing the world does not have."""
    rng = np.random.default_rng(seed)
    texts = [str(clips.text[row]) if rng.random() < right else f"The person cuts the {absent(clips, row)}." for row in rows]
    on_gaze = {name: [right] * len(rows) for name in SCORED}
    return {"training_s": 20.0, "asking_s": 5.0, "conditions": {"kitchen": {"texts": texts, "on_gaze": on_gaze}}}


@pytest.fixture
def ran(monkeypatch, clips, tmp_path):
    """Run studies whose trials are made up: ``right`` is each arm's share of right answers."""

    def run(study: TrainingStudy, right: dict[str, float], **options):
        def trials(place, protocol, wanted, *, processes, advance):
            every = list(range(len(clips.text)))
            return {
                (arm, seed): result(clips, right.get(arm.name, 0.2), seed + 7 * len(arm.name), every) for arm, seed in wanted
            }

        monkeypatch.setattr("foveate.experiment.study_run.run_trials", trials)
        monkeypatch.setattr("foveate.experiment.learner.run.Bench.tests", lambda self, arm: {"kitchen": clips})
        return run_studies({"made_up": study}, tmp_path / "out", kept=tmp_path, processes=1, advance=print, **options)[
            "made_up"
        ]

    return run


STUDY = TrainingStudy("Is it so?", (GAZE, *CONTROLS, NO_IMAGE, CEILING), seeds=3, conditions=("kitchen",))


def test_arms_become_rows_with_floors_beside_them(ran, tmp_path) -> None:
    found = ran(STUDY, {"gaze": 0.9, "pointed at the truth": 1.0, "no image": 0.0})
    table = found["kitchen activity"].table
    assert [row.arm for row in table.rows] == [arm.name for arm in STUDY.arms] + [
        "majority sentence",
        "another clip's reference",
    ]
    assert table.recordings == RECORDINGS
    score = {row.arm: row.scores["exact_match"].mean for row in table.rows}
    assert score["gaze"] > 0.7
    assert (score["pointed at the truth"], score["no image"]) == (1.0, 0.0)
    assert {comparison.second for comparison in table.comparisons} == {arm.name for arm in CONTROLS}
    record = json.loads((tmp_path / "out" / "made_up.json").read_text())
    assert record["cpu_s"] == 25 * len(STUDY.trials)
    page = (tmp_path / "out" / "made_up.md").read_text()
    assert "Is it so?" in page
    assert "top 10 on gaze" in page
    assert (tmp_path / "out" / "made_up.png").stat().st_size > 1000


def test_all_studies_stand_on_one_page(ran, tmp_path) -> None:
    found = ran(STUDY, {"gaze": 0.9})["kitchen activity"]
    write_summary(tmp_path / "out", ["not_run_yet", "made_up"])
    page = (tmp_path / "out" / "training.md").read_text()
    assert "[made_up](made_up.md)" in page
    assert "not_run_yet" not in page
    exact = next(row for row in found.table.rows if row.arm == "gaze").scores["exact_match"]
    assert f"| gaze | {exact.mean:.2f} [{exact.low:.2f}, {exact.high:.2f}] |" in page


def test_further_pairs_are_compared_with_each_other(ran, tmp_path) -> None:
    study = dataclasses.replace(STUDY, pairs=(("center prior", "recording's mean map"),))
    (exact,) = [one for one in ran(study, {"center prior": 0.9})["kitchen activity"].pairs if one.score == "exact_match"]
    assert (exact.first, exact.second) == study.pairs[0]
    assert exact.test.difference.mean > 0.4
    assert exact.p_holm == exact.test.p < 0.01
    assert "| center prior minus recording's mean map | +0." in (tmp_path / "out" / "made_up.md").read_text()


def test_things_that_are_not_there_are_counted(ran) -> None:
    found = ran(STUDY, {"gaze": 1.0, "no loss": 0.0})["kitchen activity"]
    assert (found.invented["gaze"].mean, found.invented["no loss"].mean) == (0, 1)
    assert found.less_invented["no loss"].difference.mean == -1
    assert found.less_invented["no loss"].p < 0.01


def test_seeds_are_averaged_and_their_spread_is_told_apart(ran) -> None:
    found = ran(STUDY, {"gaze": 0.5})["kitchen future"]
    assert set(found.spread) == {arm.name for arm in STUDY.arms}
    assert found.spread["gaze"] > 0
    assert found.table.spans == RECORDINGS * SPANS * STUDY.seeds


def test_the_far_future_is_asked_only_where_there_is_one(ran, monkeypatch, clips) -> None:
    later = TrainingStudy(
        "And later?", (GAZE.called("gaze", later=True), NO_LOSS.called("no loss", later=True)), 1, ("kitchen",)
    )
    rows = asked(later.arms[0], clips)
    assert len(rows) == len(clips.text) - RECORDINGS // 2 * SPANS
    assert len(asked(GAZE, clips)) == len(clips.text)


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_says_its_question_and_can_be_told_apart(name) -> None:
    study = import_module(STUDIES[name]).STUDY
    assert study.question.endswith((".", "?"))
    names = [arm.name for arm in study.arms]
    assert len(set(names)) == len(names)
    assert len({arm.fingerprint for arm in study.arms}) == len(names), "two arms are the same"
    assert all(set(study.conditions) <= set(arm.worlds) for arm in study.arms), "an arm is not asked in a world of the study"
    assert count([study]) == len(study.trials)


def test_a_longer_grid_trains_the_same_arms_longer() -> None:
    full = STUDY.of_grid("full")
    assert [arm.name for arm in full.arms] == [arm.name for arm in STUDY.arms]
    assert {arm.steps for arm in full.arms} == {480}
    assert count([STUDY], "full") > count([STUDY])
    assert STUDY.of_grid("protocol") is STUDY
