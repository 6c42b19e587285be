"""Lines of a Run: what is known of one before it is asked, with its answer, and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from foveate.errors import ModelError, VideoError
from foveate.evaluation.samples import Case
from foveate.model.model import Answer
from foveate.run.line import RunLine


def blank_line(case: Case, shown: str, model: str, instruction: str, *, asked: str = "", reason: str | None = None) -> RunLine:
    """A line without an answer."""
    sample = case.sample
    start_s, stop_s = case.edges_s
    return RunLine(
        sample=case.name,
        shown=shown,
        model=model,
        instruction=instruction,
        recording=sample.recording.name,
        participant=sample.participant,
        category=case.category,
        task=sample.task,
        start_s=start_s,
        stop_s=stop_s,
        asked=asked,
        references=case.references,
        choices=sample.choices,
        answer=sample.answer,
        objects=case.objects,
        reason=reason,
    )


def answered(line: RunLine, answer: Answer | ModelError, *, model_s: float | None) -> RunLine:
    """A line with what came back; an empty answer is none.

    Args:
        line: without an answer.
        answer: or why there is none.
        model_s: its share of the model's time; None where it was known already, and what it once took is not this Run's.
    """
    if isinstance(answer, ModelError):
        return replace(line, reason=str(answer))
    if not answer.text.strip():
        return replace(line, reason="the answer is empty", notes=answer.notes, provenance=answer.provenance)
    return replace(
        line,
        text=answer.text.strip(),
        visual_tokens=answer.usage.visual_tokens,
        prompt_tokens=answer.usage.prompt_tokens,
        output_tokens=answer.usage.output_tokens,
        first_token_s=None if model_s is None else answer.first_token_s,
        total_s=None if model_s is None else answer.total_s,
        model_s=model_s,
        notes=answer.notes,
        provenance=answer.provenance,
    )


def unshown(line: RunLine, failure: VideoError | None) -> RunLine:
    """A line of which no frame could be shown, with the reason."""
    skipped = ", ".join(f"{count} x {reason}" for reason, count in line.skipped.items())
    return replace(line, reason=str(failure) if failure else f"no frame could be shown ({skipped or 'none in the span'})")


def line_json(line: RunLine) -> Mapping[str, Any]:
    """A line as it stands in lines.jsonl: without scores, which are written apart."""
    return {name: value for name, value in asdict(line).items() if name not in ("scores", "unscored")}
