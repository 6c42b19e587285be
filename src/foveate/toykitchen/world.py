"""A toy kitchen: pictures, gaze and truth as pure functions of seed and time."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from foveate.clock import NS_PER_S, Times
from foveate.errors import UsageError
from foveate.geometry import Affine, Box, Camera, Points, Size
from foveate.recording.hands import Hands
from foveate.recording.recording import Event, GazeStream, Image, Recording
from foveate.toykitchen.effects import effect_sprite
from foveate.toykitchen.eyes import attention, eye_path, fixations, tracked
from foveate.toykitchen.hands import HAND_SCALE, SKINS, SLEEVES, skin_box_px
from foveate.toykitchen.head import HeadPath
from foveate.toykitchen.layer import Layer, arm_layers
from foveate.toykitchen.motion import ELBOW_PX, Motion
from foveate.toykitchen.parameters import CENTER_PX, SCENE_PX, VARIANTS
from foveate.toykitchen.passing import passage_layers, passages
from foveate.toykitchen.room import paint_room
from foveate.toykitchen.scene import DrawnScene, frame_times
from foveate.toykitchen.script import write_script
from foveate.toykitchen.sprite import Levels, Matrix, apply, chained, for_pixels, inverse, level_for, placed
from foveate.toykitchen.things import SIZES, shadow_sprite, thing_sprite

DEVICE = "toykitchen"
"""The device that a toy recording names; the built-in model goes with it."""
HAND_SIDES = ("left", "right")
OTHER_WEARER = 1_000_000_000
"""Added to a seed: the world from which gaze that tells nothing is taken."""


@dataclass(frozen=True)
class SurfacePoint:
    """A point on something in the world, which moves with it."""

    name: str
    """The layer that it is on; ``room`` for wall and worktop."""
    point_px: tuple[float, float]
    """In that layer's own coordinates."""


