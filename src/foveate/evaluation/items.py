"""A study as a job has it: its items, and all that makes it this job and no other."""

import hashlib
import json
from typing import Any

from foveate.evaluation.plan import Plan
from foveate.evaluation.study import Samples
from foveate.job import Item
from foveate.predict import files_of

SAMPLES_ASKED = "samples asked"
"""The setting that is a checksum of all samples."""
MOST_AT_ONCE = 64
"""Samples of one item of the job: what a kill can cost."""


def items_of(plan: Plan) -> list[Item]:
    """Model by model, recording by recording, so that what is loaded or drawn serves all ways of showing."""
    items = []
    for m, model in enumerate(plan.speakers):
        for r, cases in enumerate(plan.gathered.recordings().values()):
            for first in range(0, len(cases), MOST_AT_ONCE):
                names = [case.name for case in cases[first : first + MOST_AT_ONCE]]
                for i, instruction in enumerate(plan.instructions):
                    for w, way in enumerate(plan.ways):
                        told = {"model": model, "shown": way.name, "instruction": instruction, "samples": names}
                        items.append(Item(f"{m}-{r}-{first}-{i}-{w}", told))
    return items


def settings_of(plan: Plan) -> dict[str, Any]:
    """All that answers depend on: another study, another model, other samples or other recordings are another job."""
    data = plan.study.data()
    told = {section: data[section] for section in ("samples", "show", "ask")}
    cases = [
        [case.name, case.sample.span.start_ns, case.sample.span.stop_ns, case.sample.asked, case.sample.moments_ns]
        for case in plan.gathered.cases
    ]
    return {
        "command": "evaluate",
        **told,
        "pins": {name: dict(each.pins) for name, each in plan.speakers.items()},
        "instructions": dict(plan.instructions),
        SAMPLES_ASKED: hashlib.sha256(json.dumps(cases).encode("utf-8", "surrogatepass")).hexdigest(),
        "files": _marks(plan.study.samples),
        "recordings": plan.content,
    }


def _marks(samples: Samples) -> dict[str, str]:
    """Checksums of the files that views depend on beside the recordings."""
    files = [*files_of(samples.gaze or None), *([samples.hands] if samples.hands else [])]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}
