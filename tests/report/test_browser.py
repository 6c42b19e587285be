"""The report in a real browser: nothing overflows on a phone, dark and light differ, nothing is fetched, no errors."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drawn import drawn_recording
from foveate.description.api import describe
from foveate.model.mock import MockModel
from foveate.report.html import description_page
from real_browser import comes, real_browser

LONG = "An_answer_without_a_single_space_" * 12


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with real_browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recording = drawn_recording(lost_s=(2.1, 4.1))
    description = describe(recording, model=MockModel(texts=("Fills the kettle.", LONG)), size="40", segment="1", batch=2)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(description_page(description, recording), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [360, 1200], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_in_a_browser(browser: object, report: Path, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[attr-defined]
    errors: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # every picture is really drawn
    comes(page, "[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert page.evaluate("document.images.length") == 6 + 6
    red, green, blue = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    assert (red + green + blue < 150) == (scheme == "dark")
    assert not errors
    assert all(url.startswith(("file:", "data:")) for url in requests)
    page.close()
