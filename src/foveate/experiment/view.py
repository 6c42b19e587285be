"""Does a crop around gaze tell a model more than other views of the same cost?

GazeLLM's question (arXiv 2504.00221), asked of a world whose truth is known.

The protocol below was committed before the first run. One model answers about the same spans in every way of showing them.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from foveate.clock import NS_PER_S
from foveate.dataset.sample import Sample
from foveate.dataset.toykitchen import SETS_OUT_S, TEST_SEEDS, TRAIN_SEEDS, UNINFORMATIVE_SEEDS
from foveate.description.budget import within_budget
from foveate.experiment.arms import Arm, Item, say
from foveate.experiment.figure import draw_figure
from foveate.experiment.lines import Line, LineFile, fingerprint
from foveate.experiment.spans import NAMES, ask_spans, count_spans, made_by_text, pinned, weights_of
from foveate.experiment.table import Table, make_table, markdown
from foveate.model import Model
from foveate.recording.recording import GazeStream
from foveate.score.words import words
from foveate.stats import Equivalence, equivalence
from foveate.toykitchen import SurfacePoint, World
from foveate.toykitchen.script import Action
from foveate.view import make_view
from foveate.view.fit import longest_side
from foveate.view.sampling import uniform

GAZE, NATIVE = "gaze", "full_native"
WITHOUT_PERIPHERY = (GAZE, "mass", "hands")
"""Regions around gaze and nothing else."""
WITH_PERIPHERY = ("dual", "warp", "mark")
"""The whole frame, with gaze told by resolution or by a ring; ``text`` tells it in words, which builtin cannot read."""
CONTROLS = ("center", "random", "full")
VIEWS = (*WITHOUT_PERIPHERY, *WITH_PERIPHERY, *CONTROLS)
"""At the same budget of visual tokens."""
FLOORS = ("no image", "majority sentence", "another clip's reference")
CEILING = "true region"
ARMS = (*VIEWS, NATIVE, *FLOORS, CEILING)
PREAMBLE = (
    "One model, trained on all these views alike, answers about the same spans in every way of showing them. "
    "Without periphery: `gaze`, `mass` and `hands` show a region around gaze and nothing else. "
    "With periphery: `dual`, `warp` and `mark` show the whole frame as well. `center`, `random` and `full` are controls. "
    "All of these have the same budget of visual tokens a frame (`dual`, in two images, cannot use all of it). "
    "`full_native` is the whole frame at the model's own size. "
    "Floors: no image, the most frequent sentence of training, another clip's reference. "
    "Ceiling: a crop around what is acted on, as the world knows it. "
    "Seconds are those of the answer in a batch, drawing left out. "
    "The unit is the recording; p from sign flips of its mean differences, with Holm's correction over a table's comparisons."
)


@dataclass(frozen=True)
class Protocol:
    """What is asked, fixed before the first run."""

    worlds: tuple[tuple[str, tuple[int, ...]], ...] = (
        ("kitchen", tuple(TEST_SEEDS[48:96])),
        ("uninformative", tuple(UNINFORMATIVE_SEEDS[48:96])),
    )
    """Variant of the toy kitchen and its test seeds; a seed is a recording, the unit of every interval and test.

    The 48 before these were opened once, for the model that knew four views.
    """
    tasks: tuple[str, ...] = ("activity", "future")
    spans: int = 8
    """Spans of each recording and task, evenly spread over it."""
    crop_px: int = 448
    """Side of the crops of a 1440 x 1440 frame, as in GazeLLM."""
    budget_tokens: int = 16
    """Visual tokens of every image of the views at the same budget."""
    native_px: int = 288
    """Side of the whole frame at the built-in model's own size, 144 tokens."""
    margin: float = 0.05
    """Largest difference in exact match that counts as none, for "as good as the full frame"."""
    majority_worlds: int = 400
    """Training worlds whose narrations the majority sentence is taken from."""
    batch: int = 16
    """Spans asked at once."""


PROTOCOL = Protocol()
QUICK = Protocol(
    worlds=(("kitchen", tuple(TEST_SEEDS[-2:])), ("uninformative", tuple(UNINFORMATIVE_SEEDS[-2:]))),
    tasks=("activity",),
    spans=2,
    majority_worlds=2,
)
"""A few spans of worlds that the protocol does not use: does the program run?"""


def run(
    protocol: Protocol,
    model: Model,
    folder: Path,
    *,
    answers: Path,
    advance: Callable[[int], None] = lambda done: None,
) -> dict[str, Table]:
    """Ask, score, and write ``view.json``, ``view.md`` and ``view.png``.

    Args:
        protocol: what is asked.
        model: who is asked.
        folder: where the results go.
        answers: where answers are kept, so that a stopped run goes on; another protocol or model begins anew.
        advance: told how many answers are done.

    Returns:
        Condition (world and task) -> its table.
    """
    weights = weights_of(model)
    kept = LineFile(answers / f"view-{fingerprint(protocol, model.name, weights)}.jsonl")

    def floors(condition: str, items: Sequence[Item]) -> None:
        _say_floors(protocol, condition, items, kept)
        advance(2 * len(items))

    conditions = ask_spans(protocol, model, _arms(protocol, model), kept=kept, advance=advance, floors=floors)
    lines = list(kept.lines.values())
    against = tuple(arm for arm in ARMS if arm not in (GAZE, CEILING))
    tables = {c: make_table(c, lines, arms=ARMS, against=against, names=NAMES) for c in conditions}
    _write(folder, protocol, pinned(model, weights), tables, lines)
    return tables


