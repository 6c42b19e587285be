"""A small Run, made by hand, whose recordings are toy kitchens; a study file beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from foveate.run import RunLine

CONDITIONS = ("gaze", "center", "full")
TEXTS = {"gaze": "The kettle is filled at the sink", "center": "A pot stands on the stove", "full": "A kitchen is seen"}

MARKUP = "<img src=x onerror=alert(1)> &amp;"
"""In every description: a text is shown as it is, whatever it holds."""


def make_run(
    folder: Path,
    *,
    clips: int = 6,
    conditions: Sequence[str] = CONDITIONS,
    same: Sequence[int] = (),
    lost: Mapping[int, str] | None = None,
) -> Path:
    """A Run of one clip per recording.

    Args:
        folder: is made.
        clips: how many, each of a recording of its own.
        conditions: ways of showing.
        same: clips of which every description is the same.
        lost: clip -> the way of showing that got no answer.
    """
    folder.mkdir(parents=True)
    rows, places = [], {}
    for k in range(clips):
        recording = f"kitchen-{k}"
        places[recording] = {"world": {"seed": 30_000 + k, "duration_s": 10.0}}
        for name in conditions:
            text: str | None = TEXTS["gaze"] if k in same else f"{TEXTS.get(name, name)}, clip {k}. {MARKUP}"
            if (lost or {}).get(k) == name:
                text = None
            line = RunLine(
                sample=f"{recording} 2-5 s",
                shown=name,
                model="mock",
                instruction="activity",
                recording=recording,
                task="activity",
                start_s=2.0,
                stop_s=5.0,
                asked="What?",
                references=(f"Fills the kettle of clip {k}.",),
                text=text,
            )
            rows.append(asdict(line))
    (folder / "lines.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    facts = {"format": 1, "title": "Made by hand", "recordings": places, "notice": None}
    (folder / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def make_study(folder: Path, raters: str = "", **run: object) -> Path:
    """A study file with its Run beside it.

    Args:
        folder: where.
        raters: lines of the section [raters].
        run: as for ``make_run``.
    """
    make_run(folder / "run", **run)  # type: ignore[arg-type]
    file = folder / "study.toml"
    small = "clip_px = 64\nclip_fps = 2.0\n"
    file.write_text(
        f'out = "run"\n[samples]\ndataset = "toykitchen"\nworlds = 2\n[raters]\n{small}{raters}\n', encoding="utf-8"
    )
    return file
