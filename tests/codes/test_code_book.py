"""Code books as users write them, right and wrong."""

from pathlib import Path

import pytest

from foveate.codes.book import CodeBook, Label, book_of, read_book
from foveate.errors import UsageError

TWO = '[[label]]\nname = "cut"\n[[label]]\nname = "stir"\n'


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "labels.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_whole_book(tmp_path: Path) -> None:
    text = """
        title = "Kitchen"
        question = "What do the hands do?"
        [[label]]
        name = "cut"
        description = "a knife\\ndivides food"
        examples = ["slicing", " peeling "]
        words = ["slices", "cuts"]
        [[label]]
        name = " stir "
    """
    book = read_book(written(tmp_path, text))
    assert (book.title, book.question) == ("Kitchen", "What do the hands do?")
    assert book.labels[0] == Label("cut", "a knife divides food", ("slicing", "peeling"), ("slices", "cuts"))
    assert book.names == ("cut", "stir", "unclear")
    assert book_of(book.to_dict()) == book


def test_unclear_may_be_described_by_the_user_and_stands_where_they_put_it() -> None:
    book = CodeBook((Label("Unclear", "hands out of view"), Label("cut"), Label("stir")))
    assert book.names == ("Unclear", "cut", "stir")


def test_its_id_tells_books_apart() -> None:
    one, same, other = (CodeBook((Label("cut", told), Label("stir"))) for told in ("with a knife", "with a knife", "in halves"))
    assert one.id == same.id != other.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(TWO + '[[label]]\nname = "Cut"\n', "label 'cut' stands in the code book twice", id="twice"),
        pytest.param(TWO + '[[label]]\nname = " "\n', "empty name", id="empty name"),
        pytest.param(TWO + "[[label]]\n", "label 3 has no name", id="no name"),
        pytest.param('[[label]]\nname = "cut"\n', "one label only, 'cut'", id="one"),
        pytest.param('[[label]]\nname = "cut"\n[[label]]\nname = "unclear"\n', "one label only, 'cut'", id="one and unclear"),
        pytest.param("", "there is no label", id="empty file"),
        pytest.param('[label]\nname = "cut"\n', r"write \[\[label\]\], in two brackets", id="one bracket"),
        pytest.param('label = ["cut", "stir"]\n', r"each headed \[\[label\]\]", id="a list"),
        pytest.param('[[lable]]\nname = "cut"\n', "no key 'lable'; did you mean 'label'", id="typo in the section"),
        pytest.param(TWO + 'descripton = "x"\n', "label 2 has no key 'descripton'; did you mean 'description'", id="typo"),
        pytest.param(TWO + "description = 3\n", "description of label 2 must be a text, got 3", id="number"),
        pytest.param(TWO + 'words = "stirs"\n', "words of label 2 must be a list in brackets", id="no list"),
        pytest.param(TWO + '[[label]]\nname = "=1+2"\n', "begins with a letter or a digit", id="formula"),
        pytest.param(TWO + f'[[label]]\nname = "{"x" * 61}"\n', "at most 60 letters", id="long"),
        pytest.param('[[label]]\nname = "cut\n', "is no TOML", id="no TOML"),
        pytest.param("".join(f'[[label]]\nname = "l{k}"\n' for k in range(101)), "at most 100 labels, got 101", id="many"),
    ],
)
def test_what_is_wrong_is_told_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=rf"labels\.toml.*{said}"):
        read_book(written(tmp_path, text))


def test_a_file_that_is_not_there_is_hinted_at(tmp_path: Path) -> None:
    written(tmp_path, TWO)
    with pytest.raises(UsageError, match=r"no code book .*lable\.toml; did you mean .*labels\.toml"):
        read_book(tmp_path / "lable.toml")
    with pytest.raises(UsageError, match="is a folder"):
        read_book(tmp_path)
