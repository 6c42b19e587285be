"""One question with a known answer: what models are trained on and scored by."""

from dataclasses import dataclass

from foveate.clock import Span
from foveate.recording.recording import Recording

TASKS = ("activity", "future", "question", "code")
"""What a sample can ask for."""


@dataclass(frozen=True)
class Sample:
    """A span of a recording with an instruction and a reference."""

    recording: Recording
    """What was recorded."""
    span: Span
    """What the model may see of it."""
    instruction: str
    """The name of a prompt, or its text."""
    reference: str
    """The text that a perfect model would answer."""
    participant: str
    """Who wore it: splits keep a participant on one side."""
    task: str
    """One of TASKS."""

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ValueError(f"a sample's task is one of {', '.join(TASKS)}, got {self.task!r}")
