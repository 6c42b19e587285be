"""Studies are carried out: arms trained and asked, answers scored, pages written."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from foveate.experiment import STUDIES
from foveate.experiment.figure import draw_figure
from foveate.experiment.invented import invents, things_in_view
from foveate.experiment.learner.arm import Arm
from foveate.experiment.learner.arms import CEILING, NO_IMAGE
from foveate.experiment.learner.clips import Clips
from foveate.experiment.learner.protocol import PROTOCOL, QUICK, Protocol
from foveate.experiment.learner.run import Bench, Trial, run_trials
from foveate.experiment.lines import Line
from foveate.experiment.spans import NAMES
from foveate.experiment.study import FLOORS, SCORED, Attention, Found, Grid, TrainingStudy
from foveate.experiment.study_page import study_page
from foveate.experiment.summary import write_summary
from foveate.experiment.table import make_pairs, make_table
from foveate.stats import Interval, PairedTest, interval, paired_test


def run_studies(
    studies: Mapping[str, TrainingStudy],
    folder: Path,
    *,
    kept: Path,
    grid: Grid = "protocol",
    processes: int,
    advance: Callable[[int], None],
) -> dict[str, dict[str, Found]]:
    """Train, ask, score, and write ``NAME.json``, ``.md`` and ``.png`` of every study; arms that several have are trained once.

    Args:
        studies: by name.
        folder: where the results go.
        kept: where everything that is made is kept, so that a stopped run goes on.
        grid: how long and how often arms are trained; ``quick`` draws a few clips only, of worlds that are no test.
        processes: arms that run at once, each on one thread.
        advance: told how many trainings are done.
    """
    protocol, place = (QUICK, kept / "quick") if grid == "quick" else (PROTOCOL, kept)
    studies = {name: study.of_grid(grid) for name, study in studies.items()}
    together = [trial for study in studies.values() for trial in study.trials]
    results = run_trials(place, protocol, together, processes=processes, advance=advance)
    bench, found = Bench(place, protocol), {}
    for name, study in studies.items():
        mine = {trial: results[trial] for trial in study.trials}
        found[name] = {
            f"{world} {task}": _found(f"{world} {task}", study, world, task, mine, bench)
            for world in study.conditions
            for task in ("activity", "future")
        }
        _write(name, study, folder, found[name], mine, protocol)
        if study.picture is not None:
            study.picture(bench, study.arms, folder / f"{name}.png")
    write_summary(folder, list(STUDIES))
    return found


def _found(
    condition: str, study: TrainingStudy, world: str, task: str, results: Mapping[Trial, dict[str, Any]], bench: Bench
) -> Found:
    lines: list[Line] = []
    attention: dict[str, list[tuple[str, dict[str, float | None]]]] = {}
    of_seed: dict[str, dict[int, list[float]]] = {}
    invented: dict[str, list[tuple[str, str, float]]] = {}
    in_view: dict[int, frozenset[str]] = {}
    for (arm, seed), result in results.items():
        clips = bench.tests(arm)[world]
        rows = asked(arm, clips)
        said = result["conditions"][world]
        for place, row in enumerate(rows):
            if str(clips.task[row]) != task:
                continue
            reference = str((clips.later if arm.later and task == "future" else clips.text)[row])
            recording, text = str(clips.recording[row]), str(said["texts"][place])
            lines.append(Line(condition, arm.name, recording, f"{seed} {row:05d}", reference, text, 0, 0.0))
            of_seed.setdefault(arm.name, {}).setdefault(seed, []).append(float(text == reference))
            if row not in in_view:
                in_view[row] = things_in_view(clips, row)
            invented.setdefault(arm.name, []).append((recording, f"{row}", float(invents(text, in_view[row]))))
            if said["on_gaze"]:
                scores = {score: said["on_gaze"][score][place] for score in SCORED}
                attention.setdefault(arm.name, []).append((recording, scores))
    lines = [*_evened(lines), *_floors(condition, lines, study.arms[0].name)]
    present = tuple(dict.fromkeys(line.arm for line in lines))
    no_rival = {*FLOORS, NO_IMAGE.name, CEILING.name, study.arms[0].name}
    against = study.against if study.against is not None else tuple(arm for arm in present if arm not in no_rival)
    table = make_table(condition, lines, arms=present, against=against, names=NAMES)
    return Found(
        table,
        tuple(Attention(arm, _means(rows)) for arm, rows in attention.items()),
        {arm: _spread(list(seeds.values())) for arm, seeds in of_seed.items() if len(seeds) > 1},
        {arm: interval([value for *_, value in rows], [name for name, *_ in rows]) for arm, rows in invented.items()},
        {arm: _less(invented[study.arms[0].name], invented[arm]) for arm in invented if arm in against},
        make_pairs(condition, study.pairs, lines, names=NAMES),
    )


def _less(first: Sequence[tuple[str, str, float]], second: Sequence[tuple[str, str, float]]) -> PairedTest:
    """A paired test of two arms over recordings, each span's seeds averaged first."""
    means = []
    for rows in (first, second):
        of_span: dict[tuple[str, str], list[float]] = {}
        for recording, span, value in rows:
            of_span.setdefault((recording, span), []).append(value)
        means.append({key: float(np.mean(values)) for key, values in of_span.items()})
    spans = sorted(means[0])
    return paired_test(
        [means[0][key] for key in spans], [means[1][key] for key in spans], [recording for recording, _ in spans]
    )


