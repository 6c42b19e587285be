"""Where on the visual patches of a view the wearer looked."""

from collections.abc import Sequence

from foveate.errors import UsageError
from foveate.gaze.patches import Patches
from foveate.gaze.target import GazeTarget, Sigma, target_over
from foveate.geometry import Points
from foveate.view.view import View


def view_target(view: View, points_px: Points, patches: Sequence[Sequence[Patches]], *, sigma_px: Sigma = 20.0) -> GazeTarget:
    """The gaze distribution on the visual tokens of a view's images, through each image's own map to the scene.

    Args:
        view: what a model is shown of one frame.
        points_px: (N, 2) gaze points in scene pixels; rows with NaN are no points.
        patches: for each of the view's images, where its tokens lie on it (``gaze.patches``).
        sigma_px: standard deviation of the Gaussians in scene pixels.

    Returns:
        One distribution over all images together; not valid where none of them shows the gaze.
    """
    if len(patches) != len(view.images):
        raise UsageError(f"a view of {len(view.images)} images needs the patches of each, got {len(patches)}")
    maps = [glimpse.to_view.inverse for glimpse in view.glimpses]
    return target_over(points_px, list(zip(patches, maps, strict=True)), sigma_px=sigma_px)
