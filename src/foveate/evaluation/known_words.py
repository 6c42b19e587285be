"""Whether models understand what a study asks, as far as that is known before a recording is read or a model is loaded."""

from collections.abc import Mapping

from foveate.errors import ModelError, UsageError
from foveate.evaluation.ask import OWN
from foveate.evaluation.study import Study
from foveate.model import instructions_of

USUAL = "task"
"""What is asked where neither the study nor its samples say."""


def check_words(study: Study) -> None:
    """Refuse what would be refused after all recordings were read.

    Args:
        study: of a data set only what it asks itself: samples may bring questions of their own.

    Raises:
        UsageError: for words that a model does not understand, or the question of samples that bring none.
    """
    asked, brought = study.ask.instructions, bool(study.samples.dataset)
    if OWN in asked and not brought:
        raise UsageError(f'[ask] instructions = "{OWN}" is the question of a data set\'s sample, and recordings bring none')
    given = asked or (() if brought else (USUAL,))
    for model in study.ask.models:
        known = _known(model)
        for words in given:
            if known and words != OWN and words not in known and words not in known.values():
                allowed = " or ".join(f'"{name}" ({text})' for name, text in known.items())
                usual = "" if asked else ", which is asked where the study names none"
                raise UsageError(f"[ask] {model} understands only the instructions {allowed}; got {words!r}{usual}")


def _known(model: str) -> Mapping[str, str]:
    try:
        return instructions_of(model)
    except ModelError:  # one that is loaded already may have any name; of others loading tells
        return {}
