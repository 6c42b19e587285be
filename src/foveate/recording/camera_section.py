"""The scene camera's calibration as the section [camera] of a foveate.toml, to the last digit both ways."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from foveate.errors import RecordingError, UsageError, hint
from foveate.geometry import Camera, Size

CAMERA_SECTION = "camera"
NEEDED = ("matrix", "distortion", "width_px", "height_px")
KNOWN = ("model", *NEEDED, "field_deg")


def read_camera(section: Mapping[str, Any], *, source: str) -> Camera:
    """A camera out of the names of its section; ``model`` may be left out, as may ``field_deg``.

    Args:
        section: name -> value, as TOML has them.
        source: where they stand, for messages.

    Raises:
        RecordingError: where a name is missing or unknown, or the values are no camera.
    """
    for name in section:
        if name not in KNOWN:
            raise RecordingError(
                f"{source}: [{CAMERA_SECTION}] has {name!r}, which is not known{hint(name, KNOWN)}; "
                f"known are {', '.join(KNOWN)}"
            )
    if missing := [name for name in NEEDED if name not in section]:
        raise RecordingError(f"{source}: [{CAMERA_SECTION}] lacks {', '.join(missing)}; it needs {', '.join(NEEDED)}")
    width_px, height_px = section["width_px"], section["height_px"]
    if not all(type(side) is int and side > 0 for side in (width_px, height_px)):
        raise RecordingError(
            f"{source}: [{CAMERA_SECTION}] is for frames of {width_px!r} x {height_px!r} px; both are whole numbers above 0"
        )
    try:
        return Camera(
            matrix=np.array(section["matrix"], dtype=np.float64),
            distortion=np.array(section["distortion"], dtype=np.float64),
            size_px=Size(width_px, height_px),
            model=str(section.get("model", "radial_tangential")),
            field_deg=None if section.get("field_deg") is None else float(section["field_deg"]),
        )
    except (UsageError, ValueError, TypeError, OverflowError) as error:
        raise RecordingError(f"{source}: [{CAMERA_SECTION}] is no calibration: {error}") from error


def camera_lines(camera: Camera) -> str:
    """A camera as its section of TOML, every number with all its digits."""
    rows = ",\n".join(f"    {row}" for row in np.asarray(camera.matrix, dtype=np.float64).tolist())
    lines = [
        f"[{CAMERA_SECTION}]",
        f'model = "{camera.model}"',
        f"matrix = [\n{rows},\n]",
        f"distortion = {np.asarray(camera.distortion, dtype=np.float64).tolist()}",
        f"width_px = {camera.size_px.width_px}",
        f"height_px = {camera.size_px.height_px}",
    ]
    if camera.field_deg is not None:
        lines.append(f"field_deg = {float(camera.field_deg)!r}")
    return "\n".join(lines) + "\n"
