"""A judge's answer read: one JSON object, whatever stands around it; anything else has no grade."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal

from foveate.score.judge.rubric import Rubric
from foveate.score.score import Score

Better = Literal["A", "B", "tie"]
CHOICES: dict[str, Better] = {"a": "A", "b": "B", "tie": "tie"}
THOUGHTS = re.compile(
    r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)|\A(?:(?!<(?:think|thinking|reasoning)>).)*?</(?:think|thinking|reasoning)>",
    re.DOTALL,
)
"""Also those that were cut off, and those that a prompt's own template began: a grade in them is none."""
LONGEST = 100_000
"""Letters of an answer that is read: a model that repeats itself without end has no verdict."""
QUOTED = 80
"""Letters of an unreadable answer that a reason quotes."""


class UnreadableError(Exception):
    """A judge's answer that holds no verdict; the message says why."""


def read_grades(text: str, rubric: Rubric) -> dict[str, Score]:
    """A score per criterion, each unscored with the reason where the answer has no valid grade for it.

    Args:
        text: the judge's answer.
        rubric: whose criteria were asked.
    """
    names = [each.name for each in rubric.criteria]
    try:
        told = _told(text, names)
    except UnreadableError as error:
        return dict.fromkeys(names, Score.unscored(reason=str(error)))
    return {name: _grade(told.get(name), name, rubric) for name in names}


def read_better(text: str) -> Better:
    """Which description is better.

    Raises:
        UnreadableError: where the answer does not say.
    """
    value = _told(text, ["better"])["better"]
    choice = CHOICES.get(value.strip().casefold()) if isinstance(value, str) else None
    if choice is None:
        raise UnreadableError(f"the judge chose {_shown(value)}, which is not A, B or tie")
    return choice


def _grade(value: Any, name: str, rubric: Rubric) -> Score:
    """A whole number within the scale; 7.0 and "7" are 7, and nothing is rounded or moved into the scale."""
    if value is None:
        return Score.unscored(reason=f"the judge gave no {name}")
    number = value
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,4}\s*", value, re.ASCII):
        number = int(value)
    if isinstance(number, bool) or not isinstance(number, int | float) or number != number // 1:
        return Score.unscored(reason=f"the judge's {name} is {_shown(value)}, which is no whole number")
    if not rubric.low <= number <= rubric.high:
        return Score.unscored(reason=f"the judge's {name} is {_shown(value)}, outside {rubric.low} to {rubric.high}")
    return Score(float(number))


def _told(text: str, wanted: Collection[str]) -> dict[str, Any]:
    """The wanted keys of the one object that has any of them; the same object told twice is one.

    Raises:
        UnreadableError: where there is none, or two that differ.
    """
    if len(text) > LONGEST:
        raise UnreadableError(f"the judge's answer has {len(text):,} letters; at most {LONGEST:,} are read")
    answer = THOUGHTS.sub(" ", text)
    found: list[dict[str, Any]] = []
    for told in _objects(answer, wanted):
        if told not in found:
            found.append(told)
    if len(found) > 1:
        raise UnreadableError("the judge answered twice, and differently")
    if found:
        return found[0]
    if not answer.strip():
        raise UnreadableError("the judge's answer is empty")
    raise UnreadableError(f"the judge answered without the JSON object that was asked for: {_shown(' '.join(answer.split()))}")


def _objects(text: str, wanted: Collection[str]) -> Iterator[dict[str, Any]]:
    """Of every JSON object in a text that has any of the wanted keys, those; one that has none is looked into."""
    decoder = json.JSONDecoder(object_pairs_hook=_keys_once, parse_constant=_refuse)
    place = text.find("{")
    while place >= 0:
        end = place + 1
        try:
            value, stop = decoder.raw_decode(text, place)
        except RecursionError:
            return  # nested a thousand times: no verdict stands behind that
        except ValueError:
            value = {}
        if told := {key: each for key, each in value.items() if key in wanted}:
            end = stop
            yield told
        place = text.find("{", end)


def _keys_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a key that has two values is told by its list of them, which is no grade."""
    values: dict[str, list[Any]] = {}
    for key, value in pairs:
        kept = values.setdefault(key.strip().lower(), [])
        if value not in kept:
            kept.append(value)
    return {key: kept[0] if len(kept) == 1 else kept for key, kept in values.items()}


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _shown(value: Any) -> str:
    # half of a character, which a server's broken answer may hold, can neither be printed nor stored
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= QUOTED else f"{text[:QUOTED]} ..."
