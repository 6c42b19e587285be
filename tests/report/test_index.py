"""The page over many recordings."""

from dataclasses import replace

import pytest

from foveate.description.cells import cell
from foveate.report.index import Line, index_page

LINE = Line(
    "p1", "recordings/p1/report.html", "Neon", 61.0, "3 of 4 spans", "A cup.", None, ("gaze is missing",), (("who", "A"),)
)


def page(*lines: Line, failures: tuple[tuple[str, str, str], ...] = (), left: int = 0) -> str:
    skipped = [("study/notes", "empty")]
    return index_page(title="study", command="describe", lines=lines, failures=failures, left=left, skipped=skipped)


def test_everything_about_a_recording_is_there() -> None:
    shown = page(LINE, replace(LINE, name="p2", href=None, duration_s=None, text="", remarks=()))
    for text in (
        "1:01.0",
        "3 of 4 spans",
        "A cup.",
        "gaze is missing",
        "who A",
        "study/notes",
        "2 of 2</b>",
        "1 of unknown length",
    ):
        assert text in shown, text
    assert shown.count("<a href=") == 1
    assert "Failed" not in shown
    assert "Stopped" not in shown


def test_failures_and_what_is_left_stand_above_the_recordings() -> None:
    shown = page(LINE, failures=(("p3", "study/p3", "no gaze"),), left=2)
    assert "1 of 4</b>" in shown
    places = [shown.index(text) for text in ("2 recordings are still to do", "no gaze", "<h2>Recordings</h2>")]
    assert places == sorted(places)


def test_a_toy_model_is_named_on_top_and_beside_its_words() -> None:
    shown = page(replace(LINE, notice="toy model"))
    assert "<b>Toy model:</b>" in shown
    assert '<span class="soft">toy model:</span> A cup.' in shown


def test_what_others_wrote_is_data() -> None:
    evil = "<img src=x onerror=alert(1)>"
    shown = page(
        replace(LINE, name=evil, device=evil, text=evil, remarks=(evil,), columns=((evil, evil),)), failures=((evil,) * 3,)
    )
    assert "<img" not in shown
    assert shown.count("&lt;img") == 9
    assert "default-src &#39;none&#39;" in shown or "default-src 'none'" in shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("- The person", "'- The person"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("-0.5", "-0.5"),
        ("+5e3", "+5e3"),
        ("a=b", "a=b"),
        ("", ""),
        (-1.5, -1.5),
        (None, None),
    ],
)
def test_no_text_is_a_formula(value: object, expected: object) -> None:
    assert cell(value) == expected
    assert cell(cell(value)) == expected
