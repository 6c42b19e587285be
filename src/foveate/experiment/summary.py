"""All experiments in training on one page: every arm's scores, read from what each study has written."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foveate.job.disk import write_whole

NAME = "training"
HEAD = """# Experiments in training

Written by `foveate experiment` after every study, from what the studies have written. One learner, trained in several ways,
asked without gaze (docs/results.md says how). Exact match and object words: mean over recordings [95% interval];
*invented*: share of answers that name a thing which is not in view; *top 10*: of the ten most attended patches, those on
gaze. The first arm is compared with the others: difference in exact match, p by sign flips, Holm's over the comparisons of
a table. Each study's own page has the rest.
"""


def write_summary(folder: Path, names: Sequence[str]) -> None:
    """Write ``training.md`` from the studies that a folder holds.

    Args:
        folder: of the results.
        names: of the studies, in the order of the page.
    """
    parts = [HEAD.strip()]
    for name in names:
        path = folder / f"{name}.json"
        if not path.exists():
            continue
        record = json.loads(path.read_text(encoding="utf-8"))
        parts += [f"## [{name}]({name}.md)", record["question"], f"{record['seeds']} seeds."]
        parts += [_table(condition, found) for condition, found in record["conditions"].items()]
    write_whole(folder / f"{NAME}.md", ("\n\n".join(parts) + "\n").encode())


def _table(condition: str, found: dict[str, Any]) -> str:
    table = found["table"]
    compared = {one["second"]: one for one in table["comparisons"] if one["score"] == "exact_match"}
    looked = {one["arm"]: one["scores"] for one in found["attention"]}
    columns = (condition, "exact match", "object words", "invented", "top 10", "first arm minus this", "p")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for row in table["rows"]:
        arm = row["arm"]
        cells = [_told(row["scores"]["exact_match"]), _told(row["scores"]["object_words"])]
        cells.append(f"{found['invented'][arm]['mean']:.2f}" if arm in found["invented"] else "")
        cells.append(f"{looked[arm]['top_10']['mean']:.2f}" if arm in looked else "")
        one = compared.get(arm)
        cells += ["", ""] if one is None else [_told(one["test"]["difference"], "+"), f"{one['p_holm']:.3f}"]
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    for one in found.get("pairs", ()):
        if one["score"] == "exact_match":
            told = f"{_told(one['test']['difference'], '+')} | {one['p_holm']:.3f}"
            lines.append(f"| *{one['first']}* minus *{one['second']}* | | | | | {told} |")
    return "\n".join(lines)


def _told(found: dict[str, Any], sign: str = "") -> str:
    if found["low"] is None:
        return f"{found['mean']:{sign}.2f}"
    return f"{found['mean']:{sign}.2f} [{found['low']:{sign}.2f}, {found['high']:{sign}.2f}]"
