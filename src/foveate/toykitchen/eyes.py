"""Where the eyes look: fixations and saccades on the worktop, blinks, and what a tracker makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.geometry import Points
from foveate.toykitchen.motion import Motion
from foveate.toykitchen.parameters import Parameters
from foveate.toykitchen.script import Script


@dataclass(frozen=True)
class Attention:
    """What the wearer attends to for a while."""

    start_s: float
    thing: int
    """An object, wherever it is."""
    place: int | None = None
    """A place instead of the object."""


@dataclass(frozen=True)
class Fixation:
    """One stop of the eyes."""

    start_s: float
    stop_s: float
    first_px: tuple[float, float]
    """World point at its start."""
    last_px: tuple[float, float]
    """World point at its end: another where a moving object is followed."""


def attention(script: Script, rng: np.random.Generator, parameters: Parameters) -> tuple[Attention, ...]:
    """The object of each action, from a little before the hand sets out; at the end of a carry, where it is brought.

    In a world too short for an action, the first object.
    """
    result = []
    for a in script.actions:
        start_s = max(a.start_s - float(rng.uniform(*parameters.lead_s)), 0.0)
        result.append(Attention(start_s, a.thing))
        if a.verb == "carry":
            result.append(Attention(a.start_s + 0.72 * (a.stop_s - a.start_s), a.thing, a.place))
    return tuple(result) or (Attention(0.0, 0),)


def fixations(
    attended: Sequence[Attention],
    script: Script,
    motion: Motion,
    rng: np.random.Generator,
    parameters: Parameters,
    duration_s: float,
) -> tuple[Fixation, ...]:
    """The stops of the eyes; the gaps between them are saccades of main-sequence duration."""
    result: list[Fixation] = []
    time_s, k = 0.0, 0
    while time_s < duration_s:
        while k + 1 < len(attended) and attended[k + 1].start_s <= time_s:
            k += 1
        thing, place = attended[k].thing, attended[k].place
        stop_s = time_s + float(np.clip(rng.lognormal(np.log(0.28), 0.4), *parameters.fixation_s))
        if rng.random() < parameters.glance:
            thing, place = int(rng.integers(len(script.things))), None
        if k + 1 < len(attended):
            stop_s = min(stop_s, max(attended[k + 1].start_s, time_s + 0.06))
        dx, dy = rng.normal(0, parameters.fixation_spread_px, 2)
        (x0, y0), (x1, y1) = (
            script.places_px[place] if place is not None else motion.middle(thing, t) for t in (time_s, stop_s)
        )
        first, last = (x0 + dx, y0 + dy), (x1 + dx, y1 + dy)
        if result:
            time_s = result[-1].stop_s + _saccade_s(result[-1].last_px, first, parameters)
            stop_s = max(stop_s, time_s + 0.05)
        result.append(Fixation(time_s, stop_s, first, last))
        time_s = stop_s
    return tuple(result)


def _saccade_s(start_px: tuple[float, float], stop_px: tuple[float, float], parameters: Parameters) -> float:
    """Duration over amplitude: 2.2 ms per degree and 21 ms (Carpenter 1988)."""
    amplitude_deg = float(np.hypot(stop_px[0] - start_px[0], stop_px[1] - start_px[1])) / parameters.px_per_deg
    return 0.021 + 0.0022 * amplitude_deg


def eye_path(
    stops: Sequence[Fixation], time_s: NDArray[np.float64], rng: np.random.Generator, parameters: Parameters
) -> Points:
    """World point of gaze at every time, (N,) -> (N, 2)."""
    keys = np.array([key for f in stops for key in (f.start_s, f.stop_s)])
    points = np.array([point for f in stops for point in (f.first_px, f.last_px)])
    after = np.clip(np.searchsorted(keys, time_s, side="right"), 1, len(keys) - 1)
    u = np.clip((time_s - keys[after - 1]) / np.maximum(keys[after] - keys[after - 1], 1e-9), 0, 1)
    jump = after % 2 == 0
    u = np.where(jump, u**3 * (10 - 15 * u + 6 * u * u), u)  # minimum jerk within a saccade
    path = points[after - 1] + (points[after] - points[after - 1]) * u[:, None]
    steps = rng.normal(0, 1, (len(time_s), 2))
    drift = np.cumsum(steps, axis=0)
    slow = np.stack([np.convolve(drift[:, axis], np.ones(40) / 40, mode="same") for axis in (0, 1)], axis=1)
    tremor = (drift - slow) / max(float(np.std(drift - slow)), 1e-9) * parameters.tremor_px
    return np.asarray(path + tremor, dtype=np.float64)


def tracked(
    scene_px: Points, time_ns: Times, rng: np.random.Generator, parameters: Parameters
) -> tuple[Points, NDArray[np.bool_]]:
    """What the tracker writes: the true point with bias, slow drift and noise; nothing in blinks and losses.

    Returns:
        Points (N, 2), NaN where invalid, and validity (N,).
    """
    n, seconds = len(time_ns), time_ns / NS_PER_S
    valid = np.ones(n, dtype=bool)
    at_s = float(rng.exponential(parameters.blink_every_s))
    while n and at_s < seconds[-1]:
        stop_s = at_s + float(rng.uniform(*parameters.blink_s))
        valid[(seconds >= at_s) & (seconds < stop_s)] = False
        at_s = stop_s + 0.5 + float(rng.exponential(parameters.blink_every_s))
    run = 8
    lost = rng.random(n // run + 1) < parameters.loss
    valid &= ~np.repeat(lost, run)[:n]
    scale = parameters.px_per_deg
    bias = rng.normal(0, parameters.bias_deg * scale, 2)
    period_s, phase = rng.uniform(15, 30, 2), rng.uniform(0, 2 * np.pi, 2)
    drift = 0.12 * scale * np.sin(2 * np.pi * seconds[:, None] / period_s + phase)
    point = scene_px + bias + drift + rng.normal(0, parameters.noise_deg * scale, (n, 2))
    inside = ((point >= 0) & (point < 1440)).all(axis=1)
    valid &= inside
    point[~valid] = np.nan
    return point, valid
