"""A server that answers nobody any more: told from a question that only fails itself, waited for, and then left alone."""

import threading
import time
from collections.abc import Callable

import pytest

from foveate.errors import ModelError, ServerGoneError
from foveate.model import Answer, Prompt, load_model
from foveate.model.openai_api import SIMPLEST
from foveate.model.openai_retry import MORE_TRIES, Retries, Verdict
from model.stub_server import Fault, StubServer

Meanwhile = Callable[[dict[int, Callable[[], object]]], list[int]]
PROMPTS = [Prompt(f"item {number}") for number in range(10)]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Pauses take no time, and in place of the Nth something happens; how many there were."""

    def during(happens: dict[int, Callable[[], object]]) -> list[int]:
        pauses: list[int] = []

        def pause_s(self: Retries, tried: int, verdict: Verdict) -> float:
            pauses.append(tried)
            happens.get(len(pauses), lambda: None)()
            return 0.0

        monkeypatch.setattr(Retries, "pause_s", pause_s)
        return pauses

    return during


def words(server: StubServer) -> list[str]:
    return [request["messages"][-1]["content"] for request in server.requests]


QUOTA = Fault(429, error={"code": "insufficient_quota"})
TOO_LONG = Fault(429, {"Retry-After": "3600"})
GONE = {
    "a key that is refused": ([Fault(401)], False),
    "a key that Gemini refuses": ([Fault(400, error={"message": "API key not valid. Please pass a valid API key."})], False),
    "a key that is too old, in a list": ([Fault(400, body=[{"error": {"reason": "API_KEY_EXPIRED"}}])], False),
    "a quota that is used up": ([QUOTA], False),
    "no money": ([Fault(402)], False),
    "a host that lets nobody in": ([Fault(403)] * 2, True),
    "no such model": ([Fault(404)] * 2, True),
    "a limit of the day": ([TOO_LONG] * 2, True),
    "a gateway without a server": ([Fault(502)] * 4, True),
    "a server that stumbles at everything": ([Fault(500)] * 4, True),
    "another reason for everybody": ([Fault(500)] * 3 + [Fault(401)], True),
}
ALONE = {
    "a bad request": ([Fault(400)], False),
    "a filter": ([Fault(empty=True, finish_reason="content_filter")], False),
    "a question that has no answer": ([Fault(empty=True)] * 3, False),
    "a moderator's no": ([Fault(403)], True),
    "a model without images": ([Fault(404)], True),
    "a question that is too large": ([TOO_LONG], True),
    "a question that the server stumbles at": ([Fault(500)] * 3, True),
    "the simplest is refused for its limit": ([Fault(500)] * 3 + [Fault(400)], True),
    "the simplest has no words": ([Fault(500)] * 3 + [Fault(empty=True)], True),
    "the simplest is cut": ([Fault(500)] * 3 + [Fault(empty=True, finish_reason="length")], True),
}
CASES = {**{name: (*case, True) for name, case in GONE.items()}, **{name: (*case, False) for name, case in ALONE.items()}}


@pytest.mark.parametrize(("faults", "tells_by_asking", "gone"), CASES.values(), ids=CASES)
def test_whether_others_would_fare_better(faults: list[Fault], tells_by_asking: bool, gone: bool) -> None:
    with StubServer(faults=faults) as server:
        model = load_model(server.name, attempts=3, backoff_s=0.001)
        with pytest.raises(ModelError) as caught:
            model.answer(PROMPTS[0])
    assert isinstance(caught.value, ServerGoneError) is gone
    assert not gone or str(caught.value).endswith((".", "?")), "a sentence: what follows it tells how much is kept"
    assert (SIMPLEST.text in words(server)) is tells_by_asking


def test_the_simplest_question_has_no_images() -> None:
    assert (SIMPLEST.images, SIMPLEST.history, SIMPLEST.max_new_tokens) == ((), (), 1)


def test_where_others_are_answered_meanwhile_the_server_is_there(meanwhile: Meanwhile) -> None:
    with StubServer(faults=[Fault(503), None, Fault(503), Fault(503)]) as server:
        model = load_model(server.name, attempts=2)
        meanwhile({1: lambda: model.answer(PROMPTS[1])})
        with pytest.raises(ModelError) as caught:
            model.answer(PROMPTS[0])
    assert not isinstance(caught.value, ServerGoneError)
    assert words(server) == ["item 0", "item 1", "item 0"]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_server_that_dies_is_not_asked_the_rest(concurrency: int, meanwhile: Meanwhile) -> None:
    pauses = meanwhile({})
    with StubServer(dies_after=3) as server:
        model = load_model(server.name, attempts=2, concurrency=concurrency)
        results = model.answers(PROMPTS)
        url = server.url
    answered = [result for result in results if isinstance(result, Answer)]
    gone = [result for result in results if isinstance(result, ServerGoneError)]
    assert (len(answered), len(gone)) == (3, 7)
    assert str(gone[0]).startswith(f"no server answers at {url}: start it")
    assert len(pauses) <= concurrency * (1 + MORE_TRIES), "only questions that were under way are waited for"
    if concurrency == 1:
        assert [isinstance(result, Answer) for result in results] == [True] * 3 + [False] * 7
        assert len(pauses) == 1 + MORE_TRIES


def test_once_the_key_is_refused_the_rest_is_not_asked() -> None:
    with StubServer(faults=[None, *[Fault(401)] * 20]) as server:
        results = load_model(server.name, concurrency=1).answers(PROMPTS)
    assert [isinstance(result, ServerGoneError) for result in results] == [False] + [True] * 9
    assert words(server) == ["item 0", "item 1"]


def test_a_server_that_starts_again_is_waited_for(meanwhile: Meanwhile, caplog: pytest.LogCaptureFixture) -> None:
    with StubServer(dies_after=1) as server:
        again = []

        def start() -> None:
            again.append(StubServer(port=server.port).__enter__())

        meanwhile({4: start})
        model = load_model(server.name, attempts=2, concurrency=1)
        results = model.answers(PROMPTS[:2])
        again[0].__exit__()
    told = [each.getMessage() for each in caplog.records if each.name.startswith("foveate")]
    assert [isinstance(result, Answer) for result in results] == [True, True]
    assert isinstance(results[1], Answer)
    assert told == [f"no server answers at {server.url} any more; it is waited for, up to five minutes"], "once"
    assert results[1].notes == ("asked 5 times (the connection broke, no connection, no connection, no connection)",)


def test_an_answer_that_was_under_way_is_no_news_of_a_server_that_is_gone(
    meanwhile: Meanwhile, caplog: pytest.LogCaptureFixture
) -> None:
    with StubServer(dies_after=2, faults=[None, Fault(delay_s=600)]) as server:
        model = load_model(server.name, attempts=2)
        late: list[Answer] = []
        model.answer(PROMPTS[0])
        under_way = threading.Thread(target=lambda: late.append(model.answer(PROMPTS[1])))
        under_way.start()
        until_s = time.monotonic() + 60
        while len(server.requests) < 2 and time.monotonic() < until_s:
            time.sleep(0.01)

        def let_it_come() -> None:
            server.closing.set()
            under_way.join()

        meanwhile({2: let_it_come})
        with pytest.raises(ServerGoneError):
            model.answer(PROMPTS[2])
    assert len(late) == 1
    assert sum("is waited for" in each.getMessage() for each in caplog.records) == 1


def test_what_comes_after_a_server_was_gone_does_not_wait_and_finds_it_when_it_is_back(meanwhile: Meanwhile) -> None:
    pauses = meanwhile({})
    with StubServer(dies_after=1) as server:
        model = load_model(server.name, attempts=2, concurrency=1)
        model.answers(PROMPTS[:2])
        before = len(pauses)
        with pytest.raises(ServerGoneError):
            model.answer(PROMPTS[2])
        assert len(pauses) == before
        with StubServer(port=server.port):
            assert model.answer(PROMPTS[2]).text.endswith("item 2")


def test_with_its_own_pauses_a_server_is_waited_for_between_three_and_five_minutes() -> None:
    gone = Verdict("no connection", again=True, others=True)
    retries = Retries()
    tried = 1
    waited_s = 0.0
    while retries.may(tried, gone):
        waited_s += retries.pause_s(tried, gone)
        tried += 1
    assert 180 <= waited_s <= 300
