"""Scores of a Run held against raters whose agreement with them is known."""

import csv
import json
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from foveate.study.analyse import ALL, PASSED, analyse, counting
from foveate.study.answers import Answered
from foveate.study.metrics import ONE_RATER, SAME_ORDER, Agreeing, Scores, agreeing, preference, tau_b
from foveate.study.seen import into_run, read_seen
from foveate.study.tables import markdown, write_analysis
from simulated_raters import LIKES, begun, prefers, rate, scored

EVERY = "items = 100\ntraining = 1\nchecks = 2\n"
CONDITIONS = ("a", "b", "c")


def answer(cluster: int, rater: str, value: str, conditions: tuple[str, ...], description: int = -1) -> Answered:
    return Answered(
        rater=rater,
        place=0,
        kind="rated",
        done=True,
        sample=f"clip {cluster}",
        recording=f"r{cluster}",
        cluster=f"r{cluster}",
        category="",
        conditions=conditions,
        question="better",
        description=description,
        value=value,
        expected="",
        seconds=1.0,
        clicks=1,
        at_ms=0,
    )


def chosen(cluster: int, rater: str, better: str, other: str = "", *, tie: bool = False) -> Answered:
    """A choice of ``better``, which stands left in every other clip."""
    sides = (better, other) if cluster % 2 else (other, better)
    return answer(cluster, rater, "tie" if tie else "left" if cluster % 2 else "right", sides)


def points(cluster: int, rater: str, *given: int) -> list[Answered]:
    return [answer(cluster, rater, str(value), CONDITIONS, place) for place, value in enumerate(given)]


def by_name(found: list[Agreeing]) -> dict[str, Agreeing]:
    return {each.score: each for each in found}


def test_choices_of_which_the_truth_is_known() -> None:
    """40 recordings; in every fourth people prefer b. A truth, its opposite, a coin, and one that never tells a difference."""
    truth = {k: ("b", "a") if k % 4 == 0 else ("a", "b") for k in range(40)}
    answers = [chosen(k, rater, *truth[k]) for k, rater in product(truth, ("one", "two"))]
    coin = np.random.default_rng(0).random((40, 2))

    def score(value: object) -> dict[tuple[str, str], float]:
        return {(f"clip {k}", name): float(value(k, name)) for k, name in product(truth, "ab")}  # type: ignore[operator]

    scores: Scores = {
        "coin": score(lambda k, name: coin[k, "ab".index(name)]),
        "opposite": score(lambda k, name: name != truth[k][0]),
        "silent": score(lambda k, name: 7.0),
        "truth": score(lambda k, name: 100 * k + (name == truth[k][0])),  # easy clips score higher, which must not matter
    }
    found = by_name(agreeing(answers, scores, ["better"], mode="pairwise"))
    assert next(iter(found)) == "truth"  # the best first
    assert list(found)[-2:] == [ONE_RATER, SAME_ORDER]
    assert [found[name].agreement.mean for name in ("truth", "opposite", "silent")] == [1.0, 0.0, 0.5]
    low, high = found["coin"].agreement.low, found["coin"].agreement.high
    assert low is not None
    assert high is not None
    assert low < 0.5 < high
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(40), rel=0.1)  # that of a share of 40
    assert (found["silent"].pairs, found["silent"].equal, found["truth"].equal) == (40, 40, 0)
    assert found[ONE_RATER].agreement.mean == 1.0
    assert found[SAME_ORDER].agreement.mean == 0.75  # a on every clip
    assert {each.chance for each in found.values()} == {0.5}
    assert {each.agreement.clusters for each in found.values()} == {40}


def test_the_same_order_is_that_of_each_pair() -> None:
    """a beats b on six clips of ten, b beats c on all: over all opponents b would be the best, and be wrong on six."""
    answers = [chosen(k, "one", *(("a", "b") if k < 6 else ("b", "a"))) for k in range(10)]
    answers += [chosen(k, "one", "b", "c") for k in range(10)]
    known = {(f"clip {k}", name): float(place) for k in range(10) for place, name in enumerate("cba")}
    found = by_name(agreeing(answers, {"an order": known}, ["better"], mode="pairwise"))
    assert found[SAME_ORDER].agreement.mean == found["an order"].agreement.mean == pytest.approx(0.8)


