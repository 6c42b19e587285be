"""What comes of raters whose opinions are known."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from foveate.errors import UsageError
from foveate.stats.bradley_terry import NOT_ORDERED
from foveate.stats.shares import METHOD
from foveate.study.analyse import ALL, PASSED, analyse
from foveate.study.answers import Answered, passed
from foveate.study.choices import strengths, win_rates
from foveate.study.export import export
from foveate.study.ratings import rated
from foveate.study.tables import COLUMNS, markdown, write_analysis
from simulated_raters import begun, gives, prefers, rate

EVERY = "items = 100\ntraining = 1\nchecks = 2\n"
SCALES = EVERY + 'mode = "likert"\n'


def answer(first: str, second: str, chosen: str, cluster: int, *, rater: str = "a", sample: str = "") -> Answered:
    """One choice between two."""
    value = {first: "left", second: "right"}.get(chosen, "tie")
    return Answered(
        rater=rater,
        place=0,
        kind="rated",
        done=True,
        sample=sample or f"sample {cluster}",
        recording=f"r{cluster}",
        cluster=f"r{cluster}",
        category="",
        conditions=(first, second),
        question="better",
        description=-1,
        value=value,
        expected="",
        seconds=1.0,
        clicks=1,
        at_ms=0,
    )


def test_a_win_rate_averages_raters_then_clips_then_recordings() -> None:
    # recording 0: clip x is 1, .5 of two raters, clip y is 0 of one; recordings 1 to 7: 1 each
    answers = [
        answer("a", "b", "a", 0, sample="x"),
        answer("b", "a", "", 0, rater="b", sample="x"),
        answer("b", "a", "b", 0, sample="y"),
        *[answer("b", "a", "a", k) for k in range(1, 8)],
    ]
    (found,) = win_rates(answers, [("a", "b")], ["better"])
    assert found.rate.mean == pytest.approx((0.375 + 7) / 8)
    assert (found.wins, found.ties, found.losses, found.raters, found.clips, found.rate.clusters) == (8, 1, 1, 2, 9, 8)
    assert found.by_rater == pytest.approx((0.5, 8 / 9))
    # the t interval of these eight means themselves would end at 1.11
    assert found.rate.method == METHOD
    assert found.rate.low is not None
    assert found.rate.high is not None
    assert 0 < found.rate.low < found.rate.mean < found.rate.high < 1
    # one of eight signs flipped gives as much or more: 2 * (1 + 1) / 2^8 with the small one either way
    assert found.test.p == pytest.approx(4 / 256)


def test_strengths_are_the_log_odds_of_two() -> None:
    answers = [answer("a", "b", "a" if k % 4 else "b", k) for k in range(400)]
    first, second = strengths(answers, ["a", "b"], "better")
    assert first.value - second.value == pytest.approx(np.log(3), abs=2e-3)
    assert first.value + second.value == pytest.approx(0)
    assert first.low is not None
    assert first.high is not None
    assert first.low < np.log(3) / 2 < first.high
    # the standard error of half the log odds of 300 to 100
    assert (first.high - first.low) / 2 == pytest.approx(1.96 * np.sqrt(1 / 300 + 1 / 100) / 2, rel=0.02)


def test_strengths_of_one_that_always_wins_are_finite_and_have_no_interval() -> None:
    found = strengths([answer("a", "b", "a", k) for k in range(9)], ["a", "b", "never asked"], "better")
    assert [each.condition for each in found] == ["a", "b"]
    assert np.isfinite(found[0].value)
    assert found[0].value > 2
    assert (found[0].low, found[0].method) == (None, NOT_ORDERED)


def test_raters_who_agree_on_an_order(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, EVERY, clips=9)
    for _ in range(3):
        rate(store, raters, prefers("gaze", "full", "center"))
    found = analyse(store, raters)
    assert list(found.findings) == [ALL]
    all_ = found.findings[ALL]
    assert [(win.first, win.second, win.rate.mean) for win in all_.wins] == [
        *[("gaze", "center", 1.0), ("gaze", "full", 1.0), ("center", "full", 0.0)],
    ]
    assert all(win.p_holm == pytest.approx(3 * 2 / 2**8) for win in all_.wins)
    assert [each.condition for each in sorted(all_.strengths, key=lambda each: -each.value)] == ["gaze", "full", "center"]
    assert markdown(found).count(NOT_ORDERED) == 3
    assert all_.agreement == {"better": 1.0}
    assert [each.failed for each in found.attention] == [0, 0, 0]
    assert all(each.finished and each.rated == 24 and each.left == pytest.approx(0.5, abs=0.1) for each in found.attention)


def test_a_rater_who_fails_is_told_and_results_come_with_and_without(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, EVERY, clips=9)
    rate(store, raters, prefers("gaze", "full", "center"))
    rate(store, raters, prefers("gaze", "full", "center"))
    always = rate(store, raters, lambda trial, question, description: "tie", attends=False)
    found = analyse(store, raters)
    assert found.failing == [always.name]
    assert [each.failed for each in found.attention] == [0, 0, 2]
    assert found.attention[2].ties == 1.0
    assert found.findings[ALL].wins[0].rate.mean == pytest.approx(2.5 / 3)
    assert found.findings[PASSED].wins[0].rate.mean == 1.0
    assert (found.findings[ALL].raters, found.findings[PASSED].raters) == (3, 2)
    text = markdown(found)
    assert f"Failed more than 0 checks: {always.name}." in text
    assert "## All raters" in text
    assert "## Without those who failed" in text


@pytest.mark.parametrize(
    ("points", "holds"),
    [
        pytest.param((2, 6), True, id="the own reference is better"),
        pytest.param((6, 2), False, id="the other one"),
        pytest.param((4, 4), False, id="none"),
    ],
)
def test_a_check_on_scales_is_passed_where_the_clips_own_reference_is_better(points: tuple[int, int], holds: bool) -> None:
    page = [
        replace(answer("other", "own", "", 0), description=place, value=str(point), expected="1")
        for place, point in enumerate(points)
        for _ in range(2)
    ]
    assert passed(page, "likert") is holds


def test_a_study_of_which_everybody_failed(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, EVERY)
    rate(store, raters, lambda trial, question, description: "tie", attends=False)
    found = analyse(store, raters)
    assert found.findings[PASSED].wins == ()
    text = markdown(found)
    assert "Raters: 0. Answers that count: 0." in text
    assert "nan" not in text


def test_points_on_scales(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, SCALES, clips=9)
    rate(store, raters, gives(gaze=6, center=4, full=3))
    rate(store, raters, gives(gaze=7, center=4, full=4))
    found = analyse(store, raters).findings[ALL]
    assert [(each.question, each.condition, each.points.mean) for each in found.rated[:3]] == [
        *[("accuracy", "gaze", 6.5), ("accuracy", "center", 4.0), ("accuracy", "full", 3.5)],
    ]
    assert found.rated[0].counts == (0, 0, 0, 0, 0, 8, 8)
    assert [each.points.mean for each in found.differences[:3]] == [2.5, 3.0, 0.5]
    # eight recordings that all differ the same way: the least p that there is, scipy's own; six tests
    assert found.differences[0].p == pytest.approx(stats.wilcoxon([2.5] * 8).pvalue)
    assert found.differences[0].p_holm == pytest.approx(6 * stats.wilcoxon([2.5] * 8).pvalue)
    test = found.scales[0].friedman
    assert test is not None
    assert test.statistic == pytest.approx(stats.friedmanchisquare([6.5] * 8, [4.0] * 8, [3.5] * 8).statistic)
    assert found.agreement["accuracy"] is not None
    assert 0.5 < found.agreement["accuracy"] < 1


def test_an_interval_of_points_ends_where_the_scale_does() -> None:
    given = [*[7] * 7, 2]
    answers = [replace(answer("a", "b", "", k), description=0, value=str(point)) for k, point in enumerate(given)]
    found = rated(answers, ["a"], ["better"], points=7)[0].points
    assert (found.mean, found.method, found.high) == (6.375, "t", 7.0)
    lowest = rated([replace(each, value="1") for each in answers], ["a"], ["better"], points=7)[0].points
    assert (lowest.mean, lowest.low, lowest.method) == (1.0, None, "no interval: all clusters are equal")


def test_two_conditions_on_scales_have_no_friedman(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, SCALES + 'compare = ["gaze", "full"]\n', clips=4)
    rate(store, raters, gives(gaze=6, full=3))
    found = analyse(store, raters).findings[ALL]
    assert [each.friedman for each in found.scales] == [None, None]
    # three recordings: a mean, no interval, no p
    assert (found.differences[0].points.mean, found.differences[0].points.low, found.differences[0].p) == (3.0, None, None)
    assert found.agreement == {"accuracy": None, "completeness": None}


def test_a_page_that_was_left_open_does_not_count_and_is_told(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, EVERY, clips=9)
    rate(store, raters, prefers("gaze", "full", "center"), stop_before=4)
    found = analyse(store, raters)
    assert found.open_answers == 1
    assert found.findings[ALL].answers == 3
    assert not found.attention[0].finished
    assert "Answers on pages that a rater did not go on from, which do not count: 1." in markdown(found)


def test_nobody_has_rated(tmp_path: Path) -> None:
    raters, store = begun(tmp_path)
    with pytest.raises(UsageError, match="has no page yet that counts and is done \\(0 raters began\\)"):
        analyse(store, raters)


@pytest.mark.parametrize("text", [EVERY, SCALES], ids=["pairwise", "likert"])
def test_files_hold_what_was_found(tmp_path: Path, text: str) -> None:
    raters, store = begun(tmp_path, text, clips=9)
    rate(store, raters, prefers("gaze", "full", "center") if text == EVERY else gives(gaze=6, center=4, full=3))
    found = analyse(store, raters)
    files = {file.suffix: file for file in write_analysis(found, tmp_path / "new")}
    rows = list(csv.DictReader(files[".csv"].read_text(encoding="utf-8").splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert {row["what"] for row in rows} == (
        {"win rate", "Bradley-Terry strength", "Krippendorff's alpha"}
        if text == EVERY
        else {"mean", "difference", "Friedman", "Krippendorff's alpha"}
    )
    told = json.loads(files[".json"].read_text(encoding="utf-8"))
    assert told["findings"][ALL]["raters"] == 1
    assert "NaN" not in files[".json"].read_text(encoding="utf-8")


def test_export_tells_sides_and_what_they_were(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, EVERY, clips=3)
    rate(store, raters, prefers("gaze", "full", "center"))
    assert export(store, raters, tmp_path / "answers.csv") == 1 + 6 + 2
    rows = list(csv.DictReader((tmp_path / "answers.csv").read_text(encoding="utf-8").splitlines()))
    for row in rows:
        if row["kind"] == "rated":
            assert row["chosen"] == row["conditions"].split(" | ")[["left", "right"].index(row["value"])]
            assert row["chosen"] in {"gaze", "full"}
    assert export(store, raters, tmp_path / "clicks.json", what="clicks") == 18
    told = json.loads((tmp_path / "clicks.json").read_text(encoding="utf-8"))
    assert [click["what"] for click in told[:2]] == ["answer", "next"]
    with pytest.raises(UsageError, match=r"answers are written as \.csv or \.json, got answers\.xlsx"):
        export(store, raters, tmp_path / "answers.xlsx")
    assert export(store, raters, tmp_path / "raters.csv", what="raters") == 1
    assert store.raters()[0].code in (tmp_path / "raters.csv").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="there are answers, clicks, raters to export, got 'click'; did you mean 'clicks'"):
        export(store, raters, tmp_path / "answers.csv", what="click")
    with pytest.raises(UsageError, match="its folder is not there"):
        export(store, raters, tmp_path / "none" / "answers.csv")
