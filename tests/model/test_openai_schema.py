"""Answers that are held to a schema, and servers that take none."""

from dataclasses import replace

import pytest

from foveate.errors import ModelError
from foveate.model import Answer, Prompt, load_model
from model.stub_server import Fault, StubServer

SCHEMA = {
    "type": "object",
    "properties": {"why": {"type": "string"}, "grade": {"type": "integer", "minimum": 1, "maximum": 10}},
    "required": ["why", "grade"],
    "additionalProperties": False,
}
PLAIN = Prompt("Grade it.")
HELD = replace(PLAIN, schema=SCHEMA)
NOTE = "asked without the schema of its answer, which 127.0.0.1 refuses"


def held(server: StubServer) -> list[bool]:
    """Of every request, whether its answer was to be held to a schema."""
    return ["response_format" in request for request in server.requests]


def test_a_request_holds_the_schema_and_the_answer_tells_so() -> None:
    with StubServer() as server:
        answer = load_model(server.name).answer(HELD)
    (request,) = server.requests
    assert request["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
    }
    assert list(request["response_format"]["json_schema"]["schema"]["properties"]) == ["why", "grade"]
    assert (answer.provenance["response_format"], answer.notes) == ("json_schema", ())


def test_a_prompt_without_one_is_sent_as_ever() -> None:
    with StubServer() as server:
        answer = load_model(server.name).answer(PLAIN)
    assert held(server) == [False]
    assert ("response_format" in answer.provenance, answer.notes) == (False, ())


REFUSALS = {
    "OpenAI's older models": Fault(
        400, error={"message": "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."}
    ),
    "in its own words": Fault(400, error={"message": "unsupported"}),
    "FastAPI": Fault(422, body={"detail": "Unexpected keys in the request: {'response_format'}"}),
    "not implemented": Fault(501),
    "llama.cpp": Fault(500, error={"message": "failed to parse grammar"}),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_server_that_takes_none_is_asked_without_it_from_then_on(refusal: Fault) -> None:
    with StubServer(refuses_schema=refusal) as server:
        model = load_model(server.name, attempts=1)
        first, second = model.answer(HELD), model.answer(HELD)
        *_, streamed = model.stream(HELD)
        assert isinstance(streamed, Answer)
        assert held(server) == [True, False, False, False]
        assert [each.notes for each in (first, second, streamed)] == [(NOTE,)] * 3
        assert "response_format" not in first.provenance
        assert model.answer(PLAIN).notes == ()
        load_model(server.name).answer(HELD)
    assert held(server)[-2:] == [True, False], "another model object finds out by itself"


def test_a_refusal_for_another_reason_is_told_and_the_next_is_held_again() -> None:
    faults = [Fault(400, error={"message": "too long"}), *[Fault(400, error={"message": "images are not supported"})] * 2]
    with StubServer(faults=faults) as server:
        model = load_model(server.name)
        for words in ("too long", "images are not supported"):
            with pytest.raises(ModelError, match=rf"refused the request \(400\): .*{words}"):
                model.answer(HELD)
        assert model.answer(HELD).notes == ()
    assert held(server) == [True, True, False, True]


@pytest.mark.parametrize("fault", [Fault(500), Fault(empty=True), Fault(429)], ids=["500", "empty", "429"])
def test_a_passing_fault_does_not_take_the_schema_away(fault: Fault) -> None:
    with StubServer(faults=[fault]) as server:
        answer = load_model(server.name, backoff_s=0.001).answer(HELD)
    assert held(server) == [True, True]
    assert answer.provenance["response_format"] == "json_schema"


def test_a_refused_key_is_no_refused_schema() -> None:
    with StubServer(key="another") as server, pytest.raises(ModelError, match="wants a key"):
        load_model(server.name).answer(HELD)
    assert held(server) == [True]


def test_a_model_that_cannot_be_held_ignores_it() -> None:
    assert load_model("mock:{}").answer(HELD).text == "{}"
