"""What passes before the gazed point: a towel, a cupboard door, a bag, somebody else's arm."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.geometry import Points
from foveate.toykitchen.effects import OCCLUDERS, occluder_sprite
from foveate.toykitchen.layer import Layer, arm_layers
from foveate.toykitchen.parameters import Parameters
from foveate.toykitchen.sprite import Matrix, placed

REACH_PX = 1900.0
"""How far from the gazed point a passage starts and ends."""


@dataclass(frozen=True)
class Passage:
    """One thing on its way across the picture."""

    name: str
    """A word of OCCLUDERS."""
    middle_s: float
    """When it is before the gazed point."""
    point_px: tuple[float, float]
    """World point that it passes."""
    velocity_px_per_s: tuple[float, float]
    turn_deg: float
    look: tuple[int, int]
    """Skin and sleeve of an arm."""

    @property
    def half_s(self) -> float:
        """Half of the time that it is about."""
        return REACH_PX / float(np.hypot(*self.velocity_px_per_s))

    def matrix(self, time_s: float) -> Matrix:
        """Its own coordinates to the world's."""
        dt = time_s - self.middle_s
        x = self.point_px[0] + self.velocity_px_per_s[0] * dt
        y = self.point_px[1] + self.velocity_px_per_s[1] * dt
        return placed(x, y, scale=1.15 if self.name == "arm" else 0.85, turn_deg=self.turn_deg)


def passage_layers(name: str, passage: Passage, time_s: float) -> list[Layer]:
    """What passes, at an instant."""
    matrix = passage.matrix(time_s)
    if passage.name == "arm":
        return arm_layers(name, "closed", matrix, *passage.look)
    return [Layer(name, occluder_sprite(passage.name), matrix)]


def passages(
    gaze_px: Points, time_s: NDArray[np.float64], rng: np.random.Generator, parameters: Parameters
) -> tuple[Passage, ...]:
    """Passages before world points of gaze (N, 2) at times (N,), one after the other."""
    result = []
    at_s = 2.0 + float(rng.exponential(parameters.occluder_every_s))
    while at_s < time_s[-1] - 1:
        name = str(rng.choice(OCCLUDERS))
        x, y = gaze_px[int(np.searchsorted(time_s, at_s))]
        speed, side = float(rng.uniform(*parameters.occluder_px_per_s)), float(rng.choice([-1.0, 1.0]))
        if name == "arm":
            # The arm comes from the left or right and sweeps up or down; the gazed point lies under the forearm.
            turn, velocity = 90.0 * side + float(rng.uniform(-20, 20)), (0.0, 0.7 * speed * float(rng.choice([-1.0, 1.0])))
            point = (float(x) + side * float(rng.uniform(180, 330)), float(y))
        else:
            turn, velocity = float(rng.uniform(-6, 6)), (side * speed, float(rng.uniform(-0.15, 0.15)) * speed)
            point = (float(x), float(y) + float(rng.uniform(-120, 120)))
        look = (int(rng.integers(4)), int(rng.integers(6)))
        result.append(Passage(name, at_s, point, velocity, turn, look))
        at_s += 2.5 + float(rng.exponential(parameters.occluder_every_s))
    return tuple(result)
