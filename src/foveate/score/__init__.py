"""How good an answer is, beside a reference: SCORES is the visible list, ``make_score`` makes one by name."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from foveate.errors import UsageError, hint
from foveate.score.score import Score, Scorer

__all__ = ["SCORES", "Score", "Scorer", "make_score"]

SCORES = {
    "exact_match": "foveate.score.words:exact_match",
    "object_words": "foveate.score.words:object_words",
    "rouge_l": "foveate.score.overlap:rouge_l",
    "sbert": "foveate.score.semantic:sbert",
}
"""Name -> the factory that returns a Scorer; others register under the entry point foveate.scores."""


def make_score(name: str, **options: Any) -> Scorer:
    """Make a score by name.

    Args:
        name: a key of SCORES.
        options: what its factory takes, such as ``names`` of ``object_words``.

    Raises:
        UsageError: for a name that there is not.
        MissingExtraError: where a package that the score needs is not installed.
    """
    known: Mapping[str, str] = {**{entry.name: entry.value for entry in entry_points(group="foveate.scores")}, **SCORES}
    if name not in known:
        raise UsageError(f"there is no score {name!r}{hint(name, known)}; allowed: {', '.join(sorted(known))}")
    module, _, factory = known[name].partition(":")
    scorer: Scorer = getattr(import_module(module), factory)(**options)
    return scorer