class World:
    """One toy kitchen and what happens in it."""

    def __init__(self, seed: int, *, variant: str = "kitchen", duration_s: float = 60.0) -> None:
        """Decide everything; draw nothing.

        Args:
            seed: the world's number; the same seed gives the same pixels and the same gaze.
            variant: a key of VARIANTS.
            duration_s: length of the recording in seconds.

        Raises:
            UsageError: for an unknown variant, a duration under a second or a seed under 0.
        """
        if variant not in VARIANTS:
            raise UsageError(f"there is no toy kitchen variant {variant!r}; choose one of {', '.join(VARIANTS)}")
        if not duration_s >= 1:
            raise UsageError(f"a toy kitchen lasts at least 1 s, got {duration_s:g} s")
        if seed < 0:
            raise UsageError(f"a toy kitchen's seed is 0 or more, got {seed}")
        self.seed, self.variant, self.duration_s = seed, variant, duration_s
        self.scene_px = SCENE_PX
        kind = VARIANTS[variant]
        self.parameters, self.style = kind.parameters, kind.style
        self.script = write_script(self._rng(0), self.parameters, duration_s)
        self.narrations: tuple[Event, ...] = self.script.narrations()
        self.motion = Motion(self.script, self.parameters, self._rng(1))
        hz = self.parameters.gaze_hz
        self._time_s = np.arange(round(duration_s * hz)) / hz
        eyes = self._rng(3)
        self.fixations = fixations(
            attention(self.script, eyes, self.parameters), self.script, self.motion, eyes, self.parameters, duration_s
        )
        self._attention_px = eye_path(self.fixations, self._time_s, eyes, self.parameters)
        self.head = HeadPath(self._attention_px, self._time_s, self._rng(6), self.parameters, fixed=kind.camera == "fixed")
        self.passages = passages(self._attention_px, self._time_s, self._rng(7), self.parameters)
        look = self._rng(8)
        self._skin, self._sleeve = int(look.integers(len(SKINS))), int(look.integers(len(SLEEVES)))

    def _rng(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, stream])

    @cached_property
    def _gaze_px(self) -> Points:
        """World points of gaze: where attention is, or, in a world with independent gaze, where another world's wearer looked.

        So gaze that tells nothing is spread over the frame, dwells and jumps as gaze that tells does.
        """
        if VARIANTS[self.variant].gaze == "informative":
            return self._attention_px
        time_ns = np.round(self._time_s * NS_PER_S).astype(np.int64)
        scene = World(self.seed + OTHER_WEARER, duration_s=self.duration_s).true_gaze_px(time_ns)
        maps = self.head.many(self._time_s)
        return np.asarray(np.linalg.solve(maps[:, :, :2], (scene - maps[:, :, 2])[..., None])[..., 0], dtype=np.float64)

    @cached_property
    def _room(self) -> Levels:
        surfaces = tuple((name, *self.script.places_px[place]) for place, name in self.script.surfaces.items())
        return Levels(paint_room(self._rng(9), self.style, surfaces))

    @property
    def camera(self) -> Camera:
        """The scene camera: no distortion, px_per_deg at its axis."""
        focal = self.parameters.px_per_deg / np.tan(np.radians(1.0))
        matrix = np.array([[focal, 0, SCENE_PX[0] / 2], [0, focal, SCENE_PX[1] / 2], [0, 0, 1]])
        return Camera(matrix, np.zeros(5), SCENE_PX)

    def frame(self, time_ns: int, size_px: Size, box_px: Box | None = None) -> Image:
        """Draw the scene, or a crop of it, at an instant, straight at the size wanted.

        Args:
            time_ns: instant from the recording's start.
            size_px: width and height of the picture.
            box_px: what part of the scene, in scene pixels; all of it by default.

        Returns:
            (height, width, 3) RGB.
        """
        time_s = time_ns / NS_PER_S
        box = box_px or Box(0, 0, *SCENE_PX)
        to_frame = chained(Affine.crop_and_resize(box, size_px).matrix, self.head.at(time_s))
        level = level_for(to_frame)
        frame: Image = cv2.warpAffine(
            self._room.at(level),
            for_pixels(to_frame, level),
            tuple(size_px),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for layer in self.layers(time_ns):
            layer.sprite.lay(frame, chained(to_frame, layer.matrix), layer.opacity)
        return frame

    def layers(self, time_ns: int) -> list[Layer]:
        """Everything before wall and worktop at an instant, the hindmost first."""
        time_s = time_ns / NS_PER_S
        poses = [track.at(time_s) for track in self.motion.things]
        order = sorted(range(len(poses)), key=lambda i: (poses[i][2] > 0, poses[i][1]))
        lying = [layer for i in order if poses[i][2] == 0 for layer in self._thing(i, time_s)]
        lifted = [layer for i in order if poses[i][2] > 0 for layer in self._thing(i, time_s)]
        effects = [
            Layer(effect.name, effect_sprite(effect.name), self._effect_matrix(effect.name, effect.thing, time_s))
            for effect in self.motion.effects
            if effect.start_s <= time_s < effect.stop_s
        ]
        passing = [
            layer
            for i, passage in enumerate(self.passages)
            if abs(time_s - passage.middle_s) < passage.half_s
            for layer in passage_layers(f"passage {i}", passage, time_s)
        ]
        return [*lying, *self._hand("left", time_s), *effects, *lifted, *self._hand("right", time_s), *passing]

    def _scale(self, thing: int, y: float) -> float:
        kind = self.script.things[thing].kind
        return SIZES.get(kind, 1.0) * self.script.things[thing].scale * (0.94 + 0.12 * (y - CENTER_PX[1]) / 550)

    def _thing(self, i: int, time_s: float) -> list[Layer]:
        thing = self.script.things[i]
        x, y, height, tilt = self.motion.things[i].at(time_s)
        state = self.motion.states[i].at(time_s)
        scale = self._scale(i, y) * (1 + 0.0012 * height)
        shadow = placed(x + 0.6 * height, y + 0.55 * height, scale=scale, turn_deg=thing.turn_deg)
        body = placed(x, y - height, scale=scale, turn_deg=thing.turn_deg + tilt)
        return [
            Layer("", shadow_sprite(thing.kind, state, self.style), shadow, 1 - 0.004 * height),
            Layer(f"thing {i}", thing_sprite(thing.kind, thing.colour, state, self.style), body),
        ]

    def _effect_matrix(self, name: str, thing: int, time_s: float) -> Matrix:
        x, y, height, tilt = self.motion.things[thing].at(time_s)
        if name == "stream":
            turn = np.radians(tilt)
            return placed(x + 100 * np.sin(turn), y - height - 100 * np.cos(turn) + 8)
        return placed(x, y, scale=1 + 0.04 * np.sin(7 * time_s), turn_deg=4 * np.sin(5 * time_s))

    def _hand(self, side: str, time_s: float) -> list[Layer]:
        hand, grip = self._hand_pose(side, time_s)
        return arm_layers(f"{side} hand", grip, hand, self._skin, self._sleeve)

    def _hand_pose(self, side: str, time_s: float) -> tuple[Matrix, str]:
        """Where a hand is in the world, and its grip."""
        x, y = self.motion.hands[side].at(time_s)
        elbow_x, elbow_y = ELBOW_PX[side]
        turn = np.degrees(np.arctan2(x - elbow_x, elbow_y - y))
        hand = placed(x, y, scale=HAND_SCALE, turn_deg=float(turn), mirrored=side == "left")
        return hand, self.motion.grips[side].at(time_s)

    def hands(self, fps: float = 30.0) -> Hands:
        """Where both hands truly are in every frame, wrist included; NaN where a hand is off the frame."""
        time_ns = frame_times(self.duration_s, fps)
        boxes = [self._hand_box(side, instant / NS_PER_S) for instant in time_ns for side in HAND_SIDES]
        box_px = np.array(boxes)
        right_bottom = box_px[:, :2] + box_px[:, 2:]
        on_frame = ((box_px[:, :2] < SCENE_PX) & (right_bottom > 0)).all(axis=1)
        box_px[~on_frame] = np.nan
        return Hands(np.repeat(time_ns, 2), np.array(HAND_SIDES * len(time_ns)), box_px, on_frame)

    def _hand_box(self, side: str, time_s: float) -> tuple[float, float, float, float]:
        """Left, top, width and height in scene pixels."""
        hand, grip = self._hand_pose(side, time_s)
        left, top, right, bottom = skin_box_px(grip)
        to_frame = chained(self.head.at(time_s), hand)
        corners = to_frame[:, :2] @ np.array([[left, right, left, right], [top, top, bottom, bottom]]) + to_frame[:, 2:]
        (x, y), (width, height) = corners.min(axis=1), np.ptp(corners, axis=1)
        return float(x), float(y), float(width), float(height)

    def true_gaze_px(self, time_ns: int | Times) -> Points:
        """Where the wearer really looks, in scene pixels: (2,) for one instant, (N, 2) for times (N,)."""
        seconds = np.atleast_1d(np.asarray(time_ns)) / NS_PER_S
        world = np.stack([np.interp(seconds, self._time_s, self._gaze_px[:, axis]) for axis in (0, 1)], axis=1)
        maps = self.head.many(seconds)
        scene = np.einsum("nij,nj->ni", maps[:, :, :2], world) + maps[:, :, 2]
        return np.asarray(scene[0] if np.ndim(time_ns) == 0 else scene, dtype=np.float64)

    def gaze(self) -> GazeStream:
        """What the eye tracker wrote, in scene pixels, NaN where blinks and losses are."""
        time_ns = np.round(self._time_s * NS_PER_S).astype(np.int64)
        point, valid = tracked(self.true_gaze_px(time_ns), time_ns, self._rng(10), self.parameters)
        return GazeStream(time_ns, point, valid)

    def recording(self, fps: float = 30.0) -> Recording:
        """The world as a recording whose scene is drawn when asked for."""
        return Recording(
            name=f"{DEVICE}-{self.variant}-{self.seed}",
            format=DEVICE,
            device=DEVICE,
            path=None,
            loaders={
                "scene": lambda: DrawnScene(self.frame, size_px=self.scene_px, time_ns=frame_times(self.duration_s, fps)),
                "gaze": self.gaze,
                "camera": lambda: self.camera,
                "hands": lambda: self.hands(fps),
                "events": lambda: self.narrations,
            },
        )

    def scene_point(self, time_ns: int, point_px: tuple[float, float]) -> SurfacePoint:
        """What lies at a scene pixel at an instant: the foremost layer that is solid there."""
        x, y = apply(inverse(self.head.at(time_ns / NS_PER_S)), *point_px)
        for layer in reversed(self.layers(time_ns)):
            if layer.name:
                own = apply(inverse(layer.matrix), x, y)
                if layer.sprite.alpha_at(*own) > 0.6:
                    return SurfacePoint(layer.name, own)
        return SurfacePoint("room", (x, y))

    def project(self, surface: SurfacePoint, time_ns: int) -> tuple[float, float]:
        """The scene pixel at which a point of something is at an instant; NaN where that thing is not there."""
        head = self.head.at(time_ns / NS_PER_S)
        if surface.name == "room":
            return apply(head, *surface.point_px)
        for layer in self.layers(time_ns):
            if layer.name == surface.name:
                return apply(chained(head, layer.matrix), *surface.point_px)
        return float("nan"), float("nan")

    def visible(self, surface: SurfacePoint, time_ns: int) -> bool:
        """Whether a point of something can be seen at an instant: within the frame, and nothing before it."""
        x, y = self.project(surface, time_ns)
        inside = 0 <= x < SCENE_PX[0] and 0 <= y < SCENE_PX[1]
        return inside and self.scene_point(time_ns, (x, y)).name == surface.name