def test_pairs_that_people_did_not_decide_do_not_count_and_are_told() -> None:
    answers = [
        *[chosen(0, "one", "a", "b"), chosen(0, "two", "b", "a")],  # one each
        *[chosen(1, "one", "a", "b", tie=True)],
        *[chosen(2, "one", "a", "b"), chosen(2, "two", "a", "b", tie=True)],  # 0.75: a
        *[chosen(3, "one", "a", "b")],
    ]
    known = {(f"clip {k}", name): float(name == "a") for k, name in product((0, 1, 2), "ab")}
    found = by_name(agreeing(answers, {"s": known}, ["better"], mode="pairwise"))
    told = found["s"]
    assert (told.agreement.mean, told.pairs, told.undecided, told.unscored, told.agreement.clusters) == (1.0, 1, 2, 1, 1)
    # rater by rater: of clip 0 both are wrong; of clip 2 a tie cannot be held against, and is a half against the choice of a
    ceiling = found[ONE_RATER]
    assert (ceiling.agreement.mean, ceiling.pairs, ceiling.equal, ceiling.undecided) == (pytest.approx(0.25), 3, 1, 1)


def test_a_score_that_is_nearly_always_right_has_an_interval_that_ends_before_1() -> None:
    """Of right and half right answers no cut has to hold the interval within 0 and 1."""
    answers = [chosen(k, "one", "a", "b") for k in range(8)]
    known = {(f"clip {k}", name): float(name == "a" and k > 0) for k, name in product(range(8), "ab")}
    told = by_name(agreeing(answers, {"s": known}, ["better"], mode="pairwise"))["s"].agreement
    assert told.mean == 7.5 / 8
    assert told.low is not None
    assert told.high is not None
    assert 0.5 < told.low < told.mean < told.high < 0.999


def test_points_of_which_the_truth_is_known() -> None:
    answers = [each for k in range(12) for rater in ("one", "two") for each in points(k, rater, 1 + k % 2, 4, 6)]
    scores: Scores = {
        "order": {(f"clip {k}", name): float(k * 10 + place) for k in range(12) for place, name in enumerate(CONDITIONS)},
        "reverse": {(f"clip {k}", name): -float(place) for k in range(12) for place, name in enumerate(CONDITIONS)},
        "silent": {(f"clip {k}", name): 0.0 for k in range(12) for name in CONDITIONS},
        "only a and b": {(f"clip {k}", name): float(name == "a") for k in range(12) for name in "ab"},
    }
    found = by_name(agreeing(answers, scores, ["better"], mode="likert"))
    means = {name: each.agreement.mean for name, each in found.items()}
    assert means == {"order": 1, "silent": 0, "reverse": -1, "only a and b": -1, ONE_RATER: 1, SAME_ORDER: 1}
    assert (found["order"].pairs, found["silent"].equal, found["only a and b"].pairs) == (36, 36, 12)
    assert found["only a and b"].unscored == 24
    assert found["order"].agreement.low is None  # no spread to judge by, and no share of right answers
    assert found["order"].chance == 0.0


def test_points_at_random_agree_with_nothing() -> None:
    rng = np.random.default_rng(1)
    answers = [each for k in range(60) for each in points(k, "one", *rng.permutation([2, 4, 6]).tolist())]
    scores = {"random": {(f"clip {k}", name): float(rng.random()) for k in range(60) for name in CONDITIONS}}
    found = by_name(agreeing(answers, scores, ["better"], mode="likert"))
    low, high = found["random"].agreement.low, found["random"].agreement.high
    assert low is not None
    assert high is not None
    assert low < 0 < high
    assert (found[ONE_RATER].pairs, found[ONE_RATER].agreement.low) == (0, None)  # one rater has nobody beside


def test_an_easy_clip_makes_no_agreement() -> None:
    """Clips differ by far more than their descriptions: over all of them tau is high, within clips it is -1."""
    answers = [each for k in range(7) for each in points(k, "one", k + 1, k + 2, k + 3)]
    score = {(f"clip {k}", name): 100.0 * k - place for k in range(7) for place, name in enumerate(CONDITIONS)}
    people = [k + 1 + place for k in range(7) for place in range(3)]
    assert stats.kendalltau(people, list(score.values())).statistic > 0.6
    assert by_name(agreeing(answers, {"s": score}, ["better"], mode="likert"))["s"].agreement.mean == -1


@pytest.mark.parametrize(
    ("people", "score", "wanted"),
    [
        pytest.param((1, 2, 3), (1, 2, 3), 1.0, id="same"),
        pytest.param((1, 2, 3), (1, 1, 2), 2 / np.sqrt(3 * 2), id="score-ties"),
        pytest.param((1, 1, 2), (1, 2, 3), 2 / np.sqrt(2 * 3), id="people-tie"),
        pytest.param((1, 2, 3), (5, 5, 5), 0.0, id="score-silent"),
        pytest.param((1, 2), (2, 1), -1.0, id="two"),
    ],
)
def test_tau_b_by_hand(people, score, wanted) -> None:
    assert tau_b(np.array(people, float), np.array(score, float)) == pytest.approx(wanted)


