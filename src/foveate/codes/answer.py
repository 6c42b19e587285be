"""What a model is asked so that it chooses a label, and the label that its answer names: one, or a reason why none."""

import re
from importlib.resources import files
from typing import Literal, NamedTuple, get_args

from foveate.codes.book import UNCLEAR, CodeBook, Label, folded
from foveate.description.prompts import Instruction, choose
from foveate.errors import UsageError, hint
from foveate.model.model import Model

Per = Literal["span", "fixation"]
"""What gets a label."""

QUESTIONS: dict[Per, str] = {"span": "What is the person doing?", "fixation": "What is the person looking at?"}
"""What is asked where the code book asks nothing of its own."""
MOST_QUOTED = 80
"""Letters of an answer that a reason quotes."""


class Choice(NamedTuple):
    """The label of an answer; where there is none, why."""

    label: str | None
    reason: str | None = None


def check_per(per: str) -> Per:
    """A word as what gets a label.

    Raises:
        UsageError: where it is none.
    """
    for known in get_args(Per):
        if per == known:
            return known  # type: ignore[no-any-return]
    raise UsageError(f"--per cannot be {per!r}{hint(per, get_args(Per))}; it is one of: {', '.join(get_args(Per))}")


def instruction(book: CodeBook, per: Per, model: Model, prompt: str | None = None) -> Instruction:
    """What a model is asked.

    Args:
        book: the labels.
        per: what gets a label.
        model: who is asked; one that understands only its own prompts is asked one of them.
        prompt: which of them.

    Raises:
        UsageError: for a prompt where the code book asks, or a model with own prompts and labels without ``words``.
    """
    if not model.instructions:
        if prompt is not None:
            raise UsageError(
                "--codebook asks its own question; write it into the code book as question = '...' and leave --prompt out"
            )
        return Instruction(f"codebook:{book.id}", text_of(book, per))
    if mute := [label.name for label in book.labels if not label.words and label.name != UNCLEAR]:
        raise UsageError(
            f"{model.name} understands only its own prompts ({', '.join(model.instructions)}) and cannot choose from a code "
            f"book; give every label words = [...] by which its sentences are mapped (without: {', '.join(mute[:5])}), "
            "or name another model"
        )
    return choose(prompt, model)


def text_of(book: CodeBook, per: Per) -> str:
    """The prompt with the question and the labels of a code book."""
    text = files(__package__).joinpath("prompt.txt").read_text(encoding="utf-8").strip()
    return text.format(question=book.question or QUESTIONS[per], labels="\n".join(f"- {line(label)}" for label in book.labels))


def line(label: Label) -> str:
    """A label with its description and examples, in a line."""
    examples = f"for example {', '.join(label.examples)}" if label.examples else ""
    told = "; ".join(part for part in (label.description, examples) if part)
    return f"{label.name}: {told}" if told else label.name


def chosen(text: str, book: CodeBook) -> Choice:
    """The label that an answer names, word for word.

    Case, blanks, a full stop, quotation marks or asterisks around it, ``Label:`` before it, the code book's own line after it,
    and what a model thinks aloud before ``</think>`` do not count. Anything else around a label is prose: "not cut, but stir"
    names two, "the person does not cut" one that it denies. So it is never searched for a label; it has none, and the reason
    says what came.

    Args:
        text: the answer.
        book: the labels.
    """
    said = text.rpartition("</think>")[2]
    bare = _bare(said)
    if not bare:
        return Choice(None, "an empty answer")
    for label in book.labels:  # a name may itself end in a full stop or a bracket
        if folded(label.name) in (folded(said), bare):
            return Choice(label.name)
    for label in book.labels:
        if bare in (_bare(label.name), _bare(line(label))):
            return Choice(label.name)
    named = [label.name for label in book.labels if re.search(_whole(label.name), bare)]
    if len(named) > 1:
        return Choice(None, f"names {len(named)} labels ({', '.join(named)}): {_quoted(text)}")
    if named:
        return Choice(None, f"prose around the label {named[0]!r}: {_quoted(text)}")
    return Choice(None, f"no label of the code book: {_quoted(text)}")


def mapped(text: str, book: CodeBook) -> Choice:
    """The label whose ``words`` stand in a sentence, for a model that understands only its own prompts.

    Whole words count, whatever their case; of words within longer ones of another label ("cuts" in "cuts bread") the longer
    decide. A sentence with the words of no label, or of two, has none.

    Args:
        text: the sentence.
        book: labels with words.
    """
    bare = folded(text)
    found = [
        (place.start(), place.end(), label.name)
        for label in book.labels
        for word in label.words
        for place in re.finditer(_whole(word), bare)
    ]
    names = dict.fromkeys(
        name for start, end, name in found if not any(a <= start and end <= b and b - a > end - start for a, b, _ in found)
    )
    if len(names) == 1:
        return Choice(next(iter(names)))
    if names:
        return Choice(None, f"words of {len(names)} labels ({', '.join(names)}): {_quoted(text)}")
    return Choice(None, f"words of no label: {_quoted(text)}" if bare else "an empty answer")


def _whole(words: str) -> str:
    """A pattern for words that are not parts of longer ones; they may end in a bracket."""
    return rf"(?<!\w){re.escape(folded(words))}(?!\w)"


def _bare(text: str) -> str:
    bare = folded(re.sub(r"^[\W_]*(?:label|answer)[\W_]*:", "", text.strip(), flags=re.IGNORECASE))
    return bare.strip(" \t.,;:!\"'`*“”‘’()[]{}<>")


def _quoted(text: str) -> str:
    words = " ".join(text.split())
    return repr(words if len(words) <= MOST_QUOTED else f"{words[:MOST_QUOTED].rstrip()} ...")