def count(protocol: Protocol) -> int:
    """How many answers a run takes, those included that need no model."""
    return len(ARMS) * count_spans(protocol)


def _arms(protocol: Protocol, model: Model) -> list[Arm]:
    fit = within_budget(model, protocol.budget_tokens)
    makers = {name: make_view(name, size=str(protocol.crop_px), fit=fit) for name in VIEWS}
    return [
        *(Arm(name, maker) for name, maker in makers.items()),
        Arm(NATIVE, make_view("full", fit=longest_side(protocol.native_px))),
        Arm("no image", None),
        Arm(CEILING, makers[GAZE], gaze=_true_region),
    ]


def _true_region(sample: Sample) -> GazeStream:
    """Gaze on what is, or will be, acted on, in every frame that is shown."""
    variant, seed = sample.recording.name.split("-")[1:]
    world = World(int(seed), variant=variant)
    time_ns = uniform(sample.span, fps=1)
    thing = _action(world, sample).thing
    points = [world.project(SurfacePoint(f"thing {thing}", (0.0, 0.0)), int(instant)) for instant in time_ns]
    return GazeStream(time_ns, np.array(points), np.ones(len(points), dtype=np.bool_))


def _action(world: World, sample: Sample) -> Action:
    """The action that a sample asks for."""
    span_s = sample.span.start_ns / NS_PER_S, sample.span.stop_ns / NS_PER_S
    same = [action for action in world.script.actions if world.script.sentence(action) == sample.reference]
    if sample.task == "future":
        return min(same, key=lambda action: abs(action.start_s + SETS_OUT_S - span_s[1]))
    return min(same, key=lambda action: abs(action.start_s + action.stop_s - sum(span_s)))


def _say_floors(protocol: Protocol, condition: str, items: Sequence[Item], kept: LineFile) -> None:
    """What needs no model: the most frequent sentence of training, and the right answer to another recording's span."""
    most = majority(protocol.majority_worlds)
    others = [items[(k + protocol.spans) % len(items)].sample.reference for k in range(len(items))]
    for arm, texts in (("majority sentence", [most] * len(items)), ("another clip's reference", others)):
        say(arm, items, texts, condition=condition, kept=kept)


@cache
def majority(worlds: int) -> str:
    """The most frequent sentence of so many worlds of training."""
    told = Counter(event.text for seed in TRAIN_SEEDS[:worlds] for event in World(seed).narrations)
    return min(told, key=lambda text: (-told[text], text))


def as_good_as_native(protocol: Protocol, lines: Sequence[Line], condition: str) -> Equivalence:
    """The test that gaze and the full frame at the model's own size differ by less than the margin in exact match."""
    of_arm = {
        arm: sorted((line for line in lines if (line.condition, line.arm) == (condition, arm)), key=lambda line: line.item)
        for arm in (GAZE, NATIVE)
    }
    exact = {arm: [words(line.hypothesis) == words(line.reference) for line in found] for arm, found in of_arm.items()}
    recordings = [line.recording for line in of_arm[GAZE]]
    return equivalence(exact[GAZE], exact[NATIVE], recordings, margin=protocol.margin)


def _write(folder: Path, protocol: Protocol, made_by: dict[str, str], tables: dict[str, Table], lines: Sequence[Line]) -> None:
    equal = {condition: as_good_as_native(protocol, lines, condition) for condition in tables}
    record = {
        **made_by,
        "protocol": asdict(protocol),
        "tables": {condition: asdict(table) for condition, table in tables.items()},
        "equivalence_p": {condition: found.p for condition, found in equal.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "view.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (folder / "view.md").write_text(_page(protocol, made_by, tables, equal), encoding="utf-8")
    draw_figure(folder / "view.png", tables, score="exact_match", title="exact match")


def _page(protocol: Protocol, made_by: dict[str, str], tables: dict[str, Table], equal: dict[str, Equivalence]) -> str:
    parts = [
        "# What a view is worth",
        f"Written by `foveate experiment view` ({made_by_text(made_by)}). {PREAMBLE}",
        "![exact match of every view](view.png)",
    ]
    for condition, table in tables.items():
        verdict = "differ by less" if equal[condition].is_shown else "cannot be said to differ by less"
        parts += [
            f"## {condition}",
            markdown(table),
            f"Gaze and the full frame at the model's own size {verdict} than {protocol.margin:.2f} in exact match "
            f"(two one-sided tests, {_p(equal[condition])}).",
        ]
    return "\n\n".join(parts) + "\n"


def _p(found: Equivalence) -> str:
    return f"not made: {found.why_not}" if found.p is None else f"p = {found.p:.3f}"
