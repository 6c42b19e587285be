"""What is told of a study before the start: what will be asked, what a frame costs, what was corrected and left out."""

from collections.abc import Iterator

from foveate.evaluation.ask import name_of
from foveate.evaluation.group import plural
from foveate.evaluation.plan import Plan
from foveate.evaluation.recording_warnings import warnings_told

SHOWN_NOTES = 6
"""Corrections of gaze that are told; all stand in the Run."""


def plan_text(plan: Plan) -> list[str]:
    """A plan in lines."""
    facts = _facts(plan)
    width = max(map(len, facts))
    return [*(f"{name:<{width}}  {text}" for name, text in facts.items()), *_remarks(plan)]


def _facts(plan: Plan) -> dict[str, str]:
    facts = {
        "samples": f"{len(plan.gathered.cases)} of {plural('recording', len(plan.gathered.places))}",
        "shown": "; ".join(way.name for way in plan.ways),
        "asked": f"{'; '.join(plan.speakers)}: {'; '.join(map(name_of, plan.instructions))}",
        "answers": f"{plan.questions:,}",
    }
    for name, speaker in plan.speakers.items():
        known = {shown: count for shown, count in speaker.frame_tokens.items() if count is not None}
        counts = "; ".join(f"{shown} {count}" for shown, count in known.items())
        facts[f"budget of {name}" if len(plan.speakers) > 1 else "budget"] = str(speaker.budget)
        facts[f"a frame in {name}" if len(plan.speakers) > 1 else "a frame"] = counts or "visual tokens are not told"
    return facts


def _remarks(plan: Plan) -> Iterator[str]:
    if held := [way.hold_ms for way in plan.ways if way.skips_alike]:
        yield f"frames without gaze for over {held[0]:g} ms are shown in no way"
    for crop in plan.large_crops:
        yield f"too large: {crop}"
    for warning in plan.warnings:
        yield f"not equal: {warning}"
    for speaker in plan.speakers.values():
        if speaker.unusual:
            yield f"warning: {speaker.unusual}"
    for why in plan.not_here.values():
        yield f"not scored here: {why}; once that is mended, the same command scores what was answered and asks nothing again"
    for text in warnings_told(plan.warned):
        yield f"warning: {text}"
    for reason, count in plan.gathered.left_out.items():
        yield f"left out: {count} x {reason}"
    corrected = plan.gathered.corrected
    for note, count in list(corrected.items())[:SHOWN_NOTES]:
        yield f"corrected: {count} x {note}"
    if len(corrected) > SHOWN_NOTES:
        yield f"corrected: {len(corrected) - SHOWN_NOTES} more, each with its recording in run.json"
    if nameless := sum(not case.references for case in plan.gathered.cases):
        yield f"{nameless} of {len(plan.gathered.cases)} samples have no reference: asked, and not scored"
