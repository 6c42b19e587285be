"""The page on which people code: blind, in a real browser, with nothing lost on the way to the table."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foveate.codes.book import CodeBook, Label
from foveate.codes.page import coding_page
from foveate.codes.read import read_codes
from foveate.codes.sample import Item, Sample
from foveate.report.seen import data_uri
from real_browser import comes, real_browser

BOOK = CodeBook(
    (Label("cut", "with a <b>knife</b>", ("slicing", "peeling")), Label("stir"), Label('pour, "slowly"')),
    title="Hands </script>",
)
COUNT = 5


def items() -> tuple[Item, ...]:
    pictures = [data_uri(np.full((40, 60, 3), 40 * k, dtype=np.uint8)) for k in range(COUNT + 1)]
    return tuple(Item("=rec </script>", k * 1.5, k * 1.5 + 1, (pictures[k], pictures[k + 1])) for k in range(COUNT))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with real_browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("coding") / "coding.html"
    path.write_text(coding_page(Sample(items(), COUNT, 0), BOOK, "span"), encoding="utf-8")
    return path


def opened(context: Any, file: Path, problems: list[str]) -> Any:
    page = context.new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
    page.goto(file.as_uri())
    return page


def begun(context: Any, file: Path, problems: list[str], name: str = "Änne @1") -> Any:
    page = opened(context, file, problems)
    page.fill("#name", name)
    page.keyboard.press("Enter")
    return page


def told(page: Any, selector: str, words: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(words)


def downloaded(page: Any, folder: Path) -> Path:
    with page.expect_download() as waited:
        page.click("#download")
    path = folder / waited.value.suggested_filename
    waited.value.save_as(path)
    return path


def test_a_coder_by_keys_with_a_reload_and_a_second_tab(browser: Any, file: Path, tmp_path: Path) -> None:
    problems: list[str] = []
    context = browser.new_context(accept_downloads=True)
    page = begun(context, file, problems)
    assert page.inner_text("#where") == "1 of 5"
    comes(page, "document.images.length === 2 && [...document.images].every(image => image.naturalWidth === 60)")
    page.keyboard.press("1")
    page.keyboard.press("3")
    page.keyboard.press("9")  # no such label
    page.keyboard.press("Control+1")
    assert (page.inner_text("#where"), page.inner_text("#done")) == ("3 of 5", "2 coded, 3 left")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.querySelector('[aria-pressed=true]').textContent").startswith('3pour, "slowly"')
    page.keyboard.press("2")  # changes the second
    page.close()

    page = opened(context, file, problems)
    assert page.input_value("#name") == "Änne @1"
    page.keyboard.press("Enter")  # the name is there, and the cursor in it
    assert page.inner_text("#where") == "3 of 5"
    other = begun(context, file, problems)
    other.click("text=Next without a label")
    other.click("#labels button >> nth=3")  # the fourth is unclear, in the other tab
    page.keyboard.press("4")
    told(page, "#done", "4 coded, 1 left")  # tabs hear of one another a little later
    assert page.inner_text("#where") == "4 of 5"
    assert page.is_hidden("#finished")
    page.click("#skip")
    assert page.inner_text("#where") == "5 of 5"
    page.keyboard.press("1")
    assert page.is_visible("#finished")

    table = downloaded(page, tmp_path)
    assert table.name.startswith("codes-Änne-1-")
    codes = read_codes(table).chosen_from(BOOK)
    assert [(span.place, span.label) for span in codes.spans] == [
        (("=rec </script>", round(1500 * k), round(1500 * k) + 1000), label)
        for k, label in enumerate(["cut", "stir", "unclear", "unclear", "cut"])
    ]
    assert codes.name == "Änne @1"
    with table.open(encoding="utf-8", newline="") as rows:
        first = next(csv.DictReader(rows))
    assert (first["recording"], first["codebook"]) == ("'=rec </script>", BOOK.id)
    assert float(first["seconds"]) >= 0
    assert not problems
    context.close()


def test_another_coder_begins_anew_and_quotation_marks_survive(browser: Any, file: Path, tmp_path: Path) -> None:
    problems: list[str] = []
    context = browser.new_context(accept_downloads=True)
    begun(context, file, problems, "A").keyboard.press("1")
    page = begun(context, file, problems, "=B")
    assert page.inner_text("#done") == "0 coded, 5 left"
    page.keyboard.press("3")
    table = downloaded(page, tmp_path)
    assert "'=B" in table.read_text(encoding="utf-8")
    assert [span.label for span in read_codes(table).spans] == ['pour, "slowly"']
    assert not problems
    context.close()


@pytest.mark.parametrize("width", [360, 1200], ids=["phone", "desk"])
def test_nothing_overflows(browser: Any, file: Path, width: int) -> None:
    problems: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = begun(context, file, problems)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.inner_text("h1") == "Hands </script>"
    assert "<b>knife</b>" in page.inner_text("#labels")
    assert not problems
    context.close()


LEAVING = "() => !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"


def test_a_browser_that_keeps_nothing_says_so(browser: Any, file: Path, tmp_path: Path) -> None:
    context = browser.new_context(accept_downloads=True)
    context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('denied') }})")
    page = begun(context, file, [])
    page.keyboard.press("1")
    assert page.is_visible("#volatile")
    assert page.inner_text("#done") == "1 coded, 4 left"
    # it asks before it is closed, until the table is downloaded, and again after the next choice
    assert page.evaluate(LEAVING)
    downloaded(page, tmp_path)
    assert not page.evaluate(LEAVING)
    page.keyboard.press("2")
    assert page.evaluate(LEAVING)
    context.close()


def test_the_last_choice_stands_where_the_browser_has_no_room_left(browser: Any, file: Path, tmp_path: Path) -> None:
    context = browser.new_context(accept_downloads=True)
    page = begun(context, file, [])
    page.keyboard.press("1")
    assert page.is_hidden("#volatile")
    assert not page.evaluate(LEAVING)
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') } }")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("2")
    assert page.is_visible("#volatile")
    assert page.evaluate(LEAVING)
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.querySelector('[aria-pressed=true]').textContent").startswith("2stir")
    assert [span.label for span in read_codes(downloaded(page, tmp_path)).spans] == ["stir"]
    context.close()


def test_a_double_click_codes_one_span(browser: Any, file: Path) -> None:
    problems: list[str] = []
    context = browser.new_context()
    page = begun(context, file, problems)
    page.locator("#labels button").first.dblclick()
    assert (page.inner_text("#where"), page.inner_text("#done")) == ("2 of 5", "1 coded, 4 left")
    page.locator("#labels button").first.click()
    assert (page.inner_text("#where"), page.inner_text("#done")) == ("3 of 5", "2 coded, 3 left")
    assert not problems
    context.close()


def test_the_same_spans_shown_otherwise_are_other_work() -> None:
    def work(shown: tuple[Item, ...]) -> str:
        page = coding_page(Sample(shown, COUNT, 0), BOOK, "span")
        return str(json.loads(page.partition('id="data">')[2].partition("</script>")[0])["work"])

    narrower = tuple(replace(item, images=item.images[:1]) for item in items())
    assert work(items()) == work(items())
    assert work(items()) != work(narrower)


def test_the_page_holds_spans_images_and_labels_and_nothing_else() -> None:
    page = coding_page(Sample(items(), COUNT, 0), BOOK, "span")
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert set(data) == {"work", "codebook", "labels", "items"}
    assert {key for item in data["items"] for key in item} == {"recording", "onset_s", "offset_s", "images"}
    assert data["labels"] == list(BOOK.names)
    assert page.count("<script") == page.count("</script>") == 2
