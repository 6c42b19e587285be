"""Experiments in training: arms of one learner, the same seeds for all, one table per world and task.

Every study says its question and its arms, and was committed before its test worlds were opened. The unit is the recording: its
spans and seeds are averaged first; the spread over seeds is shown apart.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

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
from foveate.experiment.summary import write_summary
from foveate.experiment.table import Table, interval_text, make_table, markdown, p_text
from foveate.stats import Interval, PairedTest, interval, paired_test
from foveate.toykitchen.words import COLOURS, KINDS, SURFACES

Grid = Literal["protocol", "full", "quick"]
GRIDS = {"full": (480, 10), "quick": (2, 1)}
"""Grid -> steps and seeds in place of the protocol's: for who has ten times the time, and to see whether it runs."""
FLOORS = ("majority sentence", "another clip's reference")
SCORED = ("top_10", "nss", "auc_judd", "kl", "mass")
"""Scores of attention on gaze that tables show."""


@dataclass(frozen=True)
class Study:
    """One experiment in training."""

    question: str
    """What is asked, and what the papers say of it."""
    arms: tuple[Arm, ...]
    """In the order of the rows; the first is compared with the others."""
    seeds: int
    """How often each arm is trained."""
    conditions: tuple[str, ...] = ("kitchen", "other")
    """Worlds."""
    against: tuple[str, ...] | None = None
    """Names of the arms that the first is compared with; None for all that are no floor and no ceiling."""
    picture: Callable[..., None] | None = None
    """Draws another picture than exact match: from a Bench and the arms, to a path."""

    def of_grid(self, grid: Grid) -> "Study":
        """The same arms, trained as long and as often as a grid says."""
        if grid == "protocol":
            return self
        steps, seeds = GRIDS[grid]
        return replace(self, arms=tuple(arm.called(arm.name, steps=steps) for arm in self.arms), seeds=seeds)

    @property
    def trials(self) -> list[Trial]:
        """Arms and seeds; floors and ceiling have two at most."""
        edges = (NO_IMAGE.name, CEILING.name)
        return [(arm, seed) for arm in self.arms for seed in range(min(self.seeds, 2) if arm.name in edges else self.seeds)]


@dataclass(frozen=True)
class Attention:
    """How an arm looked, in one condition: score of ON_GAZE -> mean over recordings with its interval."""

    arm: str
    scores: dict[str, Interval]


@dataclass(frozen=True)
class Found:
    """One condition of a study."""

    table: Table
    attention: tuple[Attention, ...]
    spread: dict[str, float]
    """Arm -> standard deviation of exact match over seeds."""
    invented: dict[str, Interval]
    """Arm -> share of answers that name a thing which is not in view."""
    less_invented: dict[str, PairedTest]
    """Arm -> the first arm's share minus its own, uncorrected."""


def run_studies(
    studies: Mapping[str, Study],
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


def count(studies: Iterable[Study], grid: Grid = "protocol") -> int:
    """How many trainings studies take together."""
    return len({(arm.fingerprint, seed) for study in studies for arm, seed in study.of_grid(grid).trials})


def _found(condition: str, study: Study, world: str, task: str, results: Mapping[Trial, dict[str, Any]], bench: Bench) -> Found:
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
    table = make_table(condition, lines, arms=present, against=against, names={*COLOURS, *KINDS, *SURFACES})
    return Found(
        table,
        tuple(Attention(arm, _means(rows)) for arm, rows in attention.items()),
        {arm: _spread(list(seeds.values())) for arm, seeds in of_seed.items() if len(seeds) > 1},
        {arm: interval([value for *_, value in rows], [name for name, *_ in rows]) for arm, rows in invented.items()},
        {arm: _less(invented[study.arms[0].name], invented[arm]) for arm in invented if arm in against},
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
    study: Study,
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
    (folder / f"{name}.md").write_text(_page(name, study, found, list(cpu_s.values())), encoding="utf-8")
    if study.picture is None:
        tables = {condition: one.table for condition, one in found.items()}
        draw_figure(folder / f"{name}.png", tables, score="exact_match", title="exact match")


def _page(name: str, study: Study, found: Mapping[str, Found], cpu_s: Sequence[float]) -> str:
    parts = [
        f"# {name}",
        f"Written by `foveate experiment {name}`. {study.question}",
        f"{study.seeds} seeds (floors and ceiling: at most 2). {len(cpu_s)} trainings, {np.median(cpu_s):.0f} s of CPU each "
        f"(median, asking included), {sum(cpu_s) / 60:.0f} minutes in sum; arms that experiments share are counted in each.",
        f"![{name}]({name}.png)",
    ]
    for condition, one in found.items():
        parts += [f"## {condition}", markdown(one.table, costs=False), attention_table(one), invented_table(one)]
    return "\n\n".join(part for part in parts if part) + "\n"


def attention_table(one: Found) -> str:
    """How the arms looked, as Markdown; nothing where none has attention."""
    if not one.attention:
        return ""
    lines = [
        "| attention | top 10 on gaze | NSS | AUC-Judd | KL, nats | mass on gaze | exact match, SD over seeds |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm in one.attention:
        cells = [f"{arm.scores[score].mean:.2f}" for score in SCORED]
        spread = one.spread.get(arm.arm)
        lines.append(f"| {arm.arm} | {' | '.join(cells)} | {'' if spread is None else f'{spread:.3f}'} |")
    return "\n".join(lines)


def invented_table(one: Found) -> str:
    """Who names things that are not there, as Markdown."""
    lines = [
        "| answers that name a thing which is not in view | share | the first arm minus this one | p |",
        "|---|---|---|---|",
    ]
    for arm, share in one.invented.items():
        test = one.less_invented.get(arm)
        told = "|" if test is None else f"{interval_text(test.difference, signed=True)} | {p_text(test.p)}"
        lines.append(f"| {arm} | {interval_text(share)} | {told} |")
    return "\n".join(lines)
