"""Comparisons of Runs whose truth is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from foveate.comparison.asked import ALL, MEASURED
from foveate.comparison.compare import compare_run, compare_runs, comparing_of
from foveate.comparison.compare_text import lines as told
from foveate.comparison.compare_text import markdown
from foveate.comparison.family import passed_over
from foveate.errors import UsageError
from foveate.evaluation.study import Comparing
from foveate.run import RunLine
from foveate.stats import holm, interval
from made_run import frame, grid, line, make_run

RNG = np.random.default_rng(0)
SCORES = {
    "gaze": RNG.normal(0.6, 0.2, 48),
    "center": RNG.normal(0.5, 0.2, 48),
    "random": RNG.normal(0.3, 0.2, 48),
}
"""Twelve recordings of four spans."""


def lines(**told: object) -> list[RunLine]:
    return grid(SCORES, recordings=12, spans=4, **told)


def means(shown: str) -> np.ndarray:
    return SCORES[shown].reshape(12, 4).mean(axis=1)


def test_the_first_is_compared_with_all_others_over_recordings(tmp_path: Path) -> None:
    (found,) = compare_run(make_run(tmp_path, lines()), Comparing())
    center, random = found.of(ALL, "exact_match")
    assert [(one.first, one.second, one.pairs, one.clusters) for one in (center, random)] == [
        ("gaze", "center", 48, 12),
        ("gaze", "random", 48, 12),
    ]
    gap = means("gaze") - means("center")
    assert center.found.test.difference.mean == pytest.approx(gap.mean())
    assert center.means == pytest.approx((means("gaze").mean(), means("center").mean()))
    assert center.effect.dz == pytest.approx(gap.mean() / gap.std(ddof=1))
    assert center.p_wilcoxon == pytest.approx(stats.wilcoxon(gap).pvalue, abs=1e-9)
    assert [one.found.p_holm for one in (center, random)] == holm([one.found.test.p for one in (center, random)])
    wanted = stats.friedmanchisquare(*(means(shown) for shown in SCORES))
    assert found.any_differs["exact_match"].p == pytest.approx(wanted.pvalue, abs=1e-9)


def test_two_ways_have_no_friedman_test(tmp_path: Path) -> None:
    (found,) = compare_run(make_run(tmp_path, lines()), Comparing(against=("center",)))
    assert found.any_differs == {}
    assert len(found.of(ALL, "exact_match")) == 1


def test_the_participant_is_the_unit(tmp_path: Path) -> None:
    told = [replace(one, participant=f"P{int(one.recording.removeprefix('rec-')) // 2}") for one in lines()]
    (found,) = compare_run(make_run(tmp_path, told), Comparing(against=("center",)))
    assert (found.family.unit, found.of(ALL, "exact_match")[0].clusters) == ("participant", 6)


def test_unequal_items_are_compared_on_what_both_have_and_counted(tmp_path: Path) -> None:
    told = [one for one in lines() if (one.shown, one.sample) != ("center", "rec-0:0")]
    told = [one for one in told if (one.shown, one.sample) not in {("gaze", "rec-1:0"), ("gaze", "rec-1:1")}]
    missing = {"scores": {}, "unscored": {"exact_match": "the judge is down"}}
    told = [replace(one, **missing) if (one.shown, one.sample) == ("center", "rec-2:0") else one for one in told]
    (found,) = compare_run(make_run(tmp_path, told), Comparing(against=("center",)))
    (one,) = found.of(ALL, "exact_match")
    assert (one.pairs, one.unpaired) == (44, {"only in gaze": 1, "only in center": 2, "not scored in center": 1})


def test_without_stood_in_gaze(tmp_path: Path) -> None:
    told = [
        replace(one, frames=(frame(), frame("held"))) if (one.shown, one.sample[-2:]) == ("gaze", ":3") else one
        for one in lines()
    ]
    (found,) = compare_run(make_run(tmp_path, told), Comparing(against=("center",)))
    (one,) = found.of(MEASURED, "exact_match")
    gap = (SCORES["gaze"] - SCORES["center"]).reshape(12, 4)[:, :3].mean()
    assert (one.pairs, one.unpaired) == (36, {})
    assert one.found.test.difference.mean == pytest.approx(gap)


def test_where_all_gaze_is_measured_nothing_is_said_twice(tmp_path: Path) -> None:
    (found,) = compare_run(make_run(tmp_path, lines()), Comparing())
    assert found.of(MEASURED, "exact_match") == []


def test_categories_are_corrected_together(tmp_path: Path) -> None:
    told = [replace(one, category="cooking" if one.sample.endswith(("0", "1")) else "sport") for one in lines()]
    (found,) = compare_run(make_run(tmp_path, told), Comparing())
    parts = [one for category in ("cooking", "sport") for one in found.of(category, "exact_match")]
    assert [one.pairs for one in parts] == [24] * 4
    assert [one.found.p_holm for one in parts] == holm([one.found.test.p for one in parts])


def test_every_model_is_a_family_of_its_own(tmp_path: Path) -> None:
    run = make_run(tmp_path, [*lines(model="one"), *lines(model="two")])
    assert [each.family.name for each in compare_run(run, Comparing())] == ["one, activity", "two, activity"]


def test_as_good_as_needs_its_margin_and_holds_both_ways(tmp_path: Path) -> None:
    run = make_run(tmp_path, lines())
    (found,) = compare_run(run, Comparing(as_good_as="center", margin={"exact_match": 0.4}))
    (one,) = found.equal
    assert (one.first, one.second, one.test.is_shown, one.test.clusters) == ("gaze", "center", True, 12)
    with pytest.raises(
        UsageError, match="a margin is given for 'exact_mach'; did you mean 'exact_match'; scored are: exact_match"
    ):
        compare_run(run, Comparing(as_good_as="center", margin={"exact_mach": 0.4}))


@pytest.mark.parametrize("options", [{}, {"as_good_as": "random"}], ids=["as the study says", "another way"])
def test_a_margin_declared_for_a_score_that_comes_later_stops_no_comparison(options: dict[str, str], tmp_path: Path) -> None:
    declared = {"as_good_as": "center", "margin": {"exact_match": 0.4, "judge_truth": 0.5}}
    run = make_run(tmp_path, lines(), study={"compare": declared})
    (found,) = compare_run(run, replace(comparing_of(run), **options))
    assert [(each.score, each.declared) for each in found.equal] == [("exact_match", not options)]
    said = (
        "The study file declares a margin of 0.5 for judge truth, by which nothing is scored so far: "
        '"as good as" is not tested by it.'
    )
    assert said in markdown([found])
    assert f"  {said}" in told([found])


def test_a_margin_declared_for_a_run_that_was_stopped_is_told(tmp_path: Path) -> None:
    bare = [replace(one, scores={}) for one in lines()]
    run = make_run(tmp_path, bare, study={"compare": {"as_good_as": "center", "margin": {"exact_match": 0.4}}})
    text = markdown(compare_run(run, comparing_of(run)))
    assert "Nothing is scored" in text
    assert "a margin of 0.4 for exact match, by which nothing is scored so far" in text


@pytest.mark.parametrize("margin", [1.0, 5.0], ids=["its range", "per cent meant"])
def test_a_margin_as_wide_as_the_score_is_refused(margin: float, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"margin of {margin:g} is as wide as 'exact_match' itself \(0 to 1\)"):
        compare_run(make_run(tmp_path, lines()), Comparing(as_good_as="center", margin={"exact_match": margin}))


def test_a_way_without_any_score_is_left_out_of_friedmans_test(tmp_path: Path) -> None:
    silent = [
        replace(one, shown="silent", scores={}, unscored={"exact_match": "no"}) for one in lines() if one.shown == "random"
    ]
    (found,) = compare_run(make_run(tmp_path, [*lines(), *silent]), Comparing())
    test = found.any_differs["exact_match"]
    assert (test.conditions, test.clusters) == (3, 12)
    wanted = stats.friedmanchisquare(*(means(shown) for shown in SCORES))
    assert test.p == pytest.approx(wanted.pvalue, abs=1e-9)


def test_not_worse_means_higher_where_lower_is_better(tmp_path: Path) -> None:
    told = [replace(one, scores={"chair_i": one.scores["exact_match"]}) for one in lines()]
    comparing = Comparing(first="random", as_good_as="gaze", margin={"chair_i": 0.05})
    (found,) = compare_run(make_run(tmp_path, told), comparing)
    assert found.equal[0].test.p_not_worse < 0.001  # random invents less here


@pytest.mark.parametrize(
    ("comparing", "message"),
    [
        (Comparing(against=("centre",)), "shows nothing as 'centre'; did you mean 'center'; it has: gaze, center, random"),
        (Comparing(as_good_as="full_native", margin={"exact_match": 0.1}), "shows nothing as 'full_native'"),
        (Comparing(against=("gaze",)), "'gaze' cannot be compared with itself; compare it against: center, random"),
    ],
    ids=["against", "as good as", "itself"],
)
def test_names_that_there_are_not(tmp_path: Path, comparing: Comparing, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compare_run(make_run(tmp_path, lines()), comparing)


def test_one_way_of_showing_is_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"in one way only \(gaze\): nothing to compare"):
        compare_run(make_run(tmp_path, [line("a:0", "gaze", scores={"exact_match": 1.0})]), Comparing())


def test_few_clusters_can_detect_nothing(tmp_path: Path) -> None:
    """Six recordings: the smallest p is .031, and after two comparisons .063."""
    told = [one for one in lines() if int(one.recording.removeprefix("rec-")) < 6]
    (found,) = compare_run(make_run(tmp_path, told), Comparing())
    assert [one.detectable for one in found.of(ALL, "exact_match")] == [None, None]
    (found,) = compare_run(make_run(tmp_path, told), Comparing(against=("center",)))
    assert found.of(ALL, "exact_match")[0].detectable > 0


def test_a_score_that_one_arm_lacks_altogether_is_no_comparison(tmp_path: Path) -> None:
    told = [replace(one, scores={}, unscored={"exact_match": "no"}) if one.shown == "random" else one for one in lines()]
    (found,) = compare_run(make_run(tmp_path, told), Comparing())
    center, random = found.of(ALL, "exact_match")
    assert (random.found, random.pairs, random.unpaired) == (None, 0, {"not scored in random": 48})
    assert center.found.p_holm == center.found.test.p


def test_what_the_study_said_of_comparing(tmp_path: Path) -> None:
    said = {"compare": {"first": "center", "against": ["random"], "as_good_as": "random", "margin": {"exact_match": 0.1}}}
    run = make_run(tmp_path, lines(), study=said)
    assert comparing_of(run) == Comparing(first="center", against=("random",), as_good_as="random", margin={"exact_match": 0.1})
    assert comparing_of(make_run(tmp_path, lines())) == Comparing()


@pytest.mark.parametrize("said", [{"firts": "gaze"}, [1]], ids=["a key", "a list"])
def test_what_the_study_cannot_have_said_of_comparing(said: object, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"does not tell how it is compared .*evaluate its study again"):
        comparing_of(make_run(tmp_path, lines(), study={"compare": said}))


def two(tmp_path: Path, **other: object) -> tuple[object, object]:
    mine = make_run(tmp_path / "mine", lines())
    better = [replace(one, scores={"exact_match": one.scores["exact_match"] + 0.2}, **other) for one in lines()]
    return mine, make_run(tmp_path / "theirs", better)


def test_two_runs_are_compared_way_by_way(tmp_path: Path) -> None:
    mine, theirs = two(tmp_path)
    (found,) = compare_runs(mine, theirs, Comparing())
    pairs = [(one.first, one.second) for one in found.of(ALL, "exact_match")]
    assert pairs == [(f"{shown} (mine)", f"{shown} (theirs)") for shown in SCORES]
    assert found.of(ALL, "exact_match")[0].found.test.difference.mean == pytest.approx(-0.2)
    assert found.any_differs == {}


def test_two_runs_of_one_model_each_compare_the_models(tmp_path: Path) -> None:
    mine, theirs = two(tmp_path, model="tuned")
    (found,) = compare_runs(mine, theirs, Comparing(against=("gaze",)))
    assert found.family.name == "mock against tuned, activity"
    assert [(one.first, one.second) for one in found.of(ALL, "exact_match")] == [("gaze (mine)", "gaze (theirs)")]


def test_samples_that_differ_between_runs_are_left_out_and_counted(tmp_path: Path) -> None:
    mine = make_run(tmp_path / "mine", lines())
    told = [replace(one, references=("other words",)) if one.sample == "rec-0:0" else one for one in lines()]
    told = [one for one in told if one.recording != "rec-1"] + [line("rec-77:0", "gaze", scores={"exact_match": 1.0})]
    (found,) = compare_runs(mine, make_run(tmp_path / "theirs", told), Comparing())
    assert found.family.left_out == {
        "another span, recording, reference or participant in the two Runs": 1,
        "only in mine": 4,
        "only in theirs": 1,
    }
    assert [one.pairs for one in found.of(ALL, "exact_match")] == [43] * 3


def told_of(number: int) -> str:
    """Six participants of two recordings each."""
    return f"P{number // 2}"


@pytest.mark.parametrize("tells", [0, 1], ids=["the first", "the second"])
def test_who_wore_it_holds_where_one_run_only_tells(tells: int, tmp_path: Path) -> None:
    told = [replace(one, participant=told_of(int(one.recording.removeprefix("rec-")))) for one in lines()]
    runs = [make_run(tmp_path / name, told if tells == place else lines()) for place, name in enumerate(("mine", "theirs"))]
    (found,) = compare_runs(*runs, Comparing())
    assert (found.family.unit, {one.clusters for one in found.of(ALL, "exact_match")}) == ("participant", {6})


def test_samples_of_two_participants_are_left_out(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path / name, [replace(one, participant=name if one.sample == "rec-0:0" else "P") for one in lines()])
        for name in "ab"
    ]
    (found,) = compare_runs(*runs, Comparing())
    assert found.family.left_out == {"another span, recording, reference or participant in the two Runs": 1}


def test_runs_of_one_title_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    mine, theirs = make_run(tmp_path / "a", lines(), title="same"), make_run(tmp_path / "b", lines(), title="same")
    (found,) = compare_runs(mine, theirs, Comparing())
    assert "gaze (a)" in found.family.arms


def test_runs_without_anything_in_common(tmp_path: Path) -> None:
    mine = make_run(tmp_path / "mine", lines())
    theirs = make_run(tmp_path / "theirs", lines(instruction="next"))
    with pytest.raises(UsageError, match="no way of showing, model and instruction in common"):
        compare_runs(mine, theirs, Comparing())


def test_a_way_that_one_of_two_runs_lacks_is_not_passed_over(tmp_path: Path) -> None:
    mine = make_run(tmp_path / "mine", lines())
    theirs = make_run(tmp_path / "theirs", [one for one in lines() if one.shown != "random"])
    with pytest.raises(UsageError, match="theirs shows nothing as 'random'; it has: gaze, center"):
        compare_runs(mine, theirs, Comparing(against=("gaze", "random")))
    with pytest.raises(UsageError, match="mine shows nothing as 'centre'; did you mean 'center'"):
        compare_runs(mine, theirs, Comparing(against=("gaze", "centre")))


def test_what_one_of_two_runs_has_alone_is_told(tmp_path: Path) -> None:
    whole = make_run(tmp_path / "mine", [*lines(), *lines(instruction="next")])
    part = make_run(tmp_path / "theirs", [one for one in lines(model="other") if one.shown == "gaze"])
    assert passed_over(whole, part) == [
        "Not compared, since it is only in mine: way of showing center, random.",
        "Not compared, since it is only in mine: instruction next.",
    ]
    assert passed_over(part, whole) == passed_over(whole, part)
    several = make_run(tmp_path / "several", [*lines(), *lines(model="other")])
    assert passed_over(several, make_run(tmp_path / "one", lines())) == [
        "Not compared, since it is only in several: model other."
    ]
    assert passed_over(whole, whole) == []


def test_runs_of_other_samples_are_no_comparison(tmp_path: Path) -> None:
    mine = make_run(tmp_path / "mine", lines())
    theirs = make_run(tmp_path / "theirs", [replace(one, sample=f"x{one.sample}") for one in lines()])
    with pytest.raises(UsageError, match="no sample in common: 48 only in mine; 48 only in theirs"):
        compare_runs(mine, theirs, Comparing())


def test_right_or_wrong_has_no_zero_width(tmp_path: Path) -> None:
    told = grid({"gaze": [1.0] * 12, "center": [0.0] * 12}, recordings=12, spans=1)
    (found,) = compare_run(make_run(tmp_path, told), Comparing())
    difference = found.of(ALL, "exact_match")[0].found.test.difference
    assert (difference.mean, difference.low) == (1.0, None)
    assert interval([1.0] * 12, list(range(12))).low < 0.8
