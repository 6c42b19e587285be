"""docs/scores.md: its lines of Python print what it says, and its table is that of the program."""

import re
from pathlib import Path

import pytest

from foveate.score import ABOUT

PAGE = (Path(__file__).parents[2] / "docs" / "scores.md").read_text(encoding="utf-8")
ROWS = {
    row[1]: row
    for row in re.finditer(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| .+ \|$", PAGE, re.MULTILINE)
}


def test_the_lines_print_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rouge_score")
    code, printed = re.findall(r"```(?:python)?\n(.*?)```", PAGE, re.DOTALL)[:2]
    exec(compile(code, "docs/scores.md", "exec"), {})
    assert capsys.readouterr().out == printed


def test_the_table_has_every_score() -> None:
    assert list(ROWS) == list(ABOUT)


@pytest.mark.parametrize("name", ABOUT)
def test_a_row_of_the_table(name: str) -> None:
    told, (_, title, of, bounds, better, by) = ABOUT[name], ROWS[name].groups()
    assert title == told.title
    assert of == ", ".join(told.needs)
    assert bounds == f"{told.low:g} to {told.high:g}"
    assert better == ("more" if told.higher_is_better else "less")
    assert by == (told.package or "us")
