"""Agreement against values worked out in the literature, and its interval against simulations whose truth is known."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from foveate.errors import UsageError
from foveate.stats.agreement import METHOD, ONE_LABEL, RESTS_ON_ONE, cohens_kappa, kappa, krippendorffs_alpha
from foveate.stats.interval import NO_SPREAD


def coders(table: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    """Two coders' labels out of a table of counts."""
    cells = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in cells], [j for _, j in cells]


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        # .53 .05 .02 / .11 .14 .05 / .01 .06 .03: (.70 - .475) / (1 - .475)
        pytest.param([[106, 10, 4], [22, 28, 10], [2, 12, 6]], 0.225 / 0.525, id="Fleiss, Cohen and Everitt 1969"),
        # psychiatric diagnoses: (.89 - .66) / (1 - .66)
        pytest.param([[75, 1, 4], [5, 4, 1], [0, 0, 10]], 0.23 / 0.34, id="Fleiss 1981, table 13.1"),
        pytest.param([[20, 5], [10, 15]], 0.4, id="two labels"),
        pytest.param([[5, 0], [0, 3]], 1.0, id="full agreement"),
        pytest.param([[0, 4], [4, 0]], -1.0, id="full disagreement"),
        pytest.param([[4, 4], [4, 4]], 0.0, id="chance"),
    ],
)
def test_kappa_is_the_published_one(table: list[list[int]], wanted: float) -> None:
    assert cohens_kappa(*coders(table)) == pytest.approx(wanted, abs=1e-12)


def test_kappa_is_statsmodels_and_so_is_its_error_where_every_item_is_a_cluster() -> None:
    interrater = pytest.importorskip("statsmodels.stats.inter_rater")
    table = [[75, 1, 4], [5, 40, 1], [3, 2, 30]]
    theirs = interrater.cohens_kappa(np.array(table))
    first, second = coders(table)
    assert cohens_kappa(first, second) == pytest.approx(theirs.kappa, abs=1e-12)
    found = kappa(first, second, list(range(len(first))))
    assert found.low is not None
    assert found.high is not None
    # on the scale of log(1 - kappa) the interval is even, and as wide as the delta method says
    low, middle, high = (math.log(1 - value) for value in (found.high, found.value, found.low))
    assert high - middle == pytest.approx(middle - low, abs=1e-9)
    wanted = stats.t.ppf(0.975, found.items - 1) * theirs.std_kappa / (1 - theirs.kappa)
    assert (high - low) / 2 == pytest.approx(wanted, rel=0.02)


