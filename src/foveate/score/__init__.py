"""How good an answer is, beside a reference: SCORES is the visible list, ``score_texts`` scores texts by name."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from foveate.errors import UsageError, hint
from foveate.score.about import ABOUT, About
from foveate.score.bleu import CorpusBleu, corpus_bleu
from foveate.score.chair import CorpusChair, corpus_chair
from foveate.score.floors import choice_floors, floors
from foveate.score.score import References, Score, Scorer, listed
from foveate.score.signature import signature

__all__ = [
    "ABOUT",
    "SCORES",
    "About",
    "CorpusBleu",
    "CorpusChair",
    "References",
    "Score",
    "Scorer",
    "about",
    "choice_floors",
    "corpus_bleu",
    "corpus_chair",
    "floors",
    "make_score",
    "score_texts",
    "signature_of",
]

SCORES = {
    "bleu": "foveate.score.bleu:bleu",
    "chair_i": "foveate.score.chair:chair_i",
    "chair_s": "foveate.score.chair:chair_s",
    "choice": "foveate.score.choice:choice",
    "choice_named": "foveate.score.choice:choice_named",
    "exact_match": "foveate.score.words:exact_match",
    "meteor": "foveate.score.meteor:meteor",
    "object_words": "foveate.score.object_words:object_words",
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
    listed("hypotheses", hypotheses)
    given = {"references": references, "choices": choices, "answers": answers, "objects": objects}
    for what, each in given.items():
        listed(what, each)
        if each is not None and len(each) != len(hypotheses):
            raise UsageError(f"{len(hypotheses)} hypotheses need as many {what}, got {len(each)}")
    scorer: Callable[..., list[Score]] = make_score(name, **options)
    needs = about(name).needs
    if missing := [what for what in needs if given[what] is None]:
        raise UsageError(f"the score {name!r} needs {' and '.join(missing)} of every item")
    texts = ["" if hypothesis is None else hypothesis for hypothesis in hypotheses]
    told = [""] * len(texts) if references is None else ["" if each is None else each for each in references]
    found = scorer(texts, told, **{what: given[what] for what in needs if what != "references"})
    return [
        Score.unscored(reason=NO_ANSWER) if hypothesis is None else score
        for hypothesis, score in zip(hypotheses, found, strict=True)
    ]


def make_score(name: str, **options: Any) -> Scorer:
    """Make a score by name.

    Args:
        name: a key of SCORES.
        options: what its factory takes, such as ``names`` of ``object_words``.

    Raises:
        UsageError: for a name that there is not, or an option that it does not take or lacks.
        MissingExtraError: where a package that the score needs is not installed.
    """
    scorer: Scorer = _factory(name)(**_bound(name, options))
    return scorer


def about(name: str) -> About:
    """What a score is, also of one that another package registered.

    Raises:
        UsageError: for a name that there is not.
    """
    told = ABOUT.get(name) or getattr(_factory(name), "about", None)
    return told if isinstance(told, About) else About(title=name, source="registered by another package", low=None, high=None)


def signature_of(name: str, **options: Any) -> str:
    """What pins a score: the package that computes it, its options and, of an embedder, its weights; see ``signature``.

    Raises:
        UsageError, MissingExtraError: as ``make_score``.
    """
    return signature(name, about(name), _bound(name, options))


def _bound(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with the defaults of those that were not given."""
    takes = inspect.signature(_factory(name))
    try:
        bound = takes.bind(**options)
    except TypeError as error:
        allowed, given = (", ".join(each) or "no options" for each in (takes.parameters, options))
        raise UsageError(f"the score {name!r} takes {allowed}; got {given} ({error})") from error
    bound.apply_defaults()
    return bound.arguments


def _factory(name: str) -> Callable[..., Any]:
    known: Mapping[str, str] = {**{entry.name: entry.value for entry in entry_points(group="foveate.scores")}, **SCORES}
    if name not in known:
        raise UsageError(f"there is no score {name!r}{hint(name, known)}; allowed: {', '.join(sorted(known))}")
    module, _, factory = known[name].partition(":")
    found: Callable[..., Any] = getattr(import_module(module), factory)
    return found
