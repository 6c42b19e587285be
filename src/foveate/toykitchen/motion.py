"""How objects and hands move while the script is played."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from foveate.toykitchen.parameters import Parameters
from foveate.toykitchen.script import Action, Script
from foveate.toykitchen.track import Steps, Track

REST_PX = MappingProxyType({"right": (1400.0, 1640.0), "left": (800.0, 1660.0)})
"""Where a hand lies when it does nothing."""
ELBOW_PX = MappingProxyType({"right": (1560.0, 2500.0), "left": (640.0, 2500.0)})
"""What every arm points to."""
HOLD = (64.0, 34.0)
"""Where the right hand holds an object, from its middle."""
STEADY = (-124.0, 34.0)
"""Where the left hand steadies an object."""
ARRIVE_S = 0.45
"""How long a hand takes to its place."""


@dataclass(frozen=True)
class Effect:
    """Something that an action leaves in the picture for a while."""

    name: str
    """As ``effect_sprite`` knows it."""
    start_s: float
    stop_s: float
    thing: int
    """The object that it belongs to."""


class Motion:
    """Where every object and hand is at any time."""

    def __init__(self, script: Script, parameters: Parameters, rng: np.random.Generator) -> None:
        self._script = script
        self._lift = parameters.lift_px
        self._rng = rng
        # x, y on the worktop, height above it, tilt in degrees
        self.things = [Track(*script.places_px[thing.place], 0.0, 0.0) for thing in script.things]
        self.states = [Steps("") for _ in script.things]
        self.hands = {side: Track(*REST_PX[side]) for side in ("right", "left")}
        self.grips = {side: Steps("rest") for side in ("right", "left")}
        self._now = 0
        self.effects: list[Effect] = []
        self._busy = {"right": False, "left": False}
        for action in script.actions:
            PLAYS[action.verb](self, action)
            if action.verb not in WITH_LEFT and self._busy["left"]:
                self._leave("left", action)

    def middle(self, thing: int, time_s: float) -> tuple[float, float]:
        """Where the middle of an object is drawn."""
        x, y, height, _ = self.things[thing].at(time_s)
        return float(x), float(y - height)

    def _leave(self, side: str, a: Action) -> None:
        hand = self.hands[side]
        hand.hold(a.start_s)
        hand.key(a.start_s + 0.6, *REST_PX[side])
        self.grips[side].set(a.start_s, "rest")
        self._busy[side] = False

    def _steady(self, a: Action) -> None:
        x, y = self._script.places_px[a.place]
        hand = self.hands["left"]
        hand.hold(a.start_s)
        hand.key(a.start_s + ARRIVE_S, x + STEADY[0], y + STEADY[1])
        self.grips["left"].set(a.start_s + 0.2, "closed")
        self._busy["left"] = True

    def _go(self, a: Action, dx: float, dy: float, grip: str, *, after_s: float = ARRIVE_S) -> tuple[float, float]:
        """Bring the right hand to an offset from the object's place."""
        x, y = self._script.places_px[a.place]
        hand = self.hands["right"]
        hand.hold(a.start_s)
        hand.key(a.start_s + after_s, x + dx, y + dy)
        self.grips["right"].set(a.start_s + 0.5 * after_s, grip)
        self._busy["right"] = True
        return x, y

    def _toward(self, a: Action) -> tuple[float, float]:
        """Unit vector from the object's place to the right elbow, leaning a little to either side."""
        x, y = self._script.places_px[a.place]
        angle = np.arctan2(ELBOW_PX["right"][1] - y, ELBOW_PX["right"][0] - x) + self._rng.uniform(-0.35, 0.15)
        return float(np.cos(angle)), float(np.sin(angle))

    def look(self, a: Action) -> None:
        """The hand lies away; the object is untouched."""
        self._leave("right", a)

    def point(self, a: Action) -> None:
        """The index finger points at the object from a distance."""
        ux, uy = self._toward(a)
        self._go(a, ux * 112, uy * 112, "point")
        x, y = self._script.places_px[a.place]
        for step, far in enumerate((100.0, 112.0)):
            time_s = a.start_s + (a.stop_s - a.start_s) * (0.45 + 0.4 * step)
            self.hands["right"].key(time_s, x + ux * far, y + uy * far)

    def reach(self, a: Action) -> None:
        """An open hand comes near, slowly, and does not touch."""
        ux, uy = self._toward(a)
        x, y = self._go(a, ux * 150, uy * 150, "open")
        self.hands["right"].key(a.stop_s, x + ux * 112, y + uy * 112)

    def take(self, a: Action) -> None:
        """The hand closes on the object where it stands and in the end lifts it a little."""
        self._begin(a)
        x, y = self._go(a, *HOLD, "closed", after_s=0.35)
        lift_s = a.start_s + 0.8 * (a.stop_s - a.start_s)
        self._together(lift_s, x, y, 0.0)
        self._together(a.stop_s, x, y, 0.3 * self._lift)

    def _together(self, time_s: float, x: float, y: float, height: float, *, tilt: float = 0.0) -> None:
        """Key the hand and what it holds alike, so that they stay together."""
        self.things[self._now].key(time_s, x, y, height, tilt)
        self.hands["right"].key(time_s, x + HOLD[0], y + HOLD[1] - height)

    def carry(self, a: Action) -> None:
        """Object and hand travel, high above the worktop."""
        self._begin(a)
        x, y, *_ = self.things[a.thing].at(a.start_s)
        self._together(a.start_s + 0.35, x, y, self._lift)
        self._together(a.stop_s, *self._script.places_px[a.place], self._lift)

    def _begin(self, a: Action) -> None:
        self._now = a.thing
        self.things[a.thing].hold(a.start_s)
        self.hands["right"].hold(a.start_s)

    def put(self, a: Action) -> None:
        """The object comes down; the hand opens above it."""
        self._begin(a)
        x, y = self._script.places_px[a.place]
        down_s = a.start_s + 0.3 * (a.stop_s - a.start_s)
        self._together(down_s, x, y, 0.0)
        self.grips["right"].set(down_s, "open")
        hand = self.hands["right"]
        hand.key(down_s + 0.25, x + 66, y + 20)
        hand.key(a.stop_s, x + 80, y + 50)

    def pour(self, a: Action) -> None:
        """The vessel is tilted to the left, and a stream runs into a glass."""
        self._begin(a)
        x, y = self._script.places_px[a.place]
        tilted_s = a.start_s + 0.4
        self._together(tilted_s, x, y, self._lift + 26, tilt=-64.0)
        self._together(a.stop_s - 0.3, x, y, self._lift + 20, tilt=-76.0)
        self._together(a.stop_s, x, y, 0.4 * self._lift, tilt=0.0)
        self.effects.append(Effect("stream", a.start_s + 0.3, a.stop_s - 0.2, a.thing))

    def cut(self, a: Action) -> None:
        """A knife goes up and down on the object, which falls into pieces."""
        x, y = self._go(a, 52, -8, "knife")
        self._strokes(a, x, y, (52, -12), (38, 22), 0.42)
        self.states[a.thing].set(a.start_s + 0.6, "cut")
        self._steady(a)

    def open(self, a: Action) -> None:
        """The right hand turns the lid and then holds it beside."""
        x, y = self._go(a, 22, -76, "closed", after_s=0.35)
        off_s = a.start_s + 0.7
        hand = self.hands["right"]
        hand.key(off_s, x + 14, y - 80)
        self.states[a.thing].set(off_s, "open")
        self.grips["right"].set(off_s, "lid")
        hand.key(off_s + 0.3, x + 104, y - 78)
        hand.key(a.stop_s, x + 116, y - 60)
        self._steady(a)

    def stir(self, a: Action) -> None:
        """A spoon goes round in the vessel."""
        x, y = self._go(a, 10, -12, "spoon")
        self._strokes(a, x, y, (-20, -14), (34, -4), 0.36)
        self._steady(a)

    def wash(self, a: Action) -> None:
        """A sponge goes over the object; foam is left."""
        x, y = self._go(a, 66, 30, "sponge")
        self._strokes(a, x, y, (84, 8), (52, 46), 0.4)
        self.effects.append(Effect("foam", a.start_s + 0.4, a.stop_s, a.thing))
        self._steady(a)

    def _strokes(
        self, a: Action, x: float, y: float, one: tuple[float, float], other: tuple[float, float], every_s: float
    ) -> None:
        time_s, ends = a.start_s + ARRIVE_S + every_s, [one, other]
        while time_s < a.stop_s - 0.05:
            dx, dy = ends[0]
            self.hands["right"].key(time_s, x + dx, y + dy)
            ends.reverse()
            time_s += every_s


WITH_LEFT = ("cut", "open", "stir", "wash")
"""Actions in which the left hand steadies the object."""

PLAYS: dict[str, Callable[[Motion, Action], None]] = {
    "look": Motion.look,
    "point": Motion.point,
    "reach": Motion.reach,
    "take": Motion.take,
    "carry": Motion.carry,
    "put": Motion.put,
    "pour": Motion.pour,
    "cut": Motion.cut,
    "open": Motion.open,
    "stir": Motion.stir,
    "wash": Motion.wash,
}
"""How every action is played."""
