"""Does the built-in model go by the words of its question, or by the number of frames?

    foveate experiment fps                                                # 21 minutes, with those that share its answers
    python benchmarks/frames_and_task.py [--answers .cache/experiment]    # about 5 minutes of one core

It was trained on three frames for "what is the person doing?" and five for "what will the person do next?". First, every answer
of the experiment ``fps`` is compared with the action that was asked for, the one after it and the one before it. Then the same
spans of a third of its worlds are shown as 1 to 10 frames, evenly spread, and both questions are asked of each.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foveate.dataset.toykitchen import ACTIVITY_S, OBSERVED_S, TASK_SAMPLES
from foveate.description.budget import within_budget
from foveate.experiment.arms import Arm, Item, ask
from foveate.experiment.fps import PROTOCOL
from foveate.experiment.lines import Line, LineFile
from foveate.experiment.spans import PROMPT_OF_TASK, spans_of
from foveate.model import Model, load_model
from foveate.score.words import words
from foveate.stats import interval, interval_text
from foveate.toykitchen import World
from foveate.view import make_view

RESULTS = Path(__file__).parent / "results" / "frames_and_task.md"
ACTIONS = {"asked for": 0, "the one after": 1, "the one before": -1}
SHOWN = ("gaze, 0.5 fps", "gaze", "gaze, 2 fps", "gaze, 4 fps")
TOKENS = 16
"""Of a frame."""
WORLDS = 16
FRAMES = (1, 2, 3, 4, 5, 6, 8, 10)
LENGTH_S = {"activity": ACTIVITY_S, "future": OBSERVED_S}
SPANS = {"activity": "3 s around an action", "future": "5 s before the next action"}
PRESENT = {"activity": 1, "future": 0}
"""Where in the sentences of Near the action lies that is under way in such a span; the next one follows it."""
Near = Mapping[tuple[str, str], tuple[str, ...]]
"""(condition, item) -> the sentences of the action before, the action asked for, and the action after."""


@dataclass(frozen=True)
class Spans:
    """What is asked about: ``foveate.experiment.spans.Spans``."""

    worlds: tuple[tuple[str, tuple[int, ...]], ...]
    tasks: tuple[str, ...]
    spans: int
    batch: int


def actions() -> Near:
    """The actions of every span, and of some that no sample asks for."""
    found = {}
    for variant, seeds in PROTOCOL.worlds:
        for seed in seeds:
            world = World(seed, variant=variant)
            told = ["", *(event.text for event in world.narrations), ""]
            first = {task: next(iter(TASK_SAMPLES[task](world))).reference for task in PROTOCOL.tasks}
            for task, text in first.items():
                # samples leave out actions at the ends only, so that the k-th is the k-th after the first
                start = told.index(text)
                for k in range(len(told) - 1 - start):
                    found[f"{variant} {task}", f"{seed}:{k:02d}"] = tuple(told[start + k - 1 : start + k + 2])
    return found


def tells(lines: Sequence[Line], near: Near, place: int) -> str:
    """Share of the answers that are one of the sentences, with its interval."""
    said = [words(line.hypothesis) == words(near[line.condition, line.item][place]) for line in lines]
    return interval_text(interval(said, [line.recording for line in lines]))


def of_experiment(answers: Path, near: Near) -> list[str]:
    """The first table."""
    lines: dict[tuple[str, str, str], Line] = {}
    for file in sorted(answers.glob("sweeps-*.jsonl")):
        lines.update({key: line for key, line in LineFile(file).lines.items() if line.arm in SHOWN})
    if not lines:
        sys.exit(f"{answers} has no answers of the experiment; run foveate experiment fps first")
    table = [f"| asked | shown | frames | {' | '.join(ACTIONS)} |", "|---|---|---|---|---|---|"]
    for condition in dict.fromkeys(key[0] for key in lines):
        for arm in SHOWN:
            mine = [line for line in lines.values() if (line.condition, line.arm) == (condition, arm)]
            for line in mine:
                assert near[condition, line.item][1] == line.reference, f"{line.item} asks for another action"
            cells = " | ".join(tells(mine, near, 1 + step) for step in ACTIONS.values())
            table.append(f"| {condition} | {arm} | {frames_of(mine):.0f} | {cells} |")
    return table


def frames_of(lines: Sequence[Line]) -> float:
    return float(np.mean([line.visual_tokens for line in lines])) / TOKENS


def anew(model: Model, near: Near, folder: Path) -> list[str]:
    """The second table."""
    (variant, seeds), *_ = PROTOCOL.worlds
    spans = Spans(((variant, seeds[:WORLDS]),), PROTOCOL.tasks, PROTOCOL.spans, PROTOCOL.batch)
    view = make_view("gaze", size="448", fit=within_budget(model, TOKENS))
    heads = [f"asked {name}: {told}" for name in PROMPT_OF_TASK.values() for told in ("the present action", "the next one")]
    table = [f"| span | frames | {' | '.join(heads)} |", "|---" * (2 + len(heads)) + "|"]
    for task, items in spans_of(spans, variant, seeds[:WORLDS]).items():
        for frames in FRAMES:
            arm = Arm(f"{frames} frames", view, fps=frames / LENGTH_S[task])
            asked = {name: both(model, arm, items, name, f"{variant} {task}", folder) for name in PROMPT_OF_TASK.values()}
            cells = " | ".join(tells(lines, near, PRESENT[task] + step) for lines in asked.values() for step in (0, 1))
            shown = np.mean([frames_of(lines) for lines in asked.values()])
            table.append(f"| {SPANS[task]} | {shown:g} | {cells} |")
            print(table[-1], flush=True)
    return table


def both(model: Model, arm: Arm, items: Sequence[Item], name: str, condition: str, folder: Path) -> list[Line]:
    """What the model says to one of its questions, whichever the spans were made for."""
    kept = LineFile(folder / f"{condition}-{arm.name}-{name}.jsonl".replace(" ", "_"))
    prompts = dict.fromkeys(PROMPT_OF_TASK, model.instructions[name])
    ask(model, arm, items, condition=condition, prompts=prompts, kept=kept, batch=PROTOCOL.batch, advance=lambda done: None)
    return list(kept.lines.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=Path, default=Path(".cache/experiment"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    near = actions()
    first = of_experiment(options.answers, near)
    with tempfile.TemporaryDirectory() as folder:
        second = anew(load_model("builtin"), near, Path(folder))
    told = f"Both questions, of {WORLDS} worlds and {PROTOCOL.spans} spans each; share of the answers that tell:"
    page = ["# The number of frames, and what is told", "", __doc__.strip(), "", *first, "", told, "", *second, ""]
    options.out.write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
