"""Tables of lines whose scores are known."""

import pytest

from foveate.experiment.lines import Line
from foveate.experiment.table import Table, make_table, markdown

TRUTH = "The person cuts the red apple."
NAMES = {"red", "apple", "blue", "cup"}


def lines(arm: str, right_of_four: int, *, recordings: int = 8) -> list[Line]:
    """Four spans a recording, so many of them right."""
    return [
        Line("kitchen", arm, f"rec-{r}", f"{r}:{k}", TRUTH, TRUTH if k < right_of_four else "The blue cup", 10 * (k + 1), 0.5)
        for r in range(recordings)
        for k in range(4)
    ]


@pytest.fixture(scope="module")
def table() -> Table:
    told = [*lines("gaze", 4), *lines("full", 1), *lines("center", 4)]
    return make_table("kitchen", told, arms=("gaze", "full", "center"), against=("full", "center"), names=NAMES)


def test_rows_are_means_over_recordings(table: Table) -> None:
    assert (table.recordings, table.spans) == (8, 32)
    assert [row.scores["exact_match"].mean for row in table.rows] == [1.0, 0.25, 1.0]
    assert [row.scores["object_words"].mean for row in table.rows] == [1.0, 0.25, 1.0]
    assert table.rows[0].visual_tokens == 25.0
    assert table.rows[0].scores["sbert"].mean == pytest.approx(1.0, abs=1e-5)


def test_the_first_arm_is_compared_with_holms_correction(table: Table) -> None:
    exact = {c.second: c for c in table.comparisons if c.score == "exact_match"}
    assert exact["full"].test.difference.mean == 0.75
    # Eight recordings that all differ the same way: two of 256 sign patterns; twice that after Holm.
    assert exact["full"].test.p == pytest.approx(2 / 256)
    assert exact["full"].p_holm == pytest.approx(4 / 256)
    assert exact["center"].p_holm == 1.0


def test_markdown_holds_every_arm_and_comparison(table: Table) -> None:
    text = markdown(table)
    assert "| full | 0.25 [0.12, 0.46] | 0.25 (no interval: all clusters are equal) |" in text  # 8 of 32 right, Wilson
    assert "| full | +0.75 (no interval: all clusters are equal) | .016 |" in text


def test_arms_must_be_asked_about_the_same_spans() -> None:
    told = [*lines("gaze", 4), *lines("full", 1, recordings=7)]
    with pytest.raises(AssertionError, match="full was not asked about the same spans"):
        make_table("kitchen", told, arms=("gaze", "full"), against=("full",), names=NAMES)


def test_a_condition_takes_its_own_lines_only() -> None:
    other = [Line("other", "gaze", "rec-9", "9:0", TRUTH, "", 0, 0.0)]
    table = make_table("kitchen", [*lines("gaze", 2), *other], arms=("gaze",), against=(), names=NAMES)
    assert table.rows[0].scores["exact_match"].mean == 0.5
