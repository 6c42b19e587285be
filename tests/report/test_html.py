"""The report: self-contained, escaped, and true to the description."""

import re

from drawn import drawn_recording
from foveate.description.api import describe
from foveate.model.mock import MockModel
from foveate.report.html import FRAMES_PER_PAGE, description_page


def page(text: str = "Fills the kettle.", *, seconds: float = 6.0, **how: object) -> str:
    recording = drawn_recording(seconds=seconds, lost_s=(2.1, 4.1))
    description = describe(recording, model=MockModel(texts=(text,)), **{"size": "40", "segment": "2", **how})  # type: ignore[arg-type]
    return description_page(description, recording)


def test_holds_every_span_and_its_pictures() -> None:
    html = page()
    assert html.count('<section class="span"') == 3
    assert html.count("Fills the kettle.") == 3 + 1  # and the summary
    assert html.count('alt="What the model saw"') == 6
    assert "8.0% of the pixels" in html
    assert re.search(r"<b>24</b>\s*<span class=\"soft\">visual tokens, 87.5% fewer than full frames take", html)


def test_loads_nothing_from_elsewhere() -> None:
    html = page()
    assert not re.search(r"(src|href)=\"(?!data:|#)", html)
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_text_is_escaped() -> None:
    html = page('<img src=x onerror="alert(1)"> & <script>')
    assert "<script>" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;" in html


def test_frames_without_gaze_are_named() -> None:
    assert "Frames without measured gaze are in the spans at 0:02.0." in page()
    assert "Frames without measured gaze" not in page(view="full")


def test_gaze_is_drawn_only_where_it_was_measured_or_held() -> None:
    # frames at 0.5 to 5.5 s: 2.5 is held, 3.5 has neither
    assert page().count('class="ring inner"') == 5
    assert page(view="full").count('class="ring inner"') == 0


def test_what_is_not_pictured_is_told() -> None:
    assert "10 frames, 4 of them pictured" in " ".join(page(segment="1", fps=10.0).split())
    assert "of them pictured" not in page()
    assert "valid gaze from 0:00.0 to 0:05.9" in page()


def test_a_long_recording_has_few_pictures_per_span() -> None:
    html = page(seconds=90, segment="0.4", fps=10.0)
    assert html.count('alt="Scene at') <= max(FRAMES_PER_PAGE, 225)
