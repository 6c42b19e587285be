"""The server of a study: a page for each rater behind a link that cannot be guessed, and their clicks into the store.

A link is a rater's key, and nothing else identifies them: there are no cookies, so that no other page can act for a rater, and
no log of requests. Media are served by a table of their names, never by a path of the request.
"""

import hmac
import html
import logging
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Header, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from foveate.errors import UsageError
from foveate.study.begun import DESIGN
from foveate.study.config import PAIRWISE, Raters
from foveate.study.design import CHECK, RATED, Design, Trial, trials
from foveate.study.forget import is_forgotten
from foveate.study.guard import App, Guard, signed
from foveate.study.rater import ANSWER, WHATS, Click, Rater
from foveate.study.store import Store

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("page.js", "consent.js", "make.js", "server.js")
STATIC = {**dict.fromkeys(SCRIPTS, "text/javascript"), "style.css": "text/css"}
MEDIA = {".mp4": "video/mp4", ".jpg": "image/jpeg"}
SIDES = ("left", "right")
TIE = "tie"


@dataclass(frozen=True)
class Service:
    """What the server works with."""

    store: Store
    design: Design
    clips: Mapping[str, tuple[str, ...]]
    """Clip -> its files in the clip folder."""
    consent: str
    """What raters agree to."""
    token: str = ""
    """Without which nobody can join; empty where none is needed."""

    @property
    def raters(self) -> Raters:
        return self.design.raters

    @property
    def key(self) -> str:
        return self.store.secret("of links")

    def pages(self, slot: int) -> list[Trial]:
        """A rater's pages, without those of who was forgotten."""
        return [
            trial
            for trial in trials(self.design, slot)
            if not is_forgotten(self.store, *(name for item in trial.items for name in (item.cluster, item.recording)))
        ]

    def values(self) -> list[str]:
        """What can be answered."""
        if self.raters.mode == PAIRWISE:
            return [*SIDES, *([TIE] if self.raters.ties else [])]
        return [str(point) for point in range(1, self.raters.points + 1)]


class Joining(BaseModel):
    """What a page tells of somebody who agrees."""

    model_config = ConfigDict(extra="forbid", strict=True)
    nonce: str = Field(min_length=20, max_length=64)
    token: str = Field(max_length=256)


class Clicked(BaseModel):
    """What a page tells of a click."""

    model_config = ConfigDict(extra="forbid", strict=True)
    uid: str = Field(min_length=8, max_length=64)
    place: int = Field(ge=0, le=100_000)
    what: str
    question: str = Field("", max_length=64)
    description: int = Field(-1, ge=-1, le=32)
    value: str = Field("", max_length=16)
    since_ms: int = Field(0, ge=0, le=2**40)
    tab: str = Field("", max_length=64)


def make_app(service: Service, *, origins: frozenset[str]) -> App:
    """The application.

    Args:
        service: what it works with.
        origins: see Guard.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(_joining(service))
    app.include_router(_rating(service))

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in STATIC:
            raise HTTPException(404, "there is no such file")
        return FileResponse(PAGE / name, media_type=STATIC[name])

    @app.exception_handler(RequestValidationError)
    def unreadable(_: Any, error: RequestValidationError) -> Response:
        # what came is not told back: it may hold what no JSON can, such as NaN or half of a character
        return JSONResponse({"detail": "no page of this study sends that"}, status_code=422)

    @app.exception_handler(sqlite3.Error)
    def not_stored(_: Any, error: sqlite3.Error) -> Response:
        # the page sends it again; who serves sees why
        logging.getLogger("uvicorn.error").error("the file of answers cannot be used: %s", error)
        return JSONResponse({"detail": "not stored"}, status_code=503)

    @app.exception_handler(HTTPException)
    def refused(_: Any, error: HTTPException) -> Response:
        return JSONResponse({"detail": error.detail}, status_code=error.status_code)

    return Guard(app, origins=origins)


def _joining(service: Service) -> APIRouter:
    """Consent, and a link of one's own."""
    router = APIRouter()
    begun = service.store.fact(DESIGN)

    @router.get("/")
    @router.get("/join")
    def joining() -> Response:
        # the page itself tells nothing; what it asks for next needs the token
        nonce = secrets.token_urlsafe(24)
        return _shell(signed(service.key, "csrf", nonce), nonce)

    @router.get("/join/state")
    def state(token: str = "") -> dict[str, Any]:
        _check_token(service, token)
        return {"consent": service.consent, "contact": service.raters.contact}

    @router.post("/join")
    def join(joining: Joining, x_foveate_csrf: str = Header("")) -> dict[str, str]:
        _check_csrf(service, x_foveate_csrf, joining.nonce)
        _check_token(service, joining.token)
        if service.store.fact(DESIGN) != begun:  # by another server, while nobody had joined yet
            logging.getLogger("uvicorn.error").error("the study was begun anew with other settings; stop this server")
            raise HTTPException(409, "This study was set up anew. Please ask who invited you for the new link.")
        # the same page always gives the same link: a double click enters one rater
        secret = signed(service.key, "link", joining.nonce)[:40]
        try:
            service.store.join(secret, service.pages, consent=service.consent, most=service.raters.most_raters)
        except UsageError as error:
            raise HTTPException(409, "This study has all the raters that it needs. Thank you.") from error
        return {"link": f"/r/{secret}"}

    return router


