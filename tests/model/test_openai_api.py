"""The chat protocol against a stub of it: requests, streams, faults, keys, and what leaves the machine."""

import logging
import socket
import time

import numpy as np
import pytest

from foveate.errors import ModelError, UsageError
from foveate.model import Answer, Prompt, TimedImage, Turn, load_model
from foveate.model.openai_api import SIMPLEST
from model.stub_server import Fault, StubServer

KEY = "sk-secret-0123456789"
QUICK = {"backoff_s": 0.01}


def image(width_px: int = 448, height_px: int = 448, time_s: float = 0.0) -> TimedImage:
    return TimedImage(np.full((height_px, width_px, 3), (200, 30, 30), dtype=np.uint8), time_s)


def asked(server: StubServer) -> int:
    """How often the question itself came; the simplest one only tells whether the server is there at all."""
    return sum(request["messages"][-1]["content"] != SIMPLEST.text for request in server.requests)


PROMPT = Prompt("What now?", (image(), image(224, 112, 12.5)), (Turn("Before?", "Yes."),), max_new_tokens=20)
TEXT = "I got 2 images: 448x448, 224x112; asked: What now?"


def test_an_answer_carries_text_usage_times_and_provenance() -> None:
    with StubServer() as server:
        model = load_model(server.name)
        answer = model.answer(PROMPT)
    assert (model.is_remote, model.is_toy) == (False, False)
    assert answer.text == TEXT
    assert (answer.usage.visual_tokens, answer.usage.prompt_tokens, answer.usage.output_tokens) == (None, 100, 9)
    assert answer.first_token_s is not None
    assert 0 < answer.first_token_s <= answer.total_s
    assert answer.notes == ()
    assert answer.provenance["reported_model"] == "stub-vl-2"
    assert answer.provenance["host"] == "127.0.0.1"
    assert (answer.provenance["system_fingerprint"], answer.provenance["temperature"]) == ("fp_7", "0")
    assert model.visual_tokens([image().size_px]) == [None]


def test_a_request_holds_turns_times_jpegs_and_pinned_settings() -> None:
    with StubServer() as server:
        load_model(server.name).answer(PROMPT)
    (request,) = server.requests
    assert [message["role"] for message in request["messages"]] == ["user", "assistant", "user"]
    kinds = [part.get("text", "image") for part in request["messages"][-1]["content"]]
    assert kinds == ["0:00.0", "image", "0:12.5", "image", "What now?"]
    assert (request["temperature"], request["max_tokens"], request["model"]) == (0, 20, "stub-vl")


@pytest.mark.parametrize(
    ("options", "first_token"), [({}, True), ({"streams": False}, False)], ids=["streams", "does not stream"]
)
def test_stream_pieces_join_to_the_text(options: dict[str, bool], first_token: bool) -> None:
    with StubServer(**options) as server:
        *pieces, answer = load_model(server.name).stream(PROMPT)
    assert isinstance(answer, Answer)
    assert "".join(str(piece) for piece in pieces) == answer.text == TEXT
    assert len(pieces) == (9 if first_token else 1)
    assert (answer.first_token_s is not None) == first_token


def test_usage_is_unknown_where_the_server_does_not_tell() -> None:
    with StubServer(tells_usage=False) as server:
        usage = load_model(server.name).answer(PROMPT).usage
    assert (usage.visual_tokens, usage.prompt_tokens, usage.output_tokens) == (None, None, None)


SILENCE = Fault(delay_s=60)
FAULTS = {
    "429": (Fault(429, {"Retry-After": "0.05"}), "429"),
    "500": (Fault(500), "500"),
    "503": (Fault(503), "503"),
    "time-out": (SILENCE, "time-out"),
    "cut JSON": (Fault(cut=True), "cut JSON"),
    "broken off": (Fault(silent_end=True), "the reply broke off"),
    "empty": (Fault(empty=True), "empty answer"),
}


# only a stream can end without saying so
TRIED = {
    f"{name}, {'streamed' if streams else 'whole'}": (*case, streams)
    for name, case in FAULTS.items()
    for streams in (True, False)
    if streams or not case[0].silent_end
}


