"""What a study found, as Markdown."""

from collections.abc import Mapping, Sequence

import numpy as np

from foveate.experiment.study import SCORED, Found, TrainingStudy
from foveate.experiment.table import markdown, pairs_markdown
from foveate.stats import interval_text, p_text


def study_page(name: str, study: TrainingStudy, found: Mapping[str, Found], cpu_s: Sequence[float]) -> str:
    parts = [
        f"# {name}",
        f"Written by `foveate experiment {name}`. {study.question}",
        f"{study.seeds} seeds (floors and ceiling: at most 2). {len(cpu_s)} trainings, {np.median(cpu_s):.0f} s of CPU each "
        f"(median, asking included), {sum(cpu_s) / 60:.0f} minutes in sum; arms that experiments share are counted in each.",
        f"![{name}]({name}.png)",
    ]
    for condition, one in found.items():
        parts += [
            f"## {condition}",
            markdown(one.table, costs=""),
            pairs_markdown(one.pairs),
            attention_table(one),
            invented_table(one),
        ]
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