def _rating(service: Service) -> APIRouter:
    """All behind a rater's link."""
    router = APIRouter(prefix="/r/{secret}")

    def known(secret: str) -> Rater:
        found = service.store.rater(secret)
        if found is None:
            raise HTTPException(404, "This link is not known. Please check that you have all of it.")
        return found

    @router.get("")
    def page(secret: str) -> Response:
        status = 404 if service.store.rater(secret) is None else 200
        return _shell(signed(service.key, "csrf", secret), "", status=status)

    @router.get("/state")
    def state(secret: str) -> dict[str, Any]:
        return told(service, known(secret))

    @router.post("/click")
    def click(secret: str, clicked: Clicked, x_foveate_csrf: str = Header("")) -> dict[str, Any]:
        rater = known(secret)
        _check_csrf(service, x_foveate_csrf, secret)
        done = Click(**clicked.model_dump())
        pages = {page["place"]: page for page in service.store.pages(rater)}
        if done.place not in pages:  # it was forgotten meanwhile, with who wore the tracker
            return {"taken": False, **told(service, rater)}
        texts = len(pages[done.place]["texts"])
        _check_click(service, done, texts)
        per_text = 1 if service.raters.mode == PAIRWISE else texts
        taken = service.store.add(rater, done, needed=len(service.raters.questions) * per_text)
        return {"taken": taken, **({} if done.what == ANSWER and taken else told(service, rater))}

    @router.get("/clip/{name}")
    def clip(secret: str, name: str) -> Response:
        rater = known(secret)
        mine = {file for page in service.store.pages(rater) for file in service.clips.get(page["clip"], ())}
        file = service.raters.clip_folder / name
        if name not in mine or not file.is_file():  # it may be deleted while a server runs: forgotten, or blurred since
            raise HTTPException(404, "there is no such clip")
        kept = {"cache-control": "private, max-age=3600"}
        return FileResponse(file, media_type=MEDIA[Path(name).suffix], headers=kept)

    return router


def told(service: Service, rater: Rater) -> dict[str, Any]:
    """All that a rater's page may know: texts in their order, and nothing of where they come from."""
    raters = service.raters
    pages = service.store.pages(rater)
    left = [page for page in pages if not page["done"]]
    state: dict[str, Any] = {
        "name": rater.name,
        "contact": raters.contact,
        "mode": raters.mode,
        "questions": [{"name": name, "text": text} for name, text in raters.questions.items()],
        "values": service.values(),
        "pages": len(pages),
        "done": len(pages) - len(left),
        "page": None,
    }
    if not left:
        return {**state, "completion": raters.completion, "code": raters.completion_code or rater.code}
    page = left[0]
    return {
        **state,
        "page": {
            "place": page["place"],
            "kind": RATED if page["kind"] == CHECK else page["kind"],
            "clip": service.clips.get(page["clip"], ()),
            "texts": page["texts"],
            "answers": service.store.answers(rater, page["place"]),
        },
    }


def _check_click(service: Service, click: Click, texts: int) -> None:
    """Refuse what no page of ours sends."""
    if click.what not in WHATS:
        raise HTTPException(422, f"a click is one of {', '.join(WHATS)}")
    if click.what != ANSWER:
        return
    places = (-1,) if service.raters.mode == PAIRWISE else range(texts)
    if click.question not in service.raters.questions or click.value not in service.values() or click.description not in places:
        raise HTTPException(422, "there is no such answer")


def _check_token(service: Service, given: str) -> None:
    if service.token and not hmac.compare_digest(service.token.encode(), given.encode("utf-8", "backslashreplace")):
        raise HTTPException(403, "This study needs the whole link that you were given.")


def _check_csrf(service: Service, given: str, secret: str) -> None:
    if not hmac.compare_digest(given.encode(), signed(service.key, "csrf", secret).encode()):
        raise HTTPException(403, "This page is out of date; load it again.")


def _shell(csrf: str, nonce: str, *, status: int = 200) -> Response:
    text = (PAGE / "page.html").read_text(encoding="utf-8")
    return HTMLResponse(text.replace("CSRF", html.escape(csrf)).replace("NONCE", html.escape(nonce)), status_code=status)
