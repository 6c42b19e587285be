"""The page of a rater in a real browser: three raters, a reload in the middle, a double click, two tabs, a lost connection."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from made_study import MARKUP, TEXTS
from real_browser import PATIENCE_S, comes, real_browser
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

    def stored(self) -> None:
        """All is answered, and everything that was clicked is stored."""
        self.expect("#next").to_be_enabled()

    def rater(self) -> int:
        """Who this is, as the page says."""
        return int(self.page.locator("text=You are rater-").inner_text().partition("rater-")[2][:3])

    def next(self, before: str) -> None:
        self.stored()
        self.key("Enter")
        self.expect(".top span", text=before).to_have_count(0)


@dataclass
class Held:
    """Requests that are kept from the server for a while, in the order in which they came."""

    page: Any
    routes: list[Any] = field(default_factory=list)
    over: bool = False

    def come(self, count: int) -> None:
        """Wait until so many are held."""
        until_s = time.monotonic() + PATIENCE_S
        while len(self.routes) < count:
            assert time.monotonic() < until_s, f"{len(self.routes)} requests came, not {count}"
            self.page.wait_for_timeout(20)

    def let_go(self) -> None:
        """Send the first on its way."""
        self.routes.pop(0).continue_()


@contextmanager
def holding(page: Any, url: str, what: Callable[[str], bool] = lambda body: True) -> Iterator[Held]:
    """Hold requests of a page until the end.

    Args:
        page: whose.
        url: of the requests, as a pattern.
        what: which of them, by their body.
    """
    held = Held(page)

    def hold(route: Any) -> None:
        if not held.over and what(route.request.post_data or ""):
            held.routes.append(route)
        else:
            route.continue_()

    page.route(url, hold)
    yield held
    held.over = True
    while held.routes:
        held.let_go()
    page.unroute(url, hold)


@contextmanager
def refusing(page: Any, url: str, what: Callable[[str], bool]) -> Iterator[None]:
    """Refuse some requests of a page until the end, as a proxy between may."""

    def refuse(route: Any) -> None:
        if what(route.request.post_data or ""):
            route.fulfill(status=413, body="")
        else:
            route.continue_()

    page.route(url, refuse)
    yield
    page.unroute(url, refuse)


def tab(browser: Any, **options: Any) -> Tab:
    made = Tab(browser.new_page(**options), [])
    made.page.set_default_timeout(PATIENCE_S * 1000)
    made.page.on("console", lambda message: made.errors.append(message.text) if message.type == "error" else None)
    made.page.on("pageerror", lambda error: made.errors.append(str(error)))
    return made


def joined(browser: Any, study: Served, **options: Any) -> Tab:
    made = tab(browser, **options)
    made.page.goto(f"{study.url}/join")
    assert made.page.locator("#begin").is_disabled()
    made.page.locator("#agree").check()
    # the page stays until both clicks of a double click have come
    with holding(made.page, "**/join") as held:
        made.page.locator("#begin").dblclick()
        held.come(1)
    made.page.wait_for_url("**/r/*")
    made.expect("#next").to_be_visible()
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
    first.stored()
    with holding(first.page, "**/click") as held:
        first.page.locator("#next").dblclick()
        held.come(1)
    first.expect(".top span", text="Page 2 of 6").to_have_count(1)
    # clicks are stored in their order: once this answer is, so is all before
    first.key("ArrowLeft")
    first.stored()
    assert first.place == "Page 2 of 6"
    assert count(pairwise, f"clicks WHERE what = 'next' AND rater = {first.rater()}") == 1
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
    made.stored()
    texts = made.page.locator(".description").all_inner_texts()
    made.page.reload()
    made.expect("#next").to_be_visible()
    assert made.place == "Page 2 of 6"
    assert made.page.locator(".description").all_inner_texts() == texts
    assert made.page.locator("input[value=right]").is_checked()
    # the link alone is enough, in another browser too
    link = made.page.url
    other = tab(browser.new_context())
    other.page.goto(link)
    other.expect("#next").to_be_visible()
    assert other.place == "Page 2 of 6"
    for each in (made, other):
        assert each.errors == []
        each.page.close()


def test_a_stale_tab_does_not_change_what_was_done(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    stale = tab(browser)
    stale.page.goto(made.page.url)
    stale.expect("#next").to_be_visible()
    made.key("ArrowLeft")
    made.next("Page 1 of 6")
    stale.key("ArrowRight")
    stale.expect(".top span", text="Page 2 of 6").to_have_count(1)
    stale.expect("#trouble", text="another window").to_be_visible()
    name = made.rater()
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
    made.stored()
    assert made.page.locator("#trouble").is_hidden()
    name = made.rater()
    assert count(pairwise, f"clicks WHERE what = 'answer' AND rater = {name}") == 1
    made.page.close()


def test_the_last_answer_stands_where_the_first_is_slow(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    with holding(made.page, "**/click", lambda body: '"answer"' in body) as held:
        made.key("ArrowLeft")
        made.key("ArrowRight")
        held.come(1)
        # had the second answer been sent beside the first, it would have been before this
        made.page.evaluate("async () => (await fetch(location.pathname + '/state')).ok")
        assert ['"left"' in route.request.post_data for route in held.routes] == [True]
    made.stored()
    kept = pairwise.store.rows("SELECT value, clicks FROM answers WHERE rater = ?", (made.rater(),))
    assert [tuple(row.values()) for row in kept] == [("right", 2)]
    assert made.errors == []
    made.page.close()


def test_what_is_clicked_while_the_next_page_comes_is_no_answer(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    made.key("ArrowLeft")
    made.stored()
    with holding(made.page, "**/click") as held:
        made.key("Enter")
        held.come(1)
        made.key("ArrowRight")
        made.page.locator("label", has_text="Right").click(force=True)
        made.key("Enter")
    made.expect(".top span", text="Page 2 of 6").to_have_count(1)
    assert made.answered() == 0
    made.key("ArrowDown")
    made.stored()
    assert made.page.locator("#trouble").is_hidden()
    rows = pairwise.store.rows(
        "SELECT place, what, value, taken FROM clicks WHERE rater = ? AND what <> 'played' ORDER BY id", (made.rater(),)
    )
    assert [tuple(row.values()) for row in rows] == [
        *[(0, "shown", "", 1), (0, "answer", "left", 1), (0, "next", "", 1)],
        *[(1, "shown", "", 1), (1, "answer", "tie", 1)],
    ]
    assert made.errors == []
    made.page.close()


def test_a_clip_that_ends_keeps_nobody_waiting(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    made.key("ArrowLeft")
    made.stored()
    with holding(made.page, "**/click", lambda body: '"played"' in body) as held:
        made.page.evaluate("document.getElementById('video').dispatchEvent(new Event('ended'))")
        held.come(1)
        assert made.page.locator("#next").is_enabled()
        made.key("Enter")
    made.expect(".top span", text="Page 2 of 6").to_have_count(1)
    rows = pairwise.store.rows(
        "SELECT what FROM clicks WHERE rater = ? AND place = 0 AND what <> 'shown' ORDER BY id", (made.rater(),)
    )
    assert [row["what"] for row in rows][-2:] == ["played", "next"]
    assert made.errors == []
    made.page.close()


def test_a_refusal_that_comes_late_undoes_nothing(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    stale = tab(browser)
    stale.page.goto(made.page.url)
    stale.expect("#next").to_be_visible()
    made.key("ArrowLeft")
    made.next("Page 1 of 6")
    with holding(stale.page, "**/click", lambda body: '"answer"' in body) as held:
        stale.key("ArrowRight")
        stale.key("ArrowLeft")
        held.come(1)
        held.let_go()
        stale.expect(".top span", text="Page 2 of 6").to_have_count(1)
        held.come(1)
        stale.key("ArrowDown")  # of the second page, before the second answer to the first is refused
    stale.stored()
    assert stale.page.locator("input[value=tie]").is_checked()
    assert stale.page.locator("#trouble").is_hidden()  # it was read
    for each in (made, stale):
        assert each.errors == []
        each.page.close()


def test_pages_never_go_back(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    made.key("ArrowLeft")
    made.stored()
    with holding(made.page, "**/state") as held:
        made.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        held.come(1)
        told = held.routes[0].fetch()  # the server tells the first page now, and that comes when the second is shown
        made.next("Page 1 of 6")
        made.key("ArrowRight")
        made.stored()
        held.routes.pop(0).fulfill(response=told)
        made.page.evaluate("async () => (await fetch('/join')).ok")
    assert made.place == "Page 2 of 6"
    assert made.page.locator("input[value=right]").is_checked()
    assert made.errors == []
    made.page.close()


def test_what_another_window_did_is_told_once(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    other = tab(browser)
    other.page.goto(made.page.url)
    other.expect("#next").to_be_visible()
    made.key("ArrowLeft")
    made.stored()
    with holding(made.page, "**/state") as looking, holding(made.page, "**/click", lambda body: '"next"' in body) as going:
        made.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        looking.come(1)
        made.key("Enter")
        going.come(1)
        other.key("ArrowRight")
        other.next("Page 1 of 6")
        looking.let_go()
        made.expect(".top span", text="Page 2 of 6").to_have_count(1)
        made.key("ArrowDown")  # before what "Next" does on the first page is known
        assert made.page.locator("input[value=tie]").is_checked()
    made.stored()
    assert made.place == "Page 2 of 6"
    assert made.page.locator("input[value=tie]").is_checked()
    assert made.page.locator("#trouble").is_hidden()
    for each in (made, other):
        assert each.errors == []
        each.page.close()


@pytest.mark.parametrize("stored", ["gone", "there"])
def test_next_says_where_an_answer_is_not_stored(browser: Any, pairwise: Served, stored: str) -> None:
    made = joined(browser, pairwise)
    # a proxy that refuses one answer, whatever its reason
    with refusing(made.page, "**/click", lambda body: '"answer"' in body and stored == "gone"):
        made.key("ArrowLeft")
        made.stored()
    made.key("Enter")
    if stored == "there":
        made.expect(".top span", text="Page 2 of 6").to_have_count(1)
    else:
        made.expect("#trouble", text="An answer of this page was not stored").to_be_visible()
        assert (made.place, made.answered()) == ("Page 1 of 6", 0)
    made.page.close()


def test_two_tabs_of_one_page_show_the_answer_that_stands(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    other = tab(browser)
    other.page.goto(made.page.url)
    other.expect("#next").to_be_visible()
    made.key("ArrowLeft")
    made.stored()
    other.key("ArrowRight")
    other.stored()
    made.page.evaluate("window.dispatchEvent(new Event('focus'))")
    made.expect("input[value=right]").to_be_checked()
    made.next("Page 1 of 6")
    kept = pairwise.store.rows("SELECT value FROM answers WHERE rater = ?", (made.rater(),))
    assert [row["value"] for row in kept] == ["right"]
    for each in (made, other):
        assert each.errors == []
        each.page.close()


@pytest.mark.parametrize("status", [200, 429, 502], ids=["a page to log in", "too many", "no server behind the proxy"])
def test_what_something_between_answers_is_not_taken_for_the_server(browser: Any, pairwise: Served, status: int) -> None:
    made = joined(browser, pairwise)
    made.page.route("**/click", lambda route: route.fulfill(status=status, body="<html>Welcome!</html>"))
    made.key("ArrowLeft")
    made.expect("#trouble", text="Not stored yet").to_be_visible()
    assert made.place == "Page 1 of 6"
    # the browser asks before it leaves such a page
    leave = "() => !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    assert made.page.evaluate(leave)
    made.page.unroute("**/click")
    made.stored()
    assert made.page.locator("#trouble").is_hidden()
    assert not made.page.evaluate(leave)
    made.page.close()


def test_a_connection_that_is_dead_is_given_up(browser: Any, pairwise: Served) -> None:
    made = tab(browser)

    def hurried(route: Any) -> None:
        whole = route.fetch()
        route.fulfill(response=whole, body=whole.text().replace("PATIENCE_MS = 15000", "PATIENCE_MS = 1000"))

    made.page.route("**/server.js", hurried)
    made.page.goto(joined(browser, pairwise).page.url)
    made.expect("#next").to_be_visible()
    with holding(made.page, "**/click", lambda body: '"answer"' in body) as held:
        made.key("ArrowLeft")
        made.expect("#trouble", text="Not stored yet").to_be_visible()
        held.come(2)
    made.stored()
    assert count(pairwise, f"clicks WHERE what = 'answer' AND rater = {made.rater()}") == 1
    made.page.close()


def test_tab_and_space_choose(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    made.page.locator("input[value=left]").focus()
    made.key("Space")
    made.expect("input[value=left]").to_be_checked()
    made.stored()
    kept = pairwise.store.rows("SELECT value FROM answers WHERE rater = ?", (made.rater(),))
    assert [row["value"] for row in kept] == ["left"]
    made.page.close()


def test_scales_by_keyboard(browser: Any, likert: Served) -> None:
    made = joined(browser, likert)
    assert made.page.locator("fieldset").count() == 4
    made.expect("input[aria-label='Accurate: nothing in it is wrong: 7, completely']").to_have_count(2)
    made.key("7")
    made.key("1")
    made.key("ArrowUp")
    made.key("2")
    assert made.answered() == 2
    made.key("4")
    made.key("5")
    made.stored()
    name = made.rater()
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
    comes(made.page, ready)
    assert made.page.evaluate("document.documentElement.scrollWidth") <= width
    background = made.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    assert (sum(background) < 150) == (scheme == "dark")
    assert made.errors == []
    made.page.close()