@pytest.mark.parametrize(("fault", "reason", "streams"), TRIED.values(), ids=TRIED)
def test_a_passing_fault_is_tried_again_and_noted(fault: Fault, reason: str, streams: bool) -> None:
    with StubServer(faults=[fault], streams=streams) as server:
        # long enough for a reply on a busy machine
        answer = load_model(server.name, timeout_s=2.5, **QUICK).answer(PROMPT)
    assert answer.text == TEXT
    assert len(server.requests) == 2
    assert answer.notes == (f"asked 2 times ({reason})",)


@pytest.mark.parametrize(("fault", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_lasting_fault_ends_after_the_attempts(fault: Fault, reason: str) -> None:
    with StubServer(faults=[fault] * 9) as server:
        model = load_model(server.name, attempts=3, timeout_s=0.3 if fault is SILENCE else 30.0, **QUICK)
        with pytest.raises(ModelError, match=rf"no answer in 3 tries \({reason}, {reason}, {reason}\)"):
            model.answer(PROMPT)
    assert asked(server) == 3


def test_retry_after_is_honoured_and_a_long_one_is_not_waited_for() -> None:
    with StubServer(faults=[Fault(429, {"Retry-After": "0.3"})]) as server:
        start_s = time.perf_counter()
        load_model(server.name, **QUICK).answer(PROMPT)
        assert time.perf_counter() - start_s >= 0.3
    with StubServer(faults=[Fault(429, {"Retry-After": "3600"})]) as server:
        with pytest.raises(ModelError, match="asks to wait 3600 s"):
            load_model(server.name, **QUICK).answer(PROMPT)
        assert asked(server) == 1


REFUSALS = {
    "400": (Fault(400), r"stub-vl at 127\.0\.0\.1 refused the request \(400\): .*fault 400"),
    "400 of FastAPI": (Fault(400, body={"detail": "no such folder"}), r"refused the request \(400\): no such folder"),
    "401": (Fault(401), r"127\.0\.0\.1 wants a key \(401\) and none was sent: set FOVEATE_API_KEY"),
    "403": (Fault(403), r"127\.0\.0\.1 wants a key \(403\)"),
    "a key by Gemini": (Fault(400, error={"message": "API key not valid."}), r"127\.0\.0\.1 wants a key \(400\)"),
    "404": (Fault(404), r"127\.0\.0\.1 has no model 'stub-vl'; it has: stub-vl, other-model"),
    "422": (Fault(422), r"refused the request \(422\)"),
    "quota": (Fault(429, error={"code": "insufficient_quota"}), "quota of the key in FOVEATE_API_KEY is used up"),
    "redirect": (Fault(307, {"Location": "http://example.org/"}), r"refused the request \(307\)"),
    "filter": (Fault(empty=True, finish_reason="content_filter"), "content filter held the answer back"),
    "reasoned too long": (Fault(empty=True, finish_reason="length"), "used up its tokens before it wrote any text"),
}


@pytest.mark.parametrize(("fault", "message"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_one_line_and_never_tried_again(fault: Fault, message: str) -> None:
    with StubServer(faults=[fault] * 3) as server:
        with pytest.raises(ModelError, match=message) as caught:
            load_model(server.name, **QUICK).answer(PROMPT)
        assert "\n" not in str(caught.value)
        assert asked(server) == 1


def test_an_unknown_model_is_told_with_the_nearest_of_the_servers() -> None:
    told = r"no model 'qwen2\.5vl'; it has: qwen2\.5vl:3b"
    with StubServer(model="qwen2.5vl:3b") as server, pytest.raises(ModelError, match=told):
        load_model(f"openai:qwen2.5vl@{server.url}", **QUICK).answer(PROMPT)


def test_a_server_that_is_not_there_is_not_waited_for() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        with pytest.raises(ModelError, match=rf"no server answers at {url}: start it"):
            load_model(f"openai:any@{url}").answer(PROMPT)


def test_every_item_finishes_or_is_listed_with_its_reason() -> None:
    # 100 items, of which 10% meet a 429, 5% a 500, 2% a time-out, some cut or empty replies, and three are refused for good
    faults: list[Fault | None] = [None] * 100
    for index in range(0, 100, 10):
        faults[index] = Fault(429, {"Retry-After": "0.01"})
    for index in range(1, 100, 20):
        faults[index] = Fault(500)
    for index, fault in {
        12: SILENCE, 62: SILENCE, 33: Fault(cut=True), 44: Fault(empty=True), 55: Fault(silent_end=True),
        17: Fault(400), 47: Fault(400), 77: Fault(400),
    }.items():  # fmt: skip
        faults[index] = fault
    prompts = [Prompt(f"item {index}", (image(32, 32),)) for index in range(100)]
    with StubServer(faults=faults) as server:
        results = load_model(server.name, timeout_s=2.5, concurrency=8, **QUICK).answers(prompts)
    told = [result for result in results if isinstance(result, Answer)]
    lost = [result for result in results if isinstance(result, ModelError)]
    assert (len(told), len(lost)) == (97, 3)
    assert all("(400)" in str(error) for error in lost)
    for prompt, result in zip(prompts, results, strict=True):
        assert isinstance(result, ModelError) or result.text.endswith(f"asked: {prompt.text}")


def test_a_stream_that_broke_off_is_an_error_not_a_repetition() -> None:
    with StubServer(faults=[Fault(cut=True)]) as server:
        stream = load_model(server.name, **QUICK).stream(PROMPT)
        assert [next(stream), next(stream)] == ["I", " got"]
        with pytest.raises(ModelError, match=r"no answer in one try \(cut JSON\)"):
            next(stream)
    assert len(server.requests) == 1


def test_images_go_elsewhere_only_when_told() -> None:
    model = load_model("openai:any@http://192.0.2.1:9/v1")
    assert model.is_remote
    with pytest.raises(ModelError, match="images leave this machine only with --send"):
        model.answer(PROMPT)
    (error,) = model.answers([PROMPT])
    assert isinstance(error, ModelError)


def test_a_refused_key_stands_in_no_message_log_or_repr(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("FOVEATE_API_KEY", KEY)
    with StubServer(key="another", faults=[None, Fault(400, error={"message": f"bad {KEY}"})]) as server:
        model = load_model(server.name, **QUICK)
        with pytest.raises(ModelError, match=r"refused the key in FOVEATE_API_KEY \(401\)") as refused:
            model.answer(PROMPT)
    with StubServer(key=KEY, faults=[Fault(400, error={"message": f"bad {KEY}"})]) as server:
        model = load_model(server.name, **QUICK)
        with pytest.raises(ModelError, match=r"bad \*\*\*") as bad:
            model.answer(PROMPT)
        answer = model.answer(PROMPT)
    assert server.headers[-1]["authorization"] == f"Bearer {KEY}"
    assert KEY not in f"{refused.value!r}{bad.value!r}{model!r}{vars(model)['name']}{answer!r}{caplog.text}"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("openai:", "needs a model and an address"),
        ("openai:qwen@localhost:8000", "needs a model and an address"),
        ("openai:gpt-4o", "api.openai.com needs a key: set OPENAI_API_KEY"),
        ("openai:m@http://me:secret@host/v1", "address of host must hold no name, key or query"),
        ("openai:m@https://host/v1?key=secret", "address of host must hold no name, key or query"),
    ],
)
def test_a_name_that_cannot_be_asked(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        load_model(name)
    assert "secret" not in str(caught.value)


def test_what_stays_on_this_machine_passes_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with StubServer() as server, StubServer() as elsewhere:
        proxy = elsewhere.name.partition("@")[2].removesuffix("/v1")
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        load_model(server.name).answer(PROMPT)
        assert (len(server.requests), len(elsewhere.requests)) == (1, 0)


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(
        UsageError, match="model 'openai' has no option dtype; it has: attempts, backoff_s, concurrency, timeout_s"
    ):
        load_model("openai:m@http://localhost:1", dtype="float32")