def _spread(seeds: Sequence[Sequence[float]]) -> float:
    return float(np.std([np.mean(each) for each in seeds], ddof=1))


def asked(arm: Arm, clips: Clips) -> list[int]:
    """Rows of the clips that an arm was asked about, in the order of its answers."""
    later = arm.later & (clips.task == "future")
    return np.flatnonzero(~later | (clips.later != "")).tolist()


def _evened(lines: Sequence[Line]) -> list[Line]:
    """Arms with fewer seeds than others are repeated, so that every arm has the same items and recordings weigh alike."""
    seeds = {arm: sorted({line.item.split()[0] for line in lines if line.arm == arm}) for arm in {line.arm for line in lines}}
    most = max(map(len, seeds.values()))
    found = []
    for line in lines:
        mine = seeds[line.arm]
        number, row = line.item.split()
        found += [replace(line, item=f"{seed} {row}") for seed in range(mine.index(number), most, len(mine))]
    return found


def _floors(condition: str, lines: Sequence[Line], first: str) -> list[Line]:
    """The most frequent sentence of training, and the right answer to another recording's span."""
    from foveate.experiment.view import majority

    mine = [line for line in _evened(lines) if line.arm == first]
    spans = max(1, len(mine) // max(1, len({line.recording for line in mine})))
    texts = {"majority sentence": [majority(100)] * len(mine)}
    texts["another clip's reference"] = [mine[(k + spans) % len(mine)].reference for k in range(len(mine))]
    return [
        Line(condition, arm, line.recording, line.item, line.reference, text, 0, 0.0)
        for arm, said in texts.items()
        for line, text in zip(mine, said, strict=True)
    ]


def _means(rows: Sequence[tuple[str, dict[str, float | None]]]) -> dict[str, Interval]:
    recordings = [recording for recording, _ in rows]
    columns = {score: np.array([row[score] for _, row in rows], dtype=np.float64) for score in SCORED}  # None becomes NaN
    return {score: interval(column, recordings) for score, column in columns.items()}


def _write(
    name: str,
    study: TrainingStudy,
    folder: Path,
    found: Mapping[str, Found],
    results: Mapping[Trial, dict[str, Any]],
    protocol: Protocol,
) -> None:
    cpu_s = {trial: result["training_s"] + result["asking_s"] for trial, result in results.items()}
    record = {
        "foveate": version("foveate"),
        "question": study.question,
        "arms": [asdict(arm) for arm in study.arms],
        "seeds": study.seeds,
        "protocol": asdict(protocol),
        "cpu_s": round(sum(cpu_s.values())),
        "conditions": {condition: asdict(one) for condition, one in found.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1, default=str) + "\n", encoding="utf-8")
    (folder / f"{name}.md").write_text(study_page(name, study, found, list(cpu_s.values())), encoding="utf-8")
    if study.picture is None:
        tables = {condition: one.table for condition, one in found.items()}
        draw_figure(folder / f"{name}.png", tables, score="exact_match", title="exact match")
