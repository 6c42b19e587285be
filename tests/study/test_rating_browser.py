"""The page of a rater in a real browser: three raters, a reload in the middle, a double click, two tabs, a lost connection."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from made_study import MARKUP, TEXTS
from real_browser import real_browser
from served_study import Served, served

FEW = "items = 4\ntraining = 1\nchecks = 1\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with real_browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def pairwise(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("pairwise"), FEW) as study:
        yield study


@pytest.fixture(scope="module")
def likert(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(
        tmp_path_factory.mktemp("likert"), FEW + 'mode = "likert"\ncompare = ["gaze", "center"]\nclip = "frames"\n'
    ) as study:
        yield study


@dataclass
class Tab:
    """A page of the browser and what went wrong in it."""

    page: Any
    errors: list[str]

    @property
    def place(self) -> str:
        return str(self.page.locator(".top span").inner_text())

    def expect(self, selector: str, *, text: str | None = None) -> Any:
        """Something that the page comes to; the page's own policy forbids to wait for a script."""
        from playwright.sync_api import expect

        return expect(self.page.locator(selector, has_text=text))

    def answered(self) -> int:
        return int(self.page.locator("fieldset input:checked").count())

    def key(self, key: str) -> None:
        self.page.keyboard.press(key)

    def next(self, before: str) -> None:
        self.expect("#next").to_be_enabled()
        self.key("Enter")
        self.expect(".top span", text=before).to_have_count(0)


def tab(browser: Any, **options: Any) -> Tab:
    made = Tab(browser.new_page(**options), [])
    made.page.set_default_timeout(10_000)
    made.page.on("console", lambda message: made.errors.append(message.text) if message.type == "error" else None)
    made.page.on("pageerror", lambda error: made.errors.append(str(error)))
    return made


def joined(browser: Any, study: Served, **options: Any) -> Tab:
    made = tab(browser, **options)
    made.page.goto(f"{study.url}/join")
    assert made.page.locator("#begin").is_disabled()
    made.page.locator("#agree").check()
    made.page.locator("#begin").dblclick()
    made.page.wait_for_url("**/r/*")
    made.page.wait_for_selector("#next")
    return made


def count(study: Served, query: str) -> int:
    return int(study.store.rows(f"SELECT count(*) AS n FROM {query}")[0]["n"])


def test_three_raters_answer_by_mouse_and_keys(browser: Any, pairwise: Served) -> None:
    before = count(pairwise, "raters")
    tabs = [joined(browser, pairwise) for _ in range(3)]
    # the double click on "Begin" entered one rater each
    assert count(pairwise, "raters") == before + 3
    first = tabs[0]
    assert first.place == "Page 1 of 6"
    assert first.page.locator(".practice").is_visible()
    # nothing on the page, or in what the server sent for it, tells where a text comes from
    sent = first.page.evaluate("async () => await (await fetch(location.pathname + '/state')).text()")
    for word in (*TEXTS, "kitchen-", "mock", "reference", "check"):
        assert f'"{word}' not in sent.replace('"kind":"training"', "")
    assert all(text.endswith(MARKUP) for text in first.page.locator(".description").all_inner_texts())
    assert first.page.locator("main img").count() == 0
    assert first.page.locator("#next").is_disabled()
    # a double click on an answer, and then on Next: one page on, not two
    first.page.locator("label", has_text="Left").dblclick()
    assert first.answered() == 1
    first.page.locator("#next").dblclick()
    first.expect(".top span", text="Page 1 of 6").to_have_count(0)
    time.sleep(0.3)
    assert first.place == "Page 2 of 6"
    for made in tabs:
        while made.page.locator("#next").count():
            made.key("ArrowDown")
            made.next(made.place)
        assert len(made.page.locator("#code").inner_text()) == 8
        assert made.errors == []
        made.page.close()
    assert count(pairwise, "named_raters WHERE finished") >= 3