@pytest.mark.parametrize(("score", "wanted"), [((2.0, 1.0), 1.0), ((1.0, 1.0), 0.5), ((1.0, 2.0), 0.0)])
def test_a_preference(score, wanted) -> None:
    assert preference(np.array([1.0, 0.0]), np.array(score)) == wanted
    assert preference(np.array([0.25, 0.75]), np.array(score[::-1])) == wanted


def test_the_scores_of_a_run_are_held_against_its_raters(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, EVERY, clips=9)
    turned = {name: -value for name, value in LIKES.items()}
    # the lower CHAIR the better: by it nothing is wrong with what people like
    scored(raters.run, rouge_l=LIKES, chair_i=turned, bleu=turned, sbert={"gaze": 1.0}, human_old=LIKES)
    for _ in range(2):
        rate(store, raters, prefers("gaze", "full", "center"))
    rate(store, raters, prefers("center", "full", "gaze"), attends=False)
    analysis = analyse(store, raters)
    assert set(analysis.findings) == {ALL, PASSED}
    assert analysis.not_held == ""
    found = by_name(list(analysis.findings[PASSED].scores))
    assert list(found) == ["rouge_l", "chair_i", "bleu", "sbert", ONE_RATER, SAME_ORDER]
    assert [found[name].agreement.mean for name in ("rouge_l", "chair_i", "bleu")] == [1.0, 1.0, 0.0]
    assert (found["rouge_l"].pairs, found["sbert"].pairs, found["sbert"].unscored) == (24, 0, 24)
    assert found[ONE_RATER].agreement.mean == 1.0
    # all three: the one against two is always wrong, the two are split by the third and undecided
    all_ = by_name(list(analysis.findings[ALL].scores))
    assert (all_[ONE_RATER].agreement.mean, all_[ONE_RATER].pairs, all_[ONE_RATER].undecided) == (0.0, 24, 48)
    assert all_["rouge_l"].agreement.mean == 1.0
    text = markdown(analysis)
    assert "| better | rouge_l | 1.00 [0." in text
    assert "| better | sbert | no pair | 0.5 | 0 | 0 | 0 | 24 | 0 |" in text
    assert f"| better | {ONE_RATER} | 0.00 [0.00, 0." in text
    files = {file.suffix: file for file in write_analysis(analysis, tmp_path / "new")}
    rows = list(csv.DictReader(files[".csv"].read_text(encoding="utf-8").splitlines()))
    one = next(row for row in rows if (row["what"], row["raters"], row["first"]) == ("agrees with people", PASSED, "bleu"))
    assert (one["value"], one["clusters"], one["pairs"], one["equal"]) == ("0.0", "8", "24", "0")
    none = next(row for row in rows if (row["what"], row["raters"], row["first"]) == ("agrees with people", PASSED, "sbert"))
    assert (none["value"], none["low"], none["pairs"], none["unscored"]) == ("", "", "0", "24")
    told = json.loads(files[".json"].read_text(encoding="utf-8"))
    assert told["findings"][PASSED]["scores"][3]["agreement"]["mean"] is None  # sbert has no pair


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(lambda run: (run / "run.json").unlink(), "could be held against raters: .* holds no Run", id="no-run"),
        pytest.param(lambda run: None, "has no score of what raters saw; foveate evaluate and foveate judge", id="no-scores"),
    ],
)
def test_without_scores_the_rest_is_told(tmp_path: Path, spoil, message: str) -> None:
    raters, store = begun(tmp_path, EVERY, clips=9)
    rate(store, raters, prefers("gaze", "full", "center"))
    spoil(raters.run)
    analysis = analyse(store, raters)
    assert analysis.findings[ALL].scores == ()
    assert len(analysis.findings[ALL].wins) == 3
    assert re.search(message, markdown(analysis))


def rewritten(run: Path, old: str, new: str) -> None:
    lines = run / "lines.jsonl"
    lines.write_text(lines.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_answers_that_were_written_anew_are_not_held_against_raters(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, EVERY, clips=9)
    rate(store, raters, prefers("gaze", "full", "center"))
    rewritten(raters.run, "A pot stands on the stove, clip 3", "A pan stands on the stove, clip 3")
    scored(raters.run, rouge_l=LIKES)
    analysis = analyse(store, raters)
    found = by_name(list(analysis.findings[ALL].scores))["rouge_l"]
    assert {shown for sample, shown in read_seen(store, raters).lines if sample == "kitchen-3 2-5 s"} == {"gaze", "full"}
    assert (found.pairs, found.unscored) == (22, 2)
    run, _ = into_run(read_seen(store, raters), counting(store, raters, passed=False), raters)
    (anew,) = [line for line in run.lines if (line.recording, line.shown) == ("kitchen-3", "center")]
    assert set(anew.unscored.values()) == {"it was written anew since people rated it"}
    assert "Descriptions that raters saw and the Run has no more, or in other words: 1; their scores do not count." in markdown(
        analysis
    )
