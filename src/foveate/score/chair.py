"""Objects that an answer names and the clip does not hold.

CHAIR (Rohrbach, Hendricks, Burns, Darrell and Saenko 2018, "Object Hallucination in Image Captioning"): CHAIRi is
the share of the objects named that are not there, CHAIRs the share of sentences that name such a one. As there, every mention
counts, and what the references name is there too. We differ in three things: the objects are the user's list, not those of
MSCOCO; plurals are made of the names by rule, where the original makes singulars of the text with the package pattern; and an
answer that names no object has no CHAIRi (the original writes 0), so that silence is not taken for truth.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from foveate.errors import UsageError
from foveate.score.names import Names, names_of
from foveate.score.score import References, Score, paired

Objects = Sequence[Collection[str] | None]
"""Of every item the names of what its clip holds; None where nobody told. "red cups" holds red, and a cup, where listed."""
NOT_TOLD = "nobody told which objects the clip holds"
NONE_NAMED = "the answer names no object"


@dataclass(frozen=True)
class Named:
    """The objects that one answer names."""

    there: tuple[str, ...]
    """Mentions of objects that the clip holds, by their first names."""
    invented: tuple[str, ...]
    """Mentions of others."""

    @property
    def count(self) -> int:
        """All mentions."""
        return len(self.there) + len(self.invented)


def chair_i(*, names: Collection[str]) -> Callable[..., list[Score]]:
    """CHAIRi of every answer: the share of its mentions of objects that the clip does not hold. Less is better.

    The scorer takes ``objects``, of every item the names of what its clip holds; None is unscored, an empty list holds nothing.

    Args:
        names: what counts as an object: each entry "name" or "name, synonym, synonym", see ``foveate.score.names``.
    """
    return _scorer(names, lambda found: Score(len(found.invented) / found.count) if found.count else _none_named())


def chair_s(*, names: Collection[str]) -> Callable[..., list[Score]]:
    """1 for an answer that names an object which the clip does not hold, else 0; its mean is CHAIRs. Less is better.

    An answer that names no object has 0, as in the paper: read it beside CHAIRi. Arguments as for ``chair_i``.
    """
    return _scorer(names, lambda found: Score(float(bool(found.invented))))


@dataclass(frozen=True)
class CorpusChair:
    """CHAIR of all answers together, as the paper reports it."""

    chair_i: Score
    """Invented mentions over all mentions."""
    chair_s: Score
    """Answers with an invented mention over all answers."""
    mentions: int
    """Objects named, over all answers."""
    answers: int
    """Answers that were counted in."""
    without_objects: int
    """Answers that were left out, since nobody told what their clips hold."""


def corpus_chair(hypotheses: Sequence[str], references: References, *, objects: Objects, names: Collection[str]) -> CorpusChair:
    """CHAIRi and CHAIRs over all answers; arguments as for ``chair_i``."""
    every = named(hypotheses, references, objects=objects, names=names)
    known = [each for each in every if each is not None]
    mentions, invented = sum(each.count for each in known), sum(len(each.invented) for each in known)
    return CorpusChair(
        Score(invented / mentions) if mentions else Score.unscored(reason="no answer names an object"),
        Score(sum(bool(each.invented) for each in known) / len(known)) if known else Score.unscored(reason=NOT_TOLD),
        mentions,
        len(known),
        len(every) - len(known),
    )


def named(hypotheses: Sequence[str], references: References, *, objects: Objects, names: Collection[str]) -> list[Named | None]:
    """The objects that every answer names, told apart; None where nobody told what the clip holds. As for ``chair_i``."""
    return _named(names_of(names), hypotheses, references, objects)


def _scorer(names: Collection[str], value: Callable[[Named], Score]) -> Callable[..., list[Score]]:
    listed = names_of(names)

    def score(hypotheses: Sequence[str], references: References, *, objects: Objects) -> list[Score]:
        every = _named(listed, hypotheses, references, objects)
        return [Score.unscored(reason=NOT_TOLD) if found is None else value(found) for found in every]

    return score


def _named(listed: Names, hypotheses: Sequence[str], references: References, objects: Objects) -> list[Named | None]:
    pairs = paired(hypotheses, references)
    if len(objects) != len(pairs):
        raise UsageError(f"{len(pairs)} hypotheses need as many lists of objects, got {len(objects)}")
    found: list[Named | None] = []
    for (hypothesis, told), held in zip(pairs, objects, strict=True):
        if held is None:
            found.append(None)
            continue
        if isinstance(held, str):
            raise UsageError(f"the objects of a clip are a list of names, got the text {held!r}; write [{held!r}]")
        if strange := [each for each in held if not isinstance(each, str)]:
            raise UsageError(f"the objects of a clip are names, got {strange[0]!r}; where nobody told, give None for the clip")
        there = {name for text in (*held, *told) for name in listed.found(text)}
        mentions = listed.found(hypothesis)
        found.append(Named(tuple(m for m in mentions if m in there), tuple(m for m in mentions if m not in there)))
    return found


def _none_named() -> Score:
    return Score.unscored(reason=NONE_NAMED)
