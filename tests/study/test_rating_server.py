"""Who gets in: links, tokens, origins, traversal; what is kept of a click."""

import http.client
import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foveate.study.begun import DESIGN
from foveate.study.forget import forget_participant, forget_rater
from foveate.study.serve import address_of, shown_of
from foveate.study.store import Store
from served_study import Served, served

TOKEN = "a-token-that-nobody-guesses"
SECRET_FILES = ("raters.sqlite", "study.toml", "run.json", "passwd", "page.html", "serve.py")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served"), "items = 4\ntraining = 1\nchecks = 1\nmost_raters = 40\n") as made:
        yield made


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("guarded"), "items = 4\nmost_raters = 2\n", token=TOKEN, known=False) as made:
        yield made


def ask(study: Served, path: str, body: Any = None, *, method: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """A request as its bytes are given: nothing tidies its path."""
    connection = http.client.HTTPConnection("127.0.0.1", study.port, timeout=60)
    sent = None if body is None else json.dumps(body).encode()
    whole = {"Host": f"127.0.0.1:{study.port}"}
    if sent is not None:
        whole |= {"Origin": study.url, "Content-Type": "application/json", "Content-Length": str(len(sent))}
    whole |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method or ("GET" if body is None else "POST"), path, skip_host=True, skip_accept_encoding=True)
    for name, value in whole.items():
        if value != "-":
            connection.putheader(name, value)
    connection.endheaders(sent)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def meta(page: bytes) -> tuple[str, str]:
    csrf = re.search(rb'foveate-csrf" content="([^"]*)"', page)
    nonce = re.search(rb'foveate-nonce" content="([^"]*)"', page)
    assert csrf
    assert nonce
    return csrf[1].decode(), nonce[1].decode()


def join(study: Served, token: str = "") -> str:
    csrf, nonce = meta(ask(study, "/join")[2])
    status, _, body = ask(study, "/join", {"nonce": nonce, "token": token}, X_Foveate_Csrf=csrf)
    assert status == 200, body
    return str(json.loads(body)["link"])


def click(study: Served, link: str, **what: Any) -> tuple[int, dict[str, Any]]:
    csrf, _ = meta(ask(study, link)[2])
    click.count += 1  # type: ignore[attr-defined]
    body = {"uid": f"click-{click.count:06d}", "place": 0, "what": "answer", "question": "better", "value": "left"}  # type: ignore[attr-defined]
    status, _, answer = ask(study, f"{link}/click", {**body, **what}, X_Foveate_Csrf=csrf)
    return status, json.loads(answer)


click.count = 0  # type: ignore[attr-defined]


def test_links_cannot_be_guessed_and_only_hashes_are_kept(study: Served) -> None:
    links = {join(study) for _ in range(3)}
    secrets = {link.removeprefix("/r/") for link in links}
    assert len(secrets) == 3
    assert all(re.fullmatch("[0-9a-f]{40}", secret) for secret in secrets)
    held = b"".join(file.read_bytes() for file in study.store.path.parent.glob("raters.sqlite*"))
    assert not any(secret.encode() in held for secret in secrets)


def test_one_page_enters_one_rater(study: Served) -> None:
    csrf, nonce = meta(ask(study, "/join")[2])
    before = len(study.store.raters())
    answers = [ask(study, "/join", {"nonce": nonce, "token": ""}, X_Foveate_Csrf=csrf)[2] for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(study.store.raters()) == before + 1


REFUSED = {
    "another origin": (403, {"Origin": "http://evil.example"}),
    "no origin": (403, {"Origin": "-"}),
    "null origin": (403, {"Origin": "null"}),
    "another port": (403, {"Origin": "http://127.0.0.1:1"}),
    "https of the same name": (403, {"Origin": "https://127.0.0.1"}),
    "another host": (421, {"Host": "evil.example"}),
    "a host that begins alike": (421, {"Host": "127.0.0.1.evil.example"}),
    "a form": (415, {"Content_Type": "application/x-www-form-urlencoded"}),
    "plain text": (415, {"Content_Type": "text/plain"}),
    "no length": (413, {"Content_Length": "-"}),
    "no csrf": (403, {"X_Foveate_Csrf": "-"}),
    "another csrf": (403, {"X_Foveate_Csrf": "0" * 64}),
    "csrf that is no ascii": (403, {"X_Foveate_Csrf": "\xe4" * 64}),
}


@pytest.mark.parametrize(("status", "headers"), REFUSED.values(), ids=REFUSED)
def test_posts_from_elsewhere_are_refused(study: Served, status: int, headers: dict[str, str]) -> None:
    link = join(study)
    csrf, _ = meta(ask(study, link)[2])
    body = {"uid": "click-refused", "place": 0, "what": "shown"}
    assert ask(study, f"{link}/click", body, **{"X_Foveate_Csrf": csrf, **headers})[0] == status
    assert ask(study, f"{link}/click", body, X_Foveate_Csrf=csrf)[0] == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "lab.example", "192.168.1.5", "::1", "localhost"])
