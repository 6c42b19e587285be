"""Who sees what in which order: balance, seeds, what can be rated at all."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from foveate.errors import UsageError
from foveate.run import read_run
from foveate.study.config import Raters
from foveate.study.design import CHECK, INSTRUCTED, RATED, TRAINING, Design, make_design, trials, williams
from foveate.study.items import Item, Items, in_few_words, left_out_table, read_items
from made_study import MARKUP, TEXTS, make_run

ABC = ("gaze", "center", "full")


def items_of(count: int, conditions: tuple[str, ...] = ABC) -> Items:
    """Items that all can be rated."""
    from itertools import combinations

    made = tuple(
        Item(
            sample=f"s{k}",
            recording=f"r{k // 2}",
            participant="",
            category="",
            start_s=0.0,
            stop_s=1.0,
            texts={name: f"{name} {k}" for name in conditions},
            reference=f"truth {k}",
        )
        for k in range(count)
    )
    return Items(made, conditions, tuple(combinations(conditions, 2)), {})


def raters(**given: object) -> Raters:
    return Raters(run=Path("run"), out=Path("out"), questions={"better": "?"}, **given)  # type: ignore[arg-type]


def design(count: int, **given: object) -> Design:
    return make_design(items_of(count), raters(**given))


@pytest.mark.parametrize("count", range(2, 10))
def test_williams_squares_balance_places_and_followers(count: int) -> None:
    rows = [williams(count, row) for row in range(count if count % 2 == 0 else 2 * count)]
    times = len(rows) // count
    assert all(sorted(row) == list(range(count)) for row in rows)
    assert {Counter(column).most_common()[-1][1] for column in zip(*rows, strict=True)} == {times}
    followers = Counter(pair for row in rows for pair in pairwise(row))
    assert len(followers) == count * (count - 1)
    assert set(followers.values()) == {times}


@pytest.mark.parametrize("items", [1, 4, 7, 30], ids=lambda n: f"{n} pages each")
def test_pairs_are_seen_equally_often_and_from_both_sides(items: int) -> None:
    made = design(12, items=items, training=2, checks=0)
    assert len(made.row) == 30  # ten clips, three pairs
    seen, sides = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for slot in range(60):
        mine = [trial for trial in trials(made, slot) if trial.kind == RATED]
        assert len({(trial.item.sample, frozenset(trial.conditions)) for trial in mine}) == len(mine) == min(items, 30)
        seen.update((trial.item.sample, *sorted(trial.conditions)) for trial in mine)
        sides.update((trial.item.sample, *trial.conditions) for trial in mine)
    assert max(seen.values()) - min(seen.values()) <= 1
    # of the two orders of a pair of a clip, neither is seen more than once more
    assert all(abs(count - sides[(sample, second, first)]) <= 1 for (sample, first, second), count in list(sides.items()))


def test_one_rater_sees_every_condition_on_both_sides_alike() -> None:
    made = design(22, items=20, training=2, checks=0)
    for slot in range(6):
        left = Counter(trial.conditions for trial in trials(made, slot) if trial.kind == RATED)
        for (first, second), count in left.items():
            assert abs(count - left[(second, first)]) <= 1
        # a window no longer than the number of clips shows no clip twice
        assert len({trial.item.sample for trial in trials(made, slot)}) == 22


def test_scales_show_each_description_in_each_place() -> None:
    made = design(8, mode="likert", items=6, training=2, checks=0)
    places = Counter(
        (trial.item.sample, trial.conditions) for slot in range(6) for trial in trials(made, slot) if trial.kind == RATED
    )
    assert set(places.values()) == {1}
    assert len(places) == 6 * 6


def test_the_seed_decides_all_and_nothing_else_does() -> None:
    assert trials(design(12, items=8), 3) == trials(design(12, items=8), 3)
    orders = {tuple(trial.item.sample for trial in trials(design(12, items=8, seed=seed), 0)) for seed in range(5)}
    assert len(orders) == 5


def test_training_comes_first_and_is_of_clips_that_nobody_rates() -> None:
    made = design(12, items=10, training=3, checks=2)
    practised = {trial.item.sample for slot in range(30) for trial in trials(made, slot) if trial.kind == TRAINING}
    rated = {trial.item.sample for slot in range(30) for trial in trials(made, slot) if trial.kind == RATED}
    assert len(practised) == 3
    assert len(rated) == 9
    assert not practised & rated
    assert [trial.kind for trial in trials(made, 5)][:3] == [TRAINING] * 3


@pytest.mark.parametrize("mode", ["pairwise", "likert"])
def test_checks_stand_among_the_pages_and_say_what_to_choose(mode: str) -> None:
    made = design(14, items=9, training=0, checks=2, mode=mode)
    expected = Counter()
    for slot in range(20):
        kinds = [trial.kind for trial in trials(made, slot)]
        assert [place for place, kind in enumerate(kinds) if kind == CHECK] == [3, 7]
        for check in (trial for trial in trials(made, slot) if trial.kind == CHECK):
            place = check.conditions.index(INSTRUCTED)
            assert "attention" in check.texts[place]
            if mode == "pairwise":
                assert check.expected == ["left", "right"][place]
                assert len(check.texts) == 2
            else:
                assert check.expected in check.texts[place]
            expected[check.expected] += 1
    assert len(expected) > 1


@pytest.mark.parametrize("mode", ["pairwise", "likert"])
def test_checks_by_another_clip_take_that_of_another_recording(mode: str) -> None:
    made = design(14, items=9, training=0, checks=3, mode=mode, check_by="other clip")
    for slot in range(10):
        for check in (trial for trial in trials(made, slot) if trial.kind == CHECK):
            right = {"left": 0, "right": 1, "0": 0, "1": 1}[check.expected]
            assert check.texts[right] == check.item.reference
            other = int(check.texts[1 - right].split()[1])
            assert f"r{other // 2}" != check.item.recording


@pytest.mark.parametrize(
    ("count", "given", "message"),
    [
        (2, {"training": 2}, "2 clips are for training, and there are 2 in all"),
        (5, {"training": 1, "clips": 5}, "clips = 5, and there are 4 beside 1 for training"),
    ],
    ids=["nothing but training", "more clips than there are"],
)
def test_too_few_clips(count: int, given: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        design(count, **given)


def test_what_cannot_be_compared_is_counted(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", clips=4, same=[1], lost={2: "center"}))
    found = read_items(run, raters())
    assert found.left_out == {
        "descriptions missing": {"center": 1},
        "pairs of the same words": {"gaze | center": 1, "gaze | full": 1, "center | full": 1},
    }
    assert in_few_words(found.left_out) == [
        "descriptions missing: 1 (center)",
        "pairs of the same words: 3 (gaze | center: 1, and 2 more)",
    ]
    assert left_out_table(found.left_out).splitlines()[:3] == [
        "reason,of,count",
        "descriptions missing,center,1",
        "pairs of the same words,gaze | center,1",
    ]
    assert [item.recording for item in found.items] == ["kitchen-0", "kitchen-2", "kitchen-3"]
    rows = make_design(found, raters(training=0)).row
    assert Counter(page.item.recording for page in rows) == {"kitchen-0": 3, "kitchen-2": 1, "kitchen-3": 3}
    scaled = read_items(run, raters(mode="likert"))
    assert [item.recording for item in scaled.items] == ["kitchen-0", "kitchen-1", "kitchen-3"]
    assert scaled.left_out == {"descriptions missing": {"center": 1}, "clips without every description": {"center": 1}}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"compare": ("gaze", "centre")}, "has no shown 'centre'; did you mean 'center'; it has: gaze, center, full"),
        ({"compare": ("gaze",)}, "has one shown only, gaze: there is nothing to compare"),
        ({"pairs": (("gaze", "ful"),)}, "has no shown 'ful'; did you mean 'full'"),
        ({"by": "model"}, "has several of shown; choose one of: gaze, center, full"),
        ({"by": "model", "shown": "gaze"}, "has one model only, mock"),
        ({"model": "mok"}, "has no model 'mok'; did you mean 'mock'"),
        ({"instruction": "next"}, "has no instruction 'next'"),
    ],
    ids=["a typo", "one only", "a typo in pairs", "several ways", "one model", "no such model", "no such instruction"],
)
def test_a_run_that_lacks_what_is_asked_for(tmp_path: Path, given: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_items(read_run(make_run(tmp_path / "run", clips=2)), raters(**given))


def test_descriptions_are_those_of_the_run(tmp_path: Path) -> None:
    found = read_items(read_run(make_run(tmp_path / "run", clips=2)), raters(compare=("full", "gaze")))
    assert found.conditions == ("full", "gaze")
    assert found.pairs == (("full", "gaze"),)
    assert dict(found.items[1].texts) == {name: f"{TEXTS[name]}, clip 1. {MARKUP}" for name in ("full", "gaze")}
