"""Options as benchmarks write them become choices without letters, or are refused."""

import pytest

from foveate.dataset.choices import choices_of

ABC = ("pan", "pot", "knife")


@pytest.mark.parametrize(
    ("options", "answer", "wanted"),
    [
        (["A. pan", "B. pot", "C. knife"], "C", (ABC, 2)),
        (["A: pan", "B: pot", "C: knife"], "b", (ABC, 1)),
        (["(A) pan", "(B) pot", "(C) knife"], "(A)", (ABC, 0)),
        (["pan", "pot", "knife"], "A. pan", (ABC, 0)),
        (["B: pan", "A: pot"], "A", (("B: pan", "A: pot"), 0)),
        (["vitamin", "B: vitamin"], "B", (("vitamin", "B: vitamin"), 1)),
        (["A. 5", "B. 6"], "B", (("5", "6"), 1)),
        (["A. pan", "B. pot"], "C", None),
        (["A. pan", "B. pot"], "", None),
        (["A. pan", "B. pot"], None, None),
        (["A. pan", "B. pot"], 1, None),
        (["A. pan", "B. pot"], "Apples", None),
        (["A. pan"], "A", None),
        (["A. pan", "B. pan"], "A", None),
        (["A. pan", "B. "], "A", None),
        ([f"choice {n}" for n in range(11)], "A", None),
        ("A. pan", "A", None),
        (None, "A", None),
        ([None, {}], "A", None),
    ],
)
def test_choices(options, answer, wanted):
    assert choices_of(options, answer) == wanted
