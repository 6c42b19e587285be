"""Tabs of a real browser in which somebody rates, and requests of theirs that are held or refused on their way."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from real_browser import PATIENCE_S
from served_study import Served


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


def again(browser: Any, link: str) -> Tab:
    """A further tab of a rater."""
    made = tab(browser)
    made.page.goto(link)
    made.expect("#next").to_be_visible()
    return made


def count(study: Served, query: str) -> int:
    return int(study.store.rows(f"SELECT count(*) AS n FROM {query}")[0]["n"])
