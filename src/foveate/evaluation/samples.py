"""The samples of a study: what is asked about, each with a name that stays, gathered before anything is decoded."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from foveate.clock import NS_PER_S
from foveate.dataset.sample import Sample
from foveate.dataset.toykitchen import TASK_SAMPLES, VALIDATION_SEEDS
from foveate.errors import FoveateError, UsageError, hint
from foveate.evaluation.places import Place, open_first
from foveate.evaluation.study import TOYKITCHEN, Samples
from foveate.gaze.correction import Correction
from foveate.predict import files_of
from foveate.recording.recording import Recording
from foveate.toykitchen import World


@dataclass(frozen=True)
class Case:
    """A sample with what a Run says of it."""

    name: str
    """The same in every Run."""
    sample: Sample
    """Span, recording, instruction, choices."""
    references: tuple[str, ...] = ()
    """Texts that a perfect model would answer; empty where there are none."""
    category: str = ""
    """What tables are split by."""
    objects: tuple[str, ...] = ()
    """What can be seen in the clip, where somebody told."""

    @property
    def edges_s(self) -> tuple[float, float]:
        """Start and stop of its span, in seconds from the first scene frame."""
        first_ns = int(self.sample.recording.scene.time_ns[0])
        span = self.sample.span
        return (span.start_ns - first_ns) / NS_PER_S, (span.stop_ns - first_ns) / NS_PER_S


@dataclass(frozen=True)
class Gathered:
    """All samples of a study."""

    cases: tuple[Case, ...]
    """Recording by recording."""
    places: Mapping[str, Place]
    """Recording -> how it is opened again."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Reason -> samples, or recordings, that are not asked about."""

    def recordings(self) -> dict[str, list[Case]]:
        """Cases by recording, in their order."""
        found: dict[str, list[Case]] = {}
        for case in self.cases:
            found.setdefault(case.sample.recording.name, []).append(case)
        return found

    @property
    def corrected(self) -> Mapping[str, int]:
        """What was corrected of gaze, in words -> of how many recordings."""
        open_ones = [cases[0].sample.recording for cases in self.recordings().values()]
        return Counter(note for each in open_ones if "correction" in each.loaders for note in each.stream("correction").notes)


def gather_samples(
    told: Samples, *, with_gaze: bool, with_camera: bool = False, known: Mapping[str, Place] | None = None
) -> Gathered:
    """The samples that a study asks about.

    Args:
        told: the section of the study file.
        with_gaze: whether some way of showing needs gaze: recordings without it are then left out of all, and counted.
        with_camera: the same of the scene camera's calibration.
        known: places of recordings that another process has gathered: what it found of their clocks is not sought again.

    Raises:
        UsageError: where none is left, or two have one name.
        DatasetError: where annotations are broken.
    """
    files_of(told.gaze or None)  # what is wrong for every recording is told once, and not by each of them
    left_out: Counter[str] = Counter()
    places: dict[str, Place] = dict(known or {})
    if told.dataset == TOYKITCHEN:
        cases = list(_worlds(told, places))
    elif told.dataset:
        cases = list(_dataset(told, places, left_out))
    else:
        from foveate.evaluation.own_samples import own_cases

        cases = own_cases(told, places, left_out)
    cases = list(_usable(cases, left_out, with_gaze=with_gaze, with_camera=with_camera))
    if not cases:
        why = "; ".join(f"{count} x {reason}" for reason, count in left_out.items()) or "there were none to begin with"
        raise UsageError(f"not one sample is left to ask about: {why}")
    cases = _spread(cases, told.spans, left_out)
    names = Counter(case.name for case in cases)
    if twice := [name for name, count in names.items() if count > 1]:
        raise UsageError(f"samples need names of their own; twice or more: {', '.join(twice[:3])} ({len(twice)} in all)")
    used = {case.sample.recording.name for case in cases}
    return Gathered(tuple(cases), {name: place for name, place in places.items() if name in used}, dict(left_out))


