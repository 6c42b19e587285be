"""Agreement over rounds, worked out by hand."""

import pytest

from foveate.judge.agreement import agreement


def test_what_agrees_is_counted_among_items_with_two_rounds() -> None:
    found = agreement([[7.0, 7.0, None], [3.0, 5.0, 4.0], [2.0, None, None], [None, None, None]], ["a", "b", "a", "b"])
    assert found.items == 2
    assert (found.same.mean, found.spread.mean) == (0.5, 1.0)
    assert found.same.low is None


def test_recordings_count_alike_and_give_an_interval() -> None:
    rounds = [[1.0, 1.0]] * 30 + [[1.0, 2.0]] * 6
    clusters = ["much"] * 30 + [f"rec-{n}" for n in range(6)]
    found = agreement(rounds, clusters)
    assert found.same.mean == pytest.approx(1 / 7)
    assert found.same.low is not None
    assert found.same.high is not None
    assert 0.0 <= found.same.low < 1 / 7 < found.same.high <= 1.0


@pytest.mark.parametrize(
    ("rounds", "alpha"),
    [
        pytest.param([[1.0, 1.0], [5.0, 5.0], [9.0, 9.0]], 1.0, id="full"),
        pytest.param([[4.0, 4.0], [4.0, 4.0]], None, id="all grades the same"),
        pytest.param([], None, id="nothing"),
        # pairs (1, 3) and (3, 1): all pairs differ; of four ratings two by two, 4 of 6 pairs do
        pytest.param([[1.0, 3.0], [3.0, 1.0]], 1 - 1 / (4 / 6), id="none"),
    ],
)
def test_alpha(rounds: list[list[float]], alpha: float | None) -> None:
    found = agreement(rounds, [str(n) for n in range(len(rounds))])
    assert found.alpha == (None if alpha is None else pytest.approx(alpha))


def test_as_json_what_is_not_there_is_none() -> None:
    told = agreement([], []).to_dict()
    assert (told["items"], told["same"]["mean"], told["krippendorffs_alpha"]) == (0, None, None)
