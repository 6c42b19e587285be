"""What a sweep found, as JSON, Markdown and a picture."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from foveate.experiment.curves import draw_curves
from foveate.experiment.spans import made_by_text
from foveate.experiment.sweep import Curve, Sweep, Swept
from foveate.experiment.table import markdown, pairs_markdown
from foveate.job.disk import write_whole


def write_sweep(folder: Path, sweep: Sweep, made_by: dict[str, str], found: Mapping[str, Swept]) -> None:
    """Write ``NAME.json``, ``NAME.md`` and ``NAME.png``.

    Args:
        folder: where they go.
        sweep: what was asked.
        made_by: who answered.
        found: condition -> what was found.
    """
    record = {**made_by, "protocol": asdict(sweep), "conditions": {condition: asdict(one) for condition, one in found.items()}}
    panels: dict[str, list[Curve]] = {}
    for curve in sweep.curves:
        panels.setdefault(curve.axis, []).append(curve)
    write_whole(folder / f"{sweep.name}.json", (json.dumps(record, indent=1) + "\n").encode())
    write_whole(folder / f"{sweep.name}.md", _page(sweep, made_by, found).encode())
    write_whole(folder / f"{sweep.name}.png", draw_curves(found, panels, beside=[setting.name for setting in sweep.beside]))


def _page(sweep: Sweep, made_by: dict[str, str], found: Mapping[str, Swept]) -> str:
    parts = [
        f"# {sweep.title}",
        f"Written by `foveate experiment {sweep.name}` ({made_by_text(made_by)}). {sweep.question}",
        f"![exact match, with 95% intervals]({sweep.name}.png)",
    ]
    for condition, one in found.items():
        parts += [f"## {condition}", markdown(one.table, costs="tokens"), _falls(sweep, one), pairs_markdown(one.pairs)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _falls(sweep: Sweep, one: Swept) -> str:
    if sweep.falls_to is None:
        return ""
    told = [f"- {curve.name}: {one.falls[curve.name].text(curve.unit, curve.points[-1][0])}" for curve in sweep.curves]
    head = f"Exact match falls to that of `{sweep.falls_to.name}` at [95% interval, bootstrap over recordings]:"
    return "\n".join([head, "", *told])