def test_full_agreement_has_no_interval_since_nothing_spreads() -> None:
    found = kappa("aabb" * 12, "aabb" * 12, [k // 4 for k in range(48)])
    assert (found.value, found.low, found.high, found.method) == (1.0, None, None, NO_SPREAD)


def test_one_label_throughout_says_nothing() -> None:
    got = kappa(["a"] * 20, ["a"] * 20, list(range(20)))
    assert math.isnan(got.value)
    assert (got.low, got.high, got.agreement, got.method) == (None, None, 1.0, ONE_LABEL)


def test_a_second_label_in_one_recording_alone_bears_no_interval() -> None:
    first, second = ["a"] * 38 + ["b", "b"], ["a"] * 37 + ["b", "b", "b"]
    got = kappa(first, second, [k // 4 for k in range(40)])
    assert (got.low, got.high, got.method) == (None, None, RESTS_ON_ONE)
    assert got.value == pytest.approx(cohens_kappa(first, second))


@pytest.mark.parametrize(
    ("recordings", "method"),
    [
        pytest.param(5, "no interval below 6 clusters", id="five"),
        pytest.param(6, METHOD, id="six"),
    ],
)
def test_recordings_are_the_unit(recordings: int, method: str) -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(0, 3, 40 * recordings)
    second = np.where(rng.random(len(first)) < 0.7, first, rng.integers(0, 3, len(first)))
    clusters = np.repeat(np.arange(recordings), 40)
    got = kappa(first.tolist(), second.tolist(), clusters.tolist())
    assert (got.method, got.clusters, got.items) == (method, recordings, 40 * recordings)
    assert (got.low is None) == (recordings < 6)
    if got.low is not None and got.high is not None:
        assert got.low < got.value < got.high
    # a hundred copies of every item are no more evidence than one
    copied = kappa(first.tolist() * 3, second.tolist() * 3, clusters.tolist() * 3)
    assert (copied.low, copied.high) == pytest.approx((got.low, got.high))


@pytest.mark.parametrize("recordings", [pytest.param(8, id="eight"), pytest.param(24, id="24")])
@pytest.mark.parametrize(("right", "wrong"), [pytest.param(8, 2, id="most agree"), pytest.param(38, 2, id="nearly all")])
def test_the_interval_holds_the_truth_as_often_as_it_says(recordings: int, right: float, wrong: float) -> None:
    """Recordings differ in how well the coders agree; the truth is kappa over endlessly many of them."""
    rng = np.random.default_rng(7)
    held, runs = 0, 300
    # two labels alike in number: chance is one half, so that kappa is 2 x agreement - 1
    truth = 2 * right / (right + wrong) - 1
    for _ in range(runs):
        agree = rng.beta(right, wrong, recordings)
        first = rng.integers(0, 2, (recordings, 30))
        second = np.where(rng.random(first.shape) < agree[:, None], first, 1 - first)
        clusters = np.repeat(np.arange(recordings), 30)
        got = kappa(first.ravel().tolist(), second.ravel().tolist(), clusters.tolist())
        held += got.low is not None and got.high is not None and got.low <= truth <= got.high
    assert 0.92 <= held / runs <= 0.985


@pytest.mark.parametrize(
    ("first", "second", "clusters", "said"),
    [
        pytest.param([1], [1, 2], [0], "1 and 2 labels of 1 items", id="unequal"),
        pytest.param([], [], [], "got none", id="empty"),
    ],
)
def test_what_cannot_be_compared_is_told(first: list[int], second: list[int], clusters: list[int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        kappa(first, second, clusters)


FOUR = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
"""Krippendorff (2011), C and D: four observers, twelve units, some left out."""


@pytest.mark.parametrize(
    ("ratings", "scale", "wanted"),
    [
        pytest.param(
            [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]],
            "nominal",
            0.095,
            id="Krippendorff 2011, A: binary",
        ),
        pytest.param(["aabbdcccedda", "babbbccceddd"], "nominal", 0.692, id="Krippendorff 2011, B: five labels"),
        pytest.param(FOUR, "nominal", 0.743, id="Krippendorff 2011, C: nominal"),
        pytest.param(FOUR, "ordinal", 0.815, id="Krippendorff 2011, D: ordinal"),
        pytest.param(FOUR, "interval", 0.849, id="Krippendorff 2011, D: interval"),
        pytest.param([[1, 2, 3], [1, 2, 3]], "interval", 1.0, id="full agreement"),
    ],
)
def test_alpha_is_the_published_one(ratings: list[list[int]], scale: str, wanted: float) -> None:
    assert krippendorffs_alpha(ratings, scale=scale) == pytest.approx(wanted, abs=5e-4)  # type: ignore[arg-type]


def test_alpha_by_hand() -> None:
    # 1-2 and 3-3: coincidences 12, 21, 33 twice; Do = 2 x 1 / 4; De = 2 (1x1x1 + 1x2x4 + 1x2x1) / (4 x 3)
    assert krippendorffs_alpha([[1, 3], [2, 3]], scale="interval") == pytest.approx(1 - (2 / 4) / (22 / 12), abs=1e-12)


def test_nan_is_missing_like_none() -> None:
    holed = [[math.nan if value is None else value for value in row] for row in FOUR]
    assert krippendorffs_alpha(holed, scale="ordinal") == krippendorffs_alpha(FOUR, scale="ordinal")


@pytest.mark.parametrize(
    "ratings",
    [
        pytest.param([[1, 1], [1, 1]], id="all the same"),
        pytest.param([[1, None], [None, 2]], id="no item twice"),
        pytest.param([], id="nobody"),
    ],
)
def test_alpha_of_nothing_to_disagree_on_is_no_number(ratings: list[list[int | None]]) -> None:
    assert math.isnan(krippendorffs_alpha(ratings))


@pytest.mark.parametrize(
    ("ratings", "scale", "said"),
    [
        pytest.param([[1, 2], [1]], "nominal", "rows of 1 to 2", id="ragged"),
        pytest.param([["a"], ["b"]], "ordinal", "are numbers, got 'a'", id="words"),
        pytest.param([[1], [2]], "ordnal", "did you mean 'ordinal'", id="typo"),
    ],
)
def test_ratings_that_do_not_fit_are_told(ratings: list[list[object]], scale: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        krippendorffs_alpha(ratings, scale=scale)  # type: ignore[arg-type]
