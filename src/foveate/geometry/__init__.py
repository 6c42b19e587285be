"""Where things are: boxes, affine maps between a view and its scene frame, and the scene camera.

The one convention: pixels of the distorted scene frame as stored upright, float64, origin top left, x to the right, y down.
Points are kept as the vendor wrote them; whether a vendor counts from a pixel's corner or its centre is not mended.
"""

from foveate.geometry.camera import LENSES, Camera, Lens
from foveate.geometry.magnification import Magnification, Warp
from foveate.geometry.plane import Affine, Box, Map, Points, Size, box_around
from foveate.geometry.undistortion import Undistortion

__all__ = [
    "LENSES",
    "Affine",
    "Box",
    "Camera",
    "Lens",
    "Magnification",
    "Map",
    "Points",
    "Size",
    "Undistortion",
    "Warp",
    "box_around",
]
