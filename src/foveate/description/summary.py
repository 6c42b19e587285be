"""The spans of a recording summed up by the model that described them."""

from collections.abc import Sequence

from foveate.description.description import SpanDescription
from foveate.description.prompts import shipped
from foveate.errors import ModelError
from foveate.model.model import Model, Prompt

PARTS_PER_PROMPT = 40
"""Texts summed up at once; more are summed up in groups first, so that a small model's context is not exceeded."""


def summarise(model: Model, spans: Sequence[SpanDescription]) -> tuple[str | None, str | None]:
    """Ask a model, without images, to sum up its own answers.

    Args:
        model: who described the spans.
        spans: in order of time; those without an answer are left out.

    Returns:
        The summary, or None and the reason why there is none.
    """
    if model.instructions:
        return None, f"{model.name} understands only its own prompts and cannot sum up"
    parts = [f"{span.start_s:.1f} to {span.stop_s:.1f} s: {span.text}" for span in spans if span.text]
    if len(parts) < 2:
        return None, "there are fewer than two described spans to sum up"
    try:
        return _sum_up(model, parts), None
    except ModelError as error:
        return None, f"the model failed to sum up: {error}"


def _sum_up(model: Model, parts: Sequence[str]) -> str:
    while len(parts) > PARTS_PER_PROMPT:
        groups = [parts[first : first + PARTS_PER_PROMPT] for first in range(0, len(parts), PARTS_PER_PROMPT)]
        parts = [_ask(model, group) for group in groups]
    return _ask(model, parts)


def _ask(model: Model, parts: Sequence[str]) -> str:
    answer = model.answer(Prompt(shipped("summary") + "\n\n" + "\n".join(parts), max_new_tokens=256))
    return answer.text.strip()