def test_a_reload_in_the_middle_goes_on_where_it_was(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    made.key("ArrowLeft")
    made.next("Page 1 of 6")
    made.key("ArrowRight")
    made.expect("#next").to_be_enabled()
    texts = made.page.locator(".description").all_inner_texts()
    made.page.reload()
    made.page.wait_for_selector("#next")
    assert made.place == "Page 2 of 6"
    assert made.page.locator(".description").all_inner_texts() == texts
    assert made.page.locator("input[value=right]").is_checked()
    # the link alone is enough, in another browser too
    link = made.page.url
    other = tab(browser.new_context())
    other.page.goto(link)
    other.page.wait_for_selector("#next")
    assert other.place == "Page 2 of 6"
    for each in (made, other):
        assert each.errors == []
        each.page.close()


def test_a_stale_tab_does_not_change_what_was_done(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    stale = tab(browser)
    stale.page.goto(made.page.url)
    stale.page.wait_for_selector("#next")
    made.key("ArrowLeft")
    made.next("Page 1 of 6")
    stale.key("ArrowRight")
    stale.expect(".top span", text="Page 2 of 6").to_have_count(1)
    assert "another window" in stale.page.locator("#trouble").inner_text()
    name = pairwise.store.raters()[-1].id
    clicks = pairwise.store.rows("SELECT value, taken FROM clicks WHERE rater = ? AND what = 'answer' ORDER BY id", (name,))
    assert [(row["value"], row["taken"]) for row in clicks] == [("left", 1), ("right", 0)]
    kept = pairwise.store.rows("SELECT value FROM answers WHERE rater = ?", (name,))
    assert [row["value"] for row in kept] == ["left"]
    made.page.close()
    stale.page.close()


def test_answers_wait_for_a_lost_connection(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    made.page.route("**/click", lambda route: route.abort())
    made.key("ArrowLeft")
    made.expect("#trouble").to_be_visible()
    assert made.page.locator("#next").is_disabled()
    made.page.unroute("**/click")
    made.expect("#next").to_be_enabled()
    assert made.page.locator("#trouble").is_hidden()
    name = pairwise.store.raters()[-1].id
    assert count(pairwise, f"clicks WHERE what = 'answer' AND rater = {name}") == 1
    made.page.close()


def test_the_last_answer_stands_where_the_first_is_slow(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    slow: list[Any] = []
    made.page.route("**/click", lambda route: slow.append(route) if '"left"' in route.request.post_data else route.continue_())
    made.key("ArrowLeft")
    made.key("ArrowRight")
    until_s = time.monotonic() + 10
    while not slow and time.monotonic() < until_s:
        made.page.wait_for_timeout(20)
    made.page.wait_for_timeout(300)  # long enough for the second to overtake it
    slow[0].continue_()
    made.expect("#next").to_be_enabled()
    name = pairwise.store.raters()[-1].id
    kept = pairwise.store.rows("SELECT value, clicks FROM answers WHERE rater = ?", (name,))
    assert [tuple(row.values()) for row in kept] == [("right", 2)]
    assert made.errors == []
    made.page.close()


def test_scales_by_keyboard(browser: Any, likert: Served) -> None:
    made = joined(browser, likert)
    assert made.page.locator("fieldset").count() == 4
    made.key("7")
    made.key("1")
    made.key("ArrowUp")
    made.key("2")
    assert made.answered() == 2
    made.key("4")
    made.key("5")
    made.expect("#next").to_be_enabled()
    name = likert.store.raters()[-1].id
    rows = likert.store.rows(
        "SELECT question, description, value FROM answers WHERE rater = ? ORDER BY description, question", (name,)
    )
    assert [tuple(row.values()) for row in rows] == [
        *[("accuracy", 0, "7"), ("completeness", 0, "2")],
        *[("accuracy", 1, "4"), ("completeness", 1, "5")],
    ]
    assert made.errors == []
    made.page.close()


@pytest.mark.parametrize("mode", ["pairwise", "likert"])
@pytest.mark.parametrize("width", [360, 1200], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_fits(browser: Any, request: pytest.FixtureRequest, mode: str, width: int, scheme: str) -> None:
    made = joined(browser, request.getfixturevalue(mode), viewport={"width": width, "height": 800}, color_scheme=scheme)
    ready = {
        "pairwise": "document.getElementById('video').readyState >= 2",
        "likert": "document.images.length == 6 && [...document.images].every(image => image.naturalWidth > 0)",
    }[mode]
    until_s = time.monotonic() + 10
    while not made.page.evaluate(ready) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert made.page.evaluate(ready), "the clip cannot be seen"
    assert made.page.evaluate("document.documentElement.scrollWidth") <= width
    background = made.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    assert (sum(background) < 150) == (scheme == "dark")
    assert made.errors == []
    made.page.close()
