"""Where do the arms look? One clip of every kind of action, and the ten in which the gaze arm was furthest from the wearer."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from foveate.draw import captioned, heat, side_by_side, stacked
from foveate.draw.marks import Image
from foveate.experiment.learner.arm import Arm
from foveate.experiment.learner.arms import CENTER, GAZE, NO_LOSS
from foveate.experiment.learner.clips import Clips
from foveate.experiment.learner.protocol import GRID
from foveate.experiment.learner.run import Bench
from foveate.experiment.learner.targets import Aim, make_targets, world_of
from foveate.experiment.study import TrainingStudy
from foveate.geometry import Size
from foveate.job.disk import write_whole
from foveate.toykitchen.words import VERBS

SHOWN = (NO_LOSS.name, GAZE.name)
CELL_PX = 260
WORST = 10
WEARER = "wearer"
MIDDLE = 1
"""The frame of an activity that is shown."""


def draw_maps(bench: Bench, arms: Sequence[Arm], path: Path) -> None:
    """Draw both sheets: ``NAME.png`` and ``NAME_worst.png``.

    Args:
        bench: with the clips and the answers of the first seed.
        arms: of the study.
        path: of the first sheet.
    """
    arms = [arm for name in SHOWN for arm in arms if arm.name == name]
    clips = bench.tests(GAZE)["kitchen"]
    targets = make_targets(clips, Aim(), seed=0)
    maps = {arm.name: bench.maps((arm, 0), "kitchen").astype(np.float64) for arm in arms}
    said = {arm.name: bench.result((arm, 0))["conditions"]["kitchen"]["texts"] for arm in arms}
    rows = clips.rows("activity")
    frame = clips.frames(rows)[:, MIDDLE]
    gap = np.abs(maps[GAZE.name][frame] - targets.probability[frame]).sum(axis=1) * targets.valid[frame]

    def line(row: int) -> Image:
        at = int(clips.frames(np.array([row]))[0, MIDDLE])
        texts = {name: each[row] for name, each in said.items()}
        return _line(
            clips,
            row,
            at,
            {WEARER: targets.probability[at].astype(np.float64), **{name: each[at] for name, each in maps.items()}},
            texts,
        )

    _save(path, map(line, _of_each_kind(clips, rows[targets.valid[frame]])))
    _save(path.with_stem(path.stem + "_worst"), map(line, rows[np.argsort(-gap, kind="stable")[:WORST]]))


def _of_each_kind(clips: Clips, rows: NDArray[np.int64]) -> list[int]:
    """The first clip of every kind of action."""
    first: dict[str, int] = {}
    for row in rows:
        words = str(clips.text[row]).removeprefix("The person ")
        kind = next(verb for verb, said in VERBS.items() if words.startswith(said))
        first.setdefault(kind, int(row))
    return [first[verb] for verb in VERBS if verb in first]


def _line(clips: Clips, row: int, at: int, shares: dict[str, NDArray[np.float64]], texts: dict[str, str]) -> Image:
    """One clip: the wearer's gaze and every arm's attention over the same frame, with what was said below."""
    world = world_of(str(clips.recording[row]))
    picture = world.frame(int(clips.frame_ns[at]), Size(CELL_PX, CELL_PX))
    cells = []
    for name, share in shares.items():
        grid = np.asarray(share, dtype=np.float64).reshape(GRID, GRID)
        smooth = cv2.resize(grid / max(grid.max(), 1e-9), (CELL_PX, CELL_PX), interpolation=cv2.INTER_LINEAR)
        told = f"{name}: {texts.get(name, str(clips.text[row]))}"
        cells.append(captioned(heat(picture, smooth), [told]))
    return side_by_side(cells, height_px=max(cell.shape[0] for cell in cells))


def _save(path: Path, lines: Iterable[Image]) -> None:
    whole = io.BytesIO()
    Picture.fromarray(stacked(list(lines))).save(whole, "PNG", optimize=True)
    write_whole(path, whole.getvalue())


STUDY = TrainingStudy(
    "Where do the arms look? The pictures show the wearer's gaze, the arm without the loss and the gaze arm over the same "
    "frame, seed 0: [one activity of every kind](attention_maps.png), and [the ten in which the gaze arm was furthest from "
    "the wearer](attention_maps_worst.png).",
    (GAZE, NO_LOSS, CENTER),
    seeds=5,
    conditions=("kitchen",),
    picture=draw_maps,
)