def test_a_link_names_the_host_that_was_given(host: str) -> None:
    assert shown_of(host) == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_link_names_this_machine_where_it_listens_to_all(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "lab-3")
    assert address_of(shown_of(host), 8737) == "http://lab-3:8737"


def test_the_csrf_of_one_link_is_not_that_of_another(study: Served) -> None:
    first, second = join(study), join(study)
    csrf, _ = meta(ask(study, first)[2])
    assert ask(study, f"{second}/click", {"uid": "click-other", "place": 0, "what": "shown"}, X_Foveate_Csrf=csrf)[0] == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(study: Served, method: str) -> None:
    assert ask(study, "/join", method=method)[0] == 405


def test_every_answer_bears_the_headers(study: Served) -> None:
    link = join(study)
    clip = json.loads(ask(study, f"{link}/state")[2])["page"]["clip"][0]
    for path in ("/", "/join", link, f"{link}/state", f"{link}/clip/{clip}", "/static/page.js", "/nothing", "/join/state"):
        headers = ask(study, path)[1]
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers
        assert "access-control-allow-origin" not in headers


def test_a_token_where_others_can_reach_it(guarded: Served) -> None:
    assert ask(guarded, "/join/state")[0] == 403
    assert ask(guarded, "/join/state?token=wrong")[0] == 403
    assert ask(guarded, f"/join/state?token={TOKEN}")[0] == 200
    csrf, nonce = meta(ask(guarded, "/join")[2])
    for token in ("", TOKEN[:-1], f"{TOKEN}x", "\x00", "é"):
        assert ask(guarded, "/join", {"nonce": nonce, "token": token}, X_Foveate_Csrf=csrf)[0] == 403
    join(guarded, TOKEN)
    join(guarded, TOKEN)
    csrf, nonce = meta(ask(guarded, "/join")[2])
    status, _, body = ask(guarded, "/join", {"nonce": nonce, "token": TOKEN}, X_Foveate_Csrf=csrf)
    assert (status, json.loads(body)["detail"]) == (409, "This study has all the raters that it needs. Thank you.")


def payloads() -> list[str]:
    """200 ways to ask for another file."""
    ups = ["..", "%2e%2e", "%252e%252e", "..%00", "%c0%ae%c0%ae", "....", "..;", "．．"]
    slashes = ["/", "%2f", "%5c", "\\", "%252f"]
    targets = ["raters.sqlite", "../study.toml", "../run.json", "etc/passwd", "page.html"]
    made = [f"{up}{slash}{target}" for up in ups for slash in slashes for target in targets]
    assert len(made) == 200
    return [payload.encode().decode("latin-1") if payload.isascii() else payload.encode().hex("%", 1) for payload in made]


def test_no_path_leads_out_of_the_clips(study: Served) -> None:
    link = join(study)
    for payload in payloads():
        for base in (f"{link}/clip", "/static"):
            for path in (f"{base}/{payload}", f"{base}/{'../' * 6}{payload}"):
                status, _, body = ask(study, path.replace(" ", "%20"))
                assert status == 404, path
                assert b"SQLite" not in body, path
                assert b"root:" not in body, path
                assert b"[raters]" not in body, path
    for name in SECRET_FILES:
        assert ask(study, f"{link}/clip/{name}")[0] == 404
        assert ask(study, f"/static/{name}")[0] == 404


def test_clips_come_in_ranges_and_to_their_raters_only(study: Served) -> None:
    link = join(study)
    clip = json.loads(ask(study, f"{link}/state")[2])["page"]["clip"][0]
    status, headers, whole = ask(study, f"{link}/clip/{clip}")
    assert (status, headers["content-type"], headers["accept-ranges"]) == (200, "video/mp4", "bytes")
    status, headers, part = ask(study, f"{link}/clip/{clip}", Range="bytes=4-7")
    assert (status, part, headers["content-range"]) == (206, whole[4:8], f"bytes 4-7/{len(whole)}")
    assert part == b"ftyp"
    assert ask(study, f"{link}/clip/{clip}", Range=f"bytes={len(whole)}-")[0] == 416
    assert ask(study, f"/r/{'0' * 40}/clip/{clip}")[0] == 404
    (study.store.path.parent / "clips" / "of-nobody.mp4").write_bytes(whole)
    assert ask(study, f"{link}/clip/of-nobody.mp4")[0] == 404
    file = study.store.path.parent / "clips" / clip
    file.rename(file.with_suffix(".away"))  # deleted while the server runs
    assert ask(study, f"{link}/clip/{clip}")[0] == 404
    file.with_suffix(".away").rename(file)


