"""One question with a known answer: what models are trained on and scored by."""

from dataclasses import dataclass

from foveate.clock import Span
from foveate.recording.recording import Recording

TASKS = ("activity", "future", "question", "code")
"""What a sample can ask for."""
LETTERS = "ABCDEFGHIJ"
"""How choices are called."""


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
    """Who wore it: splits keep a participant on one side; empty where the data set does not tell."""
    task: str
    """One of TASKS."""
    choices: tuple[str, ...] = ()
    """What a question lets one choose from, without their letters; empty where the answer is free."""
    answer: int | None = None
    """Place of the right one among the choices."""
    id: str = ""
    """Its name, from the data set's own annotations; the same whenever it is read."""
    kind: str = ""
    """What the data set calls such a task: narration, keystep, past_scene_recall."""
    side: str = ""
    """Where the data set's own split puts it: train, validation or test; empty where it has none."""
    moments_ns: tuple[int, ...] = ()
    """Instants that the instruction speaks of ("in the fourth frame"), in order; empty where it speaks of none."""

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ValueError(f"a sample's task is one of {', '.join(TASKS)}, got {self.task!r}")
        if len(self.choices) > len(LETTERS) or (self.choices and len(set(self.choices)) < 2):
            raise ValueError(f"a question has 2 to {len(LETTERS)} choices that differ, got {self.choices}")
        if self.answer is not None and not 0 <= self.answer < len(self.choices):
            raise ValueError(f"the answer is the place of one of {len(self.choices)} choices, got {self.answer}")

    @property
    def asked(self) -> str:
        """The instruction with its choices as lettered lines, as it is put to a model."""
        if not self.choices:
            return self.instruction
        lines = [f"{letter}. {choice}" for letter, choice in zip(LETTERS, self.choices, strict=False)]
        return "\n".join([self.instruction, *lines, "Answer with the letter of the right choice only."])

    @property
    def letter(self) -> str:
        """The letter of the right choice; empty where there is none."""
        return "" if self.answer is None else LETTERS[self.answer]
