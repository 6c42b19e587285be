"""Whether a Run may go on: nothing of what its answers were given for, or with, may have become another unnoticed.

Other versions of foveate or of a package may show other pixels for the same words, so that one half of the answers could not be
held against the other. They are refused unless the user wants both, and then every line tells with which it was asked. Another
video or other gaze under the same path makes another recording, and is always refused.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foveate.errors import JobError
from foveate.evaluation.items import SAMPLES_ASKED, items_of, settings_of
from foveate.evaluation.other_samples import other_samples
from foveate.evaluation.pins import differing
from foveate.evaluation.places import path_of
from foveate.evaluation.plan import Plan
from foveate.job import Json, read_job, results
from foveate.job.folder import read_description

SHOWN = 3
"""Versions that are others that a message names."""
WHAT = {"video": "video", "frames": "clock of frames", "gaze": "gaze", "camera": "calibration"}
"""Parts of ``content_of`` in words."""


def check_going_on(plan: Plan, job: Path, *, again: bool, mix_versions: bool) -> None:
    """Refuse to go on with a Run that would then be of two kinds.

    Args:
        plan: what is asked now.
        job: folder of the Run's job, which may be new.
        again: whether those are asked again that have no answer.
        mix_versions: whether other versions are allowed.

    Raises:
        JobError: naming what is another now.
    """
    begun = read_description(job)
    if begun is None:
        return
    _check_content(plan, begun["settings"].get("recordings") or {}, job.parent)
    _check_samples(plan, begun, job)
    if mix_versions or not _is_asking(job, again=again):
        return
    for each in results(job):
        if others := differing(each.result.get("pins") or {}, plan.pins):
            named = "; ".join(f"{name} {then} then, {now} now" for name, (then, now) in list(others.items())[:SHOWN])
            more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
            raise JobError(
                f"{job.parent} was asked with other versions ({named}{more}); install those, or --restart to ask all anew, "
                "or --mix-versions to go on: every line then tells with which it was asked"
            )


def _check_content(plan: Plan, then: Mapping[str, Any], folder: Path) -> None:
    """Refuse recordings that are not those that the Run was begun with."""
    for name, now in plan.content.items():
        changed = [part for part in WHAT if name in then and then[name].get(part) != now.get(part)]
        if changed:
            where = path_of(plan.gathered.places[name])
            raise JobError(
                f"{name}{f' ({where})' if where else ''} is not the recording that {folder} was begun with (another "
                f"{', '.join(WHAT[part] for part in changed)}); put it back, or --restart to ask all anew"
            )


def _check_samples(plan: Plan, begun: Mapping[str, Any], job: Path) -> None:
    """Refuse other samples of the same study file, in words; a study file that says something else is told by the job."""
    then, now = begun["settings"], settings_of(plan)
    if then.get(SAMPLES_ASKED) in (None, now[SAMPLES_ASKED]):
        return
    if any(then.get(name) != now[name] for name in now if name not in (SAMPLES_ASKED, "recordings")):
        return
    what = other_samples(plan, begun, items_of(plan), results(job))
    raise JobError(
        f"{job.parent} was begun with other samples of this study: {what}; put them back, or give a new folder, or --restart "
        "to throw away what it holds"
    )


def _is_asking(job: Path, *, again: bool) -> bool:
    """Whether anything is left to be asked."""
    report = read_job(job)
    return bool(report.tally.left) or (
        again and (bool(report.failures) or any(unanswered(each.result) for each in results(job)))
    )


def unanswered(result: Json) -> bool:
    """Whether some of an item's lines have no answer."""
    return any(line["text"] is None for line in result["lines"])
