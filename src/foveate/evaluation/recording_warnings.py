"""What a study's recordings warn of, told with it: else a Run over a tenth of a recording looks like one over all of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from foveate.errors import FoveateError
from foveate.recording.gaze_source import gaze_notice
from foveate.recording.info import NO_GAZE, facts
from foveate.recording.recording import Recording

MOST_WARNINGS = 6
"""Kinds of warnings that are told; all stand in run.json."""
NUMBER = re.compile(r"\d+(\.\d+)?")
"""What tells two warnings of one kind apart."""


KEYS = ("warnings", "frames", "frames_with_video")
"""Of what ``run.json`` holds of a recording."""


@dataclass(frozen=True)
class Warned:
    """What one recording warns of."""

    warnings: tuple[str, ...] = ()
    """As ``foveate info`` tells them."""
    frames: int = 0
    """That the device timed."""
    with_video: int = 0
    """Of these, those that can be shown."""

    @classmethod
    def from_place(cls, told: Mapping[str, Any]) -> "Warned":
        """What ``facts`` made of it; nothing of a Run that was made before warnings were kept."""
        return cls(tuple(told.get("warnings") or ()), told.get("frames") or 0, told.get("frames_with_video") or 0)

    def facts(self) -> dict[str, Any]:
        """As JSON values for ``run.json``; empty where there is nothing to tell."""
        lost = {"frames": self.frames, "frames_with_video": self.with_video} if self.with_video < self.frames else {}
        return {**({"warnings": list(self.warnings)} if self.warnings else {}), **lost}


def without_warnings(place: Mapping[str, Any]) -> dict[str, Any]:
    """What ``run.json`` holds of a recording but for what ``facts`` gave: words of a warning make it no other recording."""
    return {name: value for name, value in place.items() if name not in KEYS}


def warned(recording: Recording) -> Warned:
    """What a recording warns of, as its gaze and video are used: without what is told apart, of corrections and of stand-ins.

    Args:
        recording: open; its scene and gaze are loaded.
    """
    apart = {NO_GAZE, gaze_notice(recording)}  # what needs gaze and has none is left out, with that reason
    if "correction" in recording.loaders:
        apart |= set(recording.stream("correction").notes)
    try:
        found = facts(recording)
    except FoveateError as error:  # a stream that no view of the study needs
        return Warned((*recording.warnings, str(error)))
    return Warned(
        tuple(text for text in found["warnings"] if text not in apart), found["frames"] or 0, found["frames_with_video"]
    )


def warnings_told(found: Mapping[str, Warned]) -> list[str]:
    """Warnings in few lines: what has no video first, then each kind with the recordings that warn of it.

    Args:
        found: recording -> what it warns of.
    """
    lines = []
    lost = {name: each for name, each in found.items() if each.with_video < each.frames}
    if lost:
        timed = sum(each.frames for each in lost.values())
        gone = timed - sum(each.with_video for each in lost.values())
        lines.append(f"{first_and_more(lost)}: {gone:,} of {timed:,} frames have no video; nothing is asked about them")
    kinds: dict[str, list[tuple[str, str]]] = {}
    for name, each in found.items():
        for text in each.warnings:
            kinds.setdefault(NUMBER.sub("#", text), []).append((name, text))
    lines += [_kind(said) for said in list(kinds.values())[:MOST_WARNINGS]]
    if len(kinds) > MOST_WARNINGS:
        lines.append(f"{len(kinds) - MOST_WARNINGS} more kinds, each with its recording in run.json")
    return lines


def _kind(said: list[tuple[str, str]]) -> str:
    """One kind of warning: the first in its own words, and how many more are like it."""
    names = list(dict.fromkeys(name for name, _ in said))
    more = len(said) - len(names)
    return f"{first_and_more(names)}: {said[0][1]}{f' ({more} more like it)' if more else ''}"


def first_and_more(names: Iterable[str]) -> str:
    """Names in few words: "anna and 3 more"."""
    first, *others = names
    return f"{first}{f' and {len(others)} more' if others else ''}"
