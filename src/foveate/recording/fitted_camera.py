"""Where camera and scene meet: the calibration for the frames that there are, which may have been resized or cut."""

from dataclasses import dataclass

from foveate.geometry import Camera, Size

ROUNDED_PX = 1.0
"""Sides of a resized frame are rounded to whole pixels, some programs' to even ones."""


@dataclass(frozen=True)
class FittedCamera:
    """A calibration that holds for the frames, and what was done to make it so."""

    camera: Camera | None
    """None where none holds."""
    notes: tuple[str, ...] = ()
    """What a user should know."""


def fitted(camera: Camera | None, frame_px: Size | None) -> FittedCamera:
    """The calibration for frames of a size: scaled where they were resized, none where they were cut.

    Args:
        camera: as the recording has it.
        frame_px: the frames' size; None where it is not known, and the calibration is taken at its word.
    """
    if camera is None or frame_px is None or camera.size_px == frame_px:
        return FittedCamera(camera)
    sizes = [f"{size.width_px}x{size.height_px}" for size in (camera.size_px, frame_px)]
    factor = frame_px.width_px / camera.size_px.width_px
    if abs(camera.size_px.height_px * factor - frame_px.height_px) <= ROUNDED_PX:
        return FittedCamera(
            camera.scaled(frame_px), (f"the camera's calibration is for {sizes[0]} px, frames have {sizes[1]}: scaled",)
        )
    return FittedCamera(
        None,
        (
            f"the camera's calibration is for {sizes[0]} px, frames have {sizes[1]}, another shape: it is not used, "
            "and there are no sizes in degrees",
        ),
    )