BAD_CLICKS = {
    "a question that is not asked": {"question": "gaze"},
    "a value that is no side": {"value": "middle"},
    "a point in a study of sides": {"value": "7"},
    "a text in a study of sides": {"description": 0},
    "a kind of click that is none": {"what": "finish"},
    "a place before the first": {"place": -1},
    "a number as a text": {"place": "0"},
    "a key that is none": {"rater": 1},
    "a long number of its own": {"uid": "x" * 65},
    "a short number of its own": {"uid": "x"},
    "markup": {"value": "<script>"},
}


@pytest.mark.parametrize("what", BAD_CLICKS.values(), ids=BAD_CLICKS)
def test_what_no_page_of_ours_sends_is_refused(study: Served, what: dict[str, Any]) -> None:
    link = join(study)
    assert click(study, link, **what)[0] == 422
    assert study.store.rows("SELECT * FROM clicks WHERE rater = ?", (study.store.raters()[-1].id,)) == []


@pytest.mark.parametrize("value", [r'"\ud800 half of a character"', "NaN", "1e999", "null", "[]"])
def test_what_cannot_be_told_back_is_refused_all_the_same(study: Served, value: str) -> None:
    link = join(study)
    csrf, _ = meta(ask(study, link)[2])
    body = f'{{"uid": "click-odd-value", "place": 0, "what": "shown", "since_ms": {value}}}'
    sent = {"Origin": study.url, "Content-Type": "application/json", "X-Foveate-Csrf": csrf}
    connection = http.client.HTTPConnection("127.0.0.1", study.port, timeout=60)
    connection.request("POST", f"{link}/click", body, sent)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())) == (422, {"detail": "no page of this study sends that"})
    connection.close()


def test_a_page_that_is_forgotten_while_it_is_rated_moves_on(tmp_path: Path) -> None:
    with served(tmp_path, 'mode = "likert"\nitems = 3\ntraining = 0\nchecks = 0\n') as study:
        link = join(study)
        rater = study.store.raters()[0]
        forget_participant(study.store, study.store.pages(rater)[0]["cluster"])
        status, told = click(study, link, question="accuracy", value="4", description=0)
        assert (status, told["taken"], told["page"]["place"]) == (200, False, 1)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What who serves the study is told; uvicorn leads its log past pytest."""
    lines: list[str] = []
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "error", lambda text, *parts: lines.append(text % parts))
    return lines


def test_nobody_joins_a_study_that_another_server_set_up_anew(tmp_path: Path, said: list[str]) -> None:
    with served(tmp_path, "items = 3\ntraining = 0\nseed = 1\n") as study:
        assert join(study)
        forget_rater(study.store, "rater-001")
        study.store.keep_fact(DESIGN, {**study.store.fact(DESIGN), "seed": 2})  # as another foveate study serve does
        csrf, nonce = meta(ask(study, "/join")[2])
        status, _, body = ask(study, "/join", {"nonce": nonce, "token": ""}, X_Foveate_Csrf=csrf)
        assert (status, json.loads(body)["detail"].split(".")[0]) == (409, "This study was set up anew")
        assert study.store.raters() == []
    assert said == ["the study was begun anew with other settings; stop this server"]


def test_a_file_that_cannot_be_written_is_told_to_who_serves(
    study: Served, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    link = join(study)

    def full(*_: Any, **__: Any) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "add", full)
        assert click(study, link, uid="a-full-disk") == (503, {"detail": "not stored"})
    assert click(study, link, uid="a-full-disk") == (200, {"taken": True})
    assert said == ["the file of answers cannot be used: database or disk is full"]


def test_a_page_is_done_once_and_in_order(study: Served) -> None:
    link = join(study)
    assert click(study, link, what="next", question="", value="")[1]["taken"] is False
    assert click(study, link, place=3)[1]["taken"] is False
    assert click(study, link, uid="the-same-click")[1] == {"taken": True}
    assert click(study, link, uid="the-same-click")[1] == {"taken": True}
    assert click(study, link, value="tie")[1] == {"taken": True}
    moved = click(study, link, what="next", question="", value="")[1]
    assert (moved["taken"], moved["done"], moved["page"]["place"]) == (True, 1, 1)
    again = click(study, link, what="next", question="", value="")[1]
    assert (again["taken"], again["done"], again["page"]["place"]) == (False, 1, 1)
    rater = study.store.raters()[-1].id
    assert study.store.rows("SELECT value, clicks FROM answers WHERE rater = ?", (rater,)) == [{"value": "tie", "clicks": 2}]
    assert study.store.rows("SELECT count(*) AS n FROM clicks WHERE rater = ?", (rater,)) == [{"n": 6}]
