"""``builtin``: a small model that ships with foveate and knows the toy kitchen only."""

from pathlib import Path
from types import MappingProxyType

from foveate.errors import ModelError
from foveate.model.hf import HfModel

FOLDER = Path(__file__).parent / "builtin_weights"
"""Config, tokenizer, processor, weights and card, as ``AutoModelForImageTextToText`` and ``AutoProcessor`` read them."""

INSTRUCTIONS = MappingProxyType({"activity": "What is the person doing?", "next": "What will the person do next?"})
"""Prompt name -> the wording that the model was trained on; it understands nothing else."""

USUAL_TOKENS = 16
"""Nine in ten of its training steps showed images of 96 px, 16 tokens; crops at its largest size, 144, it reads less well."""

USUAL_FRAMES = MappingProxyType({"activity": (1, 4), "next": (5, None)})
"""Prompt name -> fewest and most frames. It goes by their number, not by the words: of up to four it tells the present action,
of five or more the next one, whichever was asked (benchmarks/results/frames_and_task.md)."""


def load(
    rest: str, *, name: str, dtype: str = "auto", device: str = "auto", batch_size: int | None = None, folder: Path = FOLDER
) -> HfModel:
    """The built-in model.

    Args:
        rest: nothing may stand after ``builtin``.
        name: the model's name in answers.
        dtype: as ``HfModel``'s.
        device: as ``HfModel``'s.
        batch_size: as ``HfModel``'s.
        folder: where it lies, for a checkpoint that is still in training.

    Raises:
        ModelError: where its weights are not there, or cannot be loaded.
    """
    if rest:
        raise ModelError(f"builtin is one model and takes nothing after its name, got {rest!r}; write builtin")
    if not (folder / "model.safetensors").exists():
        raise ModelError(f"the built-in model's weights are not in {folder}; install foveate again, or run runs/builtin.sh")
    return HfModel(
        str(folder),
        name=name,
        is_toy=True,
        dtype=dtype,
        device=device,
        batch_size=batch_size,
        instructions=INSTRUCTIONS,
        usual_tokens=USUAL_TOKENS,
        usual_frames=USUAL_FRAMES,
    )
