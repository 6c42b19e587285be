"""Pairs made of references: what was changed is what should have been, and no more."""

from pathlib import Path

import pytest

from foveate.errors import UsageError
from foveate.score.judge.constructed import CANNOT, KINDS, construct, read_objects, read_texts
from foveate.score.words import words

TEXTS = ["The person puts an apple into the red cup.", "A Cup falls; two cups are left."]


def made(texts: list[str], objects: list[str], seed: int = 0) -> dict[tuple[str, int], str]:
    pairs = construct(texts, objects=objects, seed=seed)
    return {(each.kind, texts.index(each.reference)): each.made for each in pairs.made}


def test_every_kind_is_made_of_every_reference_that_ships() -> None:
    texts, objects = read_texts(), read_objects()
    pairs = construct(texts, objects=objects)
    assert len(texts) >= 40
    assert len({*texts}) == len(texts)
    assert pairs.left_out == {}
    assert [each.kind for each in pairs.made] == list(KINDS) * len(texts)
    for each in pairs.made:
        assert (each.made == each.reference) == (each.kind == "itself")
        if each.kind == "words shuffled":
            assert sorted(each.made.split()) == sorted(each.reference.split())
        if each.kind == "another's":
            assert each.made in texts
        if each.kind == "wrong object":
            assert len(words(each.made)) == len(words(each.reference))
            assert 1 <= sum(a != b for a, b in zip(words(each.made), words(each.reference), strict=True)) <= 4


def test_a_wrong_object_stands_wherever_the_right_one_did_with_its_article() -> None:
    pairs = made(TEXTS, ["cup", "orange"])
    assert pairs["wrong object", 0] == "The person puts an apple into the red orange."
    assert pairs["wrong object", 1] == "An Orange falls; two oranges are left."
    assert made(TEXTS, ["apple", "lid"])["wrong object", 0] == "The person puts a lid into the red cup."


def test_the_seed_decides() -> None:
    texts = read_texts()
    assert made(texts, read_objects()) == made(texts, read_objects())
    assert made(texts, read_objects()) != made(texts, read_objects(), seed=1)


def test_what_cannot_be_made_is_counted() -> None:
    pairs = construct(["Waits.", "waits"], objects=["cup"])
    assert [each.kind for each in pairs.made] == ["itself", "itself"]
    assert pairs.left_out == {f"{kind}: {reason}": 2 for kind, reason in CANNOT.items()}


def test_references_of_ones_own(tmp_path: Path) -> None:
    lines, table = tmp_path / "mine.txt", tmp_path / "mine.csv"
    lines.write_text("One  text.\n\nAnother.\nOne text.\n", encoding="utf-8")
    table.write_text('recording,reference\na,"One\ntext."\nb,\nc,Another.\n', encoding="utf-8")
    assert read_texts(lines) == read_texts(table) == ["One text.", "Another."]
    assert read_objects(lines) == ["one text.", "another."]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("a.txt", None, "there is no file of references", id="not there"),
        pytest.param("a.txt", b"\n \n", "holds no text", id="empty"),
        pytest.param("a.txt", b"\xff\xff", "is not text in UTF-8", id="no text"),
        pytest.param("a.csv", b"recording,text\na,b\n", r"no column reference \(found: recording, text\)", id="no column"),
        pytest.param("a.csv", b"", r"no column reference \(found: nothing\)", id="empty table"),
        pytest.param("a.csv", b"reference\n" + b"x" * 200_000, "is no CSV file", id="a cell without end"),
    ],
)
def test_files_of_references_that_are_none(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_texts(tmp_path / name)
