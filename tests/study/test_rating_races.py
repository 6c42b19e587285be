"""The page of a rater where clicks, replies, tabs and servers cross: nothing is lost, undone or taken for another page."""

from typing import Any

import pytest

from rating_tabs import again, count, holding, joined, refusing, tab
from served_study import Served


def test_a_stale_tab_does_not_change_what_was_done(browser: Any, pairwise: Served) -> None:
    made = joined(browser, pairwise)
    stale = again(browser, made.page.url)
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
    stale = again(browser, made.page.url)
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
    other = again(browser, made.page.url)
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
    other = again(browser, made.page.url)
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
