"""What happens in a toy kitchen: which objects there are, where they stand, and who does what to which of them, when."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from foveate.clock import NS_PER_S, Span
from foveate.recording.recording import Event
from foveate.toykitchen.parameters import CENTER_PX, Parameters
from foveate.toykitchen.words import COLOURS, KINDS, USES, sentence


@dataclass(frozen=True)
class Thing:
    """One object."""

    kind: str
    """A word of KINDS."""
    colour: str
    """A word of COLOURS."""
    place: int
    """Index of the place where it stands at first."""
    scale: float
    """Size beside others of its kind."""
    turn_deg: float
    """How it is turned, clockwise."""


@dataclass(frozen=True)
class Action:
    """One thing done."""

    verb: str
    """A key of VERBS."""
    thing: int
    """Index of the object."""
    start_s: float
    """When the hand sets out."""
    stop_s: float
    """When the next action starts."""
    place: int
    """Where the object is, or is brought to."""
    surface: str | None = None
    """What it is put on."""


@dataclass(frozen=True)
class Script:
    """Everything that is decided before anything is drawn."""

    places_px: tuple[tuple[float, float], ...]
    """Where things can stand, in the world."""
    surfaces: dict[int, str]
    """Place -> board, tray or mat; every other place is the counter."""
    things: tuple[Thing, ...]
    """The objects."""
    actions: tuple[Action, ...]
    """What is done, each following on the one before."""

    def narrations(self) -> tuple[Event, ...]:
        """One event per action, its name the action's, its text the sentence."""
        return tuple(
            Event(a.verb, Span(start, round(a.stop_s * NS_PER_S)), start, self.sentence(a))
            for a in self.actions
            for start in [round(a.start_s * NS_PER_S)]
        )

    def sentence(self, action: Action) -> str:
        """The narration of an action."""
        thing = self.things[action.thing]
        return sentence(action.verb, thing.colour, thing.kind, action.surface)


def _things(rng: np.random.Generator, parameters: Parameters, n_places: int) -> tuple[Thing, ...]:
    """Objects that differ pairwise; most share their kind or their colour with another."""
    low, high = parameters.objects
    n = int(rng.integers(low, high + 1))
    chosen: list[tuple[str, str]] = []
    while len(chosen) < n:
        kind, colour = str(rng.choice(KINDS)), str(rng.choice(COLOURS))
        if chosen and rng.random() < 0.6:
            like = chosen[int(rng.integers(len(chosen)))]
            kind, colour = (like[0], colour) if rng.random() < 0.5 else (kind, like[1])
        if (kind, colour) not in chosen:
            chosen.append((kind, colour))
    places = rng.permutation(n_places)[:n]
    return tuple(
        Thing(kind, colour, int(place), float(rng.uniform(0.94, 1.06)), float(rng.uniform(-7, 7)))
        for (kind, colour), place in zip(chosen, places, strict=True)
    )


@dataclass
class _State:
    """Where things are while the script is written."""

    rng: np.random.Generator
    things: tuple[Thing, ...]
    places: int
    at: dict[int, int]
    used: set[int] = field(default_factory=set)

    def free(self) -> list[int]:
        return [place for place in range(self.places) if place not in self.at.values()]

    def next_thing(self, last: int | None) -> int:
        others = [i for i in range(len(self.things)) if i != last]
        return int(self.rng.choice(others))

    def uses(self, thing: int) -> list[str]:
        kind = self.things[thing].kind
        once = {"cut", "open"}
        return [verb for verb, kinds in USES.items() if kind in kinds and not (verb in once and thing in self.used)]


def _episode(state: _State, thing: int) -> Iterator[tuple[str, int]]:
    """One dealing with an object: (verb, place) in an order that is natural, but not certain."""
    rng, here = state.rng, state.at[thing]
    if rng.random() < 0.42:
        yield str(rng.choice(["look", "point"])), here
        if rng.random() < 0.4:
            return
    yield "reach", here
    uses = state.uses(thing)
    on_table = [verb for verb in uses if verb != "pour"]
    if on_table and rng.random() < 0.8:
        verb = str(rng.choice(on_table))
        if verb in ("cut", "open"):
            state.used.add(thing)
        yield verb, here
        if rng.random() < 0.45:
            return
    elif rng.random() < 0.12:
        return
    yield "take", here
    if "pour" in uses and rng.random() < 0.85:
        yield "pour", here
        if rng.random() < 0.4:
            yield "put", here
            return
    if rng.random() < 0.12:
        yield "put", here
        return
    there = int(rng.choice(state.free()))
    yield "carry", there
    state.at[thing] = there
    yield "put", there


def write_script(rng: np.random.Generator, parameters: Parameters, duration_s: float) -> Script:
    """Decide what there is and what happens until ``duration_s``.

    Args:
        rng: the script's own generator.
        parameters: the world's numbers.
        duration_s: length in seconds; an action that would not end by then is left out.
    """
    grid = [(CENTER_PX[0] + x, CENTER_PX[1] + y) for y in parameters.row_px for x in parameters.column_px]
    shifts = rng.uniform(-parameters.jitter_px, parameters.jitter_px, (len(grid), 2))
    places = tuple((float(x + dx), float(y + dy)) for (x, y), (dx, dy) in zip(grid, shifts, strict=True))
    surfaces = {int(place): name for place, name in zip(rng.permutation(len(grid)), ("board", "tray", "mat"), strict=False)}
    things = _things(rng, parameters, len(places))
    state = _State(rng, things, len(places), {i: thing.place for i, thing in enumerate(things)})
    actions: list[Action] = []
    time_s, last = 0.0, None
    while time_s + parameters.action_s[0] <= duration_s:
        last = state.next_thing(last)
        for verb, place in _episode(state, last):
            stop_s = time_s + float(rng.uniform(*parameters.action_s))
            if stop_s > duration_s:
                return Script(places, surfaces, things, tuple(actions))
            surface = surfaces.get(place, "counter") if verb == "put" else None
            actions.append(Action(verb, last, time_s, stop_s, place, surface))
            time_s = stop_s
    return Script(places, surfaces, things, tuple(actions))