def _worlds(told: Samples, places: dict[str, Place]) -> Iterator[Case]:
    tasks = told.tasks or ("activity",)
    if strange := [task for task in tasks if task not in TASK_SAMPLES]:
        raise UsageError(f"toykitchen has no samples of the task {strange[0]!r}{hint(strange[0], TASK_SAMPLES)}")
    for seed in told.seeds or VALIDATION_SEEDS[: told.worlds]:
        world: dict[str, Any] = {"seed": seed, "variant": told.variant, "duration_s": told.duration_s}
        drawn = World(**world)
        recording = drawn.recording()
        place: Place = {"world": world, **instead(told)}
        if instead(told):
            recording, place = open_first(place, places.get(recording.name))
        places[recording.name] = place
        objects = tuple(sorted({word for thing in drawn.script.things for word in (thing.kind, thing.colour)}))
        objects += (*drawn.script.surfaces.values(), "counter")
        for task in tasks:
            for number, sample in enumerate(TASK_SAMPLES[task](drawn)):
                name = f"{recording.name}/{task}/{number:02d}"
                category = task if len(tasks) > 1 else ""
                yield Case(name, replace(sample, recording=recording), (sample.reference,), category, objects)


def _dataset(told: Samples, places: dict[str, Place], left_out: Counter[str]) -> Iterator[Case]:
    from foveate.dataset import samples

    name, videos = told.name or None, None if told.videos is None else str(told.videos)
    opened: dict[str, Any] = {}
    for sample in samples(told.dataset, name=name, tasks=told.tasks or None, videos=videos, with_video=True, left_out=left_out):
        if told.side and sample.side != told.side:
            left_out[f"on the side {sample.side or 'that is not told'}"] += 1
            continue
        where = sample.recording.name
        if where not in opened:
            here: Place = {"dataset": told.dataset, "name": told.name, "videos": videos, "recording": where, **instead(told)}
            opened[where], places[where] = open_first(here, places.get(where)) if instead(told) else (sample.recording, here)
        sample = replace(sample, recording=opened[where])  # noqa: PLW2901 - with the gaze that the study names
        label = sample.id or f"{where}/{sample.task}/{sample.span.start_ns}-{sample.span.stop_ns}"
        yield Case(label, sample, (sample.reference,) if sample.reference.strip() else (), sample.kind)


def instead(told: Samples, correction: Correction | None = None) -> dict[str, Any]:
    """What is put in the place of a recording's own streams, or corrected of them.

    Args:
        told: the section of the study file.
        correction: of the recording's gaze; None for that of all recordings.
    """
    correction = told.correction if correction is None else correction
    done = {name: value for name, value in asdict(correction).items() if value}
    streams = {"gaze": told.gaze, "hands": str(told.hands) if told.hands else "", "correction": done}
    return {name: value for name, value in streams.items() if value}


def _usable(cases: Sequence[Case], left_out: Counter[str], **needs: bool) -> Iterator[Case]:
    """Those whose recording has what is needed."""
    lacks: dict[str, str] = {}
    for case in cases:
        recording = case.sample.recording
        if recording.name not in lacks:
            lacks[recording.name] = _lack(recording, **needs)
        if lacks[recording.name]:
            left_out[f"{recording.name}: {lacks[recording.name]}"] += 1
        else:
            yield case


def _lack(recording: Recording, *, with_gaze: bool, with_camera: bool) -> str:
    """Why nothing can be asked about a recording; empty where it can."""
    try:
        if with_gaze and not recording.gaze.valid.any():
            return "no gaze sample is valid"
        if not len(recording.scene.time_ns):
            return "it has no video frames"
        if with_camera and recording.camera is None:
            return "it has no calibration of its camera, which degrees need"
    except FoveateError as error:
        return str(error)
    return ""


def _spread(cases: Sequence[Case], most: int | None, left_out: Counter[str]) -> list[Case]:
    """So many of each recording and task, spread evenly over it."""
    if most is None:
        return list(cases)
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.sample.recording.name, case.sample.task), []).append(case)
    chosen = set()
    for group in groups.values():
        places = np.unique(np.linspace(0, len(group) - 1, min(most, len(group))).round().astype(int))
        chosen |= {group[place].name for place in places}
    kept = [case for case in cases if case.name in chosen]
    if len(kept) < len(cases):
        left_out[f"not among the {most} of a recording and task that [samples] spans takes"] += len(cases) - len(kept)
    return kept
