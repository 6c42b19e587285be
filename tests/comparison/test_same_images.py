"""Two ways of showing that were one: the same images, pixel by pixel."""

from dataclasses import replace
from pathlib import Path

from foveate.comparison.compare import compare_run, compare_runs
from foveate.comparison.compare_text import lines, markdown
from foveate.evaluation.study import Comparing
from made_run import grid, make_run

SAID = "gaze and center were shown the very same images in 2 of 8 samples"


def told(alike: int) -> list:
    """Eight samples, of which in so many both ways show the same image."""
    made = grid({"gaze": [0.5] * 8, "center": [0.4] * 8, "no image": [0.1] * 8}, recordings=8, spans=1)
    hashes = {f"rec-{n}:0": "same" for n in range(alike)}
    return [replace(one, images_sha256=() if one.shown == "no image" else (hashes.get(one.sample, one.shown),)) for one in made]


def test_ways_that_showed_the_same_are_named(tmp_path: Path) -> None:
    compared = compare_run(make_run(tmp_path, told(2)), Comparing())
    assert any(SAID in text for text in lines(compared))
    assert SAID in markdown(compared)
    assert "no image were shown" not in markdown(compared)


def test_other_images_and_two_runs_are_no_news(tmp_path: Path) -> None:
    assert "the very same images" not in markdown(compare_run(make_run(tmp_path / "one", told(0)), Comparing()))
    pair = make_run(tmp_path / "a", told(8)), make_run(tmp_path / "b", told(8))
    assert "the very same images" not in markdown(compare_runs(*pair, Comparing()))
