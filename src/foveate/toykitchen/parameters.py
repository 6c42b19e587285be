"""Every tunable number of the toy kitchen, in one place, so that a world can be committed before anything is trained on it."""

from dataclasses import dataclass
from types import MappingProxyType

from foveate.geometry import Size

SCENE_PX = Size(1440, 1440)
"""Scene frame of the toy camera."""
WORLD_PX = Size(2200, 2040)
"""The painted room; one world pixel is one scene pixel at zoom 1."""
CENTER_PX = (1100.0, 1010.0)
"""The world point at the centre of the scene frame while the head is at rest."""


@dataclass(frozen=True)
class Parameters:
    """How a toy kitchen is laid out, acted in, looked at and filmed. A change means that every model is trained anew."""

    objects: tuple[int, int] = (6, 10)
    """Fewest and most objects on the worktop."""
    column_px: tuple[float, ...] = (-495.0, -165.0, 165.0, 495.0)
    """Columns of places on the worktop, from the centre."""
    row_px: tuple[float, ...] = (-275.0, 0.0, 275.0)
    """Rows of places on the worktop, from the centre."""
    jitter_px: float = 22.0
    """Greatest shift of a place from its grid point."""
    action_s: tuple[float, float] = (2.2, 4.0)
    """Shortest and longest action."""
    lead_s: tuple[float, float] = (0.3, 0.6)
    """How long gaze goes to a target before the hand does."""
    lift_px: float = 62.0
    """How high a carried object is."""

    fixation_s: tuple[float, float] = (0.15, 0.5)
    """Shortest and longest fixation."""
    fixation_spread_px: float = 20.0
    """Standard deviation of fixations about the middle of what is looked at."""
    glance: float = 0.06
    """Share of fixations on another object."""
    tremor_px: float = 1.0
    """Standard deviation of the eye's drift within a fixation."""
    blink_every_s: float = 4.5
    """Mean time between blinks."""
    blink_s: tuple[float, float] = (0.1, 0.3)
    """Shortest and longest blink."""
    loss: float = 0.02
    """Share of samples that the tracker loses apart from blinks."""
    bias_deg: float = 0.4
    """Standard deviation, on each axis, of the tracker's constant error in a recording."""
    noise_deg: float = 0.16
    """Standard deviation, on each axis, of the tracker's error from sample to sample."""
    gaze_hz: float = 200.0
    """Rate of the eye tracker."""

    px_per_deg: float = 15.0
    """Scene pixels per degree at the optical axis."""
    head_gain: tuple[float, float] = (0.46, 0.42)
    """Share of the way to the gaze target that the head turns, horizontally and vertically."""
    head_lag_s: float = 0.32
    """Time constant of the head behind gaze."""
    head_roll_deg: float = 2.2
    """Roll at the far left and right, and of slow sway."""
    head_zoom: float = 0.03
    """Slow change of distance to the worktop."""
    camera_offset_px: tuple[float, float] = (0.0, 0.0)
    """How the camera sits on the head: a constant shift of the picture."""
    camera_roll_deg: float = 0.0
    """How the camera sits on the head: a constant roll."""
    camera_zoom: float = 1.0
    """How near the camera is."""

    occluder_every_s: float = 8.0
    """Mean time between things that pass before the gazed point."""
    occluder_px_per_s: tuple[float, float] = (650.0, 1400.0)
    """Slowest and fastest passage."""


@dataclass(frozen=True)
class Variant:
    """One kind of world."""

    style: str = "kitchen"
    """Which textures, colours and object drawings."""
    gaze: str = "informative"
    """``informative``, or ``independent`` of action and target."""
    camera: str = "head"
    """``head``, or ``fixed``: a camera on a stand, gaze mapped into it."""
    parameters: Parameters = Parameters()
    """Its numbers."""


VARIANTS = MappingProxyType(
    {
        "kitchen": Variant(),
        "other": Variant(
            style="other",
            parameters=Parameters(
                head_gain=(0.6, 0.3),
                head_lag_s=0.2,
                head_roll_deg=4.0,
                camera_offset_px=(40.0, -70.0),
                camera_roll_deg=-5.0,
                camera_zoom=1.08,
            ),
        ),
        "uninformative": Variant(gaze="independent"),
        "third_person": Variant(camera="fixed", parameters=Parameters(camera_roll_deg=9.0, camera_zoom=0.78)),
    }
)
"""The kinds of world by name."""
