"""What raters said joined to the Run, and taken out of it again with who is forgotten."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from foveate.cli.study import commands
from foveate.errors import UsageError
from foveate.run import read_run
from foveate.study.analyse import ALL, analyse, counting
from foveate.study.forget import forget_rater
from foveate.study.metrics import ONE_RATER, SAME_ORDER
from foveate.study.seen import into_run, read_seen
from foveate.study.store import Store
from simulated_raters import LIKES, begun, gives, prefers, rate, scored

EVERY = "items = 100\ntraining = 1\nchecks = 2\n"
SCALES = EVERY + 'mode = "likert"\n'


def test_points_become_scores_of_the_run(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, SCALES, clips=9)
    scored(raters.run, rouge_l=LIKES)
    rate(store, raters, gives(gaze=6, center=4, full=3))
    rate(store, raters, gives(gaze=7, center=4, full=4))
    run, joined = into_run(read_seen(store, raters), counting(store, raters, passed=False), raters)
    assert joined == {"human_accuracy": 24, "human_completeness": 24}
    again = read_run(raters.run)
    assert again.lines == run.lines
    of = {(line.sample, line.shown): line for line in again.lines}
    rated = {sample for sample, _ in read_seen(store, raters).lines}
    assert {(line.shown, line.scores["human_accuracy"]) for line in of.values() if line.sample in rated} == {
        *[("gaze", 6.5), ("center", 4.0), ("full", 3.5)]
    }
    assert all(line.scores["rouge_l"] == LIKES[line.shown] for line in of.values())
    # the clip for practice
    (training,) = {sample for sample, _ in of} - rated
    assert of[training, "gaze"].unscored == {"human_accuracy": "nobody rated it", "human_completeness": "nobody rated it"}
    # held against raters again, people are no score of their own
    names = {each.score for each in analyse(store, raters).findings[ALL].scores}
    assert names == {"rouge_l", ONE_RATER, SAME_ORDER}
    # joined anew without one of them
    forget_rater(store, store.raters()[1].name)
    run, _ = into_run(read_seen(store, raters), counting(store, raters, passed=False), raters)
    assert {line.scores["human_accuracy"] for line in run.lines if "human_accuracy" in line.scores} == {6.0, 4.0, 3.0}


def test_choices_become_shares_pair_by_pair_and_foveate_compare_takes_them(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, EVERY, clips=9)
    rate(store, raters, prefers("gaze", "full", "center"))
    rate(store, raters, prefers("center", "gaze", "full"))
    store.close()
    (raters.run / "table.md").touch()
    result = CliRunner().invoke(commands, ["analyse", str(tmp_path / "study.toml"), "--into-run", "all"])
    assert result.exit_code == 0, result.output
    assert f"joined to {raters.run}: human_better_center_or_gaze for 16 of 27 lines" in result.output
    assert "human better center or gaze" in (raters.run / "table.md").read_text(encoding="utf-8")
    run = read_run(raters.run)
    assert set(run.scored()) == {f"human_better_{pair}" for pair in ("center_or_gaze", "full_or_gaze", "center_or_full")}
    of = {line.shown: line.scores for line in run.lines if line.scores}
    assert of["gaze"] == {"human_better_center_or_gaze": 0.5, "human_better_full_or_gaze": 1.0}
    assert of["full"] == {"human_better_full_or_gaze": 0.0, "human_better_center_or_full": 0.5}
    from foveate.comparison.compare import compare_run, comparing_of

    (compared,) = compare_run(run, comparing_of(run))
    (found,) = [each for each in compared.of("all samples", "human_better_full_or_gaze") if each.second == "full"]
    assert (found.means, found.pairs, found.clusters) == ((1.0, 0.0), 8, 8)


@pytest.mark.parametrize("mode", ["pairwise", "likert"])
def test_who_is_forgotten_leaves_the_run_too(tmp_path: Path, mode: str) -> None:
    raters, store = begun(tmp_path, EVERY + f'mode = "{mode}"\n', clips=4)
    scored(raters.run, rouge_l=LIKES, human_of_another_study=LIKES)
    decide = gives(gaze=6, center=4, full=3) if mode == "likert" else prefers("gaze", "full", "center")
    rate(store, raters, decide)
    store.close()
    (raters.run / "table.md").touch()
    file = str(tmp_path / "study.toml")
    assert CliRunner().invoke(commands, ["analyse", file, "--into-run", "all"]).exit_code == 0
    joined = set(read_run(raters.run).scored()) - {"rouge_l", "human_of_another_study"}
    assert len(joined) == (3 if mode == "pairwise" else 2)
    result = CliRunner().invoke(commands, ["forget", file, "rater-001"])
    assert result.exit_code == 0, result.output
    assert "join anew what the others said: foveate study analyse --into-run" in result.output
    run = read_run(raters.run)
    assert set(run.scored()) == {"rouge_l", "human_of_another_study"}
    assert not any(line.unscored for line in run.lines)
    assert "human accuracy" not in (table := (raters.run / "table.md").read_text(encoding="utf-8"))
    assert "human better" not in table
    assert "human of another study" in table


def test_who_is_forgotten_does_not_wait_for_a_run_that_is_gone(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, EVERY, clips=4)
    rate(store, raters, prefers("gaze", "full", "center"))
    store.close()
    (raters.run / "run.json").unlink()
    result = CliRunner().invoke(commands, ["forget", str(tmp_path / "study.toml"), "rater-001"])
    assert result.exit_code == 0, result.output
    assert "rater-001 is forgotten" in result.output
    assert "! if scores of people were joined to the Run, they are still there: " in result.output
    assert Store(raters.store).raters() == []


def test_a_pair_that_nobody_rates_any_more_has_no_score(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, EVERY, clips=4)
    first = rate(store, raters, prefers("gaze", "full", "center"))
    rate(store, raters, prefers("gaze", "full", "center"), stop_before=0)
    run, _ = into_run(read_seen(store, raters), counting(store, raters, passed=False), raters)
    assert len(run.scored()) == 3
    answers = counting(store, raters, passed=False)
    assert {each.rater for each in answers} == {first.name}
    one_pair = [each for each in answers if set(each.conditions) == {"gaze", "full"}]
    run, joined = into_run(read_seen(store, raters), one_pair, raters)
    assert [*joined] == run.scored() == ["human_better_full_or_gaze"]
    assert {name for line in run.lines for name in line.unscored} == {"human_better_full_or_gaze"}


def test_only_those_who_passed_are_joined(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, SCALES, clips=4)
    rate(store, raters, gives(gaze=2, center=2, full=2), attends=False)
    with pytest.raises(UsageError, match="every rater failed more checks than most_failed allows: nothing is left to join"):
        counting(store, raters, passed=True)
    rate(store, raters, gives(gaze=6, center=4, full=3))
    run, _ = into_run(read_seen(store, raters), counting(store, raters, passed=True), raters)
    assert {line.scores["human_accuracy"] for line in run.lines if line.shown == "gaze" and line.scores} == {6.0}
