"""Answers by content."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foveate.errors import JobError, ModelError, ServerGoneError
from foveate.model import Answer, Prompt, TimedImage, Turn, load_model
from foveate.model.cache import Answers, answer_all, pins_of
from foveate.model.mock import MockModel
from foveate.model.model import Region
from model.stub_server import StubServer

PINS = {"weights_sha256": "a" * 64}
IMAGE = TimedImage(np.zeros((4, 4, 3), dtype=np.uint8), 1.0)
PROMPT = Prompt("What?", (IMAGE,), max_new_tokens=8)
HASHES = ("b" * 64,)


@dataclass(frozen=True)
class Listener(MockModel):
    """A mock that counts its questions."""

    asked: list[Prompt] = field(default_factory=list)

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        self.asked.extend(prompts)
        return super().answers(prompts)


def ask(model: MockModel, folder: Path, prompts: Sequence[Prompt] = (PROMPT,), **how: Any) -> list[Any]:
    images = [HASHES] * len(prompts)
    return answer_all(model, prompts, Answers(folder), **{"images": images, "pins": PINS, **how})


def test_an_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    model = Listener()
    ((first, known),) = ask(model, tmp_path)
    ((again, now_known),) = ask(model, tmp_path)
    assert (again, known, now_known, len(model.asked)) == (first, False, True, 1)


def test_it_comes_back_under_the_name_that_the_model_has_now(tmp_path: Path) -> None:
    ask(MockModel(), tmp_path)
    ((again, known),) = ask(MockModel(name="other"), tmp_path)
    assert (again.model, known) == ("other", True)


@pytest.mark.parametrize(
    ("prompt", "how"),
    [
        (replace(PROMPT, text="Who?"), {}),
        (replace(PROMPT, max_new_tokens=9), {}),
        (replace(PROMPT, schema={"type": "object"}), {}),
        (replace(PROMPT, schema={}), {}),
        (replace(PROMPT, history=(Turn("a", "b"),)), {}),
        (replace(PROMPT, images=(replace(IMAGE, time_s=2.0),)), {}),
        (replace(PROMPT, images=(replace(IMAGE, region=Region(0, 0, 0.5, 0.5)),)), {}),
        (PROMPT, {"images": [("c" * 64,)]}),
        (PROMPT, {"pins": {"weights_sha256": "d" * 64}}),
        (PROMPT, {"pins": {**PINS, "dtype": "float16"}}),
    ],
    ids=["words", "length", "schema", "any schema", "history", "time", "region", "pixels", "weights", "dtype"],
)
def test_whatever_an_answer_depends_on_makes_another_question(prompt: Prompt, how: dict[str, Any], tmp_path: Path) -> None:
    model = Listener()
    ask(model, tmp_path)
    ask(model, tmp_path, [prompt], **how)
    assert len(model.asked) == 2


def test_schemas_of_other_fields_or_of_another_order_are_other_questions(tmp_path: Path) -> None:
    schemas = [{"a": {}, "b": {}}, {"b": {}, "a": {}}, {"a": {}}, {"a": {}, "b": {}}]
    model = Listener()
    ask(model, tmp_path, [replace(PROMPT, schema=schema) for schema in schemas])
    assert len(model.asked) == 3


def test_prompts_without_a_schema_keep_the_keys_that_they_had_before_there_were_any(tmp_path: Path) -> None:
    key = Answers(tmp_path).key(PROMPT, images=HASHES, pins=PINS)
    assert key == "e8ca2f1444934c5d41b31a0f0e8cadd9ac5d2983aa622cd79161bd26df9cb43b"


def test_the_same_question_twice_is_asked_once(tmp_path: Path) -> None:
    model = Listener()
    (one, two) = ask(model, tmp_path, [PROMPT, PROMPT])
    assert (one, len(model.asked)) == (two, 1)


def test_a_model_that_nothing_pins_is_always_asked(tmp_path: Path) -> None:
    model = Listener()
    for _ in range(2):
        ask(model, tmp_path, pins={})
    assert len(model.asked) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "not kept"])
def test_a_server_that_is_gone_ends_the_asking_and_what_it_answered_is_kept(kept: bool, tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Dying(Listener):
        def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
            return [super().answers(prompts)[0], *[ServerGoneError("gone")] * (len(prompts) - 1)]

    prompts = [PROMPT, replace(PROMPT, text="Who?")]
    with pytest.raises(ServerGoneError, match="gone"):
        ask(Dying(), tmp_path, prompts, pins=PINS if kept else {})
    model = Listener()
    ask(model, tmp_path, prompts)
    assert [prompt.text for prompt in model.asked] == (["Who?"] if kept else ["What?", "Who?"])


def test_empty_answers_and_failures_are_not_kept(tmp_path: Path) -> None:
    ask(MockModel(texts=("  ",)), tmp_path)
    ((failed, known),) = ask(MockModel(faults={0: "down"}), tmp_path)
    assert (isinstance(failed, ModelError), known) == (True, False)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"text": "a"}', b"\xff\xfe"])
def test_a_damaged_file_is_asked_again_and_mended(content: bytes, tmp_path: Path) -> None:
    model = Listener()
    ask(model, tmp_path)
    (file,) = [file for file in tmp_path.rglob("*") if file.is_file()]
    file.write_bytes(content)
    assert [ask(model, tmp_path)[0][1] for _ in range(2)] == [False, True]


def test_servers_are_pinned_by_their_address_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOVEATE_API_KEY", "sk-secret")
    with StubServer() as server:
        pins = pins_of(load_model(server.name))
    assert pins["url"] == server.url
    assert pins["asked_model"] == "stub-vl"
    assert "sk-secret" not in str(pins)


def test_the_mock_is_pinned_by_nothing() -> None:
    assert pins_of(MockModel()) == {}


def test_a_folder_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "answers").touch()
    with pytest.raises(JobError, match=r"cannot write .*answers: a part of it is a file, not a folder; give another place"):
        ask(MockModel(), tmp_path / "answers")


def test_several_at_once_may_keep_the_same_answer(tmp_path: Path) -> None:
    kept = Answers(tmp_path)
    key = kept.key(PROMPT, images=HASHES, pins=PINS)
    answer = MockModel().answer(PROMPT)
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda _: kept.keep(key, answer), range(200)))
    assert kept.known(key) == answer
    assert [file.suffix for file in tmp_path.rglob("*") if file.is_file()] == [".json"]
