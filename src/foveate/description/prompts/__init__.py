"""The prompts that ship with foveate, one text file each, and how a prompt is chosen."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from foveate.errors import UsageError, hint
from foveate.model.model import Model

PROMPTS = {
    "task": "step by step, what the person is doing",
    "activity": "one sentence of 15 to 20 words about what the person is doing",
    "next": "one sentence of 15 to 20 words about what the person will do next",
}
"""Name of the file beside this one -> what it asks for."""


@dataclass(frozen=True)
class Instruction:
    """What a model is asked, and where the words come from."""

    name: str
    """A key of PROMPTS, ``file:PATH`` or ``text``."""
    text: str
    """The words."""


def shipped(name: str) -> str:
    """The text of a prompt file in the package."""
    return files(__package__).joinpath(f"{name}.txt").read_text(encoding="utf-8").strip()


def choose(prompt: str | None, model: Model) -> Instruction:
    """The instruction for ``--prompt``: a name of PROMPTS, a text file, or the text itself.

    Args:
        prompt: what the user gave; None for ``task``, or the model's first instruction where it understands only its own.
        model: who will be asked; one that was trained on its own wording gets that.

    Raises:
        UsageError: for a file that is not there, an empty text, or words that the model does not understand.
    """
    if model.instructions:
        name = prompt if prompt is not None else next(iter(model.instructions))
        if name in model.instructions:
            return Instruction(name, model.instructions[name])
        if name in model.instructions.values():
            return Instruction("text", name)
        raise UsageError(
            f"{model.name} understands only its own prompts: "
            f"{' or '.join(f'{key} ({text})' for key, text in model.instructions.items())}; got {name!r}"
        )
    if prompt is None or prompt in PROMPTS:
        return Instruction(prompt or "task", shipped(prompt or "task"))
    path = Path(prompt)
    if path.suffix.lower() in (".txt", ".md"):
        return Instruction(f"file:{path.name}", _read(path))
    if not prompt.strip():
        raise UsageError(f"the prompt is empty; give a text, a .txt file or one of: {', '.join(PROMPTS)}")
    if len(prompt.split()) == 1:
        raise UsageError(
            f"there is no prompt {prompt!r}{hint(prompt, PROMPTS)}; give one of {', '.join(PROMPTS)}, a .txt file, "
            "or a whole sentence"
        )
    return Instruction("text", prompt)


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise UsageError(
            f"the prompt file {path} is not there; give a text, a .txt file or one of: {', '.join(PROMPTS)}"
        ) from None
    except OSError as error:
        raise UsageError(f"the prompt file {path} cannot be read ({error.strerror}); give a text file") from None
    except UnicodeDecodeError:
        raise UsageError(f"the prompt file {path} is not text in UTF-8; save it as plain text") from None
    if not text:
        raise UsageError(f"the prompt file {path} is empty; write what the model should be asked")
    return text
