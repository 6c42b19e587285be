"""How good an answer is, beside a reference: SCORES is the visible list, ``score_texts`` scores texts by name."""

from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from typing import Any

from foveate.errors import UsageError, hint
from foveate.score.about import ABOUT, About
from foveate.score.score import References, Score, Scorer

__all__ = ["ABOUT", "SCORES", "About", "References", "Score", "Scorer", "about", "make_score", "score_texts"]

SCORES = {
    "exact_match": "foveate.score.words:exact_match",
    "object_words": "foveate.score.words:object_words",
    "rouge_1": "foveate.score.overlap:rouge_1",
    "rouge_2": "foveate.score.overlap:rouge_2",
    "rouge_l": "foveate.score.overlap:rouge_l",
    "sbert": "foveate.score.semantic:sbert",
}
"""Name -> the factory that returns a Scorer; ABOUT says what each is. Other packages register factories under the entry point
foveate.scores; such a factory may have an attribute ``about``, an About."""
NO_ANSWER = "there is no answer"


def score_texts(
    name: str,
    hypotheses: Sequence[str | None],
    references: Sequence[str | Sequence[str] | None] | None = None,
    *,
    choices: Sequence[Sequence[str]] | None = None,
    answers: Sequence[int | None] | None = None,
    objects: Sequence[Collection[str] | None] | None = None,
    **options: Any,
) -> list[Score]:
    """Score answers by one score; give all that is known of the items, and each score takes what it needs.

    Args:
        name: a key of SCORES.
        hypotheses: what was answered; None where nothing was, which is unscored.
        references: of every item, one or several; None or blank where there is none.
        choices: of every item, what its question lets one choose from.
        answers: of every item, the place of the right choice.
        objects: of every item, the names of what its clip holds; None where nobody told.
        options: what the score's factory takes, such as ``names`` of ``object_words`` or ``model`` of ``sbert``.

    Returns:
        One Score per item, in order; each has a finite value or the reason why there is none.

    Raises:
        UsageError: for a name that there is not, an option that the score does not take, or where something that it needs is
            not given or not of every item.
        MissingExtraError: where a package that the score needs is not installed.
    """
    count = len(hypotheses)
    given = {"references": references, "choices": choices, "answers": answers, "objects": objects}
    for what, listed in given.items():
        if listed is not None and len(listed) != count:
            raise UsageError(f"{count} hypotheses need as many {what}, got {len(listed)}")
    scorer: Callable[..., list[Score]] = make_score(name, **options)
    needs = about(name).needs
    if missing := [what for what in needs if given[what] is None]:
        raise UsageError(f"the score {name!r} needs {' and '.join(missing)} of every item")
    known = [place for place, hypothesis in enumerate(hypotheses) if hypothesis is not None]
    told = [references[place] or "" if references is not None else "" for place in known]
    facts = {what: [listed[place] for place in known] for what in needs if (listed := given[what]) and what != "references"}
    found = dict(zip(known, scorer([hypotheses[place] for place in known], told, **facts), strict=True))
    return [found.get(place, Score.unscored(reason=NO_ANSWER)) for place in range(count)]


def make_score(name: str, **options: Any) -> Scorer:
    """Make a score by name.

    Args:
        name: a key of SCORES.
        options: what its factory takes, such as ``names`` of ``object_words``.

    Raises:
        UsageError: for a name that there is not, or an option that it does not take or lacks.
        MissingExtraError: where a package that the score needs is not installed.
    """
    factory = _factory(name)
    try:
        signature(factory).bind(**options)
    except TypeError as error:
        takes = ", ".join(signature(factory).parameters) or "no options"
        raise UsageError(f"the score {name!r} takes {takes}; got {', '.join(options) or 'none'} ({error})") from error
    scorer: Scorer = factory(**options)
    return scorer


def about(name: str) -> About:
    """What a score is, also of one that another package registered.

    Raises:
        UsageError: for a name that there is not.
    """
    told = ABOUT.get(name) or getattr(_factory(name), "about", None)
    return told if isinstance(told, About) else About(title=name, source="registered by another package", low=None, high=None)


def _factory(name: str) -> Callable[..., Any]:
    known: Mapping[str, str] = {**{entry.name: entry.value for entry in entry_points(group="foveate.scores")}, **SCORES}
    if name not in known:
        raise UsageError(f"there is no score {name!r}{hint(name, known)}; allowed: {', '.join(sorted(known))}")
    module, _, factory = known[name].partition(":")
    found: Callable[..., Any] = getattr(import_module(module), factory)
    return found
