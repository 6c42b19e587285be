"""Runs whose scores are known, made by hand: no model, no recording."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from foveate.description.description import ShownFrame
from foveate.geometry import Box, Size
from foveate.run import Run, RunLine, read_run


def frame(source: str = "measured", *, index: int = 0) -> ShownFrame:
    """A crop of 448 px out of 1440."""
    return ShownFrame(index, index / 30, (720.0, 720.0), source, 3.0, (Box(496, 496, 448, 448),), (Size(448, 448),), 0.097)


def line(sample: str, shown: str, **told: Any) -> RunLine:
    """A line; ``sample`` is ``recording:number``, and what is told replaces what is usual."""
    recording, _, number = sample.partition(":")
    usual: dict[str, Any] = {
        "model": "mock",
        "instruction": "activity",
        "recording": recording,
        "task": "activity",
        "start_s": 10.0 * int(number),
        "stop_s": 10.0 * int(number) + 10,
        "asked": "What is done?",
        "references": ("cuts an apple",),
        "text": f"{shown} of {sample}",
        "frames": (frame("measured" if shown == "gaze" else "none"),) if shown != "no image" else (),
        "visual_tokens": 0 if shown == "no image" else 16,
        "output_tokens": 5,
        "first_token_s": 0.1,
        "total_s": 0.5,
        "model_s": 0.25,
    }
    return RunLine(sample=sample, shown=shown, **{**usual, **told})


def grid(scores: Mapping[str, Iterable[float]], *, recordings: int, spans: int, **told: Any) -> list[RunLine]:
    """Lines of every way of showing: its exact_match over recordings and spans, recording by recording."""
    names = [f"rec-{recording}:{span}" for recording in range(recordings) for span in range(spans)]
    return [
        line(name, shown, scores={"exact_match": float(value)}, **told)
        for shown, values in scores.items()
        for name, value in zip(names, values, strict=True)
    ]


def make_run(folder: Path, lines: Iterable[RunLine], **facts: Any) -> Run:
    """Write a Run, and read it."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"format": 1, "title": folder.name, "complete": True, "notice": None, "shown": {}, "study": {}, **facts}
    (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    rows, scores = [], []
    for each in lines:
        row = asdict(each)
        found = {name: row.pop(name) for name in ("scores", "unscored")}
        rows.append(json.dumps(row))
        scores.append(json.dumps({**each.key._asdict(), **found}))
    (folder / "lines.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "scores.jsonl").write_text("\n".join(scores) + "\n", encoding="utf-8")
    return read_run(folder)
