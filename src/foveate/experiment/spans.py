"""The spans that an experiment with a trained model asks about, world by world, and what pins who was asked."""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Protocol

import numpy as np

from foveate.dataset.toykitchen import TASK_SAMPLES
from foveate.description.prompts import shipped
from foveate.experiment.arms import Arm, Item, ask
from foveate.experiment.lines import LineFile
from foveate.model import Model, Prompt
from foveate.toykitchen import World
from foveate.toykitchen.words import COLOURS, KINDS, SURFACES

NAMES = frozenset({*COLOURS, *KINDS, *SURFACES})
"""Object words."""
PROMPT_OF_TASK = {"activity": "activity", "future": "next"}


class Spans(Protocol):
    """What is asked about: the part that protocols have in common."""

    @property
    def worlds(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Variant of the toy kitchen and its seeds; a seed is a recording, the unit of every interval and test."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """Keys of TASK_SAMPLES."""

    @property
    def spans(self) -> int:
        """Spans of each recording and task, evenly spread over it."""

    @property
    def batch(self) -> int:
        """Spans asked at once."""


def count_spans(protocol: Spans) -> int:
    """How many spans one arm is asked about."""
    return protocol.spans * len(protocol.tasks) * sum(len(seeds) for _, seeds in protocol.worlds)


def ask_spans(
    protocol: Spans,
    model: Model,
    arms: Sequence[Arm],
    *,
    kept: LineFile,
    advance: Callable[[int], None],
    floors: Callable[[str, Sequence[Item]], None] = lambda condition, items: None,
) -> list[str]:
    """Ask a model about every span in every arm, where that was not done before.

    Args:
        protocol: what is asked about.
        model: who is asked.
        arms: what it is shown.
        kept: where the answers go.
        advance: told how many answers are done.
        floors: adds what needs no model, after all arms of a condition.

    Returns:
        The conditions (world and task) in order.
    """
    prompts = {task: _instruction(model, name) for task, name in PROMPT_OF_TASK.items()}
    conditions = []
    for variant, seeds in protocol.worlds:
        # One variant at a time: a world that was drawn once holds its room, 20 MB.
        for task, items in spans_of(protocol, variant, seeds).items():
            condition = f"{variant} {task}"
            for arm in arms:
                ask(model, arm, items, condition=condition, prompts=prompts, kept=kept, batch=protocol.batch, advance=advance)
            floors(condition, items)
            conditions.append(condition)
    return conditions


def spans_of(protocol: Spans, variant: str, seeds: Sequence[int]) -> dict[str, list[Item]]:
    """Task -> the spans of all worlds of one variant."""
    found: dict[str, list[Item]] = {task: [] for task in protocol.tasks}
    for seed in seeds:
        world = World(seed, variant=variant)
        for task, items in found.items():
            samples = list(TASK_SAMPLES[task](world))
            chosen = np.unique(np.linspace(0, len(samples) - 1, protocol.spans).round().astype(int))
            items.extend(Item(f"{seed}:{k:02d}", samples[k]) for k in chosen)
    return found


def weights_of(model: Model) -> str:
    """What pins a model: the hash of its weights, from an answer to nothing."""
    answer = model.answer(Prompt(_instruction(model, "activity"), max_new_tokens=1))
    return answer.provenance.get("weights_sha256", answer.model)


def pinned(model: Model, weights: str) -> dict[str, str]:
    """Who answered, for the record."""
    return {"model": model.name, "weights": weights, "foveate": version("foveate")}


def made_by_text(made_by: dict[str, str]) -> str:
    """The same in a line."""
    return ", ".join(f"{key} {value[:12]}" for key, value in made_by.items())


def _instruction(model: Model, name: str) -> str:
    return model.instructions[name] if model.instructions else shipped(name)
