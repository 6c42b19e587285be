"""Comparisons as people and programs read them."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foveate.comparison.compare import Compared, compare_run
from foveate.comparison.compare_text import COLUMNS, compare_csv, difference_cells, few_clusters, lines, markdown, remarks
from foveate.evaluation.group import plural
from foveate.evaluation.study import Comparing
from made_run import frame, grid, make_run

RNG = np.random.default_rng(0)


def compared(folder: Path, recordings: int = 12, **comparing: object) -> list[Compared]:
    scores = {name: RNG.normal(mean, 0.1, 2 * recordings) for name, mean in (("gaze", 0.6), ("center", 0.4), ("full", 0.5))}
    told = grid(scores, recordings=recordings, spans=2)
    told[0] = replace(told[0], frames=(frame("held"),))
    told[-1] = replace(told[-1], scores={}, unscored={"exact_match": "java is not there"})
    return compare_run(make_run(folder, told), Comparing(**comparing))  # type: ignore[arg-type]


def test_markdown_says_all_that_a_reader_needs(tmp_path: Path) -> None:
    text = markdown(compared(tmp_path, as_good_as="full", margin={"exact_match": 0.4}))
    assert "24 samples of 12 recordings." in text
    assert "### exact match (higher is better)" in text
    assert "| all samples | gaze | center | +0." in text
    assert "| without stood-in gaze | gaze | center |" in text
    assert "Whether any of the 3 differs: chi-square" in text
    assert "That gaze is as good as full within 0.4 is shown (two one-sided tests, p < .001; 90% interval" in text
    assert "8 of 10 such studies find a true difference of 0." in text
    assert "gaze and full are compared on the 23 samples scored in both (1 not scored in full)." in text
    assert "smallest p" not in text


def test_what_no_way_has_a_score_of_is_said_once(tmp_path: Path) -> None:
    told = grid({name: RNG.random(8) for name in ("gaze", "center", "full")}, recordings=8, spans=1)
    bare = [replace(one, scores={}) if one.sample == told[0].sample else one for one in told]
    (found,) = compare_run(make_run(tmp_path, bare), Comparing())
    (said,) = [text for text in remarks(found, "exact_match") if "compared on" in text]
    assert said == "gaze and each of center, full are compared on the 7 samples scored in both (1 not scored in either)."


def test_what_cannot_be_found_is_said(tmp_path: Path) -> None:
    text = markdown(compared(tmp_path, recordings=6))
    assert "With 6 recordings the smallest p that there can be after correction over 2 comparisons is .062: no" in text
    assert "find a true difference" not in text


def test_below_six_there_is_no_interval_and_no_as_good_as(tmp_path: Path) -> None:
    text = markdown(compared(tmp_path, recordings=4, as_good_as="full", margin={"exact_match": 0.4}))
    assert "(no interval below 6 clusters)" in text
    assert "Whether gaze is as good as full within 0.4 cannot be tested: it needs 6 clusters, got 4." in text
    assert "no p below 6 clusters (Friedman" in text


def test_csv_is_tidy(tmp_path: Path) -> None:
    found = compared(tmp_path, as_good_as="full", margin={"exact_match": 0.4})
    rows = list(csv.DictReader(compare_csv(found).splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["over"], row["second"], row["pairs"]) for row in rows] == [
        ("all samples", "center", "24"),
        ("all samples", "full", "23"),
        ("without stood-in gaze", "center", "23"),
        ("without stood-in gaze", "full", "22"),
    ]
    one = found[0].differences[0].found
    assert float(rows[0]["difference"]) == one.test.difference.mean
    assert float(rows[0]["p_holm"]) == one.p_holm
    assert (rows[0]["margin"], rows[1]["margin"], rows[2]["margin"]) == ("", "0.4", "")


def test_a_terminal_gets_one_line_for_every_comparison(tmp_path: Path) -> None:
    text = "\n".join(lines(compared(tmp_path)))
    assert "mock, activity: 24 samples of 12 recordings" in text
    assert "  exact match: gaze - center  +0." in text


@pytest.mark.parametrize(
    ("unit", "count", "told"),
    [
        ("participant", 1, "1 participant"),
        ("recording", 6, "6 recordings"),
        ("participant (recording where none is told)", 2, "2 participants (recording where none is told)"),
    ],
)
def test_counts_are_told_in_words(unit: str, count: int, told: str) -> None:
    assert plural(unit, count) == told


@pytest.mark.parametrize(("spread", "told"), [(0.3, r"[+-]0\.\d\d \["), (0.001, r"[+-]0\.\d{3} \[")], ids=["wide", "narrow"])
def test_a_narrow_interval_has_a_digit_more(tmp_path: Path, spread: float, told: str) -> None:
    scores = {name: RNG.normal(0.5, spread, 12) for name in ("gaze", "center")}
    (found,) = compare_run(make_run(tmp_path, grid(scores, recordings=12, spans=1)), Comparing())
    assert re.match(told, difference_cells(found.differences[0])[0])


def test_only_those_with_too_few_clusters_are_said_to_be_out_of_reach(tmp_path: Path) -> None:
    """Five recordings have full, twelve have center: the difference to center can be found, that to full cannot."""
    scores = {name: RNG.normal(mean, 0.1, 12) for name, mean in (("gaze", 0.6), ("center", 0.4), ("full", 0.5))}
    told = grid(scores, recordings=12, spans=1)
    told = [one for one in told if one.shown != "full" or int(one.recording.removeprefix("rec-")) < 5]
    (found,) = compare_run(make_run(tmp_path, told), Comparing())
    (said,) = [text for text in remarks(found, "exact_match") if "smallest p" in text]
    assert said == (
        "With 5 recordings the smallest p that there can be after correction over 2 comparisons is .062: "
        "gaze - full cannot reach .05."
    )


@pytest.mark.parametrize(
    ("spread", "told"),
    [
        (0.2, r"true difference of 0\.\d\d against center\.$"),
        (0.002, r"of 0\.00\d+ against center\.$"),
        (5.0, "^Against center no "),
    ],
    ids=["usual", "small, and not 0.00", "larger than any that the score can have"],
)
def test_what_can_be_found_is_a_number_that_means_something(spread: float, told: str, tmp_path: Path) -> None:
    scores = {name: RNG.normal(0.5, spread, 12) for name in ("gaze", "center")}
    (found,) = compare_run(make_run(tmp_path, grid(scores, recordings=12, spans=1)), Comparing())
    (said,) = [text for text in remarks(found, "exact_match") if "8 of 10" in text]
    assert re.search(told, said), said


def test_the_interval_of_as_good_as_has_a_digit_more_than_its_margin(tmp_path: Path) -> None:
    scores = {name: RNG.normal(0.5, 0.01, 12) for name in ("gaze", "full")}
    run = make_run(tmp_path, grid(scores, recordings=12, spans=1))
    (found,) = compare_run(run, Comparing(as_good_as="full", margin={"exact_match": 0.02}))
    said = "\n".join(remarks(found, "exact_match"))
    assert re.search(r"90% interval [+-]0\.\d{3} to [+-]0\.\d{3}; that it is not worse by 0\.02: p ", said), said


@pytest.mark.parametrize(
    ("said", "declared"),
    [
        ({"as_good_as": "full", "margin": {"exact_match": 0.4}}, True),
        ({"as_good_as": "full", "margin": {"exact_match": 0.2}}, False),
        ({"as_good_as": "center", "margin": {"exact_match": 0.4}}, False),
        ({}, False),
    ],
    ids=["so", "a narrower one", "of another way", "nothing"],
)
def test_a_margin_that_no_study_file_declared_is_told(said: dict[str, object], declared: bool, tmp_path: Path) -> None:
    scores = {name: RNG.normal(0.5, 0.1, 12) for name in ("gaze", "center", "full")}
    run = make_run(tmp_path, grid(scores, recordings=12, spans=1), study={"compare": said})
    found = compare_run(run, Comparing(as_good_as="full", margin={"exact_match": 0.4}))
    (text,) = [each for each in remarks(found[0], "exact_match") if "one-sided" in each]
    assert text.endswith("p < .001)." if declared else " The margin was given when comparing, not declared in the study file.")
    rows = list(csv.DictReader(compare_csv(found).splitlines()))
    assert [row["margin_declared"] for row in rows] == ["", "yes" if declared else "no"]


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ({name: [0.5] * 8 for name in ("gaze", "center", "full")}, "all are equal in every recording"),
        ({"gaze": [0.1] * 8, "center": [0.2] * 8, "full": [0.3] * 8}, "no recording has a score under every one"),
    ],
    ids=["equal", "nowhere together"],
)
def test_why_friedmans_test_says_nothing(scores: dict[str, list[float]], why: str, tmp_path: Path) -> None:
    told = grid(scores, recordings=8, spans=1)
    if "together" in why or "every one" in why:
        halves = {"gaze": range(8), "center": range(4), "full": range(4, 8)}
        told = [one for one in told if int(one.recording.removeprefix("rec-")) in halves[one.shown]]
    (found,) = compare_run(make_run(tmp_path, told), Comparing())
    assert f"Whether any of the 3 differs cannot be tested: {why}." in remarks(found, "exact_match")


def test_a_terminal_says_which_p_it_is(tmp_path: Path) -> None:
    text = "\n".join(lines(compared(tmp_path)))
    assert re.search(r"  exact match: gaze - center  \+0\.\d+ .*  p \(Holm\) [.<]", text), text


def test_nothing_compared_needs_no_warning() -> None:
    assert few_clusters([], "recording") == []


def test_above_is_not_called_better_where_less_is_better(tmp_path: Path) -> None:
    told = grid({"gaze": [0.5 + k / 99 for k in range(8)], "center": [0.1] * 8}, recordings=8, spans=1)
    told = [replace(one, scores={"chair_i": one.scores["exact_match"]}) for one in told]
    text = markdown(compare_run(make_run(tmp_path, told), Comparing()))
    assert "### CHAIRi (lower is better)" in text
    assert "| above / equal / below |" in text
    assert "| 8 / 0 / 0 |" in text


def test_ways_that_a_score_is_not_meant_for_are_named_together(tmp_path: Path) -> None:
    """A judge's comparison of two ways says nothing of the others."""
    told = grid({"gaze": [0.5] * 6, "center": [0.4] * 6, "full": [0.1] * 6, "random": [0.1] * 6}, recordings=6, spans=1)
    told = [one if one.shown in ("gaze", "center") else replace(one, scores={}) for one in told]
    text = markdown(compare_run(make_run(tmp_path, told), Comparing()))
    assert "gaze and each of full, random are compared on the 0 samples scored in both (6 not scored in the other)." in text
