"""Does the built-in model go by the words of its question, or by the number of frames?

    foveate experiment fps
    python benchmarks/frames_and_task.py [--answers .cache/experiment]

It was trained on three frames for "what is the person doing?" and five for "what will the person do next?". Every answer of the
experiment ``fps`` is compared with the action that was asked for, the one after it and the one before it.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from foveate.dataset.toykitchen import TASK_SAMPLES
from foveate.experiment.fps import PROTOCOL
from foveate.experiment.lines import Line, LineFile
from foveate.score.words import words
from foveate.stats import interval, interval_text
from foveate.toykitchen import World

RESULTS = Path(__file__).parent / "results" / "frames_and_task.md"
ACTIONS = {"asked for": 0, "the one after": 1, "the one before": -1}
SHOWN = ("gaze, 0.5 fps", "gaze", "gaze, 2 fps", "gaze, 4 fps")


Near = Mapping[tuple[str, str], tuple[str, ...]]
"""(condition, item) -> the sentences of the action before, the action asked for, and the action after."""


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


def row(
    lines: Mapping[tuple[str, str, str], Line], condition: str, arm: str, near: Mapping[tuple[str, str], tuple[str, ...]]
) -> str:
    """A line of the table: frames, and the share of answers that tell each action."""
    mine = [line for line in lines.values() if (line.condition, line.arm) == (condition, arm)]
    for line in mine:
        assert near[condition, line.item][1] == line.reference, f"{line.item} asks for another action"
    frames = np.mean([line.visual_tokens for line in mine]) / 16
    cells = [
        interval_text(
            interval(
                [words(line.hypothesis) == words(near[condition, line.item][1 + step]) for line in mine],
                [line.recording for line in mine],
            )
        )
        for step in ACTIONS.values()
    ]
    return f"| {condition} | {arm} | {frames:.0f} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=Path, default=Path(".cache/experiment"))
    lines: dict[tuple[str, str, str], Line] = {}
    for file in sorted(parser.parse_args().answers.glob("sweeps-*.jsonl")):
        lines.update({key: line for key, line in LineFile(file).lines.items() if line.arm in SHOWN})
    near = actions()
    rows = [row(lines, condition, arm, near) for condition in dict.fromkeys(key[0] for key in lines) for arm in SHOWN]
    head = f"| asked | shown | frames | {' | '.join(ACTIONS)} |\n|---|---|---|---|---|---|"
    page = "\n".join([f"# The number of frames, and what is told\n\n{(__doc__ or '').strip()}\n", head, *rows, ""])
    RESULTS.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
