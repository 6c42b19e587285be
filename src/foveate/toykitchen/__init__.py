"""A procedural egocentric kitchen: pictures, gaze, narrations and true visibility as pure functions of seed and time."""

from foveate.toykitchen.parameters import SCENE_PX, VARIANTS, Parameters
from foveate.toykitchen.world import SurfacePoint, World
from foveate.toykitchen.write import write_recording

__all__ = ["SCENE_PX", "VARIANTS", "Parameters", "SurfacePoint", "World", "write_recording"]
