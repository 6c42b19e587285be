"""The page of a rater in a real browser: three raters by mouse and keys, a reload, a double click, a phone, in the dark."""

from typing import Any

import pytest

from made_study import MARKUP, TEXTS
from rating_tabs import again, count, holding, joined
from real_browser import comes
from served_study import Served


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
    other = again(browser.new_context(), link)
    assert other.place == "Page 2 of 6"
    for each in (made, other):
        assert each.errors == []
        each.page.close()


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
